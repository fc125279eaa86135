"""What triage knows unwanted mail by beside triage_table: who presses for money, and how cold offers are put together. Data; read by triage.

PRESSES counts only where nothing proves who sent a mail: a company's true notice has the same words. LURES says what such a mail speaks
of. PARTS_OF_AN_OFFER are harmless one by one, so that their number counts. Adding a language is adding its words here.
"""

from __future__ import annotations

from mailwright.agents.models.rules.signals_table import Signal
from mailwright.agents.models.rules.triage_table import signal

PRESSES: tuple[Signal, ...] = (
    signal(
        "presses about an account, a bill or a parcel",
        5,
        en=(
            r"(?:update|confirm|verify|validate|provide|submit|renew|upgrade|restore|reactivate|review) (?:it |them )?(?:your|now|here|today|immediately|at once)|avoid (?:\w+ ){0,2}(?:interruption|suspension|closure|collection\w*|termination|deletion|charges|disconnection|penalt\w+)|"
            r"(?:final|last|urgent) (?:notice|reminder|warning|demand)|or (?:you will|it will be|we will) (?:lose|be|have to)|will be (?:deleted|suspended|closed|blocked|deactivated|locked|terminated|returned)|(?:payment|card|charge|transaction) (?:\w+ ){0,3}(?:declined|failed|rejected)|"
            r"could not (?:charge|be charged|process|renew)|(?:eligible|entitled|qualify) (?:for|to) (?:a |an |your )?(?:\w+ ){0,3}(?:refund|rebate|compensation|grant|payout)|unusual (?:sign-?in|activity|login)|suspicious (?:sign-?in|activity|login|access)|about to expire|has expired|expires (?:today|soon|in)|"
            r"(?:address|information|details) (?:is|are) (?:incomplete|incorrect|invalid)|pay (?:today|now|immediately|the (?:fee|duty|charge))|(?:did not|didn't) (?:authori[sz]e|make|place) (?:this|the)|call (?:us )?(?:now|immediately|within)|to (?:dispute|cancel) (?:it|this|the charge)|see the attached (?:\w+ )?(?:payment|invoice|order)\.(?:html?|zip|exe)|(?:log|sign) ?in with your|e-?mail password"
        ),
        de=(
            r"(?:aktualisieren|best[äa]tigen|verifizieren|erneuern|reaktivieren|beantragen|validieren|[üu]berpr[üu]fen|verl[äa]ngern) sie (?:\w+ ){0,2}(?:ihre?n?|sie|umgehend|jetzt|hier|sofort)|sonst (?:sperren|l[öo]schen|[üu]bergeben|wird|verlieren)|(?:letzte|dringende) (?:mahnung|erinnerung|warnung|zahlungserinnerung)|inkasso|"
            r"zahlung (?:\w+ ){0,3}(?:fehlgeschlagen|abgelehnt|nicht m[öo]glich)|(?:werden|wird) (?:\w+ ){0,2}(?:gel[öo]scht|gesperrt|deaktiviert|geschlossen|eingestellt)|anspruch auf (?:eine )?(?:\w+ ){0,2}(?:erstattung|r[üu]ckzahlung|entsch[äa]digung|f[öo]rderung)|(?:verd[äa]chtige|ungew[öo]hnliche|unbekannte)\w* (?:anmeldung|aktivit\w+|zugriff)|"
            r"l[äa]uft (?:\w+ ){0,3}ab|(?:ist|sind) abgelaufen|(?:konnte|konnten) nicht (?:zugestellt|abgebucht)|fast (?:voll|aufgebraucht|ersch[öo]pft)|zahlen sie (?:heute|sofort|jetzt|umgehend)|nicht (?:von ihnen )?(?:veranlasst|autorisiert)|rufen sie (?:sofort|umgehend) an|(?:e-?mail-?)passwort (?:eingeben|an)"
        ),
        fr=(
            r"(?:mett(?:ez|re) [àa] jour|confirm(?:ez|er)|v[ée]rifi(?:ez|er)|valid(?:ez|er)|renouvel(?:ez|er)|r[ée]activ(?:ez|er)|actualis(?:ez|er))(?:-l[ae]s?)? (?:vos|votre|imm[ée]diatement|sans attendre|ici|maintenant)|[ée]viter (?:la |le |toute |une )?(?:suspension|cl[ôo]ture|coupure|interruption|poursuites?|suppression)|"
            r"(?:dernier|ultime) (?:rappel|avis|avertissement)|mise en demeure|(?:paiement|carte|transaction|pr[ée]l[èe]vement) (?:\w+ ){0,3}(?:refus[ée]e?|rejet[ée]e?|[ée]chou[ée]e?)|(?:sera|seront) (?:supprim|suspendu|bloqu|ferm|d[ée]sactiv)\w*|droit [àa] (?:un |une )?(?:remboursement|indemnit\w+|prime|aide)|"
            r"(?:connexion|activit[ée]|acc[èe]s) (?:suspecte?|inhabituel(?:le)?)|arrive (?:\w+ ){0,2}[àa] expiration|a expir[ée]|n'a pas pu [êe]tre (?:livr[ée]|pr[ée]lev[ée])|presque plein\w*|n'[êe]tes pas [àa] l'origine|appelez (?:imm[ée]diatement|sans attendre)|payez (?:aujourd'hui|maintenant|imm[ée]diatement)|r[ée]glez \d"
        ),
        es=(
            r"(?:actualic[ea]|confirm[ea]|verifi(?:que|ca)|valid[ea]|renueve|reactive|solic[ií]te?l[ao])\w* (?:sus?|inmediatamente|ahora|aqu[ií]|hoy|en \w+ d[ií]as)|evitar (?:la |el |una )?(?:suspensi[óo]n|cierre|cancelaci[óo]n|bloqueo|interrupci[óo]n|acciones|recargos?|embargo)|(?:[úu]ltimo|urgente) (?:aviso|recordatorio|requerimiento)|"
            r"(?:pago|tarjeta|cargo) (?:\w+ ){0,4}(?:rechazad[oa]|fallid[oa]|denegad[oa])|ser[áa]n? (?:eliminad|suspendid|bloquead|cerrad|desactivad)[oa]s?|derecho a (?:una? )?(?:devoluci[óo]n|reembolso|indemnizaci[óo]n|ayuda)|(?:acceso|actividad|inicio de sesi[óo]n) (?:sospechos[oa]|inusual)|(?:est[áa] a punto de|va a) (?:caducar|vencer)|"
            r"ha (?:caducado|vencido|expirado)|no (?:hemos podido|se ha podido|pudimos) (?:entregar|cobrar)|casi llen[oa]|no (?:ha |lo ha )?autorizado|llame (?:inmediatamente|ahora mismo)|pague (?:hoy|ahora|ya)"
        ),
        it=(
            r"(?:aggiorn[ia]|conferm[ia]|verific(?:hi|a)|convalid[ia]|rinnov[ia]|riattiv[ia])(?:l[oa])? (?:i |il |la |le )?(?:suo[i]?|sua|sue|tu[oa]|tuoi|dati|ora|qui|subito|oggi|immediatamente)|evitare (?:la |il |l'|una )?(?:sospensione|chiusura|interruzione|blocco|azioni|cancellazione|addebiti|penali)|ultimo (?:avviso|sollecito)|"
            r"(?:pagamento|carta|addebito) (?:\w+ ){0,4}(?:rifiutat[oa]|respint[oa]|fallit[oa]|non riuscit[oa])|(?:verr[àa]|verranno|sar[àa]|saranno) (?:eliminat|sospes|bloccat|chius|disattivat|cancellat)[oaie]|diritto a (?:un |una )?(?:rimborso|indennizzo|bonus|risarcimento)|(?:accesso|attivit[àa]) (?:sospett[oa]|insolit[oa]|anomal[oa])|(?:sta per|in) (?:scadere|scadenza)|"
            r"[èe] scadut[oa]|non (?:[èe] stato possibile|siamo riusciti a) (?:consegnare|addebitare)|quasi pien[oa]|non ha autorizzato|chiami (?:subito|immediatamente)|pagh[i] (?:oggi|ora|subito)|(?:versi|paghi) \d"
        ),
    ),
    signal(
        "wants a payment kept quiet",
        5,
        en=r"(?:discreet|confidential|urgent|quick|immediate) (?:\w+ ){0,2}(?:payment|transfer|wire|purchase|task)|(?:bank|account|payment) details (?:have|has) been (?:updated|changed)|settle (?:all |any |the )?(?:outstanding|open) (?:\w+ ){0,2}(?:below|account|new)|are you at your desk|cannot take calls",
        de=r"(?:diskrete|vertrauliche|dringende|eilige)\w* (?:\w+ ){0,2}(?:[üu]berweisung|zahlung|angelegenheit|aufgabe)|sind sie am platz|nicht erreichbar,? da ich",
        fr=r"(?:virement|paiement|achat) (?:\w+ ){0,2}(?:discret|confidentiel|urgent)|(?:suis|en) (?:\w+ ){0,4}injoignable",
        es=r"(?:transferencia|pago|compra) (?:\w+ ){0,2}(?:discret[oa]|confidencial|urgente)|no puedo atender llamadas",
        it=r"(?:bonifico|pagamento|acquisto) (?:\w+ ){0,2}(?:riservat[oa]|discret[oa]|urgente)|non posso rispondere al telefono",
    ),
)
"""How mail that nothing proves presses its reader."""

LURES = signal(
    "speaks of an account, a bill, a parcel, a prize or an offer",
    0,
    en=r"accounts?|mailbox|password|invoice|bill|payment|refund|parcel|package|delivery|prize|reward|winner|won|offers?|discount|deal|subscription|card|bank|tax|security|sign-?in|log-?in|verify|document|statement|renew\w*|expir\w*|investment|crypto\w*",
    de=r"konto|postfach|passwort|kennwort|rechnung|zahlung|mahnung|r[üu]ckerstattung|erstattung|paket|sendung|lieferung|gewinn\w*|pr[äa]mie|angebot\w*|rabatt|abo\w*|karte|bank|steuer\w*|sicherheit\w*|anmeldung|dokument|kontoauszug|abgelaufen|krypto\w*",
    fr=r"compte|bo[îi]te|mot de passe|facture|paiement|remboursement|colis|livraison|lot|gagn\w+|offres?|promotion\w*|remise|abonnement|carte|banque|imp[ôo]ts?|s[ée]curit[ée]|connexion|document|relev[ée]|expir\w*|crypto\w*",
    es=r"cuenta|buz[óo]n|contrase[ñn]a|factura|pago|reembolso|paquete|env[ií]o|entrega|premio|ganador\w*|ofertas?|promoci[óo]n\w*|descuento|suscripci[óo]n|tarjeta|banco|impuestos?|seguridad|acceso|documento|extracto|caduc\w*|cripto\w*",
    it=r"conto|casella|password|fattura|pagamento|rimborso|pacco|spedizione|consegna|premio|vincit\w+|offert[ae]|promozion\w+|sconto|abbonamento|carta|banca|tasse|sicurezza|accesso|documento|estratto|scad\w+|cripto\w*",
)
"""What frauds and offers speak of, and honest notices too: where nothing proves the sender, it is not certain which of them it is."""

SOLD_COLD = signal(
    "sells something unasked",
    6,
    en=r"first page of google|(?:rank|ranking) (?:higher|on google|in google)|decision[ -]makers|(?:e-?mail|contact|lead|prospect) (?:lists?|database)|pre-?approved for|(?:no|without) credit check|sponsored (?:article|post|content)|do-?follow|link (?:exchange|insertion)|outsourc\w+|white[- ]label|business loan|lead generation|web(?:site)? (?:design|development) (?:services|company|packages)|(?:leading|professional|direct) (?:\w+ ){0,3}(?:manufacturer|factory|supplier)|submit your (?:manuscript|paper)|(?:business|company) directory|trademark regist\w+",
    de=r"(?:erst\w+|ersten) (?:google-?)?seite (?:bei|von|auf) google|(?:google|such)-?ranking|entscheider[n]?|firmenadressen|adress(?:daten|listen)|kontaktdaten von|linktausch|gesponserte\w* (?:artikel|beitr[äa]g\w*)|firmenkredit|leadgenerierung|gastartikel|f[üu]hrender (?:\w+ ){0,3}hersteller|branchenbuch|registereintrag|markenregister",
    fr=r"premi[èe]re page (?:de|sur) google|(?:fichiers?|base) (?:\w+ ){0,3}(?:prospects|d[ée]cideurs|contacts)|d[ée]cideurs|article sponsoris[ée]|[ée]change de liens|g[ée]n[ée]ration de (?:leads|prospects)|pr[êe]t professionnel|(?:fabricant|fournisseur) (?:leader|professionnel)|annuaire (?:professionnel|des entreprises)",
    es=r"primera (?:p[áa]gina|posici[óo]n) (?:de|en) google|base de datos (?:\w+ ){0,3}(?:de|con) \d|directivos|decisores|art[ií]culo patrocinado|intercambio de enlaces|generaci[óo]n de (?:leads|clientes)|pr[ée]stamo empresarial|fabricantes? l[ií]der\w*|(?:directorio|gu[ií]a) (?:de empresas|empresarial)",
    it=r"prima (?:pagina|posizione) (?:di|su) google|database (?:\w+ ){0,3}(?:di|con) \d|(?:dirigenti|decisori) (?:del|nel|di)|articolo sponsorizzato|scambio (?:di )?link|generazione di (?:lead|contatti)|prestito aziendale|produttore leader|(?:elenco|annuario) (?:delle imprese|aziendale)",
)
"""Words that hardly anybody writes but who sells to strangers."""

PARTS_OF_AN_OFFER: tuple[Signal, ...] = (
    signal(
        "of the reader's business",
        0,
        en=r"(?:noticed|came across|stumbled (?:up)?on|found|visited|looked at|saw|browsing) (?:that )?your (?:\w+ )?(?:website|site|profile|shop|page|listing|business|company|reviews)|businesses like yours|your (?:industry|competitors|sector|niche)|companies like yours",
        de=r"auf (?:ihre|deine|eure)[rn]? (?:website|webseite|homepage|seite|internetseite|unternehmen|firma)|(?:betriebe|unternehmen|firmen) wie (?:ihr\w*|deine\w*)|ihre[rn]? (?:branche|mitbewerber|wettbewerber)|mir ist (?:\w+ )?aufgefallen|ihre (?:website|webseite|homepage)",
        fr=r"(?:d[ée]couvert|visit[ée]|vu|consult[ée]|remarqu[ée]) (?:que )?(?:votre|ton) (?:site|page|profil|entreprise|boutique|activit[ée])|(?:entreprises|soci[ée]t[ée]s|ateliers) comme (?:la |le )?v[ôo]tre|votre (?:secteur|site)|vos concurrents",
        es=r"(?:he visto|visit[ée]|encontr[ée]|revisando|viendo) (?:que )?(?:tu|su|vuestra) (?:web|p[áa]gina|perfil|tienda|empresa|negocio)|(?:empresas|negocios|talleres) como (?:el |la )?(?:suy[oa]|tuy[oa])|su (?:sector|web|competencia)",
        it=r"(?:ho visto|visitato|trovato|notato) (?:che )?il (?:suo|tuo|vostro) (?:sito|profilo|negozio)|(?:aziende|attivit[àa]|imprese) come la (?:sua|vostra)|(?:suo|vostro) (?:settore|sito)|suoi concorrenti",
    ),
    signal(
        "what somebody sells",
        0,
        en=r"we (?:help|specialise|specialize|provide|supply|offer|deliver|work with)|our (?:team|agency|experts|specialists|developers|services|solution|software|platform|clients|packages)|i (?:help|work with) (?:\w+ )?(?:businesses|companies|owners|shops)",
        de=r"wir (?:bringen|helfen|unterst[üu]tzen|liefern|bieten|sind spezialisiert)|unsere? (?:team|agentur|expert\w+|spezialist\w+|leistungen|l[öo]sung|software|plattform|kunden)",
        fr=r"nous (?:aidons|proposons|fournissons|accompagnons|sommes sp[ée]cialis\w+)|(?:notre|nos) (?:[ée]quipe|agence|experts|sp[ée]cialistes|services|solution|logiciel|plateforme|clients)",
        es=r"(?:ayudamos|ofrecemos|proporcionamos|suministramos|somos especialistas|nos dedicamos)|nuestr[oa]s? (?:equipo|agencia|expertos|especialistas|servicios|soluci[óo]n|software|plataforma|clientes)",
        it=r"(?:aiutiamo|offriamo|forniamo|siamo specializzat\w+|ci occupiamo di)|(?:nostr[oai]|nostre) (?:team|agenzia|esperti|specialisti|servizi|soluzione|software|piattaforma|clienti)",
    ),
    signal(
        "asks for a talk",
        0,
        en=r"(?:quick|short|brief|\d+[- ]?minutes?) (?:\w+ )?(?:call|chat|demo|meeting)|worth a (?:chat|call|look)|(?:are you|would you be) (?:interested|open)|interested\?|free (?:sample|audit|trial|consultation|demo|quote)|no[- ]obligation|reply (?:yes|for|with)|shall i send|when can i call|book a (?:call|demo|slot)|top of your inbox|my (?:last|previous) (?:mail|email|message)",
        de=r"(?:kurzes|kurzen|unverbindliches|unverbindlichen) (?:\w+ )?(?:gespr[äa]ch|telefonat|anruf|austausch)|wann (?:darf|kann) ich (?:sie|dich) anrufen|(?:haben sie|h[äa]tten sie) interesse|kostenlose[snr]? (?:muster|analyse|beratung|demo|erstgespr\w+|angebot)|darf ich ihnen (?:\w+ ){0,4}(?:senden|schicken|vorstellen|zeigen)|unverbindlich\w*|\d+ minuten",
        fr=r"(?:bref|court|petit) (?:appel|[ée]change)|quand puis-je vous appeler|(?:seriez|[êe]tes)-vous int[ée]ress[ée]e?|[ée]chantillon gratuit|(?:audit|essai|devis) gratuit|sans engagement|\d+ minutes|souhaitez-vous (?:un|une|recevoir|en savoir)|un quart d'heure",
        es=r"(?:breve|r[áa]pida|corta) (?:llamada|charla|reuni[óo]n)|cu[áa]ndo (?:le|te) puedo llamar|le (?:interesa|interesar[ií]a)|muestra gratuita|(?:auditor[ií]a|prueba|demo) gratuita|sin compromiso|\d+ minutos|le env[ií]o (?:una|un|m[áa]s)",
        it=r"(?:breve|rapida|veloce) (?:chiamata|telefonata|chiacchierata)|quando posso (?:chiamarla|sentirla)|(?:le|ti) (?:interessa|interesserebbe)|campione gratuito|(?:analisi|prova|demo|consulenza) gratuita|senza impegno|\d+ minuti|le invio (?:un|una|pi[ùu])",
    ),
    signal(
        "says what it brings",
        0,
        en=r"\d+ ?% (?:less|more|cheaper|of|increase)|(?:with)?in \d+ (?:days|weeks)|more (?:leads|customers|clients|traffic|sales|bookings|visibility|reviews)|(?:increase|boost|double|grow) (?:your|their|the) (?:\w+ ){0,2}(?:sales|revenue|traffic|visibility|bookings|business)|save (?:up to )?\d+|guarantee\w*|results",
        de=r"\d+ ?% (?:mehr|weniger|g[üu]nstiger)|in \d+ (?:tagen|wochen)|mehr (?:kunden|anfragen|sichtbarkeit|umsatz|buchungen|bewertungen)|(?:umsatz|sichtbarkeit) (?:steigern|erh[öo]hen|verdoppeln)|neukunden|garantier\w+|sparen sie",
        fr=r"\d+ ?% (?:de |en )?(?:plus|moins)|en \d+ (?:jours|semaines)|plus de (?:clients|visibilit[ée]|prospects|ventes|r[ée]servations|trafic)|(?:augment|doubl|boost)\w+ (?:votre|vos)|r[ée]sultats? garantis?|[ée]conomis\w+ jusqu",
        es=r"\d+ ?% (?:m[áa]s|menos)|en \d+ (?:d[ií]as|semanas)|m[áa]s (?:clientes|ventas|visibilidad|reservas|tr[áa]fico)|(?:aument|duplic|increment)\w+ (?:sus|tus|las) ventas|resultados garantizados|ahorr\w+ hasta",
        it=r"\d+ ?% (?:in pi[ùu]|in meno|di)|in \d+ (?:giorni|settimane)|pi[ùu] (?:clienti|visibilit[àa]|prenotazioni|vendite|traffico)|(?:aument|raddoppi)\w+ (?:le|il) (?:sue|suo|vostre|vendite|fatturato)|risultati garantiti|risparmi\w+ fino",
    ),
)
"""What offers to strangers are put together of. One of them is in many an honest mail, three in hardly any."""
