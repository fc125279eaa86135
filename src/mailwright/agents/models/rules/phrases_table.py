"""Words and fixed phrases: stop words, what a request is known by, and what the rules model says.

Read by texts, language and work. Adding a language is adding its words here.
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
    "it": _set(
        "il lo la i gli le un uno una di del della dei delle e o ma se che in nel nella per con sono è era essere non più questo questa "
        "questi mi ti ci vi si lei noi voi loro mio suo nostro grazie ciao buongiorno come tutto molto anche quando dove ho ha abbiamo da "
        "al alla ai puoi può potrebbe"
    ),
    "nl": _set(
        "de het een en of maar als van voor met op te tot naar bij uit dat die dit deze is zijn was waren ik je jij u we wij ze zij hij "
        "mijn uw jouw ons onze niet geen ook nog al heeft hebben had kan kunt kun zal moet graag bedankt hallo hoe wat wie waar wanneer er "
        "aan om over dan wordt worden"
    ),
    "pt": _set(
        "o a os as um uma de do da dos das e ou mas se que em no na nos nas por para com são é era ser não mais este esta isto esse essa "
        "me te eu você nós eles meu minha seu sua nosso obrigado obrigada olá bom dia como tudo muito também quando onde ao à pode pelo "
        "pela foi já"
    ),
    "pl": _set(
        "i w we z ze na do od dla po przez o się nie tak to ten ta te tego tej jest są był była było być czy że jak co kto gdzie kiedy ale "
        "lub oraz już jeszcze mi mnie nam nas pan pani państwo proszę dziękuję dzień dobry mam mamy może można także tylko"
    ),
    "sv": _set(
        "och att det den de en ett i på av för med till från om som är var vara inte jag du vi ni han hon min din sin vår er mig dig oss "
        "kan ska skulle har hade men eller så här där vad vem när hur tack hej också bara nu efter innan någon några"
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
