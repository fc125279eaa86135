"""The words of wishes to be reminded, in seven languages: tables of patterns, read by `extract`.

`TRIGGERS` show that something is to be followed up, `DROPPED` are the words of a wish that are no part of what is to be done, `WITH` leads
to whom it is about, and `ABOUT` to what; a date behind `ABOUT` belongs to the matter more often than not.
"""

from __future__ import annotations

import re

_I = re.IGNORECASE

DROPPED = re.compile(
    r"(?<!\w)(?:"
    r"(?:can|could|would|will) you(?: please)?(?= (?:remind|ping|nudge|follow|check|chase|set|send|draft|prepare|make))|(?:please|pls|kindly)|"
    r"remind (?:me|us)(?: again)?|send me a reminder|(?:set|create|make|add) (?:up )?a (?:reminder|follow-?up|task)(?: for me)?|(?:ping|nudge) me|"
    r"don['’]t let me forget|(?:note to self|reminder|todo|to-do)\s?:|i(?:['’]d| would) like (?:you )?to (?:be reminded|get a reminder)|i(?:['’]d| would) like a reminder|i want to be reminded|"
    r"(?:kannst|k[öo]nntest|w[üu]rdest) du (?:mich|uns)|(?:k[öo]nn(?:t)?en|w[üu]rden) sie (?:mich|uns)|bitte|erinner(?:e|n sie|st du)? (?:mich|uns)(?: wieder)?|"
    r"(?:daran )?(?:zu )?erinnern|ich m[öo]chte (?:an|daran)|(?:mach|stell|setz)(?:e|en sie)? (?:mir )?eine erinnerung|wiedervorlage:?|"
    r"(?:peux-tu|pourrais-tu|pouvez-vous|pourriez-vous|tu peux|vous pouvez)(?= (?:me|nous) rappeler)|(?:me|nous) rappeler|rappell?e[rz]?[- ](?:moi|nous)|"
    r"merci de(?= \w+r )|s['’]il (?:te|vous) pla[iî]t|stp|svp|merci de (?:me|nous) rappeler|fai(?:s|tes)-moi penser|(?:mets|cr[ée]e|envoie)(?:z)?(?:-moi)? un rappel|je voudrais un rappel|"
    r"recu[ée]rd[ae](?:me|nos)(?:lo)?|(?:puedes|podr[íi]as|puede|podr[íi]a)(?: recordarme)?(?= recordarme|\b)|recordarme|por favor|hazme acordar|av[íi]same|(?:pon|crea)(?:me)? un recordatorio|quiero que me recuerdes|"
    r"ricorda(?:mi|ci|melo)|mi ricordi|(?:puoi|potresti|pu[òo]|potrebbe)(?= ricordarmi)|ricordarmi|per (?:favore|piacere)|fammi (?:un promemoria|ricordare)|avvisami|(?:imposta|crea|metti) un promemoria|vorrei un promemoria|"
    r"lembr(?:a|e)-(?:me|nos)|me lembr(?:a|e)|(?:podes|pode|poderias|poderia|voc[êe] pode)(?= (?:me )?lembrar)|(?:me )?lembrar(?:-me)?|avisa-me|me avis(?:a|e)|avise-me|recorda-me|(?:cria|crie|coloca|p[õo]e) um lembrete|"
    r"herinner (?:me|mij|ons)(?: er ?aan)?|(?:kun|kan|wil|zou|kunt) (?:je|u)(?: (?:me|mij))?|(?:me|mij) (?:er ?aan )?(?:te )?herinneren|(?:er ?aan )?(?:te )?herinneren|alsjeblieft|alstublieft|aub|(?:maak|zet) een herinnering"
    r")(?!\w)",
    _I,
)
TRIGGERS = re.compile(
    r"(?<!\w)(?:remind(?:er|ers|ed)?|follow(?:ing)?[- ]?ups?|ping me|nudge|chase(?: up)?|check (?:back|in) with|get back to|don['’]t let me forget|note to self|to-?do\s?:|snooze|bump|"
    r"erinner\w*|nachfass\w*|nachhak\w*|nachfrag\w*|wiedervorlage|fass(?:e)? .{1,60} nach|hak(?:e)? .{1,60} nach|frag(?:e)? .{1,60} nach|"
    r"rappell?e[rz]?|rappels?|relanc\w*|faire le point|recontact\w*|suivi|fai(?:s|tes)-moi penser|"
    r"recu[ée]rd\w*|recordar\w*|recordatorio|seguimiento|hazme acordar|av[íi]same|retomar|"
    r"ricord\w*|promemoria|sollecit\w*|ricontatt\w*|risentire|follow-up|avvisami|"
    r"lembr\w*|acompanhamento|acompanhar|recontact\w*|avisa-me|me avis[ae]|recorda-me|"
    r"herinner\w*|opvolg\w*|nabellen|navrag\w*|volg .{1,60} op|bel .{1,60} na)(?!\w)",
    _I,
)
DRAFT = re.compile(
    r"(?<!\w)(?:draft(?:s|ed)?|(?:prepare|write|have) (?:me )?an? (?:short |polite |friendly )?(?:e-?mail|mail|reply|message|answer|letter)(?: ready)?|"
    r"entwurf|entwirf|entwerfe|vorformulier\w*|(?:schreib|bereite)(?:e)? (?:mir )?(?:schon )?(?:mal )?(?:eine?n?|die) (?:mail|e-mail|antwort|nachricht|brief)|"
    r"brouillon|r[ée]dige[rz]?|pr[ée]pare[rz]? (?:un|une|le|la) (?:mail|e-mail|message|r[ée]ponse|brouillon|courriel)|"
    r"borrador|redacta(?:r|me)?|prepara(?:r|me)? (?:un|una) (?:correo|mail|mensaje|respuesta|borrador)|"
    r"bozza|redigi|prepara(?:mi|re)? (?:un|una) (?:mail|e-mail|messaggio|risposta|bozza)|"
    r"rascunho|minuta|redige|redija|prepara(?:r|-me)? (?:um|uma) (?:e-?mail|mensagem|resposta|rascunho)|prepare (?:um|uma) (?:e-?mail|mensagem|resposta|rascunho)|"
    r"concept(?:mail|bericht)?|ontwerp|schrijf (?:alvast )?een (?:mail|e-mail|bericht|antwoord))(?!\w)",
    _I,
)
WITH_DRAFT = re.compile(
    r"[\s,]*(?:\b(?:and|und|et|y|e|en)\s)?\b(?:with|mit|avec|con|com|met)\s(?:an?|einem|une?|una?|uma?|een)\s(?:draft|entwurf|brouillon|borrador|bozza|rascunho|concept)\b",
    _I,
)
REMINDS = re.compile(
    r"(?<!\w)(?:remind\w*|erinner\w*|rappel\w*|recu[ée]rd\w*|recordar\w*|recordatorio|ricord\w*|promemoria|lembr\w*|recorda-me|herinner\w*|ping me|nudge me)(?!\w)",
    _I,
)
WAITS = re.compile(
    r"(?<!\w)(?:(?:if|unless|in case|when) .{0,60}?(?:repl(?:y|ies|ied)|answer\w*|respon\w*|hear(?:d)?|(?:got|get|gets|come[s]?) back)|no (?:reply|answer|response)|without (?:a )?(?:reply|answer|response)|"
    r"(?:wenn|falls|sofern|sollte) .{0,60}?(?:nicht|keine?|nichts|noch nicht) .{0,40}?(?:antwort\w*|geantwortet|gemeldet|melde\w*|geh[öo]rt|h[öo]re\w*|reagiert|reagieren)|(?:keine|ohne) antwort|"
    r"(?:s['’]ils?|si|au cas o[ùu]) .{0,60}?(?:n['’]|ne |pas|sans|aucune).{0,40}?(?:r[ée]pon\w*|nouvelles|retour)|(?:sans|pas de) r[ée]ponse|sauf r[ée]ponse|"
    r"(?:si|en caso de que) .{0,60}?no .{0,40}?(?:respond\w*|contest\w*|respuesta|noticias)|sin respuesta|"
    r"(?:se|nel caso) .{0,60}?non .{0,40}?(?:rispo\w*|risposta|sentit\w*|sento)|senza risposta|"
    r"(?:se|caso) .{0,60}?n[ãa]o .{0,40}?(?:respond\w*|resposta|not[íi]cias)|sem resposta|"
    r"(?:als|indien|mocht) .{0,60}?(?:niet|geen|niets) .{0,40}?(?:geantwoord|antwoord\w*|reageert|gereageerd|gehoord|hoor|reactie)|(?:geen|zonder) (?:antwoord|reactie))",
    _I,
)
_STOP = (
    r"(?=\s+(?:about|regarding|re|concerning|because|if|that|and|on|for|to|in|at|before|after|wegen|bez[üu]glich|[üu]ber|zu[mr]?|ob|und|an|nach(?:haken|fassen|fragen)|anrufen|(?:te |na)?bellen|"
    r"[àa] propos|au sujet|concernant|sur|pour|si|et|afin|sobre|acerca|por|para|respecto|y|"
    r"su|sul|sulla|sui|per|riguardo|circa|e|a respeito|se|over|voor|wegens|betreffende|inzake|of|en|op)\b|\s*[,.;:!?()\n]|\s*$)"
)
WITH = re.compile(
    r"(?<!\w)(?:with|call|ring|phone|e-?mail|ask|ping|chase|contact|text|meet|from|mit|bei|rufe?|kontaktiere|frage?|avec|appeler|appelle|contacter|relancer|relance|aupr[èe]s d[eu']|chez|"
    r"con|llamar a(?:l)?|contactar a|chiamare|contattare|sentire|sollecitare|com|ligar (?:para|[àa]|ao)|contactar|contatar|met|bellen met|bel)\s+"
    rf"(?P<who>(?:the |my |our |dem |der |den |die |meine[mr]? |le |la |les |l['’]|mon |ma |el |los |mi |il |lo |mio |o |a |os |de |het |mijn )?[^\s,.;:!?()][^,;:!?()\n]{{1,60}}?){_STOP}",
    _I,
)
ABOUT = re.compile(
    r"(?<!\w)(?:about|regarding|re|concerning|(?:for|of) the|wegen|bez[üu]glich|[üu]ber|an (?:das|den|die)|ans|zu[mr]|vo[mn]|[àa] propos d\w*|au sujet d\w*|concernant|sur|du|de la|sobre|acerca de(?:l)?|del|de la|"
    r"riguardo|circa|sul|sulla|della|dello|a respeito d\w*|da|do|over|inzake|betreffende|van)\s+(?:[^\W\d]+\s+){0,4}$",
    _I,
)
ARTICLE = re.compile(
    r"(?<!\w)(?:the|our|my|their|his|her|das|der|dem|den|die|le|la|les|notre|el|los|las|nuestr[oa]|il|lo|gli|o|a|os|as|nosso|nossa|de|het|onze)\s+$",
    _I,
)
ABOUT_ANY = re.compile(
    r"(?<!\w)(?:about|regarding|concerning|wegen|bez[üu]glich|[àa] propos|au sujet|concernant|sobre|acerca|riguardo|circa|a respeito|over|inzake)(?!\w)",
    _I,
)
LEADING = re.compile(
    r"^(?:[\s,;:.–—¿¡-]+|an (?:den|die|das|dem)\s+(?=[^\W\d_])|aan (?:de|het)\s+(?=[^\W\d_])|(?:to|that|about|of|and|then|also|daran|dass|zu|an|um|und|dann|auch|de|d['’]|[àa]|que|qu['’]|et|puis|a|de que|y|que|di|che|e|para|pra|om|te|dat|aan|en|er ?aan)(?=[\s,]|$)(?:\s+)?|(?:d|qu)['’])+",
    _I,
)
TRAILING = re.compile(
    r"(?:[\s,;:–—-]+|[\s,](?:on|by|at|until|till|for|from|in|and|am|um|bis|im|ab|gegen|und|daran|zu|le|[àa]|au|d['’]ici|pour|et|el|al|para|a|y|il|per|entro|e|no|na|em|at[ée]|op|om|tegen|voor|tot|eraan|en))+$",
    _I,
)
THANKS = re.compile(
    r"(?:thank(?:s| you)\b|thx\b|cheers\b|great\b|perfect\b|danke\b|super\b|prima\b|merci\b|parfait\b|gracias\b|perfecto\b|grazie\b|perfetto\b|obrigad[oa]\b|perfeito\b|bedankt\b|dank (?:je|u)\b)",
    _I,
)
BY = re.compile(
    r"(?<!\w)(?:by|before|until|till|on|at|from|bis|vor|am|um|ab|gegen|zum|d['’]ici|avant|le|[àa]|au|jusqu['’]\w*|antes del?|hasta|el|al|para|entro|prima d\w+|il|at[ée]|antes d[aeo]|no|na|em|op|om|v[óo][óo]r|tegen|tot)\s+(?:the\s+|le\s+|el\s+|il\s+)?$",
    _I,
)
VAGUE = re.compile(
    r"(?<!\w)(?:some ?time|at some point|irgendwann|[àa] un moment(?: donné)?|en alg[úu]n momento|prima o poi|in qualche momento|em algum momento|algum dia|ergens|een keer)\s*$",
    _I,
)
"""Before a week or a month; the rest of the phrase is `Found`'s."""
GENERIC_SUBJECT = re.compile(
    r"\s*(?:(?:re|aw|fwd?|wg|tr|rv|r|i|res|enc|antw|doorst|sv)\s*:\s*)*(?:follow[- ]?up|remind(?:er| me)|erinnerung|rappel|recordatorio|promemoria|lembrete|herinnering|\(?no subject\)?|test|hi|hello|hallo)?\s*[.!]?\s*",
    _I,
)
PREFIX = re.compile(r"^\s*(?:(?:re|aw|fwd?|wg|tr|rv|r|i|res|enc|antw|doorst|sv)\s*:\s*)+", _I)
NEGATED = re.compile(
    r"(?<!\w)(?:not|no|never|cannot|\w+n['’]t|nicht|keine?[nmrs]?|nie|unm[öo]glich|pas|impossible|jamais|nunca|imposible|non|impossibile|mai|n[ãa]o|imposs[íi]vel|niet|geen|nooit|onmogelijk|"
    r"except|but|ausser|außer|aber|sauf|mais|salvo|excepto|pero|tranne|eccetto|ma|exceto|mas|behalve|maar)(?!\w)",
    _I,
)
NO_FIRST = re.compile(r"^\s*(?:no|nein|non|n[ãa]o|nee)\s*[,.!:–-]", _I)
BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+(?=\S)")
