"""Words and fixed phrases: stop words, signals of requests and of mail that wants nothing, and what the rules model says.

Read by judge, texts, language and work. Adding a language is adding its words here.
"""

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_WORDS_BY_LANGUAGE: dict[str, frozenset[str]] = {
    "en": _set(
        "the a an and or but if of to in on at by for from with as is are was were be been it its this that these those i you he she we "
        "they me my your our their his her them us not no do does did have has had will would can could should may please thanks so than "
        "then there here what which who when where how all any some more also just about into over after before up out only"
    ),
    "de": _set(
        "der die das den dem des ein eine einen einem einer und oder aber wenn von zu zum zur im in am an auf bei für mit als ist sind war "
        "waren sein es sie er wir ihr ich du mich mir dich dir uns euch nicht kein keine auch nur noch schon hat haben hatte wird werden "
        "kann können soll bitte danke wie was wer wo wann welche dass nach über vor aus um so dann hier diese dieser dieses"
    ),
    "fr": _set(
        "le la les un une des du de et ou mais si que qui quoi dans sur au aux pour par avec est sont était être il elle nous vous ils je "
        "tu me te se ne pas plus ce cette ces mon ma mes votre vos notre nos leur merci bonjour comme tout très aussi"
    ),
    "es": _set(
        "el la los las un una de del y o pero si que en por para con es son era ser él ella nosotros ustedes yo tú me te se no más este "
        "esta estos mi su sus nuestro gracias hola como todo muy también cuando donde"
    ),
}
STOP_WORDS = frozenset().union(*STOP_WORDS_BY_LANGUAGE.values())

REQUESTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "asks politely",
            r"\b(?:please|pls|bitte|s'il (?:vous|te) pla[iî]t|merci de|veuillez|por favor|per favore|alstublieft|proszę)\b",
        ),
        (
            "asks somebody to do something",
            r"\b(?:(?:can|could|would|will) you|i(?:'d| would) (?:like|need)|i need|we need|i want you to|kannst du|k[öo]nnten sie|"
            r"k[öo]nnen sie|w[üu]rden sie|ich (?:brauche|br[äa]uchte|h[äa]tte gern)|wir brauchen|pou(?:vez|rriez)-vous|peux-tu|"
            r"j'ai besoin|puedes?|podr[ií]as?|necesito|potresti|kun je|kunt u)\b",
        ),
        (
            "names work",
            r"\b(?:summari[sz]e|summary|calculate|compute|count|list|find|extract|compare|analy[sz]e|translate|write|draft|prepare|create|"
            r"make|check|review|send|tell|give|explain|convert|sort|total|sum|add up|total up|group|average|plan|schedule|remind|organi[sz]e|"
            r"update|fix|look up|research|reply|remove|de-?duplicate|dedupe|summier\w*|addier\w*|zusammenfass\w*|fasse|fass|berechne\w*|rechne|z[äa]hle|liste|finde|suche|vergleiche|pr[üu]fe\w*|"
            r"erstelle\w*|schreibe?|schick\w*|sende|sag|erkl[äa]re?|sortier\w*|[üu]bersetz\w*|auswert\w*|werte|r[ée]sume[rz]?|"
            r"calcule[rz]?|compte[rz]?|traduis\w*|envoie\w*|prépare[rz]?|v[ée]rifie[rz]?|resume|resumen|calcula|cuenta|traduce|envía|prepara|"
            r"calcola|riassumi|bereken|vertaal)\b",
        ),
    )
)
"""What a request is known by, with the words for `because`."""

QUESTION_WORDS = re.compile(
    r"(?:^|[.!?]\s+|,\s*)(?:what|who|when|where|why|how|which|whose|is|are|do|does|did|can|could|should|will|would|was|wer|wann|wo|warum|wie|"
    r"welche[rsn]?|wieso|wieviel|ist|sind|kann|que|quoi|qui|quand|o[ùu]|pourquoi|comment|combien|quel(?:le)?s?|est-ce|qu[ée]|qui[ée]n|cu[áa]ndo|"
    r"d[óo]nde|por qu[ée]|c[óo]mo|cu[áa]l|cu[áa]nto)\b",
    re.IGNORECASE,
)

NOTHING_WANTED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "an absence notice",
            r"\b(?:out of (?:the )?office|automatic reply|auto-?reply|on (?:vacation|annual leave|parental leave)|abwesenheits(?:notiz|meldung)|"
            r"nicht im b[üu]ro|automatische antwort|im urlaub|absence du bureau|r[ée]ponse automatique|fuera de la oficina|respuesta autom[áa]tica)\b",
        ),
        (
            "a newsletter",
            r"\b(?:unsubscribe|view (?:this (?:email|message) )?in (?:your )?browser|manage (?:your )?preferences|newsletter abbestellen|"
            r"abbestellen|im browser anzeigen|se d[ée]sabonner|se d[ée]sinscrire|darse de baja)\b",
        ),
        (
            "a delivery notice",
            r"\b(?:undeliverable|delivery (?:status notification|has failed|failure)|mail delivery (?:failed|subsystem)|returned mail|unzustellbar)\b",
        ),
    )
)
"""Kinds of mail that want nothing, with the words for `because`."""

ACKNOWLEDGEMENT = re.compile(
    r"(?:(?:many |so much |very much )?(?:thanks?(?: you)?|thx|ty|cheers|great|perfect|excellent|awesome|nice|ok(?:ay)?|got it|noted|understood|"
    r"sounds good|will do|done|received|no (?:problem|worries)|you(?:'re| are) welcome|looks good|lgtm|much appreciated|well done|good job|yes|"
    r"danke(?: sch[öo]n| dir| ihnen| sehr)?|vielen dank|besten dank|super|prima|passt|alles klar|verstanden|in ordnung|einverstanden|erledigt|"
    r"merci(?: beaucoup)?|parfait|bien re[çc]u|d'accord|gracias|muchas gracias|perfecto|vale|grazie(?: mille)?|bedankt|dank je|tak|tack)"
    r"(?: (?:a lot|so much|very much|again|all|everyone|for (?:your|the) (?:help|reply|answer|quick \w+|update|support|work)|that works|for that|"
    r"für (?:die|deine|ihre) \w+|nochmals|mille|beaucoup))*[\s.,!:;)☺🙂👍🙏-]*)+",
    re.IGNORECASE,
)

SAYS: dict[str, dict[str, str]] = {
    "en": {
        "hello": "Hello {name},",
        "hello_nobody": "Hello,",
        "who": (
            "this is the built-in rules model of this mail server: no AI model is set up, so I follow fixed rules. I am exact at "
            "what I can do and say so where I cannot."
        ),
        "calculations": "Calculations",
        "table": "Table",
        "list": "Your list",
        "summary": "Summary (sentences as they were written)",
        "counts": "Counted",
        "understood": "What you asked, as I understood it",
        "attached": "Attached",
        "nothing_attached": "Nothing was attached.",
        "dates": "Dates",
        "links": "Links",
        "contacts": "Addresses and numbers",
        "figures": "Amounts and percentages",
        "open": "Questions I could not answer by rules",
        "cannot": (
            "Apart from what is listed below I could not do what you asked: it needs understanding that rules do not have. Whoever "
            "runs this server can set up an AI model (MAILWRIGHT_MODEL)."
        ),
        "beyond": (
            "Everything else you asked for is not done: I cannot sort files, write, translate, explain, send, look up or remember anything. Whoever "
            "runs this server can set up an AI model (MAILWRIGHT_MODEL)."
        ),
        "empty": "Your message has no text that I could work on.",
        "bye": "The rules model",
    },
    "de": {
        "hello": "Hallo {name},",
        "hello_nobody": "Hallo,",
        "who": (
            "hier antwortet das eingebaute Regelmodell dieses Mailservers: Es ist kein KI-Modell eingerichtet, ich folge also festen "
            "Regeln. Was ich kann, mache ich genau; was ich nicht kann, sage ich."
        ),
        "calculations": "Berechnungen",
        "table": "Tabelle",
        "list": "Ihre Liste",
        "summary": "Zusammenfassung (Sätze im Wortlaut)",
        "counts": "Gezählt",
        "understood": "Worum Sie gebeten haben, soweit ich es verstehe",
        "attached": "Angehängt",
        "nothing_attached": "Es war nichts angehängt.",
        "dates": "Termine",
        "links": "Links",
        "contacts": "Adressen und Nummern",
        "figures": "Beträge und Prozente",
        "open": "Fragen, die sich mit Regeln nicht beantworten lassen",
        "cannot": (
            "Außer dem, was unten steht, konnte ich nichts für Sie tun: Dazu braucht es ein Verständnis, das Regeln nicht haben. Wer "
            "diesen Server betreibt, kann ein KI-Modell einrichten (MAILWRIGHT_MODEL)."
        ),
        "beyond": (
            "Alles andere, worum Sie gebeten haben, ist nicht getan: Ich kann keine Dateien sortieren und nichts schreiben, übersetzen, erklären, senden, nachschlagen "
            "oder mir merken. Wer diesen Server betreibt, kann ein KI-Modell einrichten (MAILWRIGHT_MODEL)."
        ),
        "empty": "Ihre Nachricht enthält keinen Text, mit dem ich arbeiten könnte.",
        "bye": "Das Regelmodell",
    },
}
"""What the rules model says, by language; English where a language is missing."""
