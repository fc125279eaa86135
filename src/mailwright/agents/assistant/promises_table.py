"""How people bind themselves in English, German, French, Spanish and Italian, and what sounds like it and binds nobody. Read by `claims`.

Written to find too much rather than too little: a sentence too many to confirm costs its owner a glance, one too few a promise.
"""

import re
from typing import Final

_GERMAN_THOUGHTS = (
    "habe|hatte|danke|bedanke|freue|hoffe|denke|glaube|finde|sehe|verstehe|bedaure|bedauere|wünsche|schreibe|beziehe|bitte|hätte|möchte|würde|könnte|"
    "sollte|müsste|kenne|brauche|frage|suche|wollte|konnte|musste|entschuldige|meine|heiße|wohne|arbeite|lese|höre|schätze|vermute|erinnere|wäre|"
    "fürchte|grüße|weise|wurde|dachte|sagte|teile|heute|gerne?|eine|keine|meine|diese|ihre|alle|viele|beide|lieber|rate|empfehle|gratuliere"
)
"""What somebody who writes "ich" does at once, thinks or feels, and what stands before "ich" without being a verb."""
_FRENCH_PRONOUNS = r"(?:(?:me|te|se|vous|nous|le|la|les|lui|leur|y|en) |[mtsl]['’](?:en )?){0,3}"
_FRENCH_THOUGHTS = (
    "ne|suis|ai|comprends|pense|crois|espère|souhaite|regrette|remercie|vois|sais|trouve|voudrais|aimerais|souhaiterais|étais|avais|serais|pourrais|"
    "peux|dois|écris|réponds|permets|demande|réjouis|excuse|recommande|félicite|rappelle que|note|crains|lis|cherche|joins|reviens|prie|conseille|"
    "connais|ignore|vous|nous|pouvais|devais|viens de|accuse|reçois|salue"
)

PROMISES: Final[dict[str, str]] = {
    "en": r"\b(?:i|we)(?:['’]ll| will| shall|['’]m going to|['’]re going to| am going to| are going to| (?:hereby )?(?:promise|guarantee|commit|"
    r"undertake|agree|accept|confirm|offer|grant|assure)| can (?:offer|confirm|guarantee|do|deliver|make it|come|attend|accept|grant|refund)"
    r"|['’]m (?:available|free)| am (?:available|free)| are (?:available|free))\b"
    r"|\byou(?:['’]ll| will| shall) (?:receive|get|have|be (?:paid|refunded))\b"
    r"|\b(?:will|shall) be (?:sent|delivered|shipped|refunded|paid|ready|done|there|finished|completed|transferred|reimbursed)\b"
    r"|\b(?:works|suits|is fine|is good|fits) (?:well )?(?:for )?(?:me|us)\b|\bguaranteed\b|\byou have my word\b|\bit['’]s a deal\b|\bcount on (?:me|us)\b"
    r"|^\W{0,3}(?:yes, )?(?:agreed|confirmed|deal)\b",
    "de": rf"^\W{{0,3}}ich (?!(?:{_GERMAN_THOUGHTS})\b)\w{{2,20}}e\b|\b(?!(?:{_GERMAN_THOUGHTS})\b)\w{{2,20}}e ich\b|"
    r"\b(?:machen|erledigen|besorgen|regeln|organisieren|reparieren|tauschen|ersetzen|holen|prüfen) wir\b|"
    r"\b(?:ich|wir) (?:werden?|verspreche[n]?|garantiere[n]?|bestätige[n]?|akzeptiere[n]?|schicke[n]?|sende[n]?|liefer[en]{1,2}|überweise[n]?|"
    r"erstatte[n]?|übernehme[n]?|komme[n]?|bringe[n]?|kümmere|kümmern|rufe[n]?|reserviere[n]?|buche[n]?|gewähre[n]?|gebe[n]?|biete[n]?|sage[n]?|"
    r"melde[n]?|erledige[n]?|zahle[n]?|sichere|sichern|verpflichte[n]?|nehme[n]?|sorge[n]?|stelle[n]?)\b"
    r"|\b(?:werden?|verspreche[n]?|garantiere[n]?|bestätige[n]?|schicke[n]?|sende[n]?|liefern?|überweise[n]?|erstatte[n]?|übernehme[n]?|komme[n]?|"
    r"bringe[n]?|rufe[n]?|reserviere[n]?|gewähre[n]?|gebe[n]?|biete[n]?|melde[n]?|erledige[n]?|zahle[n]?) (?:ich|wir)\b"
    r"|\b(?:sie|du|ihr) (?:erhalten|bekommen|erhältst|bekommst|erhaltet|bekommt)\b|\b(?:erhalten|bekommen) sie\b"
    r"|\b(?:wird|werden) .{0,60}\b(?:geliefert|verschickt|versandt|versendet|erstattet|überwiesen|erledigt|fertig|gesendet)\b"
    r"|\bpasst (?:mir|uns|bei (?:mir|uns)|gut|sehr gut)\b|\b(?:bin|sind) (?:ich |wir )?(?:gern[e]? )?(?:einverstanden|dabei|verfügbar)\b|\bhabe ich zeit\b|"
    r"\bich habe zeit\b|\b(?:ich|wir) k(?:ann|önnen) .{0,60}\b(?:anbieten|zusagen|bestätigen|liefern|kommen|garantieren|gewähren|erstatten)\b|"
    r"\bversprochen\b|\bgarantiert\b|^\W{0,3}(?:ja, )?(?:einverstanden|abgemacht|bestätigt)\b",
    "fr": rf"^\W{{0,3}}je {_FRENCH_PRONOUNS}(?!(?:{_FRENCH_THOUGHTS})\b)\w{{2,20}}\b|\bnous {_FRENCH_PRONOUNS}(?:occupons|chargeons)\b|"
    rf"\b(?:je|nous) {_FRENCH_PRONOUNS}\w{{2,20}}(?:rai|rons)\b|"
    r"\bje (?:vous |te |m['’]|le |la |les )?(?:promets|garantis|confirme|accepte|m['’]engage|engage|propose|accorde|envoie|enverrai|viendrai|ferai|"
    r"paierai|serai|appellerai|livrerai|rembourserai|vais|peux vous (?:offrir|proposer|accorder|confirmer)|suis (?:disponible|libre|d['’]accord))\b"
    r"|\bnous (?:vous |nous )?(?:promettons|garantissons|confirmons|acceptons|engageons|proposons|accordons|envoyons|enverrons|viendrons|ferons|"
    r"paierons|serons|livrerons|livrons|rembourserons|remboursons|allons|pouvons vous|sommes (?:disponibles|libres|d['’]accord))\b"
    r"|\bvous (?:recevrez|aurez|serez)\b|\bsera (?:envoyé|livré|remboursé|payé|prêt)"
    r"|\b(?:me|nous) convient\b|\bc['’]est garanti\b|^\W{0,3}(?:oui, )?(?:d['’]accord|c['’]est entendu|entendu|confirmé)\b",
    "es": r"\b(?!(?:café|sobré|entré|logré|mostré|compré|cerré|miré|esperé|encontré|retiré|preparé|retrasaré)\b)\w{2,20}(?:aré|eré|iré|dré|bré|rré|aremos|eremos|iremos|dremos|bremos)(?!\w)|"
    r"\b(?:me (?:ocupo|encargo|hago cargo|comprometo)|nos (?:ocupamos|encargamos|hacemos cargo)|lo hago yo|cuente conmigo|cuenta conmigo)\b|"
    r"\b(?:(?:yo|nosotros) )?(?:(?:le|les|te|os|lo|la|me|nos) )?(?:prometo|prometemos|garantizo|garantizamos|confirmo|confirmamos|acepto|aceptamos|"
    r"ofrezco|ofrecemos|enviaré|enviaremos|envío|enviamos|haré|haremos|pagaré|pagaremos|entregaremos|entregaré|devolveré|devolveremos|reembolsaremos|"
    r"llamaré|llamaremos|estaré|estaremos|iré|iremos|vendré|voy a|vamos a|mandaré|mandaremos|daré|daremos|tendré|tendremos|concedemos|"
    r"me comprometo|nos comprometemos)(?!\w)"
    r"|\b(?:recibirás?|recibirán|tendrás?|tendrán)(?!\w)|\b(?:estoy|estamos) (?:disponibles?|libres?|de acuerdo)\b|\b(?:me|nos) (?:viene|va|conviene|parece) bien\b"
    r"|\bserá (?:enviad|entregad|reembolsad|pagad)[oa]\b|^\W{0,3}(?:sí, )?(?:de acuerdo|confirmado|trato hecho)\b",
    "it": r"\b(?!però\b)\w{2,20}(?:erò|irò|arò|rrò|drò|erà Lei|eremo|iremo|aremo|rremo|dremo)(?!\w)|"
    r"\b(?:(?:me|ce) ne (?:occup|incaric)(?:o|hiamo|iamo)|(?:mi|ci) (?:occup|incaric)(?:o|hiamo|iamo)|ci penso io|provved(?:o|iamo)|faccio io|conti su di me)\b|"
    r"\b(?:(?:io|noi) )?(?:(?:le|vi|ti|lo|la|gli|mi|ci|glielo) )?(?:prometto|promettiamo|garantisco|garantiamo|confermo|confermiamo|accetto|accettiamo|"
    r"offro|offriamo|invierò|invieremo|invio|inviamo|manderò|manderemo|mando|farò|faremo|pagherò|pagheremo|consegneremo|consegnerò|rimborseremo|"
    r"rimborserò|chiamerò|chiameremo|sarò|saremo|verrò|verremo|darò|daremo|concediamo|mi impegno|ci impegniamo)(?!\w)"
    r"|\b(?:riceverà|riceverai|riceverete|avrà|avrai|avrete)(?!\w)|\b(?:sono|siamo) (?:disponibil[ei]|liber[oai]|d['’]accordo)\b|\b(?:mi|ci) va bene\b"
    r"|\bsarà (?:inviat|spedit|consegnat|rimborsat|pagat)[oa]\b|^\W{0,3}(?:sì, )?(?:d['’]accordo|confermato|affare fatto)\b",
}
"""How the writer of a mail binds themselves, or says that they agree: these are the owner's to say. Any language is looked for."""

_ENGLISH_DEEDS = (
    "replace|repair|refund|pay|send|deliver|cover|reduce|offer|give|do|come|bring|take|make|waive|ship|fix|lower|return|reimburse|book|reserve|arrange|"
    "organi[sz]e|provide|join|attend|accept|extend|collect|pick|drop|call|ring|prepare|change|exchange|lend|discount|match|sign|start|host|order|cancel"
)
_GERMAN_WE = (
    "danken|wünschen|schreiben|teilen|bitten|empfehlen|raten|gratulieren|möchten|würden|könnten|sollten|müssen|müssten|wollen|wollten|dürfen|haben|sind|waren|"
    "hatten|hätten|können|bedauern|freuen|hoffen|brauchen|sehen|finden|kennen|verstehen|wissen|glauben|denken|fragen|weisen|grüßen|schätzen|sagen ihnen dank"
)
_FRENCH_WE = "remerci|souhait|pri|inform|rappel|demand|écriv|félicit|salu|compren|regrett|espér|conseill|recommand|signal|av|somm|voy|transmett"
_SPANISH_THANKS = (
    "agradezco|agradecemos|deseo|deseamos|escribo|escribimos|saludo|saludamos|ruego|rogamos|pido|pedimos|felicito|felicitamos|recuerdo|recordamos|"
    "comento|comentamos|informo|informamos|entiendo|entendemos|comprendo|como|todo|mismo|nuevo|cuando|digo|decimos|pregunto|tengo|tenemos|creo|vemos|"
    "veo|espero|esperamos|sabemos|lamento|lamentamos|siento|sentimos|hemos|quiero|queremos|quedo|quedamos|adjunto|adjuntamos|mando un|"
    "últimos|próximos|mismos|íntimos|mínimos|máximos|primeros|extremos|ambos|somos|estamos|vamos a ver"
)
_ITALIAN_THANKS = (
    "ringrazio|ringraziamo|auguro|auguriamo|scrivo|scriviamo|chiedo|chiediamo|prego|preghiamo|saluto|salutiamo|ricordo|ricordiamo|informo|informiamo|"
    "comunico|comunichiamo|dico|diciamo|tanto|solo|quando|abbiamo|siamo|sappiamo|capisco|capiamo|vediamo|vedo|trovo|troviamo|porgo|porgiamo|"
    "suggerisco|consiglio|consigliamo|devo|posso|possiamo|dobbiamo|hanno|sono|stiamo|sto|primo|secondo|nostro|vostro|stesso|mondo|spero|speriamo"
)
OTHERS_WORDS: Final[dict[str, str]] = {
    "en": rf"\bconsider it done\b|\b(?:rely|count|depend) on (?:me|us|it|that)\b|\b(?:happy|glad|willing|ready|prepared|pleased|able) to (?:{_ENGLISH_DEEDS})\b"
    rf"|\b(?:i|we)(?:['’]d| would) (?:gladly |happily |then )?(?:{_ENGLISH_DEEDS})\b|\b(?:i|we) (?:gladly|happily|always) (?:{_ENGLISH_DEEDS})\b|\b(?:i|we) do (?:that|this|it)\b"
    r"|\b(?:will|shall|can|is going to) be (?:returned|replaced|repaired|fixed|credited|collected|prepared|reserved|booked|waived|covered|processed|issued|posted|"
    r"installed|brought|reduced|exchanged|extended|cancelled|picked|refunded|sorted)\b|\byou (?:may|can|are welcome to) (?:bring|keep|have|use|take|come|return|"
    r"cancel|pay|collect|stay|start|leave|exchange|expect)\b|(?<!you )\b(?:is|are) (?:very |most )?welcome\b|^\W{0,3}(?:sure|absolutely|certainly|no problem|with pleasure|"
    r"fine by (?:me|us)|will do|sounds good)\b|\bleave it (?:to|with) (?:me|us)\b|\bon (?:me|us|the house)\b(?= ?[.!,;]|\Z)",
    "de": rf"\bwir (?!(?:{_GERMAN_WE})\b)\w{{3,20}}en (?:ihnen|dir|euch|das|es|sie)\b|\b(?!(?:{_GERMAN_WE})\b)\w{{3,20}}en wir (?:ihnen|dir|euch|das|es|sie)\b"
    r"|\b(?:geht|ist|wäre) (?:klar|in ordnung|gebongt|abgemacht|notiert|gebucht|reserviert|eingetragen)\b|\b(?:termin|vereinbarung|zusage|angebot) (?:steht|gilt)\b|\bkein problem\b|"
    r"\b(?:darauf|auf mich|auf uns) verlassen\b|\bauf (?:mich|uns) zählen\b|\b(?:sie|du|ihr) (?:dürfen|darfst|dürft|"
    r"können|kannst|könnt) (?:.{0,40}\b)?(?:mitbringen|behalten|verlassen|rechnen|kommen|abholen|umtauschen|zurückgeben|vorbeikommen|mitnehmen|zählen)\b|\bgeh(?:t|en) (?:ihnen|dir|euch) zu\b|"
    r"(?<!sie )\b(?:sind|ist) (?:uns |mir )?(?:herzlich |jederzeit |gern )?willkommen\b|\bwird (?:gemacht|erledigt)\b|\b(?:bin|sind) (?:wir |ich )?(?:gerne? )?(?:bereit|dabei)\b|"
    r"\bgeht auf (?:mich|uns|unsere|meine)\b",
    "fr": rf"\bon (?:(?:vous|te|le|la|les|se|lui|leur) |[tls]['’](?:en )?){{1,3}}(?!(?:remercie|souhaite|demande|voit|prie|écrit|dit|parle|sait|comprend|rappelle que)\b)\w{{3,20}}\b|"
    rf"\bnous (?:(?:vous|te|le|la|les|lui|leur|en|y|nous) |[tl]['’]){{1,3}}(?!(?:{_FRENCH_WE}))\w{{2,20}}ons\b|\bcomme si c['’]était fait\b|\bcompter sur (?:moi|nous)\b|"
    r"\b(?:est|sont) (?:toujours |aussi |également )?(?:le |la |les )?bienvenue?s?\b|\b(?:vous|te|lui|leur) ser(?:a|ont) \w{2,20}(?:é|ée|és|ées|u|ue|us|ues|i|ie|is|it|ise)(?!\w)|"
    r"\b(?:pas de|aucun|sans) (?:problème|souci)\b|\bc['’]est (?:bon|noté|réservé|confirmé|promis|entendu)\b|\bvous pouvez (?:venir|garder|apporter|passer|amener|"
    r"rendre|échanger|annuler)\b|\b(?:à|pour) (?:nos|notre|mes) frais\b|\bprêts? à \w{3,}",
    "es": rf"\b(?:le|les|te|os|se) (?:l[oa]s? )?(?!(?:{_SPANISH_THANKS})\b)\w{{2,20}}(?:o|amos|emos|imos)\b|\bl[oa]s? (?!(?:{_SPANISH_THANKS})\b)\w{{3,20}}(?:amos|emos|imos)\b|"
    r"\b(?:d[ae]lo|délo|denlo) por hecho\b|\bcuent[ae] (?:con (?:ello|eso|nosotros)|conmigo)\b|\b(?:no hay|sin|ningún) problema\b|\bno se preocupe\b|\bpuede[ns]? (?:traer|venir|"
    r"quedarse|devolver|cambiar|cancelar|contar|pasar|recoger)\b|\b(?:es|son) bienvenid[oa]s?\b|\bse le (?:devolver|enviar|entregar|abonar|pagar)\w{1,3}(?!\w)|\bclaro que sí\b|\bcorre de (?:mi|nuestra) cuenta\b|"
    r"\b(?:vengo|venimos|paso|pasamos) (?:a|por|yo|nosotros)\b",
    "it": rf"\b(?:le|ti|vi|gliel[oaie]|te l[oaie]|ve l[oaie]|lo|la|li|gli) (?!(?:{_ITALIAN_THANKS})\b)\w{{3,20}}iamo\b|\b(?:ti|vi|glielo|gliela|te lo|te la|ve lo) (?!(?:{_ITALIAN_THANKS})\b)\w{{3,20}}o\b|"
    rf"\b(?!(?:{_ITALIAN_THANKS})\b)\w{{3,20}}(?:o|iamo) (?:io|noi)\b|\bconsider(?:alo|atelo|i[^.]{{0,20}}) fatto\b|\b(?:può|puoi|potete) contar(?:ci|e su)|\bci pens(?:o|iamo) (?:io|noi)\b|"
    r"\b(?:vengo|veniamo|arrivo|arriviamo|passo|passiamo|partecipo|partecipiamo)\b|\b(?:nessun|non c['’]è|senza) problema\b|\b(?:può|puoi|potete) (?:portare|venire|tenere|restituire|cambiare|"
    r"annullare|passare|ritirare)\b|\b(?:è|sono) (?:il |la |i )?benvenut[oaie]\b|\b(?:le|vi|ti) (?:sarà|verrà|verranno|saranno) \w{3,}(?:to|ta|ti|te|so|sa)\b|\ba (?:mio|nostro) carico\b|"
    r"\bva bene per (?:me|noi)\b",
}
"""The same in other words, looked for in drafts of that language alone: consider it done, no problem, you may bring it, it will be returned to you."""

_ENGLISH_THOUGHTS = (
    "writing|looking|wondering|asking|hoping|thinking|getting|replying|wishing|trying|feeling|working|having|being|going through|reading|sitting|travelling|living|"
    "enquiring|inquiring|contacting|attaching|forwarding|missing|seeing|learning|speaking|referring"
)
SETTLED: Final[dict[str, str]] = {
    "en": rf"\b(?:i|we)(?:['’]m|['’]re| am| are) (?:now |gladly |also )?(?!(?:{_ENGLISH_THOUGHTS})\b)\w{{2,20}}ing\b"
    r"|\b(?:i|we)(?:['’]ve| have) (?:\w+ )?(?:put (?:you|it|that|aside)|reserved|booked|knocked|taken (?:it|that|off)|arranged|entered|added|reduced|credited|refunded|ordered|waived|scheduled|pencilled|kept|set aside|signed|enrolled|cancelled|extended)\b"
    r"|\b(?:is|are|['’]s|['’]re) (?:now |hereby |all )?(?:reserved|booked|confirmed|included|settled|covered|yours|agreed|arranged|waived|refundable|set aside|fine (?:with|by)|ok(?:ay)? (?:with|for))\b"
    r"|\b(?:no (?:charge|cost|fee)|my treat|won['’]t (?:cost|have to pay|be charged)|will not (?:cost|have to pay|be charged)|(?:need not|needn['’]t|don['’]t (?:have|need) to) pay|nothing to pay)\b"
    r"|\b(?:that|it|this)(?:['’]ll)? (?:works|suits|is fine|is settled|goes out|leaves|ships|stands)\b|\b(?:goes out|leaves|ships|arrives|be with you) (?:today|tomorrow|tonight|on|this|next|by)\b|\bleave (?:that|this|it) (?:to|with)\b"
    r"|\b(?:entitled to|applies to you|make sure|see to it|sort (?:it|that|this)|for less|we do (?:free|a))\b|\b(?:i|we)['’]d (?:be )?(?:\w+ )?(?:delighted|happy|glad|pleased) to (?!(?:hear|know|learn|read)\b)",
    "de": r"\b(?:habe|haben) (?:ich |wir )?[^.!?\n]{0,60}\b(?:eingetragen|reserviert|gebucht|vorgemerkt|zurückgelegt|bestellt|veranlasst|storniert|erstattet|gutgeschrieben|notiert|eingeplant|verlängert|angemeldet|vereinbart)\b"
    r"|\b(?:ist|sind) (?:\w+ ){0,4}(?:reserviert|gebucht|vorgemerkt|inbegriffen|gesichert|ausgemacht|abgemacht|möglich|bestätigt|vereinbart)\b"
    r"|\b(?:nichts|keinen? \w+) (?:zu )?(?:be)?zahlen\b|\b(?:keine|ohne) (?:\w+ )?(?:kosten|gebühr\w*|aufpreis|mehrkosten)\b|\bberechnen wir (?:\w+ )?(?:nichts|nicht)\b|\b(?:das|es|dies|dienstag|montag|mittwoch|donnerstag|freitag|samstag) (?:geht|klappt|passt|gilt|steht)\b(?! (?:ihnen|dir|euch|uns|mir|um|darum|nicht))"
    r"|\bes bleibt (?:dabei|bei)\b|\b(?:geht|gehen|kommt|kommen|trifft) (?:\w+ ){0,4}(?:raus|hinaus|auf die reise|auf den weg|ab|zu ihnen|zu dir|zurück)\b|\b(?:sie|du|ihr) (?:kriegen|kriegst|kriegt|brauchen nichts|müssen nichts|haben anspruch|hast anspruch)\b"
    r"|\b(?:sicher sein|sehe zu|sehen zu|sorge dafür|entgegen(?:kommen)?|dabei sein)\b|\bwir (?:übernehmen|kommen|liefern|machen|bringen|holen|halten|lassen|legen|schauen|richten|passen|reservieren)\b",
    "fr": r"\b(?:ai|avons|a) (?:\w+ )?(?:inscrit|réservé|noté|bloqué|prévu|commandé|remboursé|annulé|mis de côté|ajouté|enregistré|prolongé|accordé|retenu)(?:e|s|es)?(?!\w)"
    r"|\b(?:est|sont) (?:\w+ )?(?:réservé|confirmé|inclus|compris|offert|garanti|retenu|possible|couvert|acquis)(?:e|s|es)?(?!\w)|\b(?:en charge|coûtera rien|rien à payer|sans (?:frais|supplément)|à notre charge|aucun (?:frais|supplément))\b"
    r"|(?<!\w)(?:ça|cela) (?:marche|va|roule|convient|me va|nous va)\b|\bon fait comme\b|\bc['’]est (?:d['’]accord|possible|offert|promis|bon)\b|\b(?:il|elle|le \w+|la \w+|votre \w+|tout) (?:part|partira|arrive|arrivera|sera)\b"
    r"|\bvous (?:bénéficiez|avez droit|n['’]aurez|ne paierez|pourrez)\b|\b(?:nous|on) (?:prenons|prend|gardons|garde|offrons|ferons|passons|venons|livrons)\b|^\W{0,3}promis\b",
    "es": r"\b(?:he|hemos) (?:\w+ )?(?:apuntado|reservado|anotado|bloqueado|pedido ya|devuelto|cancelado|añadido|guardado|inscrito|concedido|ampliado)\b|\b(?:está|están|queda|quedan|es|son) (?:\w+ )?(?:reservad|confirmad|incluid|apartad|garantizad|anotad)[oa]s?\b"
    r"|\b(?:por (?:nuestra|mi) cuenta|invita la casa|sin (?:coste|cargo|gastos|recargo)|no (?:le|te|les|os) costará|no tendrá que pagar|nada que pagar)(?!\w)|\bquedamos (?:así|en|el|a)\b|\bpor (?:nosotros|mí|mi parte),? (?:bien|perfecto|no hay)\b"
    r"|^\W{0,3}(?:sí, )?(?:prometido|hecho|trato)\b|\b(?:es|será) posible\b|\btiene[ns]? derecho\b|\b(?:me paso|nos pasamos|se lo|te lo|lo dejamos|lo dejo|lo guardo|lo guardamos)\b|\b(?:sale|salen|llega|llegan) (?:hoy|mañana|el|esta)\b"
    r"|\b(?!(?:dependerá|dependerán|mamá|será un|sofá|ojalá|quizá)\b)\w{2,20}(?:ará|erá|irá|drá)n?(?!\w)",
    "it": r"(?:\b(?:ho|abbiamo)|l['’]ho|l['’]abbiamo) (?:\w+ )?(?:segnat|riservat|prenotat|annotat|bloccat|ordinat|rimborsat|annullat|aggiunt|mess|tenut|iscritt|concess|prolungat)[oaie]\b|(?<!\w)(?:è|sono|resta|restano) (?:\w+ )?(?:riservat|prenotat|confermat|inclus|compres|garantit|copert)[oaie]\b"
    r"|\b(?:offre la casa|offriamo noi|senza (?:costi|spese|supplement\w+)|a (?:nostro|mio) carico|non (?:le|ti|vi) costerà|non dovrà pagare|niente da pagare)(?!\w)|\brestiamo (?:d['’]accordo|così|intesi)\b|\bva (?:bene|benissimo)\b|^\W{0,3}(?:sì, )?(?:promesso|fatto|affare)\b"
    r"|(?<!\w)è possibile\b|\b(?:ha|hai|avete) diritto\b|\b(?:parte|partono|arriva|arrivano) (?:oggi|domani|stasera|il|questa)\b|\b(?:tengo|teniamo|copriamo|copro|prendiamo|portiamo|porto|facciamo) (?:noi|da parte|avere|io)\b"
    r"|\b(?!(?:dipenderà|dipenderanno|sarà un)\b)\w{2,20}(?:erà|irà|arà|rrà|drà)(?!\w)|\b(?!(?:dipenderanno)\b)\w{2,20}(?:eranno|iranno|aranno|rranno|dranno)(?!\w)",
}
"""What is said to be settled, done for the reader, possible or free: it binds as much as a promise. Looked for as OTHERS_WORDS is."""

HARMLESS: Final = re.compile(
    r"\b(?:(?:i|we)(?:['’]ll| will| shall) (?:be (?:happy|glad|pleased|delighted) to (?:hear|help|answer)|look forward|see (?:what|how|if|whether|you))|look(?:ing)? forward|"
    r"ich (?:werde mich freuen|freue mich)|wir (?:werden uns freuen|freuen uns)|gebe ihnen (?:recht)|komme (?:ich )?(?:zurück auf|auf ihre)|"
    r"sage (?:ich )?(?:ihnen |dir )?(?:vielen |herzlichen )?dank|bestätigen sie|"
    r"je (?:me réjouis|serai ravie?)|nous (?:nous réjouissons|serons ravis)|será un placer|quedo a la espera|"
    r"sarà un piacere|sarò liet[oa]|resto in attesa)\b",
    re.IGNORECASE,
)
