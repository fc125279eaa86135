"""Italian: its words of time, the sentences that only look like them, and the little of its grammar that is its own.

Read by `finding`. What the words mean, and why, is told in docs/reference/dates.md.
"""

from mailwright.codecs.dates.language import Language, Words
from mailwright.codecs.dates.languages import southern

_BELOW_TWENTY = (
    "zero uno|una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette "
    "diciotto diciannove"
)
_UNITS = _BELOW_TWENTY.split()
_TENS = {
    20: "venti",
    30: "trenta",
    40: "quaranta",
    50: "cinquanta",
    60: "sessanta",
    70: "settanta",
    80: "ottanta",
    90: "novanta",
}


def _numbers() -> dict[str, int]:
    """Up to a hundred. A ten loses its vowel before uno and otto, and tre has an accent behind a ten: ventuno, ventotto, ventitré."""
    found = dict(zip(_UNITS, range(20), strict=True))
    for ten, word in _TENS.items():
        found[word] = ten
        for n in range(1, 10):
            unit = ("un|uno|una", "due", "tré|tre", "quattro", "cinque", "sei", "sette", "otto", "nove")[n - 1]
            stem = word[:-1] if n in (1, 8) else word
            found["|".join(stem + each for each in unit.split("|"))] = ten + n
    return {**found, "cento": 100}


_MONTHS = {
    "gennaio|gen|gen.|genn.": 1,
    "febbraio|feb|feb.|febb.": 2,
    "marzo|mar|mar.": 3,
    "aprile|apr|apr.": 4,
    "maggio|mag|mag.": 5,
    "giugno|giu|giu.": 6,
    "luglio|lug|lug.": 7,
    "agosto|ago|ago.": 8,
    "settembre|set|set.|sett|sett.": 9,
    "ottobre|ott|ott.": 10,
    "novembre|nov|nov.": 11,
    "dicembre|dic|dic.": 12,
}
_MONTH = "(?:gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre)"

_WORDS: Words = {
    "WEEKDAY": {
        "lunedì|lunedi'|lunedí|lun.": 0,
        "martedì|martedi'|martedí": 1,
        "mercoledì|mercoledi'|mercoledí|mer.": 2,
        "giovedì|giovedi'|giovedí|gio.": 3,
        "venerdì|venerdi'|venerdí|ven.": 4,
        "sabato|sab.": 5,
        "domenica": 6,
    },
    "SHORTDAY": {
        "lun|lun.": 0,
        "mar|mar.": 1,
        "mer|mer.": 2,
        "gio|gio.": 3,
        "ven|ven.": 4,
        "sab|sab.": 5,
        "dom|dom.": 6,
    },
    "WEEKDAYS": {
        "i lunedì": 0,
        "i martedì": 1,
        "i mercoledì": 2,
        "i giovedì": 3,
        "i venerdì": 4,
        "i sabati|sabati": 5,
        "le domeniche|domeniche": 6,
    },
    "MONTH": _MONTHS,
    "DAYOFF": {
        "oggi|in giornata|in data odierna|oggi stesso": 0,
        "domani": 1,
        "dopodomani|dopo domani": 2,
        "ieri": -1,
        "l'altro ieri|l'altroieri|altro ieri|ieri l'altro|avantieri": -2,
    },
    "HOLIDAY": {
        "natale": "12-25",
        "vigilia di natale|vigilia": "12-24",
        "santo stefano": "12-26",
        "san silvestro|ultimo dell'anno": "12-31",
        "capodanno": "1-1",
        "epifania|befana": "1-6",
        "san valentino": "2-14",
        "martedì grasso": "easter-47",
        "mercoledì delle ceneri": "easter-46",
        "domenica delle palme": "easter-7",
        "giovedì santo": "easter-3",
        "venerdì santo": "easter-2",
        "sabato santo": "easter-1",
        "pasqua": "easter+0",
        "pasquetta|lunedì dell'angelo|lunedì di pasqua": "easter+1",
        "pentecoste": "easter+49",
        "festa della liberazione": "4-25",
        "festa dei lavoratori|festa del lavoro": "5-1",
        "festa della repubblica": "6-2",
        "ferragosto": "8-15",
        "ognissanti": "11-1",
        "immacolata": "12-8",
    },
    "SEASON": {"primavera": 0, "estate": 1, "autunno": 2, "inverno": 3},
    "NUMBER": _numbers(),
    "ORDINAL": {
        "primo|prima": 1,
        "secondo|seconda": 2,
        "terzo|terza": 3,
        "quarto|quarta": 4,
        "quinto|quinta": 5,
        "ultimo|ultima|ultim'": -1,
    },
    "COUNT": {
        "qualche|alcuni|alcune|pochi|poche|un po' di": 3,
        "un paio di|un paio d'": 2,
        "una decina di": 10,
        "una ventina di": 20,
    },
    "UNIT": {
        "secondo|secondi|sec": "second",
        "minuto|minuti|min|min.": "minute",
        "ora|ore|oretta": "hour",
        "giorno|giorni|gg|gg.|giornata|giornate": "day",
        "giorno lavorativo|giorni lavorativi|giorno feriale|giorni feriali|giorni utili|gg lavorativi|gg. lavorativi": "workday",
        "settimana|settimane|sett.": "week",
        "mese|mesi": "month",
        "trimestre|trimestri": "quarter",
        "quadrimestre": "4 month",
        "semestre|semestri": "6 month",
        "anno|anni": "year",
        "decennio|decenni": "decade",
        "secolo|secoli": "century",
    },
    "UNITLET": {"h": "hour", "min|m": "minute", "g|gg": "day", "s": "second"},
    "LENGTH": {
        "mezz'ora|mezzora|mezz'oretta": "30 minute",
        "un quarto d'ora|quarto d'ora": "15 minute",
        "tre quarti d'ora": "45 minute",
        "un quindicina di giorni|una quindicina di giorni": "2 week",
    },
    "EIGHTDAYS": {"otto giorni": 7},
    "FIFTEENDAYS": {"quindici giorni|15 giorni|15 gg|15 gg.|una quindicina di giorni": 14},
    "TOEIGHT": {"a otto|a otto giorni": 7, "a quindici|a quindici giorni": 14},
    "REL": {
        "questo|questa|quest'|sto|sta|il corrente|corrente|in corso": "this",
        "prossimo|prossima|prossimi|prossime|successivo|successiva|seguente": "next",
        "scorso|scorsa|scorsi|scorse|passato|passata|ultimi|ultime|precedente": "last",
        "che viene|entrante|venturo|ventura|p.v.|pv": "coming",
    },
    "PART": {
        "mattina presto|prima mattina|primo mattino|mattino presto|di buon mattino|di buon'ora|di prima mattina": "early_morning",
        "mattina|mattino|metà mattina|a metà mattina|metà mattinata|a metà mattinata|mattinata|di mattina|del mattino|della mattina|la mattina|al mattino|in mattinata": "morning",
        "prima di pranzo|ora di pranzo|pranzo|all'ora di pranzo|a pranzo|in pausa pranzo|pausa pranzo": "noon",
        "pomeriggio|metà pomeriggio|a metà pomeriggio|dopopranzo|dopo pranzo|primo pomeriggio|di pomeriggio|del pomeriggio|al pomeriggio": "afternoon",
        "sera|serata|dopo cena|di sera|della sera|la sera|alla sera|in serata": "evening",
        "notte|nottata|di notte|della notte|la notte": "night",
        "fine giornata|fine della giornata|a fine giornata|in chiusura di giornata": "end_of_day",
    },
    "PARTS": {"mattine": "morning", "pomeriggi": "afternoon", "sere": "evening", "notti": "night"},
    "DAYPART": {
        "stamattina|stamani|stamane|stamattina presto": (0, "morning"),
        "stasera|stasera dopo cena": (0, "evening"),
        "stanotte": (0, "night"),
        "domattina": (1, "morning"),
        "domattina presto": (1, "early_morning"),
        "iersera": (-1, "evening"),
    },
    "EDGE": {
        "inizio|inizi|primi": "begin",
        "metà|meta'": "mid",
        "fine": "end",
    },
    "LASTDAY": {"fine|a fine|la fine|alla fine|per fine|per la fine": None},
    "HOURBOUND": {
        "dopo le|dopo l'|dopo le ore|prima delle|prima dell'|prima delle ore|entro le|entro l'|entro le ore|fino alle|fino all'|"
        "a partire dalle|non oltre le|dalle ore": None
    },
    "FROMTHE": {"dal|dall'|tra il|fra il": None},
    "TOTHE": {"al|all'|e il|e l'": None},
    "ATDAY": {"a|il|per|al": None},
    "PER": {"a|al|alla|per|per ogni": None},
    "YESNO": {"sì e uno no|sì e una no|sì, uno no|sì uno no": None},
    "HALFOF": {"prima metà": 1, "seconda metà": 2},
    "DAYAFTER": {"dopodomani|dopo domani": 2},
    "THISWEEK": {"in settimana|entro settimana": None},
    "COMMA": {",|.": None},
    "DAYWORD": {"il|l'|il giorno|entro il giorno|giorno|il dì": None},
    "OFTHE": {"del|dello|della|dell'|di questo|di questa|di quest'": "the", "di": "of"},
    "EARLY": {"primo|prima|prime": None},
    "LATE": {"tardo|tarda|fine|a fine": None},
    "NOW": {"subito|adesso stesso|ora stesso": None},
    "SOON": {"al più presto|quanto prima|a breve|nei prossimi giorni|uno di questi giorni": 3},
    "SOMETIME": {"nel corso di|nel corso del|nel corso della|nel corso dell'|prima o poi": None},
    "ABOUT": {"verso|circa|intorno|intorno a|intorno al|intorno alle|attorno alle|indicativamente": None},
    "CLOCKWORD": {
        "mezzogiorno|a mezzogiorno": (12, 0),
        "mezzogiorno e mezzo|mezzogiorno e mezza|a mezzogiorno e mezzo|a mezzogiorno e mezza": (12, 30),
        "mezzanotte|a mezzanotte": (24, 0),
        "mezzanotte e mezza|mezzanotte e mezzo|a mezzanotte e mezza|a mezzanotte e mezzo": (24, 30),
    },
    "OCLOCK": {"h": None},
    "HOURMARK": {"ore|alle ore|le ore|h|h.": None},
    "MINUTEWORD": {"minuti|minuto": None},
    "HALF": {"mezza|mezzo": None},
    "QUARTER": {"quarto|un quarto": 15, "tre quarti": 45},
    "PLUS": {"e": None},
    "MINUS": {"meno": None},
    "EVERY": {"ogni|ciascun|tutti i|tutte le|tutti gli": None},
    "OTHER": {"due": None},
    "ADVERB": {
        "quotidianamente|giornalmente": "FREQ=DAILY",
        "un giorno sì e uno no|un giorno sì e un giorno no|a giorni alterni": "FREQ=DAILY;INTERVAL=2",
        "nei giorni feriali|nei giorni lavorativi|nei feriali|dal lunedì al venerdì": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "settimanalmente": "FREQ=WEEKLY",
        "a settimane alterne|quindicinalmente": "FREQ=WEEKLY;INTERVAL=2",
        "mensilmente": "FREQ=MONTHLY",
        "bimestralmente": "FREQ=MONTHLY;INTERVAL=2",
        "trimestralmente": "FREQ=MONTHLY;INTERVAL=3",
        "semestralmente": "FREQ=MONTHLY;INTERVAL=6",
        "annualmente": "FREQ=YEARLY",
    },
    "TIMES": {"una volta": 1, "due volte": 2, "tre volte": 3},
    "WEEKNO": {"settimana|sett.|settimana n.": None},
    "YEARWORD": {"anno": None},
    "HALFYEAR": {"primo semestre": 1, "secondo semestre": 2},
    "QUARTERNO": {"q1|t1": 1, "q2|t2": 2, "q3|t3": 3, "q4|t4": 4},
    "WORKWEEK": {"settimana lavorativa": None},
    "WEEKENDWORD": {"fine settimana|finesettimana|weekend|week-end|week end": None},
    "THE": {"il|lo|la|l'|i|gli|le": None},
    "A": {"un|uno|una|un'": None},
    "OF": {"di|del|dello|della|dell'|dei|degli|delle|d'": None},
    "ON": {"in data": None},
    "AT": {"alle|all'|verso le|verso l'|verso|per le|sulle|intorno alle|attorno alle|per l'": None},
    "IN": {"fra|tra|in|nel|nella|nell'|nei|nelle|di qui a|da qui a": None},
    "WITHIN": {"entro|entro i|entro le|entro gli|nel giro di|nell'arco di": None},
    "AGO": {"fa|or sono|orsono|addietro": None},
    "LATER": {"dopo|più tardi": None},
    "FOR": {"per|durante": None},
    "AND": {"e|ed|e le|e l'": None},
    "OR": {"o|oppure": None},
    "FROM": {
        "da|dal|dallo|dalla|dall'|dalle|dai|a partire da|a partire dal|a partire dall'|a partire dalle|a decorrere dal": None
    },
    "TO": {"a|ad|al|allo|alla|all'|alle|fino a|fino al|fino alle|fino all'|sino al": None},
    "BETWEEN": {"tra|fra|tra il|fra il|tra l'|tra le|fra le": None},
    "UNTIL": {
        "entro|entro il|entro la|entro l'|entro le|entro lo|entro e non oltre|entro e non oltre il|entro e non oltre le|"
        "fino a|fino al|fino alle|fino all'|fino alla|sino a|sino al|non oltre|non oltre il": None
    },
    "BEFORE": {"prima di|prima del|prima dell'|prima della|prima delle": None},
    "AFTER": {"dopo|dopo il|dopo l'|dopo la|dopo le": None},
    "STARTING": {
        "non prima di|non prima del|non prima dell'|non prima della|da|dal|dalla|dall'|a partire da|a partire dal|a partire dall'|a decorrere dal": None
    },
    "WEEKOF": {"settimana del|settimana di|settimana dell'": None},
    "YET": {",|-": None},
}

_NAMES = "signor|signora|signore|signorina|sig.|sig.ra|dott.|dott.ssa|dottor|dottoressa|presidente|avv.|avvocato|ing.|ingegner|prof.|prof.ssa|don|suor"
_TRAPS = (
    # Streets and squares, with the number of the house.
    rf"\b(?:via|viale|piazza|piazzale|p\.zza|corso|largo|vicolo|via le|viale del) [a-z0-9]{{1,12}} {_MONTH}\b(?:,? (?:n\. ?)?\d{{1,4}})?",
    # People and houses that bear the name of a day or month.
    rf"\b(?:{_NAMES.replace('.', chr(92) + '.')}) (?:\w+ )?(?:di )?(?:domenica|sabato|{_MONTH[3:-1]}|natale|pasqua)\b",
    r"\bernesto sabato\b|\bdi maggio\b(?! \d)(?=[,.]? (?:saluta|scrive|ha|e|è)\b)",
    r"\bsole 24 ore\b|\bh ?24\b|(?<!il )(?<!al )(?<!del )(?<![\d/])24/7(?![\d/])|\bsette giorni su sette\b|\b7 giorni su 7\b",
    # Greetings and wishes.
    r"\bbuon(?:a|e)? (?:giornata|serata|sera|notte|pomeriggio|mattina|domenica|natale|anno|pasqua|capodanno|ferragosto|weekend|fine settimana|settimana)\b",
    r"\ba (?:presto|prestissimo)\b|\bil giorno d(?:el|i)\b|\bordine del giorno\b|\bal giorno d'oggi\b|\bal giorno\b|\bil più presto possibile\b",
    # A month in three letters is one beside a number only.
    r"(?<!\d)(?<!\d )(?<!\d[-/.])(?<!\d\. )(?<!\d[°º] )\b(?:gen|feb|mar|apr|mag|giu|lug|ago|set|sett|ott|nov|dic)\b(?! ?'?\.?-?/? ?\d| alle)",
    r"\bil giorno\b(?! (?:\d|lavorativo|feriale|seguente|successivo|prossimo|dopo))|\b(?:la|una) (?:notte|sera|mattina) (?:è|era|porta)\b",
    r"\bil (?:secondo|terzo|quarto|quinto) da(?:l|lla|i)?\b",
    # Counted from what was told before, which is not known here.
    r"\b(?:il giorno|la settimana|il mese|l'anno) (?:dopo|prima)\b(?! (?:di|del|della|natale|pasqua|ferragosto|capodanno))",
    r"\b(?:vacanze|ferie|cenone|pranzo|regal[oi]|albero|panettone|mercatini) di (?:natale|pasqua|capodanno)\b",
    # A moment is no length, and turns of speech are no recurrence.
    r"(?<!fra )(?<!tra )(?<!entro )\bun (?:secondo|attimo|momento|minuto)\b(?! dopo)|\bogni (?:tanto|volta|modo)\b|\bdi volta in volta\b|\ballo stesso tempo\b|\bnel frattempo\b",
    r"\b(?:un|il|i|due|dei|nuovo) (?:set|ago|mar)\b|\bmar (?:ligure|rosso|nero|tirreno|adriatico|mediterraneo|baltico|morto)\b",
    # People and things after alle or delle, not an hour.
    r"\b(?:alle|dalle|delle|tra le|fra le) (?:\d{1,3}|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici|venti) "
    r"(?:persone|domande|ragazze|donne|aziende|e-?mail|mail|fatture|proposte|pagine|righe|voci|offerte|parti|opzioni|richieste|squadre|"
    r"città|sedi|banche|società|famiglie|amiche|colleghe|signore|sorelle|figlie|cose|regole|condizioni|versioni|risposte|copie)\b",
    r"\b(?:vinto|perso|pareggiato|finit[ao]|vinciamo|vince) (?:per )?\d{1,2} ?- ?\d{1,2}\b",
    # Money, shares, measures.
    r"\b\d{1,4}(?:[.,]\d{1,2})? ?(?:euro|eur|€|\$|dollari|franchi|%|per cento|kg|km|cm|mm|gb|mb|persone|volte)(?!\w)",
    r"\b1/[2-4] (?:bicchiere|litro|kg|chilo|etto|cucchiaio|tazza)",
    r"\b(?:versione|v\.|vers\.|articolo|art\.|pagina|pag\.|p\.|capitolo|cap\.|punto|tavolo|stanza|interno|int\.|numero|n\.|n°|tel\.?|codice|ordine|pratica|voto) (?:n\. ?)?\d[\d./-]*",
)


_TELLING = """
il lo gli del della dello dell degli delle dei dal dalla dalle nel nella nell al allo alla alle agli sul sulla col un uno una di da con per
tra fra che chi cui non è e o ma se sono sei siamo siete ho hai ha abbiamo hanno era eri fai fa vai sta stai questo questa questi quello quella
mi ti ci si vi ne me lo la li le gliel gli lui lei noi voi loro mio mia tuo tua suo sua nostro vostro anche ancora già più meno molto tutto tutti
tutte ogni qualche poi dopo entro fino verso circa quando come dove perché però quindi cosa grazie ciao buongiorno buonasera saluti gentile
cordiali prego favore puoi potresti può vorrei devo bisogna ricordami ricordamelo ricordarmi richiama chiama chiamami scrivi scrivimi sentiamo
vediamo vediamoci rivediamo risentiamo sollecita avvisami fammi sapere riunione appuntamento scade scadenza pago paga mandami torno passo
prossimo prossima scorso scorsa fine inizio volta volte
"""

LANGUAGE = Language(
    code="it",
    words=_WORDS,
    ordinal_marks=("°", "º", "ª", "o"),
    traps=_TRAPS,
    rules=tuple(southern.RULES),
    nearest_next=True,
    telling=frozenset(_TELLING.split()),
)
