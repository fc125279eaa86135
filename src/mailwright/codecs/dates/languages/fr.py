"""French: the tables of its dates, as said in France, Belgium, Switzerland and Canada.

Read by `finding` through `languages`. What the words are for is told in `language`; why they mean what they mean, in the reference
page of dates.
"""

from __future__ import annotations

from mailwright.codecs.dates.language import Language, numerals
from mailwright.codecs.dates.languages import romance, romancehours

_UNITS = [
    "zéro",
    "un|une",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
]
_TENS = {
    20: "vingt",
    30: "trente",
    40: "quarante",
    50: "cinquante",
    60: "soixante",
    70: "septante",
    80: "huitante|octante",
    90: "nonante",
}


def _numbers() -> dict[str, float]:
    found: dict[str, float] = dict(numerals(_UNITS, _TENS))
    for ten, word in _TENS.items():
        for spelling in word.split("|"):
            found |= dict.fromkeys(
                (f"{spelling} et un", f"{spelling} et une", f"{spelling}-et-un", f"{spelling}-et-une"), ten + 1
            )
    for n in range(10, 20):
        found[f"soixante-{_UNITS[n]}"] = 60 + n
        found[f"quatre-vingt-{_UNITS[n]}"] = 80 + n
    for n in range(1, 10):
        for one in _UNITS[n].split("|"):
            found[f"quatre-vingt-{one}"] = 80 + n
    return found | {"soixante et onze": 71, "quatre-vingts": 80, "quatre-vingt": 80, "cent": 100, "deux cents": 200}


_TELLING = """
    le la les des un une du de et est que qui pour pas vous nous je tu il elle avec sur dans ce cette mais ou où au aux son mes votre vos notre nos
    leur leurs ton ma sa se en on y à l d qu j n c m te me ne ni par plus si très bien aussi donc sont ont suis êtes avez avons être avoir été fait ça
    cela rien tout tous toute toutes chez entre vers avant après sous pendant depuis jusqu dès ici chaque semaine semaines mois jour jours heure heures
    soir matin midi minuit week merci bonjour bonsoir salut cordialement rappelle rappelez rappel relance relancez relancer réponse répondre rendez réunion
    parle voit moi toi demain prochain prochaine dernier dernière facture devis début fin fête année
"""

LANGUAGE = Language(
    code="fr",
    words={
        "WEEKDAY": {
            "lundi|lun.": 0,
            "mardi|mar.": 1,
            "mercredi|mer.|mercr.": 2,
            "jeudi|jeu.": 3,
            "vendredi|ven.|vend.": 4,
            "samedi|sam.": 5,
            "dimanche|dim.": 6,
        },
        "WEEKDAYS": {
            "lundis": 0,
            "mardis": 1,
            "mercredis": 2,
            "jeudis": 3,
            "vendredis": 4,
            "samedis": 5,
            "dimanches": 6,
        },
        "MONTH": {
            "janvier|janv|janv.|jan.": 1,
            "février|févr|févr.|fév|fév.|fevr|fev.": 2,
            "mars": 3,
            "avril|avr.": 4,
            "mai": 5,
            "juin": 6,
            "juillet|juil|juil.|juill.": 7,
            "août": 8,
            "septembre|sept.": 9,
            "octobre|oct|oct.": 10,
            "novembre|nov|nov.": 11,
            "décembre|déc|déc.|dec|dec.": 12,
        },
        "DAYOFF": {
            "aujourd'hui|aujourd hui|auj.|ce jour": 0,
            "demain": 1,
            "après-demain|après demain": 2,
            "hier": -1,
            "avant-hier|avant hier": -2,
        },
        "HOLIDAY": {
            "noël|jour de noël": "12-25",
            "veille de noël|réveillon de noël": "12-24",
            "jour de l'an|nouvel an": "1-1",
            "saint-sylvestre|saint sylvestre|réveillon du nouvel an": "12-31",
            "épiphanie": "1-6",
            "saint-valentin|saint valentin": "2-14",
            "mardi gras": "easter-47",
            "mercredi des cendres": "easter-46",
            "vendredi saint": "easter-2",
            "pâques|dimanche de pâques": "easter",
            "lundi de pâques": "easter+1",
            "ascension|jeudi de l'ascension": "easter+39",
            "pentecôte|dimanche de pentecôte": "easter+49",
            "lundi de pentecôte": "easter+50",
            "fête du travail": "5-1",
            "saint-jean-baptiste": "6-24",
            "assomption": "8-15",
            "halloween": "10-31",
            "toussaint": "11-1",
        },
        # "été" is also "been": it is a season only behind these words.
        "SEASON": {"printemps": 0, "l'été|cet été|en été|d'été|un été": 1, "automne": 2, "hiver": 3},
        "NUMBER": {**_numbers(), "une demi": 0.5},
        "ORDINAL": {
            "premier|première|premiers|premières|1er|1re|1ère": 1,
            "deuxième|second|seconde": 2,
            "troisième": 3,
            "quatrième": 4,
            "cinquième": 5,
            "sixième": 6,
            "septième": 7,
            "huitième": 8,
            "neuvième": 9,
            "dixième": 10,
            "dernier|dernière|derniers|dernières": -1,
            "avant-dernier|avant-dernière": -2,
        },
        "COUNT": {"quelques|plusieurs|deux ou trois|2 ou 3|deux-trois|2-3": 3},
        "UNIT": {
            "seconde|secondes|sec": "second",
            "minute|minutes|min|mn": "minute",
            "heure|heures|h": "hour",
            "jour|jours|jrs|j|journée|journées": "day",
            "semaine|semaines|sem.": "week",
            "mois": "month",
            "trimestre|trimestres": "quarter",
            "semestre|semestres": "6 month",
            "an|ans|année|années": "year",
            "décennie|décennies": "decade",
            "siècle|siècles": "century",
            "jour ouvré|jours ouvrés|jour ouvrable|jours ouvrables|jour de travail|jours de travail": "workday",
        },
        "UNITLET": {
            "h": "hour",
            "min|mn": "minute",
            "j|jours|jrs": "day",
            "sem|semaines": "week",
            "mois": "month",
            "ans": "year",
        },
        # Both ends are counted: eight days are a week, fifteen days two.
        "LENGTH": {
            "huit jours|huitaine|une huitaine|huitaine de jours|une huitaine de jours": "1 week",
            "quinze jours|15 jours|15 j|quinzaine|une quinzaine|quinzaine de jours|une quinzaine de jours": "2 week",
            "une petite heure|une bonne heure": "1 hour",
            "une petite demi-heure|une bonne demi-heure": "30 minute",
            "dizaine de jours|une dizaine de jours": "10 day",
            "vingtaine de jours|une vingtaine de jours": "20 day",
            "demi-heure|une demi-heure|demi heure|une demi heure|1/2 heure|1/2 h": "30 minute",
            "un petit quart d'heure|quart d'heure|un quart d'heure|1/4 d'heure|1/4 h": "15 minute",
            "trois quarts d'heure|3/4 d'heure": "45 minute",
            "demi-journée|une demi-journée": "4 hour",
        },
        "REL": {
            "ce|cet|cette|ces": "this",
            "prochain|prochaine|prochains|prochaines": "next",
            "dernier|dernière|derniers|dernières|passé|passée": "last",
            "qui vient|qui arrive|à venir|qui viennent|courant": "coming",
        },
        "HERE": {"-ci|ci": None},
        "PART": {
            "première heure|la première heure|à la première heure|tôt le matin|tôt dans la matinée|de bonne heure|de bon matin": "early_morning",
            "matin|au matin|matinée|dans la matinée|avant-midi|en avant-midi": "morning",
            "midi": "noon",
            "après-midi|après midi|aprèm|aprem|dans l'après-midi": "afternoon",
            "soir|au soir|soirée|dans la soirée": "evening",
            "nuit|dans la nuit": "night",
            "fin de journée|en fin de journée|fin d'après-midi|en fin d'après-midi|à la fin de la journée": "end_of_day",
        },
        "PARTS": {
            "matins": "morning",
            "après-midis": "afternoon",
            "soirs": "evening",
            "nuits": "night",
            "midis": "noon",
        },
        "DAYPART": {
            "ce matin": (0, "morning"),
            "cet avant-midi": (0, "morning"),
            "ce midi": (0, "noon"),
            "cet après-midi|cet après midi|cet aprèm|cet aprem|cette après-midi": (0, "afternoon"),
            "ce soir": (0, "evening"),
            "cette nuit": (0, "night"),
            "hier soir|hier au soir": (-1, "evening"),
        },
        "EDGE": {
            "début|au début|en début|dès le début|tout début": "begin",
            "mi|mi-|à la mi-|la mi-|milieu|au milieu|en milieu": "mid",
            "fin|en fin": "end",
            "reste": "rest",
        },
        "LASTDAY": {"fin|la fin|à la fin": None},
        "WEEKEND": {"la fin|à la fin": None},
        "DOMMARK": {"le": None},
        "EARLY": {"début de|début d'|en début de|en début d'|au début de la|au début de l'": None},
        "LATE": {"fin de|fin d'|en fin de|en fin d'|tard dans la|tard": None},
        "NOW": {"maintenant|tout de suite|immédiatement": None},
        "SOON": {
            "bientôt|prochainement|sous peu|d'ici peu|un de ces jours|ces prochains jours|ces jours-ci": 3,
            "dans les prochains jours|dans les jours qui viennent|dans les jours à venir": 3,
        },
        "SOMETIME": {
            "courant|dans le courant de|au courant de|au cours de|dans|à un moment|un jour|n'importe quand|quelque part": None
        },
        "ABOUT": {"vers|environ|autour|aux alentours|aux environs|approximativement|sur le coup": None},
        "CLOCKWORD": {
            "midi": (12, 0),
            "midi pile": (12, 0),
            "midi et quart": (12, 15),
            "midi et demi|midi et demie|midi trente": (12, 30),
            "midi moins le quart": (11, 45),
            "midi moins dix": (11, 50),
            "minuit": (24, 0),
            "minuit et demi|minuit et demie": (24, 30),
        },
        "HOURWORD": {"h|heure|heures": None},
        "HOURLET": {"h": None},
        "SHARP": {"pile|précise|précises|tapantes": None},
        "MERIDIEM": {
            "du matin|am|a.m.": "am",
            "de l'après-midi|du soir|pm|p.m.": "pm",
        },
        "HALF": {"demi|demie": None},
        "QUARTER": {"quart|un quart": 15, "trois quarts": 45},
        "PLUS": {"et": None},
        "MINUS": {"moins": None},
        "EVERY": {"chaque|chacun des|tous les|toutes les": None},
        "OTHER": {"autre": None},
        "ADVERB": {
            "quotidiennement|au quotidien": "FREQ=DAILY",
            "chaque jour ouvré|tous les jours ouvrés|tous les jours ouvrables|chaque jour ouvrable|les jours ouvrés": (
                "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
            ),
            "hebdomadairement": "FREQ=WEEKLY",
            "mensuellement": "FREQ=MONTHLY",
            "trimestriellement": "FREQ=MONTHLY;INTERVAL=3",
            "annuellement": "FREQ=YEARLY",
        },
        "TIMES": {"une fois|1 fois": 1, "deux fois|2 fois": 2, "trois fois|3 fois": 3},
        "PER": {"par": None},
        "OUTOFTWO": {"sur deux|sur 2": None},
        "WEEKNO": {"semaine|sem.|sem|semaine n°": None},
        "YEARWORD": {"an|année": None},
        "QUARTERNO": {"t1|1er trimestre|premier trimestre": 1, "t2": 2, "t3": 3, "t4": 4},
        "HALFYEAR": {"premier semestre|1er semestre": 1, "second semestre|deuxième semestre|2e semestre": 2},
        "WEEKENDWORD": {"week-end|weekend|week end": None},
        "WEEKENDCA": {"fin de semaine": None},
        "INDAYS": {"en huit": 7, "en quinze": 14},
        "THE": {"le|la|les|l'": None},
        "A": {"un|une": None},
        "OF": {"de|du|de la|des|d'|de l'": None},
        "OFTHE": {"du|de la|de l'": None},
        "TERM": {"d'ici|d'ici à|sous|en moins de|dans un délai de|sous un délai de": None},
        "SOEARLY": {"tôt|très tôt": None},
        "LUNCHTIME": {"entre midi et deux|entre midi et deux heures|entre 12 et 2": None},
        "PERIODIC": {"mensuel|mensuelle": "month", "hebdomadaire": "week"},
        "UNTILTHE": {"jusqu'au|d'ici au|d'ici le|avant le|pour le": None},
        "MONTHOF": {"au mois de|au mois d'|mois de|mois d'|le mois de|le mois d'": None},
        "FIRST": {"1er": 1},
        "AT": {"à|vers|vers les|@": None},
        "IN": {"dans|d'ici|d'ici à|sous|en moins de|dans un délai de|sous un délai de|sous": None},
        "WITHIN": {"dans les": None},
        "AGOBEFORE": {"il y a|voici|voilà|ça fait": None},
        "LATER": {"plus tard": None},
        "FOR": {"pendant|durant|pour": None},
        "AND": {"et": None},
        "OR": {"ou": None},
        "FROM": {"de|du|des|depuis|à partir de|à partir du|à compter de|à compter du|dès|d'": None},
        "TO": {"à|au|jusqu'à|jusqu'au|aux|-": None},
        "BETWEEN": {"entre": None},
        "UNTIL": {"jusqu'à|jusqu'au|jusque|d'ici|d'ici à|d'ici au|pour|au plus tard": None},
        "BEFORE": {"avant": None},
        "AFTER": {"après": None},
        "SINCE": {"depuis": "past"},
        "STARTING": {"à partir de|à partir du|dès|à compter de|à compter du": None},
        "WEEKOF": {"semaine du|semaine de": None},
    },
    ordinal_marks=("er", "re", "ère", "e", "ème", "eme", "nd", "nde"),
    traps=(
        r"\b(?:rue|avenue|av\.|place|boulevard|bd|bld|quai|cours|square|impasse|allée|métro|station|pont|esplanade)\b(?: (?:du|de|des|la|le|l'))* \d{1,2}(?:er)? \w{3,9}(?: \d{4})?",
        r"\b(?:la semaine|le mois|l'année|le jour) (?:d'après|d'avant|suivante?|précédente?)\b",
        r"\bmise(?:s)? à jour\b|\bà jour\b|\bordre du jour\b|\bau jour le jour\b|\bde nos jours\b|\bplat du jour\b|\bjour j\b",
        r"\bbonne (?:fin de )?(?:journée|soirée|matinée|nuit|semaine|après-midi|année|fin de semaine)\b|\bbon (?:week-end|weekend|après-midi|matin|dimanche)\b",
        r"(?:(?:^|[\n.!;]) ?|\bet )à (?:bientôt|demain|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|la semaine prochaine|tout à l'heure) ?[!.,]",
        r"\bj'|\bà (?:très |tout )?bientôt\b|\bscores?\b[^\n.]{0,30}\d-\d|\bversions? \d+(?:\.\d+){1,4}|\b\d{2}(?:[ .]\d{2}){4}\b|\b(?:réf|ref|n°|dossier|facture|commande|devis)\.? ?(?:n° ?)?\d[\w/-]{0,30}",
        r"\b[1-3]/[2-4] (?:de |d'|du |des |baguettes?\b|litres?\b|tasses?\b|pages?\b|finale\b)|\b(?:collègue|amie?|sœur|fille|cousine) (?:mai|avril|juin|mars)\b",
        r"\b(?:à|jusqu'à) ce jour\b|\bà l'heure\b|\bde l'heure\b|\bl'heure actuelle\b|\bune petite seconde\b",
        r"\b(?:km|kilomètres?|m|euros?|€)\s?(?:/|à l'|de l'|par )\s?h(?:eure)?\b|\bkwh?\b",
        r"\b(?:planète|sonde|sur|dieu|champ de|vers) mars\b|\bavril lavigne\b|\b(?:monsieur|madame|m\.|mme|mlle|docteur|dr|maître|me) (?:janvier|février|avril|mai|juin|juillet|août|lundi|mardi|vendredi|samedi|dimanche)\b",
        r"\b(?:lundi|mardi|vendredi|samedi|dimanche) (?:&|et) (?:fils|cie|associés|compagnie)\b|\bvendredi ou la vie\b",
        r"\b(?:prend|prendra|prennent|prendront|pris|mettre|met|mis|mettra) fin\b|\bmidi de la france\b|\bdu midi\b|\bmidi libre\b|\bmidi-pyrénées\b",
        r"\b24 ?h(?:eures)? ?(?:/|sur) ?24\b|\b7 ?(?:jours )?(?:/|sur) ?7\b|\b24 heures du mans\b",
        r"\bsecondes? (?:main|partie|fois|chance|vie|guerre|version|classe)\b|\bsecond (?:plat|tour|rôle|choix|plan)\b",
    ),
    rules=(*romance.RULES, *romancehours.RULES),
    nearest_next=True,
    hours_named=True,
    evening_said=True,
    telling=frozenset(_TELLING.split()),
)
