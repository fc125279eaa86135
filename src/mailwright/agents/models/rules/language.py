"""Which language a text is in, by its most common words. Called by the rules model and by `decide` for fixed phrases."""

from collections.abc import Mapping, Sequence
from typing import Final

from mailwright.agents.models.rules import texts
from mailwright.agents.models.rules.phrases_table import SAYS, STOP_WORDS_BY_LANGUAGE

LOOKED_AT = 4_000  # characters: a language shows in a few lines
AHEAD = 3  # points before the next language: it shows
MOST_OF_EARLIER = 3  # points that one earlier mail gives to its language
MOST_LETTERS = 3  # letters of a language that count

OWN_WORDS: Final = {
    name: frozenset(told.split())
    for name, told in {
        "en": "the and you your please thanks hello hi dear best regards could would when what how much are do does have can we for with "
        "this that tomorrow monday tuesday wednesday thursday friday saturday sunday morning order price open sorry still need yes",
        "de": "und ich sie ihr ihre ihnen wir nicht ist sind haben können könnten bitte danke hallo guten tag gruß grüße liebe mfg wann wie viel "
        "was kostet noch auch morgen montag dienstag mittwoch donnerstag freitag samstag sonntag uhr für mit rechnung bestellung geht möchte",
        "fr": "et vous votre nous je est avez pouvez bonjour bonsoir merci salut cordialement madame monsieur quand combien comment quel quelle "
        "pour avec demain lundi mardi mercredi jeudi vendredi samedi dimanche prix commande facture ouvert encore aussi où est-ce chez c'est j'ai",
        "es": "y usted su hola buenos buenas días tardes gracias saludos un saludo cuándo cuánto cuánta cómo qué quién dónde puede puedo para con "
        "mañana lunes martes miércoles jueves viernes sábado domingo precio pedido factura abierto todavía también está están tienen hay por favor el los "
        "las pero cuesta queda quedan",
        "it": "e lei suo sua buongiorno buonasera salve ciao grazie saluti cordiali distinti quando quanto quanta quanti come che chi dove può "
        "posso per con domani lunedì martedì mercoledì giovedì venerdì sabato domenica prezzo ordine fattura aperto aperti ancora anche è c'è sono "
        "bene gli della dello il avete costa resta restano vorrei",
    }.items()
}
"""Words that tell these languages from each other, also in a line or two."""
OWN_LETTERS: Final = {
    "de": "äöüß",
    "fr": "çèêûœâî",
    "es": "ñ¿¡áíó",
    "it": "ìòù",
    "pt": "ãõç",
    "pl": "ąęłśźżćń",
    "sv": "åäö",
}


def guess(text: str) -> str:
    """One of the languages whose common words we have; English where none shows."""
    scores = _scores(text)
    best = max(scores, key=lambda name: (scores[name], name == "en"))
    return best if scores[best] >= 2 else "en"


def of_conversation(text: str, earlier: Sequence[str] = (), among: Sequence[str] = ()) -> str:
    """The language of a short mail, with what was written before it (the newest last) for what it does not show itself. `among` are
    the languages to choose of, the preferred one first; none: all that we know."""
    wanted = tuple(each for each in among if each in STOP_WORDS_BY_LANGUAGE) or tuple(STOP_WORDS_BY_LANGUAGE)
    scores = _told(text, wanted)
    for each in reversed(earlier):
        if _shows(scores):
            break
        # What was written before counts less: people answer in another language than they were written to.
        told = _told(each, wanted)
        best = max(wanted, key=told.__getitem__)
        scores[best] += min(told[best], MOST_OF_EARLIER)
    best = max(wanted, key=lambda name: (scores[name], -wanted.index(name)))
    return best if scores[best] > 0 else wanted[0]


def _told(text: str, wanted: Sequence[str]) -> dict[str, float]:
    """The scores of some languages: common words, what only one of them has, and letters."""
    bag = [word.casefold() for word in texts.words(text[:LOOKED_AT])]
    found: dict[str, float] = {}
    for name in wanted:
        common, own = STOP_WORDS_BY_LANGUAGE[name], OWN_WORDS.get(name, frozenset())
        letters = sum(1 for c in text[:LOOKED_AT].casefold() if c in OWN_LETTERS.get(name, ""))
        found[name] = sum((word in common) + 2 * (word in own) for word in bag) + min(letters, MOST_LETTERS)
    return found


def _shows(scores: Mapping[str, float]) -> bool:
    """Whether one language is well ahead of the others."""
    first, second = sorted([*scores.values(), 0.0, 0.0], reverse=True)[:2]
    return first >= second + AHEAD


def _scores(text: str) -> dict[str, int]:
    bag = [word.casefold() for word in texts.words(text[:LOOKED_AT])]
    return {name: sum(1 for word in bag if word in common) for name, common in STOP_WORDS_BY_LANGUAGE.items()}


def decimal_mark(language: str) -> str:
    """What begins the decimals where digits alone do not tell ("1.000" is a thousand in German)."""
    return "." if language == "en" else ","


def phrases(language: str) -> dict[str, str]:
    """The rules model's phrases in that language, or in English."""
    return SAYS.get(language, SAYS["en"])
