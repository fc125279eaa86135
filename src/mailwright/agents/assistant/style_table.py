"""Words by which a style is recognised: greetings, endings, and how people are addressed, by language."""

import re
from typing import Final

LANGUAGES: Final = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian"}

GREETINGS: Final[dict[str, str]] = {
    "en": "hi all|hi there|hi|hello|hey|dear|good morning|good afternoon|good evening",
    "de": "sehr geehrte damen und herren|sehr geehrter? herr|sehr geehrter? frau|sehr geehrter?|guten tag|guten morgen|guten abend|hallo|hi|hey|"
    "moin|servus|grüezi|grüß dich|liebe[rs]?",
    "fr": "madame, monsieur|bonjour|bonsoir|salut|coucou|chère|cher|monsieur|madame",
    "es": "buenos días|buenas tardes|hola|estimad[oa]s?|querid[oa]s?|apreciad[oa]s?",
    "it": "buongiorno|buonasera|salve|ciao|gentile|egregi[oa]|car[oaie]|spettabile",
}
GENDERED: Final[dict[str, str]] = {
    "sehr geehrter": "Sehr geehrte/r",
    "sehr geehrte": "Sehr geehrte/r",
    "sehr geehrter herr": "Sehr geehrte/r Herr/Frau",
    "sehr geehrte frau": "Sehr geehrte/r Herr/Frau",
    "lieber": "Liebe/r",
    "liebe": "Liebe/r",
    "cher": "Cher/Chère",
    "chère": "Cher/Chère",
    "estimado": "Estimado/a",
    "estimada": "Estimado/a",
    "querido": "Querido/a",
    "querida": "Querido/a",
    "caro": "Caro/a",
    "cara": "Caro/a",
    "egregio": "Egregio/a",
    "egregia": "Egregio/a",
}
ENDINGS: Final[dict[str, str]] = {
    "en": "(?:best|kind|warm|kindest|warmest|many)(?: (?:regards|wishes|thanks))?|regards|cheers|thanks(?: a lot| again)?|thank you|"
    "(?:yours )?(?:sincerely|truly|faithfully)|all the best|take care|talk soon|see you(?: soon)?",
    "de": "(?:mit )?(?:viele[n]?|liebe[n]?|beste[n]?|freundliche[n]?|herzliche[n]?|schöne[n]?)(?: (?:freundlichen|besten|lieben))? (?:gr(?:ü|ue)(?:ß|ss)en?)|"
    "gruß|grüße|lg|vg|mfg|bis (?:bald|dann|später)|(?:vielen |herzlichen )?dank|danke|herzlichst|hochachtungsvoll",
    "fr": "(?:bien )?cordialement|amicalement|bien à (?:vous|toi)|à bientôt|merci(?: d['’]avance)?|(?:meilleures|sincères) salutations|bises|"
    "salutations distinguées|belle journée|bonne journée",
    "es": "(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|un abrazo|(?:muchas )?gracias|hasta (?:pronto|luego)|reciba un cordial saludo",
    "it": "(?:cordiali|distinti|cari|tanti)? ?saluti|cordialmente|a presto|grazie(?: mille)?|un abbraccio|buona giornata|un caro saluto",
}
FORMAL: Final[dict[str, tuple[str, re.Pattern[str]]]] = {
    "de": ("Sie", re.compile(r"(?<![.!?]\s)(?<!\A)\b(?:Sie|Ihnen|Ihre?[nmrs]?)\b")),
    "fr": ("vous", re.compile(r"\b(?:vous|votre|vos)\b", re.IGNORECASE)),
    "es": ("usted", re.compile(r"\b(?:ustede?s?|usted|su|sus|le|les)\b", re.IGNORECASE)),
    "it": ("Lei", re.compile(r"(?<![.!?]\s)\b(?:Lei|Suo|Sua|Suoi|Sue|La ringrazio|Le)\b")),
}
INFORMAL: Final[dict[str, tuple[str, re.Pattern[str]]]] = {
    "de": ("du", re.compile(r"\b(?:du|dir|dich|deine?[nmrs]?|euch|ihr)\b", re.IGNORECASE)),
    "fr": ("tu", re.compile(r"\b(?:tu|toi|te|ton|ta|tes)\b", re.IGNORECASE)),
    "es": ("tú", re.compile(r"(?:\b|(?<=\s))(?:tú|ti|te|tu|tus)\b", re.IGNORECASE)),
    "it": ("tu", re.compile(r"\b(?:tu|ti|te|tuo|tua|tuoi|tue)\b", re.IGNORECASE)),
}
EMOJI: Final = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]|(?<!\\S)[:;]-?[)D(](?!\\w)")
