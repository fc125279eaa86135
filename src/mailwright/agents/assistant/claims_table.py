"""Words of claims in English, German, French, Spanish and Italian: months, weekdays, units, currencies, numbers, what others say of the owner, and the
gaps. Promises are in `promises_table`.

Read by `stated` and `claims`. Adding a language is adding its words here.
"""

import re
from typing import Final

from mailwright.agents.models.rules import dates_table

MONTHS: Final[dict[str, int]] = dates_table.MONTHS | {
    name: number
    for number, names in enumerate(
        (
            "gennaio gen",
            "febbraio febr",
            "marzo",
            "aprile",
            "maggio magg",
            "giugno",
            "luglio",
            "agosto",
            "settembre sett",
            "ottobre ott",
            "novembre",
            "dicembre dic",
        ),
        1,
    )
    for name in names.split()
}
LONG_MONTHS: Final = tuple(name for name in MONTHS if len(name) > 3)
"""Those that name a month without a day beside them; "may" and "mai" only where the word before shows it."""

WEEKDAYS: Final[dict[str, int]] = {
    name: number
    for name, number in (
        dates_table.WEEKDAYS
        | {
            name: number
            for number, names in enumerate(
                (
                    "lunedì lunedi",
                    "martedì martedi",
                    "mercoledì mercoledi",
                    "giovedì giovedi",
                    "venerdì venerdi",
                    "sabato",
                    "domenica",
                )
            )
            for name in names.split()
        }
    ).items()
    if len(name) > 3  # "sun", "sat", "mar": words of their own
}

DAYS_AWAY: Final[dict[str, int]] = {
    "today": 0,
    "tonight": 0,
    "heute": 0,
    "aujourd'hui": 0,
    "aujourd’hui": 0,
    "hoy": 0,
    "oggi": 0,
    "stasera": 0,
    "tomorrow": 1,
    "morgen": 1,
    "demain": 1,
    "mañana": 1,
    "domani": 1,
    "day after tomorrow": 2,
    "übermorgen": 2,
    "uebermorgen": 2,
    "après-demain": 2,
    "pasado mañana": 2,
    "dopodomani": 2,
    "yesterday": -1,
    "gestern": -1,
    "ayer": -1,
    "ieri": -1,
}
"""Phrase → days from the day it is written. "morgen" and "mañana" are mornings, too: see `stated`."""

WEEKS_AWAY: Final[dict[str, int]] = {
    "this week": 0,
    "diese woche": 0,
    "dieser woche": 0,
    "cette semaine": 0,
    "esta semana": 0,
    "questa settimana": 0,
    "next week": 1,
    "nächste woche": 1,
    "nächster woche": 1,
    "kommende woche": 1,
    "kommender woche": 1,
    "la semaine prochaine": 1,
    "semaine prochaine": 1,
    "la próxima semana": 1,
    "próxima semana": 1,
    "la semana que viene": 1,
    "semana que viene": 1,
    "la prossima settimana": 1,
    "prossima settimana": 1,
    "la settimana prossima": 1,
    "settimana prossima": 1,
}

MINUTES: Final[dict[str, int]] = {
    word: minutes
    for minutes, words in (
        (1, "minute minutes min minuten minuto minutos minuti"),
        (60, "hour hours hrs stunde stunden std heure heures hora horas ora ore"),
        (
            1440,
            "day days tag tage tagen werktag werktage werktagen arbeitstage arbeitstagen jour jours día días dia dias giorno giorni",
        ),
        (10080, "week weeks woche wochen semaine semaines semana semanas settimana settimane"),
        (43200, "month months monat monate monaten mois mes meses mese mesi"),
        (525600, "year years jahr jahre jahren an ans année années año años anno anni"),
    )
    for word in words.split()
}
"""Unit of a length of time → minutes; a month has thirty days here, a year 365: only equal words are compared."""

CURRENCIES: Final[dict[str, str]] = {
    "€": "EUR",
    "$": "USD",
    "us$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "euro": "EUR",
    "euros": "EUR",
    "dollar": "USD",
    "dollars": "USD",
    "dólar": "USD",
    "dólares": "USD",
    "dollaro": "USD",
    "dollari": "USD",
    "pounds": "GBP",
    "sterling": "GBP",
    "libras": "GBP",
    "sterline": "GBP",
    "franken": "CHF",
    "sfr": "CHF",
    "fr.": "CHF",
    "francs": "CHF",
    "francos": "CHF",
    "franchi": "CHF",
    "kronor": "SEK",
    "zloty": "PLN",
}
TIMES_MORE: Final[dict[str, int]] = {
    word: factor
    for factor, words in (
        (1_000, "k tsd. tsd tausend thousand mille mil mila"),
        (1_000_000, "m mio mio. million millions millionen millón millones milione milioni"),
        (1_000_000_000, "bn mrd mrd. billion billions milliarde milliarden milliard milliards miliardo miliardi"),
    )
    for word in words.split()
}

_UNITS: Final[dict[str, str]] = {
    "en": "two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 "
    "sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 "
    "dozen=12 hundred=100 thousand=1000",
    "de": "zwei=2 drei=3 vier=4 fünf=5 sechs=6 sieben=7 acht=8 neun=9 zehn=10 elf=11 zwölf=12 dreizehn=13 vierzehn=14 fünfzehn=15 "
    "sechzehn=16 siebzehn=17 achtzehn=18 neunzehn=19 zwanzig=20 dreißig=30 vierzig=40 fünfzig=50 sechzig=60 siebzig=70 achtzig=80 "
    "neunzig=90 dutzend=12 hundert=100 einhundert=100 tausend=1000 eintausend=1000",
    "fr": "deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 dix=10 onze=11 douze=12 treize=13 quatorze=14 quinze=15 seize=16 vingt=20 "
    "trente=30 quarante=40 cinquante=50 soixante=60 douzaine=12 cent=100 cents=100 mille=1000",
    "es": "dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 once=11 doce=12 trece=13 catorce=14 quince=15 veinte=20 "
    "treinta=30 cuarenta=40 cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90 docena=12 cien=100 ciento=100 doscientos=200 "
    "trescientos=300 quinientos=500 mil=1000",
    "it": "due=2 tre=3 quattro=4 cinque=5 sette=7 otto=8 nove=9 dieci=10 undici=11 dodici=12 tredici=13 quattordici=14 quindici=15 "
    "sedici=16 diciassette=17 diciotto=18 diciannove=19 venti=20 trenta=30 quaranta=40 cinquanta=50 sessanta=60 settanta=70 "
    "ottanta=80 novanta=90 dozzina=12 cento=100 duecento=200 trecento=300 cinquecento=500 mille=1000",
}


def _number_words() -> dict[str, dict[str, int]]:
    """The words of each language, and what German writes in one: "fünfundzwanzig", "dreihundert"."""
    out = {
        language: {word: int(value) for word, _, value in (pair.partition("=") for pair in pairs.split())}
        for language, pairs in _UNITS.items()
    }
    german = out["de"]
    small = {word: value for word, value in german.items() if value < 10} | {"ein": 1}
    for word, value in list(german.items()):
        if 20 <= value <= 90 and value % 10 == 0:
            german |= {f"{unit}und{word}": value + each for unit, each in small.items()}
    for unit, each in small.items():
        german |= {f"{unit}hundert": each * 100, f"{unit}tausend": each * 1000}
    return out


NUMBER_WORDS: Final = _number_words()
"""By language. Left out: "one" (an article), French "neuf" (new), Italian "sei" (you are)."""
MULTIPLIERS: Final = frozenset([100, 1000])
ALL_NUMBER_WORDS: Final[dict[str, int]] = {
    word: value for words in reversed(list(NUMBER_WORDS.values())) for word, value in words.items()
}

UNCOUNTED: Final = re.compile(
    r"\s{1,3}(?:questions?|points?|things?|options?|of\s(?:us|you)|fragen|punkte[n]?|dinge[n]?|questions|choses|preguntas|puntos|cosas|"
    r"domande|punti|cose)\b",
    re.IGNORECASE,
)
"""What follows a number word that counts what is spoken of, and claims nothing."""

NAMES_WITH_DIGITS: Final = frozenset(
    [
        "b2b",
        "b2c",
        "c2c",
        "co2",
        "h2o",
        "2d",
        "3d",
        "4k",
        "mp3",
        "mp4",
        "a3",
        "a4",
        "a5",
        "ipv4",
        "ipv6",
        "html5",
        "covid-19",
        "24/7",
        "o365",
        "365",
        "1x1",
        "2fa",
        "1:1",
    ]
)
"""Names that everybody writes so; no claim."""

GAPS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "price": "price?",
        "percentage": "percentage?",
        "date": "date?",
        "time": "time?",
        "duration": "how long?",
        "number": "number?",
        "link": "link?",
        "address": "address?",
        "answer": "your answer?",
        "confirm": "please confirm",
    },
    "de": {
        "price": "Preis?",
        "percentage": "Prozentsatz?",
        "date": "Datum?",
        "time": "Uhrzeit?",
        "duration": "wie lange?",
        "number": "Zahl?",
        "link": "Link?",
        "address": "Adresse?",
        "answer": "Antwort?",
        "confirm": "bitte bestätigen",
    },
    "fr": {
        "price": "prix?",
        "percentage": "pourcentage?",
        "date": "date?",
        "time": "heure?",
        "duration": "combien de temps?",
        "number": "nombre?",
        "link": "lien?",
        "address": "adresse?",
        "answer": "réponse?",
        "confirm": "à confirmer",
    },
    "es": {
        "price": "precio?",
        "percentage": "porcentaje?",
        "date": "fecha?",
        "time": "hora?",
        "duration": "cuánto tiempo?",
        "number": "número?",
        "link": "enlace?",
        "address": "dirección?",
        "answer": "respuesta?",
        "confirm": "por confirmar",
    },
    "it": {
        "price": "prezzo?",
        "percentage": "percentuale?",
        "date": "data?",
        "time": "ora?",
        "duration": "quanto tempo?",
        "number": "numero?",
        "link": "link?",
        "address": "indirizzo?",
        "answer": "risposta?",
        "confirm": "da confermare",
    },
}
"""What stands between brackets where something is missing, by language; English where a language is missing."""

SAID_BY_OWNER: Final = re.compile(
    r"\byou(?:['’](?:d|ve)| had| have)? (?:\w{1,12} )?(?:promised|said|offered|agreed|confirmed|told|guaranteed|quoted|assured|committed|mentioned|wrote|"
    r"stated|granted)\b|\b(?:as|was|were|been) (?:we |already )?(?:agreed|promised|discussed|told|assured|confirmed)\b|\bpromised (?:me|us)\b|\byour (?:promise|"
    r"commitment|guarantee|word)\b|\byou were going to\b|\byou (?:write|say)\b"
    r"|\b(?:haben|hast|habt|hatten|hattest|hat|wurde|wurden) .{0,80}\b(?:versprochen|zugesagt|zugesichert|angeboten|gesagt|bestätigt|vereinbart|garantiert|"
    r"geschrieben|genannt)\b|\b(?:wie|laut) .{0,30}\b(?:vereinbart|besprochen|versprochen|zugesagt|zusage)\b|\b(?:sie|du|ihr) .{0,30}\b(?:versprachen|"
    r"versprachst|sagten|sagtest|boten|schriebst|schrieben)\b|\b(?:schrieben|schriebst) (?:sie|du|ihr)\b|\b(?:ihre|deine|eure)[nr]? (?:zusage|versprechen|garantie)\b"
    r"|\b(?:avez|aviez|as|avais|a|avait|été) .{0,40}\b(?:promis|dit|proposé|offert|confirmé|garanti|assuré|convenu|accordé|écrit)\b|\bcomme (?:convenu|promis|prévu)\b"
    r"|\bvotre (?:promesse|engagement)\b"
    r"|\b(?:me|nos) (?:prometió|prometiste|prometieron|dijo|dijiste|dijeron|ofreció|ofreciste|ofrecieron|confirmó|confirmaste|aseguró|aseguraste|garantizó)(?!\w)"
    r"|\b(?:ha|has|han|había|habías|habían|hemos|lo) (?:prometido|dicho|ofrecido|confirmado|asegurado|acordado|hablado|escrito)\b|\b(?:su|tu|vuestra) (?:promesa|palabra)\b"
    r"|\b(?:ha|hai|aveva|avevi|avete|avevate|hanno|stato|come) .{0,20}\b(?:promesso|detto|offerto|confermato|garantito|assicurato|concordato|concesso|scritto)\b"
    r"|\b(?:sua|tua|vostra) (?:promessa|parola)\b",
    re.IGNORECASE,
)
"""Another's words about what the owner is to have said: they prove nothing of it."""

OFFER_OF_OWNER: Final = re.compile(
    r"\b(?:your|the|my|our) (?:\w{1,15} )?(?:offer|quote|quotation|discount|refund|rate|price|prices|fee|fees)\b"
    r"|\b(?:ihr|ihre[nmrs]?|dein|deine[nmrs]?|euer|eure[nmrs]?|der|den|einen) (?:\w{1,15} )?(?:angebot|rabatt|preis|preise|nachlass|tarif|honorar|erstattung)\b"
    r"|\b(?:votre|vos|ton|tes|la|le|une) (?:offre|devis|remise|tarif|tarifs|prix|remboursement)\b"
    r"|\b(?:su|sus|tu|tus|el|un) (?:oferta|presupuesto|descuento|tarifa|tarifas|precio|precios|reembolso)\b"
    r"|\b(?:sua|suo|tua|tuo|vostra|vostro|lo|il|uno) (?:offerta|preventivo|sconto|tariffa|prezzo|rimborso)\b",
    re.IGNORECASE,
)
"""Another's words about the owner's prices: the price is the owner's to say."""

NEGATED: Final = re.compile(
    r"\b(?:not|no|never|n['’]t|cannot|without|kein\w{0,3}|nicht|nie|niemals|ohne|pas|jamais|aucun\w?|sans|nunca|sin|ningún|ninguna|non|mai|senza|"
    r"nessun\w?)\b|n['’]t\b",
    re.IGNORECASE,
)
