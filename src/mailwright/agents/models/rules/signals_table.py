"""What the judge looks for, by language, with the points it gives. Data; read by judge.

Each signal has a name (it is shown in `because`), points, and its words in the languages we know. `written` patterns are matched
between word boundaries, without regard to case; Japanese has none, so its words stand by themselves. Adding a language is adding
its words here. Points and calibration were set by what the tuning part of evals/judge shows; `make evals` says what they are worth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing a mail is known by. `points` are for a task, or below zero against it."""

    name: str
    points: int
    pattern: re.Pattern[str]

    def in_(self, text: str) -> bool:
        return self.pattern.search(text) is not None


def _signal(name: str, points: int, *, ja: str = "", begins: bool = False, **languages: str) -> Signal:
    """`begins`: only where a text, line or sentence begins, or after words that lead to a request."""
    words = "|".join(languages.values())
    lead = _LEAD if begins else ""
    pattern = rf"{lead}\b(?:{words})\b" + (f"|(?:{ja})" if ja else "")
    return Signal(name, points, re.compile(pattern, re.IGNORECASE | re.MULTILINE))


_LEAD = (
    r"(?:^[\s>*•-]{0,4}|[.!?;:,…–]\s{1,3}|\b(?:please|pls|you|to|and|then|also|just|now|bitte|und|dann|noch|sie|mir|zu|merci de|de|et|"
    r"por favor|y|per favore|e|di|graag|en|te|proszę|i|att|och|por favor,?)\s)"
)

POLITE = _signal(
    "asks politely",
    2,
    en=r"please|pls|plz|kindly",
    de=r"bitte",
    fr=r"s'il (?:vous|te) pla[iî]t|svp|stp|merci de|merci d'|veuillez",
    es=r"por favor",
    it=r"per (?:favore|piacere|cortesia)|la prego|grazie in anticipo",
    nl=r"alstublieft|alsjeblieft|aub|graag",
    pt=r"se faz favor|por gentileza|por obséquio",
    pl=r"prosz[ęe]|prosimy|uprzejmie",
    sv=r"snälla|vänligen",
    ja=r"ください|下さい|お願い(?:します|いたします|致します|できますか)",
)

ASKING = _signal(
    "asks somebody to do something",
    3,
    en=(
        r"(?:can|could|would|will|might) (?:you|somebody|someone)|could i (?:have|get)|can i (?:have|get)|i(?:'d| would) (?:like|love|need|appreciate)|"
        r"(?:i|we) (?:also )?(?:need|want|require)|(?:still|also|just) need|need the|i am looking for|i'm looking for|(?:wondering|wonder) (?:if|whether)|"
        r"let me know|tell me|show me|give me|send me|help me"
    ),
    de=(
        r"kannst du|k[öo]nntest du|k[öo]nnt(?:et)? ihr|k[öo]nnt?en sie|w[üu]rden sie|w[üu]rdest du|(?:ich|wir) (?:brauchen?|br[äa]uchten?|ben[öo]tigen?|"
        r"h[äa]tten? gern\w*|m[öo]chten?|suchen?)|brauch(?:e|en)?|wollen sie|wird gebraucht"
    ),
    fr=(
        r"pou(?:vez|rriez)-vous|peux-tu|pourrais-tu|est-ce que (?:vous|tu|je|on) p(?:ou|eu|our)\w+|j'ai besoin|nous avons besoin|il (?:me|nous) fau(?:t|drait)|"
        r"j'aimerais|je (?:voudrais|souhaite(?:rais)?)|dites-moi|envoyez-moi"
    ),
    es=r"(?:me |nos )?(?:puedes?|podr[ií]a(?:s|n)?)|necesit(?:o|amos)|quisiera|me gustar[ií]a|quiero que|d[ií]game|me hace falta",
    it=r"pu(?:oi|ò)|potresti|potrebbe|mi serv(?:e|irebbe|ono)|ci serve|(?:ho|abbiamo) bisogno|vorrei|vorremmo|mi piacerebbe|mi dica",
    nl=r"kun(?:t u|t|nen jullie)?|kun je|zou (?:je|u)|wil(?:t u|len jullie)|wil je|(?:heb|hebben) (?:\w+ ){0,5}nodig|ik wil|wij zoeken",
    pt=r"pode(?:ria)?|podem|preciso|precisamos|gostaria|queria|diga-me",
    pl=r"czy (?:mo[żz]\w+|mog\w+|m[óo]g\w+|pan\w*)|potrzebuj\w+|chcia[łl]\w+|poprosz\w+",
    sv=r"kan (?:du|ni)|skulle (?:du|ni|jag) (?:kunna|vilja)|(?:jag|vi) beh[öo]ver|(?:jag|vi) vill ha",
    ja=r"(?:いただけ|頂け|もらえ|くれ)(?:ますか|ませんか|ますでしょうか|ないでしょうか)|欲しい|ほしい|が必要です|教えて",
)

WORK = _signal(
    "names work",
    3,
    en=(
        r"summari[sz]e|calculate|compute|translate|proofread|analy[sz]e|extract|compare|de-?dup\w*|rewrite|rephrase|convert|shorten|tidy up|look(?:s|ing)? (?:up|into)|"
        r"work out|figure out|add (?:it|them|these)? ?up|total up|find out|turn (?:\w+ ){1,4}into|go through|give it a look|have a look|tl;dr"
    ),
    de=(
        r"zusammen(?:zu)?fass\w+|fass(?:e|en|t)?\b[^.!?\n]{0,80}\bzusammen|berechn(?:e|en|et)|(?:aus|zusammen|um)rechnen|[üu]bersetz(?:e|en|t)|(?:[üu]ber|ein)tragen|"
        r"korrekturlesen|korrigier\w+|vergleich(?:e|en|t)|gegen[üu]berstellung|summier\w+|addier\w+|auswert(?:e|en|ung)|umwandeln|beantwort\w+|recherchier\w+|"
        r"heraus(?:zu)?finden|k[üu]rze[nr]?"
    ),
    fr=r"additionn\w+|r[ée]sum(?:er?|ez)|calcul(?:er?|ez)|tradui(?:re|s|sez|sons)|corrig(?:er?|ez)|compar(?:er?|ez)|convert(?:ir|is|issez)|r[ée]dig(?:er?|ez)|v[ée]rifi(?:er?|ez)|trait(?:er?|ez)",
    es=r"sum(?:ar|en|e)|resum(?:ir|e|a|an)|calcul(?:ar|en?|a)|tradu(?:cir|ce|zca)|corr(?:egir|ige|ija)|compar(?:ar|e|a)|convert(?:ir)|redact(?:ar?|e)|revis(?:ar|e)|enc[áa]rg\w+",
    it=r"sommare|sommi|riassum\w+|calcol(?:are|a|i)|tradu(?:rre|ci|ca)|correg(?:gere|gi|ga)|confront(?:are|a|i)|convert(?:ire|i)|redig(?:ere|i)|control(?:lare|li)|si occupi|occuparsi",
    nl=r"optellen|samenvatten|berekenen|vertal(?:en|ing van)|corrigeren|vergelijken|omrekenen|omzetten|opstellen|controleren|afhandelen|uitzoeken",
    pt=r"some|somar|resum(?:ir|a)|calcul(?:ar|e)|traduz(?:ir|a)|corrig(?:ir|a)|compar(?:ar|e)|convert(?:er|a)|redig(?:ir|a)|trat(?:e|ar) d[oae]",
    pl=r"zsumowa\w*|podsumowa\w*|streści\w*|obliczy\w*|przet[łl]umacz\w*|sprawdzi\w*|sprawd[źz]|porówna\w*|przeliczy\w*|przygotowa\w*|napisa(?:ć|nie)",
    sv=r"summera|sammanfatta|beräkna|räkna ut|översätt\w*|korrekturläs\w*|jämför(?:a)?|omvandla|sammanställ\w*|kontrollera",
    ja=r"(?:集計|要約|翻訳|計算|作成|確認|比較|修正|変換|校正|調べ)(?:して|を(?:お願い|して)|てください|て)",
)

ORDER = _signal(
    "gives an order",
    4,
    begins=True,
    en=(
        r"count|list|find|write|draft|prepare|create|make|check|review|explain|sort|total|group|plan|schedule|remind|organi[sz]e|update|fix|research|remove|merge|"
        r"propose|add|rename|order|number|answer|reply to|handle|deal with|round|fill in|design|describe|suggest|estimate|collect|bar chart|pie chart|same (?:\w+ ){0,3}as"
    ),
    de=(
        r"mach(?:e|en|t)?|schreib(?:e|en|t)?|z[äa]hl(?:e|en|t)|list(?:e|en)|find(?:e|en)|erstell(?:e|en|t)?|pr[üu]f(?:e|en|t)?|erkl[äa]r(?:e|en|t)?|sortier(?:e|en|t)?|"
        r"schick(?:e|en|t)?|send(?:e|en|et)|such(?:e|en|t)|bereite|ordne|rechne|antworte|verfass(?:e|en)|formulier(?:e|en)|erledig(?:e|en)|plan(?:e|en)|nenn(?:e|en)"
    ),
    fr=r"[ée]cri(?:s|vez|re)|fai(?:s|tes)|pr[ée]par(?:er?|ez)|list(?:er?|ez)|tri(?:er?|ez)|compt(?:er?|ez)|expliqu(?:er?|ez)|cherch(?:er?|ez)|trouv(?:er?|ez)|ajout(?:er?|ez)|envoy(?:er|ez)|propos(?:er?|ez)",
    es=r"escrib(?:e|a|ir)|ha(?:z|ga)|prepar(?:a|e|ar)|list(?:a|e|ar)|orden(?:a|e|ar)|cuent(?:a|e)|expli(?:ca|que|car)|bus(?:ca|que|car)|env[ií](?:a|e|ar)|propon(?:ga|er)?|a[ñn]ad(?:e|a|ir)",
    it=r"scriv(?:i|a|ere)|fa(?:i|ccia|re)|prepar(?:a|i|are)|elenc(?:a|hi|are)|ordin(?:a|i|are)|cont(?:a|i|are)|spieg(?:a|hi|are)|cerc(?:a|hi|are)|mand(?:a|i)|aggiung(?:i|a|ere)|propon(?:i|ga)",
    nl=r"maak|schrijf|tel|zoek|leg uit|sorteer|stuur|bereid|controleer|vat|vertaal|bereken|reken|vergelijk|voeg|geef|noem|dit vertalen",
    pt=r"escrev(?:a|er)|fa(?:ça|zer)|prepar(?:e|ar)|list(?:e|ar)|orden(?:e|ar)|cont(?:e|ar)|expli(?:que|car)|procur(?:e|ar)|envi(?:e|ar)|acrescent(?:e|ar)",
    pl=r"napisz|zr[óo]b|przygotuj|policz|wyja[śs]nij|posortuj|znajd[źz]|wy[śs]lij|dodaj|oblicz|przet[łl]umacz|wypisz",
    sv=r"skriv|g[öo]r|f[öo]rbered|lista|r[äa]kna|f[öo]rklara|sortera|hitta|skicka|l[äa]gg till|f[öo]resl[åa]",
)

FOR_NAMES = _signal(
    "names work",
    3,
    en=r"todo|to do|tasks?|please",
    de=r"bitte|aufgaben?",
    fr=r"[àa] (?:faire|r[ée]sumer|traduire|corriger)|t[âa]ches?",
    es=r"tareas?|por hacer|para (?:resumir|traducir)",
    it=r"da (?:fare|riassumere|tradurre)|compiti",
    nl=r"te doen|taken",
    pt=r"tarefas?|a fazer",
    pl=r"zadani[ae]|do zrobienia",
    sv=r"uppgifter|att g[öo]ra",
)
"""Beside the words of work: what the name of a file says that is to be worked on."""

WISH = _signal(
    "names a wish",
    3,
    en=(
        r"would (?:really )?(?:be|help)|would be (?:\w+ ){0,2}(?:great|nice|good|helpful|lovely|useful|ideal)|it would help|i am stuck|i'm stuck|still have no|"
        r"(?:is|are) (?:wanted|needed|missing)|by (?:tomorrow|tonight|noon|monday|tuesday|wednesday|thursday|friday)|asap|until tonight"
    ),
    de=r"w[äa]ren?\b[^.!?\n]{0,80}\b(?:hilfreich|gut|sch[öo]n|toll|super|nett|praktisch)|es w[äa]re|w[üu]rde (?:mir|uns) helfen|bis (?:morgen|heute abend|freitag|montag)|eilt",
    fr=r"(?:ce )?serait (?:bien|bon|utile|parfait|super|id[ée]al)|ça m'aiderait|avant (?:demain|lundi|mardi|mercredi|jeudi|vendredi)",
    es=r"(?:me|nos) vendr[ií]a|estar[ií]a bien|ser[ií]a (?:[uú]til|bueno|genial|ideal)|antes del? (?:lunes|martes|mi[ée]rcoles|jueves|viernes)|hasta ma[ñn]ana",
    it=r"mi farebbe comodo|sarebbe (?:utile|bello|bene|comodo|ideale)|entro (?:domani|luned[ìi]|marted[ìi]|mercoled[ìi]|gioved[ìi]|venerd[ìi])|prima di (?:luned[ìi]|gioved[ìi]|venerd[ìi])",
    nl=r"zou (?:fijn|handig|mooi|prettig|goed|helpen)|voor (?:morgen|maandag|dinsdag|woensdag|donderdag|vrijdag)",
    pt=r"seria (?:bom|[uú]til|[óo]timo|ideal)|dava-me jeito|at[ée] amanh[ãa]",
    pl=r"przyda[łl]\w*|by[łl]oby (?:dobrze|mi[łl]o)|do jutra|na jutro",
    sv=r"det vore|skulle vara (?:bra|fint|toppen)|senast (?:i morgon|fredag)",
)

CORRECTION = _signal(
    "corrects or adds to something",
    3,
    en=(
        r"(?:is|are|looks?|seems?) (?:wrong|off|odd|incorrect)|are off|should(?:n't| not)? be|can(?:'t|not) find the (?:mistake|error)|almost|nearly there|not quite|"
        r"one more thing|too (?:long|short|early|late)|(?:shorter|longer|firmer|friendlier|simpler)|what about|anything (?:else|after|before)|and (?:also )?(?:in|for|by) \w+, (?:too|please)|the same (?:for|again)"
    ),
    de=r"stimmt (?:etwas |was |da |so )?nicht|(?:ist|sind) falsch|fast\.|m[üu]ssten?|den fehler|(?:noch )?etwas (?:k[üu]rzer|l[äa]nger|freundlicher)|zu (?:fr[üu]h|sp[äa]t|lang|kurz)|dasselbe|das gleiche",
    fr=r"presque|devrai(?:t|ent) [êe]tre|plus (?:courte?|longue?|simple)|(?:est|sont) faux|l'erreur|la m[êe]me chose",
    es=r"casi|tendr[ií]an? que|deber[ií]an?|m[áa]s (?:cort[oa]|larg[oa])|est[áa] mal|el error|lo mismo",
    it=r"quasi|dovrebber?o?|pi[uù] (?:cort[oa]|breve|lung[oa])|[èe] sbagliat[oa]|l'errore|lo stesso|la stessa cosa",
    nl=r"bijna|moet(?:en)? (?:\w+ ){0,3}(?:zijn|worden)|klopt niet|korter|langer|hetzelfde|de fout",
    pt=r"quase|deveria[m]?|mais (?:curt[oa]|long[oa])|est[áa] errad[oa]|o mesmo",
    pl=r"prawie|powinn[oya]\w*|kr[óo]tsz\w*|to samo|b[łl][ąa]d",
    sv=r"n[äa]stan|borde vara|ska vara|kortare|samma sak|felet",
)

QUESTION_WORDS = re.compile(
    r"(?:^|[.!?:]\s+|,\s*|\band )(?:what|who|when|where|why|how|which|whose|is|are|do|does|did|can|could|should|will|would|was|wer|wann|wo|warum|wie|"
    r"welche[rsn]?|wieso|wieviel|bis wann|ist|sind|kann|gibt|que|quoi|qui|quand|o[ùu]|pourquoi|comment|combien|quel(?:le)?s?|est-ce|jusqu'[àa]|qu[ée]|¿?qui[ée]n|¿?cu[áa]ndo|"
    r"¿?d[óo]nde|¿?por qu[ée]|¿?c[óo]mo|¿?cu[áa]l|¿?cu[áa]nt[oa]s?|¿?hasta cu[áa]ndo|quanto|quanti|quante|quando|dove|come|perch[ée]|quale|entro quando|hoe|wat|wie|waar|"
    r"wanneer|welke|hoeveel|tot wanneer|quantos|quantas|qual|onde|ile|kiedy|gdzie|jak|czy|co|kt[óo]r[ya]|hur|vad|n[äa]r|var|vem|vilken)\b",
    re.IGNORECASE,
)
"""What a question begins with."""

BARE_QUESTION = re.compile(
    r"\s*(?:what(?:'s|s)?|how (?:much|many|long|do|does|can|is|far)|when (?:is|does|do|was)|where (?:is|are|do|can)|which|who (?:is|was)|wie ?viele?|was (?:ist|sind|hei[ßs]t)|wann|"
    r"wo (?:ist|finde)|welche[rs]?|kommt in|combien|quelle? (?:est|heure|sont)|comment|quand|cu[áa]nt[oa]s?|cu[áa]l|qu[ée] (?:es|hora)|c[óo]mo|quanto|quanti|qual [èe]|hoeveel|hoe (?:lang|ver)|wat is|"
    r"quantos|quantas|ile|kiedy|jaki|hur (?:m[åa]nga|mycket|l[åa]ng)|vad)\b(?![^\n]*[.!]\s*$)",
    re.IGNORECASE,
)
"""A question that nobody put a mark behind: at the head of a text or subject."""

AGAINST: tuple[Signal, ...] = (
    _signal(
        "an absence notice",
        -6,
        en=(
            r"out of (?:the )?office|automatic reply|auto-?reply|on (?:vacation|holiday|annual leave|parental leave|sick leave|leave until)|no access to (?:my )?(?:e-?)?mail|"
            r"(?:will be|i'm|i am) (?:travell?ing|away)[^.\n]{0,60}(?:reply|respon|until|back)|slow to (?:reply|respond)|limited access|has left the company|no longer works? (?:here|with|for|at)|"
            r"your (?:request|ticket|message) has been received|received your request"
        ),
        de=(
            r"abwesenheits(?:notiz|meldung|assistent)|nicht im (?:b[üu]ro|haus)|automatische antwort|im urlaub|auf dienstreise|abwesend|"
            r"(?:in|bei) dringenden f[äa]llen|wird nicht weitergeleitet|eingangsbest[äa]tigung"
        ),
        fr=r"absente? du bureau|r[ée]ponse automatique|en cong[ée]s?|en d[ée]placement|en cas d'urgence|(?:[àa]|d[èe]s) mon retour|je suis absente?",
        es=r"fuera de la oficina|respuesta autom[áa]tica|de vacaciones|para asuntos urgentes|en caso de urgencia|a mi (?:vuelta|regreso)",
        it=r"fuori (?:ufficio|sede)|risposta automatica|in ferie|per urgenze|in caso di urgenza|al mio rientro",
        nl=r"ben (?:ik )?afwezig|ik ben afwezig|automatisch antwoord|afwezigheids\w+|met vakantie|bij spoed|na mijn terugkeer",
        pt=r"fora do escrit[óo]rio|resposta autom[áa]tica|de f[ée]rias|em caso de urg[êe]ncia|ausente at[ée]",
        pl=r"na urlopie|automatyczna odpowied[źz]|poza biurem|w pilnych sprawach|nieobecn\w+",
        sv=r"autosvar|automatiskt svar|p[åa] semester|inte p[åa] kontoret|om det [äa]r br[åa]dskande",
        ja=r"自動返信|休暇をいただ|不在にし|お急ぎの場合",
    ),
    _signal(
        "a newsletter",
        -8,
        en=(
            r"unsubscribe|view (?:this (?:e-?mail|message) )?in (?:your )?browser|manage (?:your )?preferences|you (?:get|receive|are receiving) this|to stop receiving|privacy policy|"
            r"read the article|\d+% off|last chance|this weekend only"
        ),
        de=r"abbestellen|abmelden|im browser anzeigen|sie erhalten diese|impressum|liebe leser\w*|keine mails? mehr",
        fr=r"se d[ée]sabonner|se d[ée]sinscrire|d[ée]sinscription|vous recevez ce|lire l'article|voir (?:dans|sur) le navigateur",
        es=r"darse de baja|cancelar (?:la )?suscripci[óo]n|recibes? este correo|leer el art[ií]culo|ver en el navegador",
        it=r"annulla l'iscrizione|disiscri\w+|ricevi questa|leggi l'articolo|visualizza nel browser",
        nl=r"uitschrijven|afmelden|u ontvangt deze|lees het artikel|bekijk in (?:je|uw) browser",
        pt=r"cancelar (?:a )?(?:subscri[çc][ãa]o|inscri[çc][ãa]o)|recebe este|ler o artigo",
        pl=r"wypisz si[ęe]|zrezygnuj z subskrypcji|otrzymujesz t[ęe]|rezygnacja z newslettera",
        sv=r"avsluta prenumeration\w*|avregistrera|du f[åa]r det h[äa]r|du prenumererar",
        ja=r"配信停止|配信解除|今すぐ記事|購読解除",
    ),
    _signal(
        "a circular to many",
        -4,
        en=r"dear (?:members|all|colleagues|customers?|residents)|hi (?:all|everyone|everybody|team)|hello (?:all|everyone|everybody)|wishing (?:you|everyone)|facilities",
        de=r"liebe (?:mitglieder|kolleg\w+|alle|mieter\w*)|hallo (?:zusammen|alle)|(?:w[üu]nschen|w[üu]nsche) (?:ihnen|euch|allen)|der vorstand|rundschreiben|rundbrief",
        fr=r"bonjour [àa] tous|chers? (?:membres|coll[èe]gues|clients)|vous souhait\w+|toute l'[ée]quipe",
        es=r"hola a todos|estimados (?:socios|clientes|compa[ñn]eros)|les deseamos|queridos",
        it=r"(?:ciao|buongiorno) a tutti|cari (?:soci|colleghi|clienti)|gentili clienti|vi auguriamo",
        nl=r"(?:hallo|beste) (?:allemaal|leden|collega's|klanten)|wij wensen",
        pt=r"ol[áa] a todos|caros (?:membros|colegas|clientes)|desejamos",
        pl=r"drodzy|szanowni (?:klienci|cz[łl]onkowie)|[żz]yczymy",
        sv=r"hej alla|b[äa]sta medlemmar|vi [öo]nskar",
    ),
    _signal(
        "a notice of a machine",
        -8,
        en=(
            r"undeliver\w+|delivery (?:status notification|incomplete|has failed|failure)|mail delivery (?:failed|subsystem)|returned mail|mail system at host|could not be delivered|"
            r"return receipt|was read on|order confirmation|thank you for your order|verification code|your code is|has accepted this invitation|has declined this invitation|"
            r"reply to this e?-?mail directly|see all notifications|wants to connect|to add you to my|commented on your|professional network"
        ),
        de=(
            r"unzustellbar|fehler bei der nachrichten\w+|konnte nicht zugestellt|lesebest[äa]tigung|gelesen:|um \d\d?:\d\d gelesen|bestellbest[äa]tigung|ihre bestellung|"
            r"hat (?:ihre|deine|die) einladung|benachrichtigungen|hat deinen beitrag"
        ),
        fr=r"non remis|n'a pas pu [êe]tre (?:remis|distribu[ée])|accus[ée] de (?:lecture|r[ée]ception)|a [ée]t[ée] lu|confirmation de commande|a accept[ée] (?:cette|votre) invitation|g[ée]rer les notifications|a comment[ée]",
        es=r"no se (?:pudo|puede) entregar|acuse de recibo|confirmaci[óo]n de pedido|ha aceptado la invitaci[óo]n|coment[óo] tu",
        it=r"mancato recapito|non [èe] stato possibile recapitare|conferma (?:di lettura|d'ordine)|ha accettato l'invito|ha commentato",
        nl=r"onbestelbaar|niet worden bezorgd|leesbevestiging|bevestiging van uw bestelling|heeft de uitnodiging|heeft gereageerd op",
        pt=r"n[ãa]o foi poss[ií]vel entregar|recibo de leitura|confirma[çc][ãa]o de encomenda|aceitou o convite",
        pl=r"nie mo[żz]na dostarczy[ćc]|potwierdzenie (?:odczytu|zam[óo]wienia)|zaakceptowa[łl]\w* zaproszenie",
        sv=r"kunde inte levereras|l[äa]skvitto|orderbekr[äa]ftelse|har accepterat inbjudan",
        ja=r"配信できません|ご注文ありがとうございます|認証コード",
    ),
    _signal(
        "an offer to sell",
        -7,
        en=(
            r"15[- ]minutes?|quick call|open to a|cut (?:\w+ ){0,3}costs?|help (?:teams|companies|businesses) like|growth partner|my proposal|seo|guest post|do-follow|link on your site|"
            r"bumping this|following up on my|the right person|free trial|book a demo|boost your|first page of google"
        ),
        de=r"unverbindlich\w*|15 minuten|kennenlerngespr[äa]ch|auf den ersten pl[äa]tzen|mir ist aufgefallen|wir helfen (?:unternehmen|firmen)|kosten (?:zu )?senken|kostenlos testen",
        fr=r"15 minutes|nous aidons (?:des|les) entreprises|r[ée]duire (?:leurs|vos) co[ûu]ts|essai gratuit|premi[èe]re page de google",
        es=r"15 minutos|ayudamos a empresas|reducir (?:sus )?costes|prueba gratuita|una llamada",
        it=r"15 minuti|aiutiamo (?:le )?aziende|ridurre i costi|prova gratuita",
        nl=r"(?:15 minuten|een kwartier) voor|wij helpen bedrijven|te besparen|gratis proberen",
        pt=r"15 minutos|ajudamos empresas|reduzir custos|teste gratuito",
        pl=r"15 minut|pomagamy firmom|obni[żz]y[ćc] koszty|bezp[łl]atny test",
        sv=r"15 minuter|vi hj[äa]lper f[öo]retag|s[äa]nka (?:era )?kostnader|prova gratis",
    ),
    _signal(
        "wants money or a password of the reader",
        -9,
        en=(
            r"verify (?:your|now)|verify your account|confirm your (?:account|details|identity|data)|gift cards?|claim your|your (?:account|mailbox) (?:will be|has been|has reached|is)|"
            r"suspended|pay at once|new account|enable editing|wire transfer|keep this between us|prize|on hold|customs fee|legal action|won \W?\d"
        ),
        de=r"best[äa]tigen sie ihre|ihr konto (?:wird|wurde)|gesperrt|ungew[öo]hnliche aktivit\w+|zollgeb[üu]hr\w*|gutscheinkarten|sie haben gewonnen|neue bankverbindung",
        fr=r"confirmer vos (?:donn[ée]es|informations)|votre compte (?:sera|a [ée]t[ée])|bloqu[ée]|colis est|frais ici|cartes? cadeaux?|vous avez gagn[ée]",
        es=r"confirme sus datos|su cuenta (?:ser[áa]|ha sido)|bloquead[oa]|acceso inusual|tarjetas? (?:de )?regalo|ha ganado|su paquete",
        it=r"confermi? i suoi dati|suo (?:account|conto|pacco)|bloccat[oa]|carte regalo|ha vinto|pagare \d",
        nl=r"bevestig uw gegevens|uw (?:rekening|account) wordt|geblokkeerd|cadeaubonnen|u heeft gewonnen|uw pakket",
        pt=r"confirme os seus dados|sua conta (?:ser[áa]|foi)|bloquead[oa]|cart[õo]es? presente|ganhou|sua encomenda",
        pl=r"potwierd[źz] (?:swoje )?dane|konto zosta[łl]\w*|paczka zosta[łl]\w*|wstrzyman\w+|dop[łl]at\w+|wygra[łl]\w*",
        sv=r"bekr[äa]fta dina uppgifter|ditt konto (?:har|kommer)|sp[äa]rrat|presentkort|du har vunnit|ditt paket",
        ja=r"アカウントが(?:停止|制限)|本人確認|当選",
    ),
    _signal(
        "is for information",
        -5,
        en=r"fyi|for your (?:information|records|files)|no action (?:is )?(?:needed|required)|nothing to do|nothing (?:more )?is needed|just so (?:you|that you)|for information|no changes needed|no need to (?:reply|answer)",
        de=r"(?:nur )?zur (?:info\w*|kenntnis\w*)|nichts (?:weiter )?zu tun|f[üu]r (?:ihre|deine|die) unterlagen|nur dass (?:sie|du)|z\. ?k\.|es ist nichts|keine antwort n[öo]tig",
        fr=r"pour (?:info\w*|vos archives|ton information|votre information)|rien [àa] faire|aucune action",
        es=r"para (?:tu|su|vuestra) (?:informaci[óo]n|archivo|conocimiento)|para que lo sep\w+|no (?:hace falta|tienes?) (?:que )?hacer nada|no (?:hace falta|es necesario)",
        it=r"per (?:conoscenza|informazione|il suo archivio)|non c'[èe] nulla da fare|nessuna azione",
        nl=r"ter (?:info\w*|kennisgeving)|voor uw (?:administratie|archief)|niets te doen|geen actie",
        pt=r"para (?:sua |seu |tua |teu )?(?:informa[çc][ãa]o|conhecimento|arquivo)|n[ãa]o (?:é|precisa) (?:de )?fazer nada|nada a fazer",
        pl=r"do wiadomo[śs]ci|dla informacji|nic nie trzeba|nie trzeba nic",
        sv=r"f[öo]r k[äa]nnedom|till info\w*|inget beh[öo]ver g[öo]ras|du beh[öo]ver inte g[öo]ra",
        ja=r"ご参考まで|対応は不要|ご連絡まで",
    ),
    _signal(
        "takes a wish back",
        -7,
        en=r"ignore my (?:last|previous)|never ?mind|forget (?:my|about it)|disregard|(?:found|solved|did) (?:it|the \w+) myself|only for information|just wanted to say|that was all",
        de=r"hat sich erledigt|(?:mail|nachricht) (?:bitte )?(?:vergessen|ignorieren)|habe? (?:es|die \w+|den \w+) (?:selbst )?gefunden|wollte nur|vergessen sie",
        fr=r"oubliez mon|ne tenez pas compte|c'est r[ée]gl[ée]|je voulais (?:juste|seulement)",
        es=r"olvid[ea]\w* (?:mi|el)|ya (?:est[áa]|lo he)|(?:solo|s[óo]lo) quer[ií]a|haga caso omiso",
        it=r"ignor[ia] (?:il mio|la mia)|tutto risolto|volevo solo|non importa",
        nl=r"laat maar|negeer mijn|al opgelost|wilde alleen",
        pt=r"ignore (?:a minha|o meu)|j[áa] resolvi|s[óo] queria|deixe l[áa]",
        pl=r"prosz[ęe] zignorowa\w*|niewa[żz]ne|ju[żz] znalaz[łl]\w*|chcia[łl]\w+ tylko",
        sv=r"strunta i|bortse fr[åa]n|gl[öo]m (?:mitt|det)|ville bara",
        ja=r"無視してください|解決しました",
    ),
    _signal(
        "a question that wants no answer",
        -7,
        en=r"who would have thought|why does it always|why is it always|how (?:cool|great|nice|crazy) is that|isn't (?:it|that) (?:great|lovely|wonderful)|how(?:'s| is| are) (?:it going|you|things|life)|what's up",
        de=r"warum (?:\w+ ){0,3}(?:eigentlich )?immer|wer h[äa]tte (?:das )?gedacht|wie geht(?:'s| es)|alles (?:gut|klar|ok)\s*\?|na du|ist das nicht (?:toll|sch[öo]n)",
        fr=r"pourquoi (?:\w+-\w+ |\w+ )?(?:\w+ )?toujours|qui l'e[ûu]t cru|(?:comment )?[çc]a va|qui aurait (?:cru|pens[ée])",
        es=r"por qu[ée] siempre|qui[ée]n lo (?:dir[ií]a|hubiera)|qu[ée] tal|c[óo]mo est[áa]s",
        it=r"perch[ée] (?:\w+ )?sempre|chi l'avrebbe|come (?:va|stai)",
        nl=r"waarom (?:\w+ ){0,2}altijd|wie had dat|alles goed|hoe gaat het",
        pt=r"por que (?:\w+ )?sempre|quem diria|como (?:vai|est[áa]s?)|tudo bem",
        pl=r"dlaczego (?:\w+ )?zawsze|kto by pomy[śs]la[łl]|co s[łl]ycha[ćc]|jak leci",
        sv=r"varf[öo]r (?:\w+ ){0,2}alltid|vem hade trott|hur m[åa]r du|l[äa]get",
        ja=r"お元気ですか",
    ),
    _signal(
        "says what is done by others",
        -2,
        en=r"i will \w+|i have (?:sent|already)|(?:he|she|they|we) will|will be (?:replaced|closed|sent)|myself|we passed|i have moved|we have gone with",
        de=r"(?:erstelle|mache|k[üu]mmere) ich|selbst|ich habe (?:\w+ ){0,6}(?:geschickt|gesendet)|wird (?:\w+ ){0,5}(?:ersetzt|ausgetauscht)|meldet sich",
        fr=r"sera remplac[ée]e?|je m'en (?:occupe|charge)|j'ai envoy[ée]",
        es=r"ser[áa] (?:sustituid|reemplazad)[oa]|ya me encargo|he enviado",
        it=r"sar[àa] sostituit[oa]|me ne occupo io|ho inviato",
        nl=r"wordt (?:\w+ ){0,2}vervangen|regel ik|heb ik gestuurd",
        pt=r"ser[áa] substitu[ií]d[oa]|eu trato|enviei",
        pl=r"zostanie wymienion\w+|zajm[ęe] si[ęe]|wys[łl]a[łl]em",
        sv=r"kommer att bytas|tar jag hand om|har skickat",
    ),
)
"""What speaks against a task, with the words for `because`."""

BY_SUBJECT = re.compile(
    r"(?:automatic reply|auto(?:-reply|:)|out of office|abwesenheitsnotiz|automatische antwort|r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica|"
    r"automatisch antwoord|resposta autom[áa]tica|automatyczna odpowied[źz]|autosvar|自動返信|undeliver\w+|undelivered mail|returned mail|delivery status|mail delivery|unzustellbar|"
    r"non remis|no se puede entregar|mancato recapito|onbestelbaar|read:|gelesen:|lu ?:|le[ií]do:|letto:|gelezen:|return receipt|accepted:|declined:|tentative:|zugesagt:|abgelehnt:|"
    r"accept[ée] ?:|refus[ée] ?:|aceptad[oa]:|rechazad[oa]:|accettato:|rifiutato:|geaccepteerd:|geweigerd:|aceite:|zaakceptowano:|accepterat:)",
    re.IGNORECASE,
)
"""Subjects that programs write."""

ACKNOWLEDGEMENT = re.compile(
    r"(?:(?:many |so much |very much |lovely,? |oh )?(?:thanks?(?: you)?|thx|ty|ta|cheers|great(?: work| job)?|perfect|excellent|awesome|brilliant|lovely|wonderful|nice|ok(?:ay)?|got it|noted|understood|"
    r"sounds good|that works|works for me|will do|done|received|no (?:problem|worries)|you(?:'re| are) welcome|looks good|lgtm|much appreciated|well done|good job|yes|see you(?: \w+){0,3}|test(?:ing)?|"
    r"danke(?: sch[öo]n| dir| ihnen| sehr)?|(?:vielen|herzlichen|besten) dank|super|prima|passt(?: mir)?(?: gut)?|alles klar|verstanden|in ordnung|einverstanden|erledigt|ist angekommen|"
    r"merci(?: beaucoup| bien)?|parfait|g[ée]nial|bien (?:re[çc]u|not[ée])|d'accord|(?:muchas |mil )?gracias|genial|perfecto|vale|de acuerdo|recibido|grazie(?: mille)?|perfetto|ottimo(?: lavoro)?|va bene|ricevuto|"
    r"(?:hartelijk )?(?:bedankt|dank)|dank (?:je|u)(?: wel)?|top|akkoord|prima zo|(?:muito )?obrigad[oa]|[óo]timo|combinado|(?:bardzo )?dzi[ęe]kuj[ęe]|dzi[ęe]ki|zgoda|tack(?: s[åa] mycket)?|toppen|okej|arigato|"
    r"ありがとうございま(?:す|した)|承知(?:しま|いたしま)した|了解(?:です|しました)|大変助かりました)"
    r"(?: (?:a lot|so much|very much|again|all|everyone|for (?:your|the|doing) (?:help|reply|answer|quick \w+|update|support|work|this(?: so quickly)?)|that works|for that|for me|"
    r"für (?:die|deine|ihre) \w+|nochmals|noch ?mal|mille|beaucoup))*[\s.,!:;)☺🙂👍🙏。、！-]*)+",
    re.IGNORECASE,
)
"""A sentence that is nothing but thanks or agreement."""

THANKS = re.compile(
    r"\b(?:thanks?|thank you|appreciate|saved my day|wonderful|brilliant|great work|danke|dank|hilft mir sehr|merci|g[ée]nial|ça m'aide|gracias|me ha ayudado|"
    r"grazie|mi [èe] stato (?:molto )?utile|bedankt|veel aan|obrigad[oa]|dzi[ęe]kuj[ęe]|tack)\b|ありがとう|👍",
    re.IGNORECASE,
)
"""Thanks anywhere: against a task where nothing else is asked."""

NOTHING = re.compile(
    r"\s*(?:no|nothing|nein|nichts|non|rien|nada|no,? nada|niente|nulla|nee|niets|n[ãa]o|nic|nie|nej|inget)\b[^?]{0,120}",
    re.IGNORECASE,
)
"""What answers "what do you need?" with: nothing."""

NOT_TO_WORK_ON = re.compile(
    r"(?:image\d*|logo\w*|signature|signatur|outlook-\w+|att\d+|unnamed)\.(?:png|jpe?g|gif|bmp|htm|txt)|.*\.(?:ics|vcf|p7s|p7m|asc|sig)|smime\..*|winmail\.dat",
    re.IGNORECASE,
)
"""Names of files that travel with a mail and are not what it is about."""
