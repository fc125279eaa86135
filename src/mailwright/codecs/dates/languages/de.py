"""German, as it is written in Germany, Austria and Switzerland. What is meant by each of these is told in docs/reference/dates.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailwright.codecs.dates.language import Language, numerals
from mailwright.codecs.dates.languages.germanic import RULES

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def _typed(table: Mapping[str, Any]) -> dict[str, Any]:
    """With the spellings of those who have no umlauts: "uebermorgen"."""
    return {
        "|".join(dict.fromkeys(f"{words}|{words.translate(_UMLAUTS)}".split("|"))): value
        for words, value in table.items()
    }


def _declined(stem: str) -> str:
    """An adjective with all its endings: nächste, nächsten, nächster …"""
    return "|".join(f"{one}{ending}" for one in stem.split("|") for ending in ("en", "e", "er", "es", "em"))


_DAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag|sonnabend", "sonntag")
_SHORT = ("mo", "di", "mi", "do", "fr", "sa", "so")  # read only beside digits, see `traps`
_ORDINALS = (
    "erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt", "zehnt", "elft", "zwölft",
    "dreizehnt", "vierzehnt", "fünfzehnt", "sechzehnt", "siebzehnt", "achtzehnt", "neunzehnt", "zwanzigst",
    "einundzwanzigst", "zweiundzwanzigst", "dreiundzwanzigst", "vierundzwanzigst", "fünfundzwanzigst",
    "sechsundzwanzigst", "siebenundzwanzigst", "achtundzwanzigst", "neunundzwanzigst", "dreißigst", "einunddreißigst",
)  # fmt: skip
_TENS = ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")
_UNITS = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf",
    "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn",
)  # fmt: skip
_NUMBERS = numerals(
    _UNITS,
    dict(zip(range(20, 100, 10), _TENS, strict=True)),
    "{unit}und{tens}",
) | {f"einund{tens}": 10 * n + 1 for n, tens in enumerate(_TENS, 2)}


_WORDS: dict[str, Mapping[str, Any]] = {
    "WEEKDAY": {f"{day}|{short}.|{short}": n for n, (day, short) in enumerate(zip(_DAYS, _SHORT, strict=True))},
    "WEEKDAYS": {"|".join(f"{word}s" for word in day.split("|")): n for n, day in enumerate(_DAYS)},
    "MONTH": {
        "januar|jänner|jan.|jän.|jan": 1,
        "februar|feber|feb.|feb": 2,
        "märz|mär.|mär|mrz.|mrz": 3,
        "april|apr.|apr": 4,
        "mai": 5,
        "juni|juno|jun.|jun": 6,
        "juli|julei|jul.|jul": 7,
        "august|aug.|aug": 8,
        "september|sept.|sep.|sept|sep": 9,
        "oktober|okt.|okt": 10,
        "november|nov.|nov": 11,
        "dezember|dez.|dez": 12,
    },
    "DAYOFF": {
        "heute|heut": 0,
        "morgen": 1,
        "übermorgen": 2,
        "überübermorgen": 3,
        "gestern": -1,
        "vorgestern": -2,
        "vorvorgestern": -3,
    },
    "HOLIDAY": {
        "heiligabend|heilig abend|heiliger abend|heiligen abend": "12-24",
        "weihnachten|weihnachtstag|ersten weihnachtstag|ersten weihnachtsfeiertag|erster weihnachtstag|christtag": "12-25",
        "zweiten weihnachtstag|zweiten weihnachtsfeiertag|zweiter weihnachtstag|stefanitag|stephanstag": "12-26",
        "silvester|silvesterabend": "12-31",
        "neujahr|neujahrstag": "1-1",
        "dreikönig|dreikönigstag|heilige drei könige|heiligen drei könige": "1-6",
        "nikolaus|nikolaustag|nikolo": "12-6",
        "rosenmontag": "easter-48",
        "faschingsdienstag": "easter-47",
        "aschermittwoch": "easter-46",
        "gründonnerstag": "easter-3",
        "karfreitag": "easter-2",
        "karsamstag": "easter-1",
        "palmsonntag": "easter-7",
        "ostern|ostersonntag": "easter+0",
        "ostermontag": "easter+1",
        "christi himmelfahrt|himmelfahrt|vatertag|auffahrt": "easter+39",
        "pfingsten|pfingstsonntag": "easter+49",
        "pfingstmontag": "easter+50",
        "fronleichnam": "easter+60",
        "tag der arbeit|maifeiertag": "5-1",
        "muttertag": "5-2th-6",
        "mariä himmelfahrt": "8-15",
        "tag der deutschen einheit": "10-3",
        "nationalfeiertag": "10-26",
        "reformationstag|halloween": "10-31",
        "allerheiligen": "11-1",
        "valentinstag": "2-14",
    },
    "SEASON": {"frühling|frühjahr": 0, "sommer": 1, "herbst": 2, "winter": 3},
    "NUMBER": _NUMBERS
    | {
        "hundert|einhundert": 100,
        "zwo|beiden|beide": 2,
        "anderthalb|eineinhalb|einundeinhalb": 1.5,
    }
    | {f"{unit}einhalb": n + 0.5 for n, unit in enumerate(_UNITS[2:13], 2)},
    "ORDINAL": {_declined(stem): n for n, stem in enumerate(_ORDINALS, 1)} | {_declined("letzt"): -1},
    "COUNT": {"ein paar|wenigen|wenige|einigen|einige|mehreren|mehrere|paar": 3},
    "UNIT": {
        "sekunde|sekunden|sek.|sek": "second",
        "minute|minuten|min.|min": "minute",
        "stunde|stunden|std.|std": "hour",
        "tag|tage|tagen|tages|tags|tg.|tg": "day",
        "woche|wochen|wo.": "week",
        "monat|monate|monaten|monats": "month",
        "quartal|quartale|quartalen|quartals": "quarter",
        "jahr|jahre|jahren|jahres|jahrs": "year",
        "jahrzehnt|jahrzehnte|jahrzehnten|jahrzehnts": "decade",
        "werktag|werktage|werktagen|werktages|arbeitstag|arbeitstage|arbeitstagen|arbeitstages|geschäftstage|geschäftstagen": "workday",
    },
    "EIGHTDAYS": {"acht tage|acht tagen": None},
    "QUARTEROF": {"viertel": 15, "dreiviertel|drei viertel": 45},
    "ENDOF": {
        "monatsende|monatsultimo|ultimo|monatsletzten|monatsletzter": "month",
        "quartalsende": "quarter",
        "jahresende": "year",
    },
    "LASTDAY": {"ende": None},
    "YEARSEND": {"zwischen den jahren": None},
    "WEEKOF": {"woche vom|woche ab dem|woche nach dem": None},
    "BEFORELAST": {_declined("vorletzt|vorvorig"): None},
    "EDGEOF": {
        "wochenanfang|wochenbeginn": ("begin", "week"),
        "wochenmitte": ("mid", "week"),
        "monatsanfang|monatsbeginn": ("begin", "month"),
        "monatsmitte": ("mid", "month"),
        "jahresanfang|jahresbeginn": ("begin", "year"),
    },
    "UNITLET": {"h": "hour", "min": "minute", "d": "day", "w": "week"},
    "LENGTH": {
        "viertelstunde|einer viertelstunde|eine viertelstunde|viertel stunde|einer viertel stunde": "15 minute",
        "dreiviertelstunde|einer dreiviertelstunde|eine dreiviertelstunde|dreiviertel stunde|drei viertelstunden": "45 minute",
        "halbstunde|halbe stunde|halben stunde": "30 minute",
        "halbjahr|einem halbjahr|halbjahres|halbes jahr|halben jahr|halbe jahr": "6 month",
        "vierteljahr|einem vierteljahr": "3 month",
        "dreivierteljahr": "9 month",
    },
    "REL": {
        _declined("dies"): "this",
        _declined("nächst") + "|nächst|nächs.": "next",
        _declined("kommend") + "|komm.": "coming",
        _declined("letzt|vergangen|vorig|verflossen") + "|letzt": "last",
        _declined("übernächst"): "afternext",
    },
    # Alone only as adverbs; the nouns want a day or a preposition beside them ("der Abend war schön" says no time).
    "PART": {
        "vormittags|in der früh|in der früh'|morgens": "morning",
        "mittags|über mittag|zu mittag|um die mittagszeit": "noon",
        "nachmittags|nach dem mittagessen|nach der mittagspause|am frühen nachmittag|spätnachmittags|am späten nachmittag": "afternoon",
        "abends|spätabends|am späten abend|am frühen abend": "evening",
        "nachts|in der nacht|spätnachts": "night",
        "tagesende|ende des tages|feierabend|dienstschluss|büroschluss|geschäftsschluss|arbeitsende": "end_of_day",
        "frühmorgens|ganz früh|in aller früh|in aller herrgottsfrühe|am frühen morgen": "early_morning",
    },
    "PARTNOUN": {
        "morgen|vormittag|vormittages": "morning",
        "mittag|mittagszeit": "noon",
        "nachmittag|nachmittages": "afternoon",
        "abend": "evening",
        "nacht": "night",
    },
    "SPARTS": {
        "morgens|frühmorgens|vormittags": "morning",
        "mittags": "noon",
        "nachmittags": "afternoon",
        "abends|spätabends": "evening",
        "nachts": "night",
    },
    "SHADE": {"früh": "morning"},
    "DAYPART": {"heute früh|heut früh|heute morgen": (0, "morning"), "über mittag|heute über mittag": (0, "noon")},
    "EDGE": {"anfang|beginn|zu beginn": "begin", "mitte": "mid", "ende": "end", "rest": "rest"},
    "EARLY": {_declined("früh"): None},
    "LATE": {"spät|späte|späten|spätem|spätes": None},
    "NOW": {"sofort|jetzt gleich|umgehend": None},
    "SOON": {"in den nächsten tagen|in den kommenden tagen|demnächst|bald|alsbald|in kürze|in bälde": 3},
    "SOMETIME": {"irgendwann|im laufe|im lauf|im verlauf|im verlaufe": None},
    "ABOUT": {"gegen|circa|ca.|ca|etwa|ungefähr|so gegen|um etwa|um circa": None},
    "CLOCKWORD": {"mitternacht|mitternachts": (24, 0)},
    "OCLOCK": {"uhr|h": None},
    "MINUTEWORD": {"minuten|min": None},
    "HALF": {"halb|halben|halbe|halbes|halber": None},
    "QUARTER": {"viertel": 15, "dreiviertel": 45},
    "PAST": {"nach": None},
    "TOHOUR": {"vor": None},
    "EVERY": {_declined("jed") + "|alle|immer am|immer": None},
    "OTHER": {_declined("zweit|ander"): None},
    "ADVERB": {
        "stündlich": "FREQ=HOURLY",
        "täglich|tagtäglich|jeden tag": "FREQ=DAILY",
        "wöchentlich": "FREQ=WEEKLY",
        "zweiwöchentlich|vierzehntägig|vierzehntäglich|14-tägig|14tägig|14-täglich": "FREQ=WEEKLY;INTERVAL=2",
        "monatlich": "FREQ=MONTHLY",
        "zweimonatlich": "FREQ=MONTHLY;INTERVAL=2",
        "vierteljährlich|quartalsweise|pro quartal": "FREQ=MONTHLY;INTERVAL=3",
        "halbjährlich": "FREQ=MONTHLY;INTERVAL=6",
        "jährlich|alljährlich": "FREQ=YEARLY",
        "werktags|wochentags|an werktagen|an wochentagen|unter der woche": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    },
    "PER": {"pro|je|im|in der": None},
    "TIMES": {"einmal": 1, "zweimal": 2, "dreimal": 3},
    "WEEKNO": {"kw|kalenderwoche|woche": None},
    "YEARWORD": {"jahr|jahre|jahres": None},
    "QUARTERNO": {f"q{n}": n for n in range(1, 5)},
    "HEUER": {"heuer": None},
    "HALFYEAR": {"erstes halbjahr|ersten halbjahr|h1": 1, "zweites halbjahr|zweiten halbjahr|h2": 2},
    "WORKWEEK": {"arbeitswoche": None},
    "WEEKENDWORD": {"wochenende|wochenendes|we": None},
    "THE": {"dem|den": None},
    "DER": {"der|dem|den": None},
    "A": {"ein|eine|einem|einen|einer|eines": None},
    "OF": {"im|in|in der|in dem|von|von der|vom|des|der|dieses|diesem|diesen": None},
    "ON": {"am|an dem|den": None},
    "AB": {"ab|ab dem|frühestens|frühestens am|frühestens ab": None},
    "AT": {"um|kurz vor|kurz nach|um kurz vor|um kurz nach|um punkt|schlag": None},
    "IN": {"in|im": None},
    "WITHIN": {"binnen|innerhalb|innerhalb von|innert|innerhalb der": None},
    "AGOBEFORE": {"vor": None},
    "LATER": {"später|danach": None},
    "AND": {"und|&": None},
    "OR": {"oder|bzw.": None},
    "FROM": {"von|vom|ab": None},
    "TO": {"bis|bis zum|bis zu|-|bis einschließlich": None},
    "BETWEEN": {"zwischen": None},
    "UNTIL": {
        "bis|bis zum|bis zur|bis spätestens|spätestens|spätestens am|spätestens bis|bis spätestens zum|bis einschließlich|zum|spätestens bis "
        "zum|spätestens um|bis um": None
    },
    "BEFORE": {"vor|vor dem|vor der|vor den": None},
    "AFTER": {"nach|nach dem|nach der": None},
    "SINCE": {"seit|seit dem": "past"},
    "FOR": {"für": None},
    "YET": {",|gleich|dann|wieder": None},
}

_TRAPS = (
    r"\b(?:den|dem)\s(?:ganzen\s)?tag(?:e|s)?\b(?!\s(?:vor|nach)\b)",
    r"https?://\S{1,500}|(?<!\S)/[a-z]\S{0,200}",
    r"\bmaßstab\s1:\d+|\bheute-\w+|\b(?:frohe|fröhliche|schöne)\s(?:weihnachten|ostern|pfingsten|feiertage)\b",
    r"\b\d+\s(?:stück|euro|eur|€|chf|franken|prozent|%|meter|km|kg|cm|gb|mb|seiten|personen|teilnehmer)(?!\w)",
    r"\bgute[nr]?\s+(?:morgen|abend|tag|mittag|nacht)\b",
    r"\bschöne[nrs]?\s+(?:rest\w*\s+)?(?:tag|abend|woche|wochenende|feierabend|sonntag|sommer|herbst|feiertage?|urlaub)\b",
    # Abbreviations of weekdays count beside a date or an hour only; "Fr. 12.80" are francs.
    r"(?!^\w\w\.?$)(?<!\w)(?:mo|di|mi|do|fr|sa|so)\b(?!\.?,?\s?(?:(?:den|dem|der|am|um)\s|\d{1,2}(?:[.:/h]|\s?uhr)))",
    r"(?<!\w)fr\.\s?\d+\.\d\d(?![\d.:]|\s?uhr|\s?h)",
    # Houses and people: Freitag & Söhne, Frau Sonntag, August Müller.
    r"\b(?:mo\w+|die\w+|don\w+|frei|sams|sonn)tag\s(?:&|\+|und söhne|gmbh|ag|kg)",
    r"\b(?:herrn?|frau|fr\.|hr\.|familie|dr\.|prof\.)\s(?:\w{1,20}\s)?(?:montag|freitag|samstag|sonntag|mai|august|sommer|herbst|winter|märz|april)\b",
    r"\bum\s\d+(?:[.,]\d+)?\s?(?:%|prozent|euro|eur|€|cent|franken|chf|punkte|stück|grad|personen|meter|km|kg|cm)",
    r"\b(?:abschnitt|kapitel|seite|artikel|version|punkt|absatz|linie|zimmer|python|v|§)\s?\d+(?:[.,:/-]\d+)*(?!\s?uhr)",
    r"\b(?:drei\s)?viertel\s(?:der|des|von|aller|punkte?)\b",
    r"\bbis\s(?:dann|bald|später|gleich)\b",
    r"\bals\s\d+\.\d+\.(?!\d)",
    r"\d/\d+\s(?:der|des|aller|von)\b",
    # Names: Mai Nguyen; Herbst und Winter Verlag. The month and the seasons come with a word that says when.
    r"(?<![\d.])(?<!\d )(?<!\. )(?<!\bim )(?<!en )(?<!er )(?<!es )(?<!em )(?<!nde )(?<!tte )(?<!ang )(?<!ab )(?<!bis )(?<!seit )"
    r"\b(?:mai|august|frühling|frühjahr|sommer|herbst|winter)\b(?!\s\d{4})",
    r"\b(?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)-[a-zäöü]",
    r"\b\d{1,2}\.\s(?:stock|etage|og|platz|klasse|mal|auflage|runde|version|person|kapitel|rang|reihe|schritt|liga|stelle|standort|teil|satz|gang)\b",
    r"\berste-hilfe",
    # The first of something: a date only when nothing else is counted.
    r"\bam\s(?:erst|zweit|dritt|viert|fünft)en\s(?!(?:jan|jän|feb|märz|apr|mai|jun|jul|aug|sep|okt|nov|dez|des|im|dies|jed|und|oder|um|gegen|bis|tag|mon|don|mit|frei"
    r"|sams|sonn|werk|arbeits|wochen|quartal|halbjahr|jeweils|\w+ten\b)\w*)(?=[a-zäöü])",
    r"\bzum\s(?:ersten|zweiten|dritten|letzten)\s?mal\b",
)

_FIRST_HALVES = [
    "heute",
    "morgen",
    "übermorgen",
    "gestern",
    "vorgestern",
    *(word for day in _DAYS for word in day.split("|")),
]
_SECOND_HALVES = [
    "morgen",
    "morgens",
    "früh",
    "frühmorgens",
    "spätabends",
    *(f"{part}{s}" for part in ("vormittag", "mittag", "nachmittag", "abend", "nacht") for s in ("", "s")),
]

_TELLING = (
    "der", "die", "das", "und", "ist", "nicht", "ich", "wir", "sie", "es", "ein", "eine", "mit", "für", "auf",
    "bitte", "den", "dem", "zu", "von", "an", "noch", "uns", "mich", "mir", "sind", "habe", "haben", "wird", "bis",
    "am", "im", "um", "termin", "bei", "wenn", "dir", "dich", "kann", "können", "nach", "vor", "er", "sich", "auch",
    "oder", "zum", "zur", "herr", "frau", "wie", "aus", "über", "unter", "nur", "schon", "euch", "euer", "unsere",
    "danke",
)  # fmt: skip

LANGUAGE = Language(
    code="de",
    words={name: _typed(table) for name, table in _WORDS.items()},
    ordinal_marks=(".",),
    traps=_TRAPS,
    rules=tuple(RULES),
    half_before=True,
    glued={first + second: len(first) for first in _FIRST_HALVES for second in _SECOND_HALVES},
    nearest_next=True,
    telling=frozenset(_TELLING),
)
