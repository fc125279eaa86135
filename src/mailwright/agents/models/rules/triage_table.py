"""What triage looks for beside the signals of the judge, by language. Data; read by triage.

Points are for "its sender waits for an answer" in REPLY, and for "it is unwanted" in SPAM. Adding a language is adding its words here.
"""

from __future__ import annotations

import re

from mailwright.agents.models.rules.signals_table import Signal


def signal(name: str, points: int, **languages: str) -> Signal:
    """Words between word boundaries, without regard to case."""
    words = "|".join(languages.values())
    return Signal(name, points, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE | re.MULTILINE))


_DAY_EN = r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|next week|afternoon|morning"
_DAY_DE = (
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen|n[äa]chste woche|nachmittags?|vormittags?"
)
_DAY_FR = r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|semaine prochaine|apr[èe]s-midi|matin"
_DAY_ES = r"lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|ma[ñn]ana|semana que viene|tarde"
_DAY_IT = r"luned[ìi]|marted[ìi]|mercoled[ìi]|gioved[ìi]|venerd[ìi]|sabato|domenica|domani|settimana prossima|pomeriggio|mattina"

REPLY: tuple[Signal, ...] = (
    signal(
        "waits for an answer",
        5,
        en=(
            r"let (?:me|us) (?:know|have)|need (?:your|an) (?:answer|reply|decision|ok)|i expect|we expect|(?:have )?heard nothing|still waiting|waiting for (?:your|an)|"
            r"please (?:confirm|reply|answer|advise|tell|send|check|let|look|see|call|choose)|kindly (?:confirm|send|let|advise)|grateful if you|wondering (?:if|whether|what|when)|"
            r"(?:not|n't) sure (?:if|whether) you|get back to (?:me|us)|rsvp|want to know|(?:which|what) (?:\w+ ){0,3}suits? you|would suit me|do you (?:need|want|have|know|still)|look(?:ing)? forward to (?:your|hearing)|hear(?:ing)? from you"
        ),
        de=(
            r"teilen sie (?:mir|uns|ihn|sie|es)|bescheid|r[üu]ckmeldung|ich erwarte|wir erwarten|passt (?:ihnen|dir|euch)|w[üu]rde mich (?:freuen|(?:auch )?interessieren)|sagen k[öo]nnten|"
            r"lie[ßs]e? sich|bitte (?:schick\w*|send\w*|teil\w*|gib|gebt|geben|antwort\w*|meld\w*|best[äa]tig\w*|pr[üu]f\w*|sag\w*|ruf\w*|nenn\w*)|meld(?:e|en|et)? (?:dich|sie sich|euch)|"
            r"ben[öo]tigen wir|wart(?:e|en) (?:noch |immer |seit )*(?:\w+ ){0,2}auf|wei[ßs] nicht,? (?:ob|wann|was|wie)|sag(?:t|st|en)? (?:mir|uns|mal)|h[öo]re nichts|nichts (?:mehr )?geh[öo]rt|w[üu]nschen sie|nicht verstanden,? ob|freue mich (?:sehr )?(?:auf|[üu]ber) (?:ihre|deine|eure|eine) (?:\w+ )?(?:antwort|nachricht|r[üu]ckmeldung)|h[öo]re gern"
        ),
        fr=(
            r"dis-(?:moi|nous)|dites-(?:moi|nous)|j'attends|nous attendons|il (?:me|nous) faut une r[ée]ponse|je me demand(?:e|ais)|sau(?:rais|rions) gr[ée]|conviendrai(?:t|ent)|"
            r"merci de (?:me|nous|bien|confirmer|r[ée]pondre|v[ée]rifier)|tenez-(?:moi|nous)|j'aimerais (?:aussi )?savoir|faut-il|r[ée]pon(?:ds|dez)-(?:moi|nous)|confirm(?:ez|er|e)-(?:moi|nous|le)|"
            r"veuillez (?:me|nous|confirmer|envoyer|indiquer)|faites-(?:moi|nous) savoir|toujours (?:pas|rien)|sans (?:nouvelles?|r[ée]ponse)|j'exige|pouvez-vous|peux-tu|peut-on|vous est-il possible|(?:ne )?sais pas si|pas compris si|attente de (?:votre|ta|vos)|au plaisir de vous lire|votre retour"
        ),
        es=(
            r"dime|d[ií]game|d[ií]ganos|dinos|dime|av[ií]s[ae](?:me|nos)|agradecer[ií]\w+|qu[ée] (?:fecha|d[ií]a|hora) (?:prefier\w+|te|le)|(?:te|le|os|les) (?:viene|va|vendr[ií]a) bien|no s[ée] si|"
            r"ya me dir[áa]\w*|exijo|exigimos|esper(?:o|amos) (?:su|tu|vuestra) (?:respuesta|confirmaci[óo]n)|necesit(?:o|amos) (?:que|saber|los|las|el|la|una?)|conf[ií]rm(?:e|a)(?:me|nos|lo)|"
            r"me (?:lo |la |los |las )?(?:confirma|puede|podr[ií]a|pasa|env[ií]a|manda)\w*|sigo (?:esperando|sin)|h[áa]game saber|me gustar[ií]a saber|quer[ií]a saber|por favor,? (?:conf|env|d[ií]|man|rev|resp)\w+|no he entendido si|espera de (?:sus?|tus?|vuestras?) (?:noticias|respuesta)|quedo (?:a la espera|pendiente)"
        ),
        it=(
            r"mi (?:dica|dici|sappia dire|dite|faccia sapere|fai sapere|confermi?|mandi?|invii?)|fa(?:mmi|cci|temi|teci) sapere|ci (?:faccia|dica|facciate) sapere|(?:le|ti|vi) chied(?:o|iamo)|"
            r"attend(?:o|iamo)|aspetto (?:una|la|tua|sua|un)|preferi(?:sce|sci|te|rebbe)|(?:le|ti|vi) (?:va|andrebbe|andr[àa]) bene|non so se|mi chiedevo|gradirei|vorrei sapere|pretendo|"
            r"conferma(?:mi|rmi|rci|temi|teci)|dimmi|ditemi|sono ancora (?:in attesa|senza)|(?:mi|ci) servirebbe sapere|la prego di|vi prego di|per favore,? (?:mand|conf|dimm|dic|invi|controll)\w+|mi sai dire|non ho capito se|vuole saperlo|attesa di (?:un |una )?(?:suo|tuo|vostro|sua|tua|vostra|cortese)|resto in attesa"
        ),
    ),
    signal(
        "asks in a roundabout way",
        4,
        en=(
            r"want(?:ed|ing)? to (?:ask|find out|check|know|see (?:if|whether))|(?:was|were|am|are|been) hoping|hoping (?:to hear|you|that you)|(?:interested|curious|keen|eager) to (?:hear|know|see|learn|read)|would (?:really |very much |greatly )?(?:appreciate|value|welcome|love (?:to|your|some|a))|"
            r"(?:any|your|all) (?:comments?|feedback|thoughts|views?|opinions?|input|suggestions?|advice|help) (?:\w+ ){0,3}(?:welcome|appreciated|helpful|useful)|for your (?:signature|approval|comments?|review|feedback|decision|confirmation|consent)|(?:sign|fill|return|complete)\w*(?: and \w+)? (?:it|the|them) (?:back|by|to)|"
            r"just checking|checking (?:in|whether|if)|following up|(?:have not|haven't|has not|hasn't|still (?:do not|don't)|still not|not yet|never) (?:yet |\w+ )?(?:had|have|heard|received|got|answered|replied)|need(?:s)? to know|no later than|if (?:that|this|it) (?:is|would be|were|'s) (?:possible|ok|all right|convenient)|"
            r"if you (?:could|would|might)|(?:i|we) (?:would )?(?:require|request|ask (?:you|that|for))|any (?:chance|news|update|idea)|what (?:do )?you think|your (?:thoughts|availability|permission|opinion)|awaiting your|earliest convenience|(?:don't|do not) know (?:whether|if|what|how|which|where)|"
            r"(?:can't|cannot|can not) (?:find|work out|figure|open|decide|make out)|at a loss|stuck with|it would (?:be|help|mean)|(?:tell|remind) me|keen to (?:book|order|buy|come|join)|looking (?:for|to (?:book|order|buy|hire|rent))"
        ),
        de=(
            r"(?:wollte|wollten|m[öo]chten?|w[üu]rden?|h[äa]tten?) (?:\w+ ){0,4}(?:fragen|erkundigen|wissen|nachfragen|nachhaken|anfragen|erfahren)|frage(?:n)? (?:mich|uns),? ob|hilfe,? (?:wenn|die|das|den)|gro[ßs]+e hilfe|(?:mir|uns) fehl(?:t|en)|fehl(?:t|en) (?:mir|uns)|bitten? (?:wir |ich |sie |dich |euch )?(?:\w+ )?um|"
            r"(?:der|unsere|meine|eine|kleine) bitte|f[üu]r \w+ (?:\w+ )?(?:bin|w[äa]re|sind|w[äa]ren) (?:ich|wir) (?:\w+ )?dankbar|(?:w[äa]re|w[äa]ren|bin) (?:ich |wir |ihnen |dir |euch |sehr ){0,3}dankbar|gespannt,? (?:auf|was|ob)|(?:deine|ihre|eure|eine|kurze) einsch[äa]tzung|"
            r"(?:keine (?:antwort|nachricht|r[üu]ckmeldung)) (?:\w+ ){0,2}(?:erhalten|bekommen|gefunden)|(?:muss|m[üu]ssen|m[üu]sste) (?:\w+ ){0,4}wissen|bis sp[äa]testens|zur (?:unterschrift|freigabe|pr[üu]fung|abstimmung|genehmigung|durchsicht)|unterschrieben zur[üu]ck|"
            r"w[äa]re (?:es |das )?(?:\w+ )?(?:m[öo]glich|sch[öo]n|toll|nett|lieb|hilfreich|super)|(?:falls|wenn|sofern) (?:das|es) (?:geht|ginge|m[öo]glich)|w[üu]sste[n]? (?:ich |wir )?gerne?|wird (?:um \w+ )?gebeten|erbeten|erbitte[n]?|u\. ?a\. ?w\. ?g|komme nicht weiter|(?:suche|suchen) (?:ich |wir )?(?:einen?|nach)|"
            r"was (?:meinst|meinen|haltet|h[äa]ltst|halten) (?:du|sie|ihr)|(?:deine|ihre|eure) (?:meinung|einwilligung|zustimmung|freigabe)"
        ),
        fr=(
            r"(?:souhait|voul|d[ée]sir|voudr|aimer)\w+ (?:\w+ )?(?:savoir|demander|conna[îi]tre|m'assurer|v[ée]rifier|avoir|r[ée]server|commander|obtenir)|je reviens vers|(?:me|nous) manque(?:nt)?|(?:vous|te) prions|pri[èe]re de|merci (?:de|d')\w* ?(?:me|nous|bien|\w{3,}(?:er|ir|re))|[àa] (?:me|nous) (?:retourner|renvoyer|signer)|"
            r"(?:serais|serions|suis) (?:\w+ )?(?:curieu\w+|heureu\w+|reconnaissante?s?|preneu\w+|int[ée]ress[ée]e?s?) (?:de|d'|si|par)|(?:avoir|conna[îi]tre) (?:votre|ton|vos) (?:avis|retours?)|(?:vos|tes|toutes?) (?:remarques?|commentaires?|suggestions?|retours?)|(?:n'ai|n'avons|pas|toujours pas) (?:\w+ )?(?:eu|re[çc]u) (?:de|d'|votre|aucun)|"
            r"dans l'attente|en attente d|doi(?:t|s|vent|vons) savoir|au plus tard|si (?:c'est|cela est|cela vous est) possible|si vous (?:pouv|pourri|aviez)\w*|pour (?:signature|accord|validation|relecture)|(?:m'|nous |nous y )aiderai(?:t|ent)|est-il possible|serait-il|seriez-vous|auriez-vous|avez-vous|(?:ai|aurais|avons|aurions) besoin|"
            r"(?:remercie|remercions|remercierai\w*) de (?:bien|me|nous)|qu'en (?:penses|pensez)|ne sais pas (?:si|comment|quel\w*|o[ùu])|je cherche|bien vouloir"
        ),
        es=(
            r"(?:quisi[ée]r\w+|quer[ií]a\w*|querr[ií]a\w*|me gustar[ií]a|desear[ií]a\w*) (?:\w+ )?(?:saber|preguntar\w*|consultar\w*|confirmar|conocer|reservar|pedir\w*|encargar)|(?:me|nos) (?:falta|faltan|ayudar[ií]a\w*|interesa\w*|vendr[ií]a|servir[ií]a|preguntaba|pregunto|urge)|rogamos|ruego|se ruega|"
            r"(?:le|les|te|os) (?:ruego|rogamos|pido|pedimos|escribo de nuevo)|no (?:he|hemos) (?:\w+ )?(?:recibido|tenido|sabido|obtenido) (?:\w+ )?(?:respuesta|noticias?|nada|contestaci[óo]n|confirmaci[óo]n)|a la espera|para su (?:firma|aprobaci[óo]n|visto bueno|revisi[óo]n|conformidad)|"
            r"(?:tiene|tenemos|tengo|tienen|necesita\w*) que saber|a m[áa]s tardar|como (?:muy )?tarde|(?:conocer|saber) (?:su|tu|vuestra) (?:opini[óo]n|parecer)|(?:comentario|sugerencia|observaci[óo]n)\w* (?:\w+ ){0,3}(?:bien|bienvenid\w+|agradec\w+)|si (?:es|fuera|fuese) posible|si (?:puede|pudiera|pudieras|puedes|podr[ií]a)|"
            r"ser[ií]a posible|h[áa]gan?(?:me|nos)|(?:hacer|hagan|haga) llegar|(?:indicara|dijera|confirmara|enviara|mandara)\w*|devolver\w* firmado|qu[ée] (?:te|le|os|les) parece|no s[ée] (?:c[óo]mo|qu[ée]|cu[áa]l|d[óo]nde)|estoy buscando|buscamos"
        ),
        it=(
            r"(?:volevo|vorrei|vorremmo|volevamo|desider\w+) (?:\w+ )?(?:chieder\w*|sapere|conoscere|domandar\w+|capire|prenotare|ordinare)|(?:mi|ci) (?:manca|mancano|aiuterebbe|interesserebbe|servirebbe\w*|farebbe\w*|preme)|(?:si|la|vi) prega(?:no)?|preghiamo|torno a scriver\w+|"
            r"non (?:ho|abbiamo) (?:\w+ )?(?:ricevuto|avuto|saputo) (?:\w+ )?(?:rispost\w+|riscontr\w+|notizi\w+|nulla|niente|conferm\w+)|in attesa d|(?:un|suo|tuo|vostro|cortese) riscontro|da (?:restituire|firmare|compilare|rispedire|rimandare)|(?:deve|devo|dobbiamo|devono) sapere|entro e non oltre|al pi[ùu] tardi|"
            r"(?:suo|tuo|vostro) parere|(?:osservazion|comment|suggeriment)\w+ (?:\w+ ){0,2}(?:gradit|benvenut)\w+|se (?:[èe]|fosse) possibile|se (?:pu[òo]|puoi|potesse|potessi|riesc\w+)|sarebbe possibile|sar(?:ei|emmo) grat[oaie]|far(?:ci|mi) (?:avere|pervenire|sapere)|per (?:firma|approvazione|conferma|presa visione e firma)|"
            r"sollecit\w+|attendiamo|che ne (?:pensa|pensi|dice|dici)|non so (?:come|cosa|quale|dove)|sto cercando|cerchiamo"
        ),
    ),
    signal(
        "complains",
        4,
        en=r"(?:this|that) is (?:not )?(?:un)?acceptable|complain\w*|(?:has|have) (?:already )?(?:come apart|broken|stopped)|disappointed|at no (?:charge|cost)|money back|refund|insist|wrong (?:colou?r|size|item|one|order|amount)|(?:arrived|is|are|was|were) (?:damaged|broken|missing|faulty)|replacement|unhappy with",
        de=r"beschwer\w+|reklam\w+|unzumutbar|nicht hinnehmbar|kaputt|quietscht|ohne weitere kosten|entt[äa]uscht|geld zur[üu]ck|m[äa]ngel|bestehen? (?:ich |wir )?auf|umtausch\w*|falsche[nrs]? (?:farbe|gr[öo][ßs]e|ware|teil|betrag)|besch[äa]digt|fehlt|fehlen|nachbesser\w+",
        fr=r"inadmissible|inacceptable|r[ée]clamation|d[ée][çc]u(?:e|s|es)?|rembours\w+|en panne|cass[ée]e?s?|sans frais|j'insiste|[ée]chang(?:e|er|ez)|(?:mauvaise?|erron[ée]e?) (?:couleur|taille|commande|pi[èe]ce|montant)|endommag[ée]e?s?|il manque|m[ée]content",
        es=r"inaceptable|reclam\w+|decepcionad[oa]|reembols\w+|devoluci[óo]n|estropead[oa]|qui[ée]n paga|sin coste|insisto|equivocad[oa]|da[ñn]ad[oa]s?|rot[oa]s?|falta[n]?|defectuos[oa]|que lo cambien",
        it=r"inaccettabile|reclam\w+|delus[oa]|rimbors\w+|rott[oa]|guast[oa]|senza costi|a vostre spese|insisto|sbagliat[oa]|danneggiat[oai]|manca(?:no)?|difettos[oa]|sostituzione",
    ),
    signal(
        "proposes another time",
        4,
        en=rf"(?:can't|cannot|won't be able to|not able to)[^.!?\n]{{0,40}}(?:{_DAY_EN})|(?:{_DAY_EN})[^.!?\n]{{0,40}}(?:would be (?:free|better|fine|possible)|could work|instead|suits? me)|(?:move|postpone|reschedule|push) (?:it|our|the)",
        de=rf"(?:kann|schaffe?|klappt)[^.!?\n]{{0,40}}(?:{_DAY_DE})[^.!?\n]{{0,40}}nicht|(?:{_DAY_DE})[^.!?\n]{{0,40}}(?:ginge|h[äa]tte ich|w[äa]re (?:mir |besser|m[öo]glich|frei)|k[öo]nnte ich|passt mir)|verschieben|verlegen",
        fr=rf"ne (?:peux|pourrai|peut)[^.!?\n]{{0,40}}(?:{_DAY_FR})|(?:{_DAY_FR})[^.!?\n]{{0,40}}(?:irait|serait (?:possible|mieux)|je (?:serais|suis) (?:libre|disponible)|je pourrais|plut[ôo]t)|(?:reporter|d[ée]caler|d[ée]placer) (?:le|la|notre)",
        es=rf"(?:no puedo|no podr[ée]|no me va)[^.!?\n]{{0,40}}(?:{_DAY_ES})|(?:{_DAY_ES})[^.!?\n]{{0,60}}(?:tendr[ií]a libre|estar[ií]a libre|podr[ií]a|me (?:va|vendr[ií]a) (?:bien|mejor)|no puedo)|(?:aplazar|cambiar|mover) (?:la|el|lo)",
        it=rf"(?:non posso|non riesco|non potr[òo])[^.!?\n]{{0,40}}(?:{_DAY_IT})|(?:{_DAY_IT})[^.!?\n]{{0,60}}(?:sarei liber|potrei|andrebbe|mi va (?:bene|meglio)|non posso|non riesco)|(?:spostare|rimandare|rinviare) (?:la|il|l')",
    ),
)
"""What shows that a person waits for an answer, beside the judge's signals."""

ENCLOSED = re.compile(
    r"\b(?:please (?:find|see) (?:\w+ )?(?:attached|enclosed|below)|veuillez (?:\w+ )?trouver|merci de trouver|(?:bitte )?finden sie (?:\w+ )?(?:anbei|im anhang|beigef[üu]gt)|s[ií]rvase encontrar|pu[òo] trovare in allegato)\b",
    re.IGNORECASE,
)
"""What leads to an enclosure: it sounds like a wish, and is none."""

NO_REPLY = signal(
    "says that no answer is needed",
    -8,
    en=(
        r"no need to (?:reply|answer|respond)|no (?:reply|answer|response) (?:is )?(?:needed|necessary|required)|(?:do not|don't|please do not) (?:reply|answer|respond) to this|you need not|"
        r"never ?mind|no action|nothing (?:changes|to do)|(?:just )?so that (?:you|she|he|they) knows?|for your (?:files|information|records)|fyi|so you(?:'re| are) (?:informed|in the loop)"
    ),
    de=(
        r"(?:musst|m[üu]ssen|brauchst|brauchen) (?:\w+ ){0,3}nicht (?:\w+ ){0,2}(?:antworten|tun|reagieren)|nicht auf diese|keine antwort|hat sich erledigt|erledigt sich|zur kenntnis(?:nahme)?|zur info(?:rmation)?|"
        r"bist damit durch|nichts (?:weiter )?(?:zu )?(?:tun|unternehmen)|antwort (?:ist )?nicht n[öo]tig|nur (?:zur|als) info\w*|automatische nachricht|damit du (?:es wei[ßs]t|informiert bist)|damit sie (?:informiert sind|bescheid wissen)"
    ),
    fr=(
        r"(?:inutile|pas besoin|pas la peine|rien) (?:de|d'|[àa]) (?:me |nous |vous )?(?:r[ée]pondre|faire)|ne pas r[ée]pondre|(?:pour|[àa] titre d')\s?information|pour (?:votre|ta|ton) (?:info\w*|dossier)|"
        r"oubliez|laisse(?:z)? tomber|c'est r[ée]gl[ée]|aucune (?:r[ée]ponse|action)|message automatique|pour que tu (?:le )?saches|pour vous tenir inform[ée]"
    ),
    es=(
        r"no (?:hace falta|es necesario|necesitas?|tienes?|tiene que) (?:que )?(?:\w+ ){0,2}(?:respond\w+|contest\w+|hac\w+)|no (?:contestes|conteste|responda|respondas)|(?:solo |s[óo]lo )?para (?:tu|su|vuestra) (?:informaci[óo]n|conocimiento)|"
        r"ya est[áa] (?:resuelto|solucionado|todo)|olv[ií]da(?:lo|te)|olv[ií]de(?:lo|se)|a t[ií]tulo informativo|mensaje autom[áa]tico|para que lo sepas?|para que est[ée]s (?:al tanto|informad[oa])"
    ),
    it=(
        r"non (?:serve|occorre|c'[èe] bisogno|[èe] necessario|devi|deve) (?:di |che )?(?:\w+ ){0,2}(?:rispond\w+|fare|rispost\w+)|non rispond(?:ere|a|ete)|per (?:conoscenza|informazione|vostra informazione)|"
        r"come non detto|ho (?:gi[àa] )?(?:risolto|trovato)|tutto (?:risolto|a posto)|lasci(?:a|ate)? (?:perdere|stare)|messaggio automatico|nessuna risposta|cos[ìi] sei (?:informat[oa]|al corrente)|per tua informazione|per tenerti informat[oa]"
    ),
)

RHETORICAL = signal(
    "a question that wants no answer",
    -5,
    en=r"isn't (?:it|that|this)|aren't they|what would (?:we|i) do without|who would have (?:thought|guessed)|how (?:lovely|nice|wonderful|great) is",
    de=r"was (?:t[äa]te|t[äa]ten|w[üu]rde|w[üu]rden|w[äa]ren?) (?:ich|wir)(?: nur)? ohne|wer h[äa]tte (?:das )?gedacht|ist (?:das|es) nicht (?:sch[öo]n|toll|herrlich)",
    fr=r"que (?:ferions|ferais|deviendrions)-(?:nous|je)|qui (?:l'e[ûu]t|aurait) (?:cru|dit|pens[ée])|n'est-ce pas (?:beau|merveilleux|formidable|magnifique)|c'est beau,? non",
    es=r"qui[ée]n (?:iba|lo iba|hubiera|lo dir[ií]a)|qu[ée] (?:har[ií]amos|har[ií]a) (?:yo |nosotros )?sin|no es (?:precioso|maravilloso|bonito)|a que (?:es|est[áa])",
    it=r"chi l'avrebbe|cosa (?:farei|faremmo) senza|come (?:farei|faremmo) senza|non [èe] (?:bello|bellissimo|meraviglioso|stupendo)",
)

CLOSES = signal(
    "settles something",
    -3,
    en=r"(?:ok|okay|fine|perfect|great|noted|agreed|received|will do|see you (?:then|there|on)|looking forward|that works|sounds good|it is|i'll (?:bring|be|send|call))",
    de=r"(?:passt|perfekt|alles klar|ist notiert|notiert|abgemacht|einverstanden|bis (?:dann|dienstag|mittwoch|donnerstag|freitag|samstag|montag)|ich (?:bringe|komme|freue mich)|dann bis)",
    fr=r"(?:parfait|d'accord|c'est not[ée]|bien re[çc]u|entendu|[àa] (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|bient[ôo]t)|je serai l[àa]|ça marche|[çc]a me va)",
    es=r"(?:perfecto|de acuerdo|vale|anotado|recibido|nos vemos|hasta (?:el )?(?:lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|luego)|all[ií] estar[ée]|queda anotado)",
    it=r"(?:perfetto|d'accord[oi]|va bene|ricevuto|segnato|ci vediamo|a (?:luned[ìi]|marted[ìi]|mercoled[ìi]|gioved[ìi]|venerd[ìi]|sabato|presto)|ci sar[òo]|ottimo)",
)
"""What ends a conversation; it counts only where nothing is asked."""

NOTICE = signal(
    "reads like a notice of a program",
    -6,
    en=(
        r"new (?:sign-?in|voice message|message|device|comment|review)|backup (?:finished|completed|failed)|security code|verification code|this is a reminder|reminder:|invitation:|accepted:|declined:|"
        r"is (?:now )?(?:available|ready) in your|your (?:statement|password|subscription|booking|parcel|package|order)|was this you|log ?in to (?:reply|answer)|manage your|in your (?:portal|account)"
    ),
    de=(
        r"sicherheitscode|neue (?:anmeldung|sprachnachricht|bewertung)|neuer (?:kommentar|login)|erinnerung:|zugesagt:|abgesagt:|einladung:|einladung angenommen|ihr (?:paket|kontoauszug|kennwort)|ihre (?:bestellung|sendung|buchung)|"
        r"in (?:ihrem|deinem) (?:konto|portal)|automatisch(?:e|en)? (?:nachricht|erzeugt|versandt)|sicherung (?:abgeschlossen|fehlgeschlagen)|leihfrist"
    ),
    fr=(
        r"code de (?:s[ée]curit[ée]|v[ée]rification)|nouveau (?:message vocal|commentaire)|nouvel(?:le)? (?:avis|connexion)|rappel ?:|invitation ?:|accept[ée] ?:|votre (?:colis|commande|relev[ée]|r[ée]servation|abonnement)|"
        r"message (?:vocal|automatique)|connectez-vous|espace client|sauvegarde (?:termin[ée]e|[ée]chou[ée]e)"
    ),
    es=(
        r"c[óo]digo de (?:seguridad|verificaci[óo]n)|nuevo (?:mensaje de voz|comentario|inicio de sesi[óo]n)|recordatorio:|invitaci[óo]n:|aceptado:|su (?:paquete|pedido|extracto|reserva)|tu (?:paquete|pedido|reserva)|ha comentado|"
        r"(?:mensaje|correo) (?:de voz|autom[áa]tico)|[áa]rea de cliente|copia de seguridad"
    ),
    it=(
        r"codice di (?:sicurezza|verifica)|nuov[oa] (?:messaggio vocale|commento|accesso|recensione)|promemoria:|invito:|accettato:|(?:il (?:tuo|suo)|la (?:tua|sua)) (?:pacco|ordine|estratto conto|prenotazione|spedizione)|"
        r"ha commentato|messaggio (?:vocale|automatico)|area (?:clienti|riservata)|backup (?:completato|non riuscito)"
    ),
)

SPAM: tuple[Signal, ...] = (
    signal(
        "wants gift cards or codes",
        6,
        en=r"(?:buy|get|purchase|pick up|need|want|send|order) (?:me |us |some |them |\w+ ){0,4}gift ?cards|gift ?cards?[^.\n]{0,60}(?:codes?|scratch|photos?|pictures?)|send (?:me )?the codes|prepaid cards",
        de=r"(?:kauf|besorg|hol|brauch|bestell)\w*[^.\n]{0,60}(?:geschenk|gutschein|guthaben|prepaid|google-play|apple)-?karten|(?:geschenk|gutschein|guthaben|prepaid|google-play|apple)-?karten?[^.\n]{0,60}(?:besorg|kauf|code|freirubbel)\w*|schick\w* mir die codes",
        fr=r"(?:achet|achat|procur|besoin|prend|prenez|faut)\w*[^.\n]{0,60}cartes (?:cadeaux?|pr[ée]pay[ée]es?|itunes)|cartes? (?:cadeaux?|pr[ée]pay[ée]es?)[^.\n]{0,60}codes?|(?:m'|me l')?envoyer les codes",
        es=r"(?:compr|consig|necesit|adquir)\w*[^.\n]{0,60}tarjetas (?:de )?(?:regalo|prepago)|tarjetas? (?:de )?(?:regalo|prepago)[^.\n]{0,60}c[óo]digos?|(?:m[áa]nda|env[ií]a|manda)\w* los c[óo]digos",
        it=r"(?:compr|acquist|procur|prend|serv)\w*[^.\n]{0,60}(?:(?:carte|buoni|card) (?:regalo|prepagat[ei])|gift card)|(?:carte|buoni|card) regalo[^.\n]{0,60}codic[ei]|gift card[^.\n]{0,60}codic[ei]|(?:manda|invia)\w* i codici",
    ),
    signal(
        "has a new account to pay to",
        5,
        en=r"(?:bank )?(?:account|details) (?:has|have) changed|changed (?:our )?(?:bank|account)|to the new account|new bank (?:account|details)|confirmation of the transfer",
        de=r"neue(?:s|n)? (?:bankverbindung|konto|iban)|(?:bankverbindung|konto|iban) (?:hat sich |wurde )?(?:ge[äa]ndert|gewechselt)|bank gewechselt|[üu]berweis\w+ (?:\w+ ){0,5}neue",
        fr=r"nouveau (?:rib|compte|iban)|nouvelles coordonn[ée]es bancaires|chang[ée] de (?:banque|compte|rib)|(?:banque|compte) a chang[ée]|virement (?:\w+ ){0,5}nouveau",
        es=r"nueva cuenta|cambiado de (?:banco|cuenta)|nuevos datos bancarios|nuestra cuenta ha cambiado",
        it=r"nuovo (?:conto|iban)|nuove coordinate bancarie|cambiato (?:banca|conto|iban)|bonifico (?:\w+ ){0,5}nuovo",
    ),
    signal(
        "promises money",
        6,
        en=r"beneficiary|deceased (?:client|customer)|next of kin|lottery|lucky winner|(?:you|your \w+|which) (?:have|has) won|claim your|(?:late|your) inheritance|inheritance (?:fund|of)|(?:left|leaving|behind|share)[^.\n]{0,30}\bmillions?|share the (?:funds|money|sum)|(?:million|\d{6,}) (?:us )?(?:dollars|euros|pounds)|funds (?:can|will) be released|donat\w+ to you",
        de=r"erbschaft (?:von|in h[öo]he|[üu]ber)|verstorbene[rn]? (?:kunde|klient|mandant)|keine erben|lotterie|(?:unser|als|der) gewinner|fordern sie (?:\w+ ){0,2}(?:preis|gewinn)|(?:betrag|geld|summe) teilen|\d+ mio|sie haben (?:\w+ ){0,3}gewonnen|gewonnen!|millionen? (?:euro|dollar|us-dollar)|spende an sie|ihnen (?:\w+ ){0,5}spenden",
        fr=r"(?:sans|pas d'|aucun) h[ée]riti[èe]rs?|h[ée]ritage de|partager (?:les fonds|la somme)|succession vacante|client d[ée]c[ée]d[ée]|loterie|(?:notre|l'heureux|l'heureuse) gagnante?|r[ée]clamez votre|(?:avez|as) gagn[ée]|millions? (?:d'euros|de dollars|d'|€)|faire (?:un )?don de|vous faire don|l[ée]guer",
        es=r"(?:su|una|la) herencia de|sin hereder[oa]s|(?:compartir|repartir) (?:los fondos|el dinero|la suma)|cliente (?:fallecido|difunto)|loter[ií]a|(?:el|la|nuestro|nuestra) ganador(?:a)?|(?:usted |le )ha (?:ganado|tocado)|ha ganado (?:un|una|el|la|\d)|(?:su|un) premio|reclame su|millones de (?:euros|d[óo]lares)|donar(?:le|te)|cobrar su",
        it=r"eredit[àa] di|senza eredi|(?:dividere|condividere) (?:i fondi|il denaro|la somma)|cliente (?:deceduto|defunto)|lotteria|(?:il|la|nostro|nostra|è) vinci(?:tore|trice)|(?:lei |hai |ha) ?vinto (?:un|una|il|la|\d)|(?:suo|un|tuo) premio|reclami il|milioni di (?:euro|dollari)|donar(?:le|ti|vi)|riscuotere",
    ),
    signal(
        "wants a password or bank details",
        6,
        en=r"verify your|confirm your (?:account|identity|details|password|data)|bank details so|your (?:full )?(?:name|address)[^.\n]{0,40}bank details|(?:mailbox|account)[^.\n]{0,40}(?:suspen\w+|closed|full|limited)|will lead to suspension|password of (?:the|this|your)|(?:e-?mail|mailbox|account) password|sign in with your|log in (?:now|here|below) to|keep receiving (?:mail|messages)",
        de=r"best[äa]tigen sie (?:ihre|ihr)|zugangsdaten|ihr (?:konto|postfach)[^.\n]{0,40}(?:gesperrt|eingeschr[äa]nkt|voll|geschlossen)|(?:ihrer|ihre) bankverbindung|passwort (?:des|f[üu]r|ihres)|mit (?:ihrem|dem) (?:e-?mail-?)?(?:passwort|kennwort)|melden sie sich (?:hier|jetzt|mit) |ungew[öo]hnliche aktivit[äa]t\w*|kennwort best[äa]tigen",
        fr=r"confirmez vos|v[ée]rifiez vos|identifiants|coordonn[ée]es bancaires|compte (?:\w+ ){0,3}(?:suspendu|bloqu[ée]|cl[ôo]tur[ée])|activit[ée] inhabituelle|mot de passe (?:de|du|e-?mail)|connectez-vous (?:avec|ici|imm[ée]diatement)",
        es=r"confirme sus|verifique su|sus datos bancarios|cuenta bancaria|(?:cuenta|buz[óo]n)[^.\n]{0,40}(?:suspendid|bloquead|limitad|llen)[oa]|actividad inusual|contrase[ñn]a (?:de|del)|(?:con|introduzca) su contrase[ñn]a|inicie sesi[óo]n (?:con|aqu[ií])|clave de acceso",
        it=r"confermi? i (?:suoi|tuoi) dati|verifichi? (?:il|la|i) (?:suo|sua|suoi)|coordinate bancarie|(?:conto|account|casella)[^.\n]{0,40}(?:sospes|bloccat|limitat|pien)[oa]|attivit[àa] (?:insolita|sospetta)|password (?:della|del)|(?:con la|inserisca la) (?:sua )?password|acceda (?:con|qui|subito)|credenziali",
    ),
    signal(
        "threatens",
        6,
        en=r"bitcoin|btc|crypto ?wallet|access to your camera|recorded you|everybody will get|legal action will|within (?:24|48) hours or",
        de=r"bitcoins?|zugriff auf (?:ihre|deine) kamera|aufgenommen|an alle (?:ihre|deine) kontakte|innerhalb von (?:24|48) stunden",
        fr=r"bitcoins?|acc[èe]s [àa] votre cam[ée]ra|vous ai film[ée]e?|[àa] tous vos contacts|sous (?:24|48) heures",
        es=r"bitcoins?|acceso a (?:su|tu) c[áa]mara|(?:le|te) he grabado|a todos (?:sus|tus) contactos|en (?:24|48) horas",
        it=r"bitcoin|accesso alla (?:sua|tua) (?:webcam|fotocamera|telecamera)|(?:l'|ti )ho (?:registrat|ripres)[oa]|a tutti i (?:suoi|tuoi) contatti|entro (?:24|48) ore",
    ),
    signal(
        "baits with a gift",
        6,
        en=r"\d+ (?:places|left|remaining)|only \d+ (?:places )?left|(?:receive|get|win) (?:a |an |your )(?:[\w-]+ ){0,4}(?:voucher|gift)|(?:answer|take) (?:\w+ ){0,3}(?:questions|survey)[^\n]{0,80}(?:bank|card|voucher|gift|prize)|you have been (?:selected|chosen)",
        de=r"nur noch \d+ (?:st[üu]ck|pl[äa]tze)|gratis|sichern sie sich|(?:beantworten|drei|kurze) \w* ?(?:fragen|umfrage)[^\n]{0,80}(?:bank|karte|gutschein|geschenk)|sie wurden ausgew[äa]hlt",
        fr=r"plus que \d+|gagnez (?:un|une|des)|cadeau [àa] (?:retirer|r[ée]cup[ée]rer)|r[ée]pondez [àa] (?:\w+ ){0,2}questions[^\n]{0,80}(?:banque|carte|cadeau|gagnez)|(?:avez|as) [ée]t[ée] s[ée]lectionn[ée]e?",
        es=r"solo quedan? \d+|ll[ée]vese|gratis|(?:conteste|responda) (?:\w+ ){0,2}preguntas[^\n]{0,80}(?:banco|tarjeta|regalo|gratis)|ha sido seleccionad[oa]",
        it=r"ne restano \d+|gratis|(?:rispondi|risponda) a (?:\w+ ){0,2}domande[^\n]{0,80}(?:banca|carta|regalo|gratis)|(?:sei|[èe]) stat[oa] selezionat[oa]|in regalo",
    ),
    signal(
        "offers gambling, pills or quick riches",
        6,
        en=r"casino|free spins|jackpot|betting|viagra|cialis|weight loss|lose \d+ (?:kg|pounds)|crypto\w*|ethereum|forex|double your|deposit today|no experience (?:is )?(?:needed|required)|flexible hours from home|invest (?:only )?\W?\d+|trading (?:bot|platform|secret)|passive income|loan (?:approved|without)|earn \W?\d+[^.\n]{0,20}(?:day|week|month)|work from home|replica watches|limited places",
        de=r"casino|freispiele|willkommensbonus|jackpot|sportwetten|potenzmittel|abnehmen|krypto\w*|ethereum|forex|verdoppeln sie (?:ihr|ihre)|nebenverdienst|investier\w*[^.\n]{0,30}\d|passives einkommen|(?:sofort)?kredit (?:ohne|sofort)|verdien\w*[^.\n]{0,30}(?:t[äa]glich|pro tag|im monat|von zu hause)|begrenzte pl[äa]tze|ohne einzahlung",
        fr=r"casino|tours gratuits|bonus de bienvenue|jackpot|paris sportifs|pilules?|maigrir|perdez \d+ kilos|crypto\w*|ethereum|forex|doublez votre|investissez[^.\n]{0,30}\d|revenus? passifs?|(?:cr[ée]dit|pr[êe]t) (?:imm[ée]diat|sans|rapide)|gagn\w+[^.\n]{0,30}(?:par jour|par mois|chez vous)|places limit[ée]es",
        es=r"casino|tiradas gratis|giros gratis|bono de bienvenida|apuestas|pastillas|adelga\w+|pierda \d+ kilos|cripto\w*|ethereum|forex|duplique su|inviert[ae][^.\n]{0,30}\d|ingresos pasivos|(?:pr[ée]stamo|cr[ée]dito) (?:inmediato|sin|r[áa]pido)|gan[ae]\w*[^.\n]{0,30}(?:al d[ií]a|al mes|desde casa)|plazas limitadas",
        it=r"casin[òo]|giri gratis|bonus di benvenuto|jackpot|scommesse|pillole|dimagri\w+|perd[ai] \d+ chili|cripto\w*|ethereum|forex|raddoppi[a]? (?:il|i) su|invest[ia][^.\n]{0,30}\d|reddit[oi] passiv[oi]|(?:prestito|credito) (?:immediato|senza|veloce)|guadagn\w+[^.\n]{0,30}(?:al giorno|al mese|in un mese|da casa)|posti limitati",
    ),
    signal(
        "wants a small payment",
        5,
        en=r"pay (?:a |the )?(?:small |outstanding )?(?:fee|customs|shipping)|pay (?:only )?(?:[£€$] ?)?\d+[.,]\d\d|(?:parcel|package|delivery)[^.\n]{0,40}(?:on hold|held|stopped)|(?:shipping|release) fee",
        de=r"(?:zoll|versand|bearbeitungs|freigabe)geb[üu]hr\w*|(?:zahlen|bezahlen) sie (?:nur )?\d|(?:paket|sendung)[^.\n]{0,40}(?:zur[üu]ckgehalten|angehalten|wartet auf)",
        fr=r"frais (?:de douane|de livraison|d'envoi|d'exp[ée]dition)|(?:payez|r[ée]glez) (?:\w+ ){0,3}\d|colis[^.\n]{0,40}(?:bloqu[ée]|retenu|en attente)",
        es=r"gastos de (?:aduana|env[ií]o)|(?:pague|abone) (?:\w+ ){0,3}\d|(?:paquete|env[ií]o)[^.\n]{0,40}(?:retenido|detenido|a la espera|de \d)",
        it=r"spese di (?:dogana|spedizione)|(?:paga|paghi|pagare) (?:\w+ ){0,3}\d|pacco[^.\n]{0,40}(?:fermo|giacenza|bloccato|in attesa)|sbloccare la consegna",
    ),
    signal(
        "writes from another address, in need",
        6,
        en=r"(?:phone|mobile) (?:is |has )?(?:broke\w*|been stolen|lost)[^\n]{0,120}(?:money|pay|transfer|card|send)|(?:my )?new number[^\n]{0,120}(?:money|pay|transfer)|stranded[^\n]{0,120}(?:money|pay|transfer)",
        de=r"(?:handy|telefon) (?:ist )?(?:\w+ ){0,2}(?:kaputt|weg|gestohlen)[^\n]{0,120}(?:[üu]berweis\w*|geld|euro|karte)|neue nummer[^\n]{0,120}(?:[üu]berweis\w*|geld|euro)",
        fr=r"(?:t[ée]l[ée]phone|portable) (?:\w+ ){0,2}(?:cass[ée]|vol[ée]|perdu)[^\n]{0,120}(?:virement|argent|euros|carte)|nouveau num[ée]ro[^\n]{0,120}(?:virement|argent|euros)",
        es=r"(?:m[óo]vil|tel[ée]fono)[^.\n]{0,20}(?:roto|robado|perdido|rompi[óo])[^\n]{0,120}(?:transfer\w*|dinero|euros|recarga|bizum)|(?:roto|robado|perdido) el (?:m[óo]vil|tel[ée]fono)[^\n]{0,120}(?:transfer\w*|dinero|euros|recarga|bizum)",
        it=r"(?:telefono|cellulare)[^\n]{0,120}(?:ricarica|bonifico|soldi|euro)[^\n]{0,60}(?:carta|conto|domani|urgente|subito)|nuovo numero[^\n]{0,120}(?:ricarica|bonifico|soldi)",
    ),
    signal(
        "asks for secrecy or haste with money",
        3,
        en=r"treat (?:this )?as confidential|strictly confidential|can't talk|processing fee|pay you back|at once|keep this between us|do not tell",
        de=r"vertraulich|kann (?:gerade )?nicht (?:sprechen|telefonieren)|bearbeitungsgeb[üu]hr|geb[üu]hr von|gott segne|gebe? es dir (?:heute|sp[äa]ter) zur[üu]ck|dringend [üu]berweisen",
        fr=r"(?:en )?toute discr[ée]tion|confidentiel|ne peux pas (?:t[ée]l[ée]phoner|parler)|frais de dossier|je te rembourse|c'est urgent",
        es=r"guarde el secreto|confidencial|no puedo hablar|gastos de gesti[óo]n|luego te lo pago|es urgente|estoy en una reuni[óo]n",
        it=r"(?:massima )?riservatezza|riservato|confidenziale|non posso (?:parlare|telefonare)|spese di (?:gestione|pratica)|te li ridò|ti rimborso|[èe] urgente|sono in riunione",
    ),
    signal(
        "sells something unasked",
        6,
        en=(
            r"we help (?:\w+ ){0,4}(?:like yours|businesses|companies|shops|get|grow|reach)|new leads|more (?:leads|traffic)|"
            r"seo|backlinks?|special offer for|guaranteed results?|guest post|book a (?:demo|call)|top of your inbox|free (?:audit|trial)"
        ),
        de=(
            r"auf (?:ihre|deine|eure) (?:website|webseite|seite|internetseite) gesto[ßs]en|wir (?:bringen|helfen|unterst[üu]tzen) (?:\w+ ){0,4}(?:wie (?:ihrer|ihnen|deiner)|unternehmen|betrieben|werkst[äa]tten)|neukunden|"
            r"erstgespr[äa]ch|mehr (?:kunden|anfragen|sichtbarkeit)|kostenlose analyse|nur (?:heute|noch bis)|letzte chance|exklusiv\w* (?:angebot|f[üu]r sie)|suchmaschinen\w*"
        ),
        fr=(
            r"tomb[ée]e? sur (?:votre|ton|vos)|nous aidons|j'aide (?:les|des)|avis positifs|plus de (?:clients|visibilit[ée]|prospects)|"
            r"(?:offre|promotion) (?:exclusive|sp[ée]ciale)|derni[èe]re chance|r[ée]f[ée]rencement|audit gratuit|seulement aujourd'hui"
        ),
        es=(
            r"me encanta (?:tu|su) trabajo|ayudamos a|conseguir (?:m[áa]s )?clientes|m[áa]s (?:clientes|ventas|visibilidad)|(?:oferta|promoci[óo]n) (?:exclusiva|especial)|"
            r"[úu]ltima oportunidad|solo hoy|posicionamiento|auditor[ií]a gratuita|un asesor le|renting"
        ),
        it=(
            r"(?:imbattut[oa]|capitat[oa]) (?:sul|nel)|aiutiamo|nuovi clienti|pi[ùu] (?:clienti|visibilit[àa]|prenotazioni)|"
            r"(?:offerta|promozione) (?:esclusiva|speciale|imperdibile)|ultima (?:occasione|possibilit[àa])|solo (?:per )?oggi|posizionamento|analisi gratuita|mi complimento"
        ),
    ),
)
"""What shows that nobody asked for a mail and nobody needs it."""

SHOUTS = re.compile(r"!{3,}|[A-ZÀ-Ý]{4,}(?:[ !¡]+[A-ZÀ-Ý0-9.]{3,}){2,}")
LINK = re.compile(r"https?://", re.IGNORECASE)

TO_A_MACHINE = re.compile(
    r"(?:(?:note|message|instructions?|mensaje|consigne|nota|nachricht|hinweis|messaggio|istruzioni?|anweisung|instrucci[óo]n) (?:to|for|pour|para|per|an|f[üu]r) (?:the |l'|el |la |den |die |das |il )?"
    r"(?:ai |ki-)?(?:assistant|asistente|assistente|assistent|system|model|modelo|modell|modello|bot))"
    r"|^\W{0,6}(?:ai |ki-)?(?:assistant|asistente|assistente|assistent|system|sistema|syst[èe]me)\s?[,:]"
    r"|\b(?:ignore|disregard|forget|ignorier\w*|vergiss|ignorez|ignora|ignori|oublie[zr]?|olvida|dimentica)\b[^.\n]{0,40}\b(?:instructions?|rules?|prompts?|anweisungen|regeln|consignes|r[èe]gles|instrucciones|reglas|istruzioni|regole)\b"
    r"|\b(?:mark|classify|categori[sz]e|label|sort|markier\w*|klassifizier\w*|einstufen|marque[zr]?|class(?:e|er|ez)|marca|clasifica|classifica|contrassegna)\b[^.\n]{0,40}\b(?:important|needs?_reply|category|kategorie|confidence|wichtig|cat[ée]gorie|importante|categor[ií]a|urgent\w*)\b"
    r"|\bneeds_reply\b|\bconfidence\W{0,3}(?:1|0?\.\d|100)",
    re.IGNORECASE | re.MULTILINE,
)
"""What is said to a program that reads the mail: no person's wish, and no instruction to anybody."""

GREETED = re.compile(
    r"^\W{0,3}(?:(?i:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|guten (?:morgen|tag|abend)|sehr geehrte[rs]?|moin|servus|bonjour|bonsoir|salut|coucou|ch[eè]re?s?|hola|"
    r"buenos d[ií]as|buenas (?:tardes|noches)|estimad[oa]s?|querid[oa]s?|ciao|buongiorno|buonasera|salve|gentile|egregi[oa]|car[oaie])\b[ ,]*)?"
    r"((?:(?i:mr|mrs|ms|dr|prof|herr|frau|m|mme|monsieur|madame|sr|sra|se[ñn]or|se[ñn]ora|signor|signora|sig|sig\.ra)\.? )?[A-ZÀ-Ý][\w'’-]{1,30}(?: [A-ZÀ-Ý][\w'’-]{1,30}){0,2})\s?[,:!]",
    re.MULTILINE,
)
"""Who is spoken to, where a line begins."""
