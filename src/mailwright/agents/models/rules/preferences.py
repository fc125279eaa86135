"""Preferences in a person's own words: time zone, quiet hours, where reminders go, the daily agenda, the tone, whether
drafts come with reminders; in seven languages.

Called by the concierge for messages that set them. Pure, bounded. What is not understood beyond doubt is left out: nothing is guessed.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError

MAX_TEXT = 600
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")

_ZONE_WORD = re.compile(
    r"\b(?:time ?zone|zeitzone|fuseau(?: horaire)?|zona horaria|huso horario|fuso(?: orario)?|fuso hor[áa]rio|tijdzone)\b",
    re.IGNORECASE,
)
_ZONE_NAME = re.compile(r"\b[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_+-]+[0-9]*){1,2}\b|\bUTC\b")
_CITY = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+){0,3}")
_QUIET = re.compile(
    r"\b(?:no|not|don'?t|never|quiet|silence|keine?|nicht|ruhe(?:zeit(?:en)?)?|pas|aucun|silence|ning[úu]n|no|silencio|nessun|non|silenzio|n[ãa]o|nenhum|sem|sin|sans|senza|zonder|sil[êe]ncio|geen|niet|stilte)\b",
    re.IGNORECASE,
)
_REMINDS = re.compile(
    r"\b(?:remind\w*|mails?|messages?|quiet|silence|disturb|erinner\w*|nachrichten|ruhe\w*|st[öo]r\w*|rappel\w*|silence|recordatorios?|recu[ée]rd\w*|silencio|promemoria|ricord\w*|silenzio|"
    r"lembr\w*|sil[êe]ncio|herinner\w*|stilte|berichten)\b",
    re.IGNORECASE,
)
_HOUR = r"(\d{1,2})(?:[:.h](\d{2}))?\s?(a\.?m\.?|p\.?m\.?)?(?:\s?(?:uhr|h|heures?|horas?|uur|o'clock|ore))?"
_SPAN = re.compile(
    rf"(?:between|from|after|zwischen|von|ab|entre|de|desde|d[ea]s|dalle?|tra|fra|das|van|tussen|\b)\s*(?:las?|le|les|as|os|the)?\s*{_HOUR}\s*(?:and|und|et|y|e|en|to|until|till|bis|[àa]|al?|a las|alle|[àa]s|tot|–|-|hasta|at[ée])\s*(?:las?|le|les|as|os)?\s*{_HOUR}",
    re.IGNORECASE,
)
_QUIET_OFF = re.compile(
    r"\b(?:no quiet hours|remind me (?:at )?any ?time|keine ruhezeit(?:en)?|jederzeit erinnern|pas d'heures calmes|sin horas de silencio|nessuna ora di silenzio|sem horas de sil[êe]ncio|geen stille uren)\b",
    re.IGNORECASE,
)
_WHATSAPP = re.compile(
    r"\b(?:by|via|on|over|per|[üu]ber|auf|par|sur|por|tramite|su|pelo|no|op)\s+(?:l[ae] )?whats ?app\b", re.IGNORECASE
)
_MAIL = re.compile(
    r"\b(?:by|via|per|par|por|tramite)\s+(?:e-?mail|mail|correo(?: electr[óo]nico)?|posta(?: elettronica)?|courriel)\b",
    re.IGNORECASE,
)
_ALWAYS = re.compile(
    r"^(?:please |always |from now on |bitte |immer |ab jetzt |toujours |s'il te pla[iî]t |siempre |por favor |sempre |per favore |altijd |graag )*"
    r"(?:remind me|send (?:me )?(?:my )?reminders|reach me|erinner(?:e|n sie)? mich|schick(?:e)? (?:mir )?(?:meine )?erinnerungen|erreiche mich|rappelle[- ]moi|rappelez[- ]moi|envoie(?:-moi)? (?:mes|les) rappels|"
    r"recu[ée]rdame|env[íi]ame (?:los |mis )?recordatorios|ricordami|inviami i promemoria|lembra-me|me lembre|envia-me (?:os )?lembretes|herinner me|stuur (?:me )?(?:mijn )?herinneringen)"
    r"[^\d,;]{0,20}$",
    re.IGNORECASE,
)
_AGENDA = re.compile(
    r"\b(?:(?:^|my )agenda(?= at)|daily (?:agenda|summary|overview|digest)|agenda (?:every (?:day|morning)|daily)|t[äa]gliche (?:agenda|[üu]bersicht|zusammenfassung)|tages[üu]bersicht|agenda quotidien(?:ne)?|r[ée]sum[ée] quotidien|"
    r"agenda diari[ao]|resumen diario|agenda (?:giornaliera|quotidiana)|riepilogo (?:giornaliero|quotidiano)|agenda di[áa]ri[ao]|resumo di[áa]rio|dagelijkse? (?:agenda|overzicht)|dagoverzicht|my agenda|meine agenda)\b",
    re.IGNORECASE,
)
_AGENDA_OFF = re.compile(
    r"\b(?:no|stop|keine?|pas d[e']|sans|sin|no|nessun\w*|non|sem|geen|end|cancel)\b", re.IGNORECASE
)
_AT = re.compile(rf"\b(?:at|um|[àa]|a las?|alle|[àa]s|om)\s+{_HOUR}", re.IGNORECASE)
_TONE = re.compile(
    r"\b(?:my tone|tone|mein ton|ton|mon ton|mi tono|tono|il mio tono|o meu tom|tom|mijn toon|toon)\s*(?:is|:|=|ist|est|es|[èe]|[ée]|should be|soll)\s*(?P<tone>[^\n]{3,200})",
    re.IGNORECASE,
)

_FROM_NOW_ON = (
    r"(?:please |bitte |por favor,? |per favore,? )?(?:always|from now on|by default|immer|ab (?:jetzt|sofort)|k[üu]nftig|toujours|d[ée]sormais|par d[ée]faut|siempre|"
    r"a partir de ahora|por defecto|sempre|d'ora in poi|a partir de agora|por padr[ãa]o|altijd|voortaan|standaard)"
)
_DRAFT = r"(?:drafts?|entwurf|entw[üu]rfe|brouillons?|borrador(?:es)?|bozz[ae]|rascunhos?|concept(?:en)?)"
_FOR_REMINDERS = (
    r"(?: (?:with|for|to|zu|f[üu]r|bei|mit|avec|pour|con|para|per|com|met|voor|bij))?"
    r"(?: (?:it|my|all|every|each|the|meine[nr]?|jeder|allen|mes|les|tous les|chaque|mis|los|cada|i|ogni|meus|os|mijn|elke|alle|de))?"
    r"(?: (?:reminders?|follow-?ups?|erinnerung(?:en)?|rappels?|recordatorios?|promemoria|lembretes?|herinnering(?:en)?))?"
)
_DRAFTS_ON = re.compile(
    rf"(?:{_FROM_NOW_ON}[ ,]+){{1,2}}(?:(?:write|prepare|add|include|send|make|remind|with|me|a|and|schreib(?:e|en)?|erstell(?:e|en)?|mach(?:e|en)?|mit|einen|mir|pr[ée]pare[rz]?|r[ée]dige[rz]?|avec|un|prepara(?:r|re|me)?|"
    rf"escribe|redacta|con|una|scrivi|prepare|escreve|escreva|com|um|schrijf|maak|met|een) ){{0,5}}{_DRAFT}{_FOR_REMINDERS}(?: (?:schreiben|erstellen|vorbereiten|schrijven|maken))?",
    re.IGNORECASE,
)
_DRAFTS_OFF = re.compile(
    rf"(?:{_FROM_NOW_ON}[ ,]+)?(?:no(?: more)?|keine|pas de|plus de|sin|no quiero|nessuna|niente|senza|sem|n[ãa]o quero|geen) "
    r"(?:drafts|entw[üu]rfe|brouillons|borradores|bozz[ae]|rascunhos|concepten)(?: (?:any ?more|mehr|m[áa]s|pi[ùu]|mais|meer))?"
    rf"{_FOR_REMINDERS}|{_FROM_NOW_ON}[ ,]+(?:just|only) remind me",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was set; None: not said. Minutes count after midnight; `quiet` (-1, -1) and `agenda_at` -1 switch it off. `default_action`
    is a word of the concierge's actions."""

    time_zone: str | None = None
    quiet: tuple[int, int] | None = None
    reach_by: str | None = None
    agenda_at: int | None = None
    tone: str | None = None
    unknown_zone: str = ""
    default_action: str | None = None

    @property
    def any(self) -> bool:
        return self != Wishes()


def read(text: str) -> Wishes:
    """The wishes of a short message; none when it holds none."""
    said = " ".join(text.replace("’", "'").split())
    if len(said) > MAX_TEXT:
        return Wishes()
    zone, unknown = _zone(said)
    span = _SPAN.search(said) if _QUIET.search(said) and _REMINDS.search(said) else None
    quiet = (_minutes(*span.group(1, 2, 3)), _minutes(*span.group(4, 5, 6))) if span else None
    if quiet is not None and (None in quiet or quiet[0] == quiet[1]):
        quiet = None
    if _QUIET_OFF.search(said):
        quiet = (-1, -1)
    return Wishes(zone, quiet, _reach(said), _agenda(said), _tone(said), unknown, _action(said))  # type: ignore[arg-type]  # no None is left in it


def _zone(said: str) -> tuple[str | None, str]:
    if not _ZONE_WORD.search(said):
        named = _ZONE_NAME.fullmatch(said.strip(" ."))
        return (named[0], "") if named and named[0] in zoneinfo.available_timezones() else (None, "")
    for named in _ZONE_NAME.finditer(said):
        if named[0] in zoneinfo.available_timezones():
            return named[0], ""
    rest = _ZONE_WORD.sub(" ", said)
    for city in _CITY.finditer(rest):
        words = city[0].split(" ")
        for length in range(min(3, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                zone = _cities().get(" ".join(words[start : start + length]).casefold())
                if zone is not None:
                    return zone, ""
    return None, rest.strip(" .:")[:60]


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    """Cities by their names in seven languages → the time zone that is named for them."""
    found: dict[str, str] = {}
    zones = sorted(
        each for each in zoneinfo.available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/"))
    )
    for zone in zones:
        found.setdefault(zone.rpartition("/")[2].replace("_", " ").casefold(), zone)
    for language in LANGUAGES:
        try:
            known = Locale.parse(language).time_zones
        except UnknownLocaleError:
            continue
        for zone in zones:
            city = (known.get(zone) or {}).get("city")
            if isinstance(city, str):
                found.setdefault(city.casefold(), zone)
    return found


def _reach(said: str) -> str | None:
    for word, pattern in (("whatsapp", _WHATSAPP), ("mail", _MAIL)):
        named = pattern.search(said)
        if (
            named is not None
            and _ALWAYS.fullmatch(said[: named.start()].strip() + " ")
            and not said[named.end() :].strip(" .!")
        ):
            return word
        if (
            named is not None
            and _ALWAYS.fullmatch(said[: named.start()].strip())
            and not said[named.end() :].strip(" .!")
        ):
            return word
    return None


def _agenda(said: str) -> int | None:
    named = _AGENDA.search(said)
    if named is None:
        return None
    if _AGENDA_OFF.search(said[: named.start()]):
        return -1
    at = _AT.search(said)
    return _minutes(*at.group(1, 2, 3)) if at else None


def _tone(said: str) -> str | None:
    named = _TONE.search(said)
    return named["tone"].strip(" .") if named else None


def _action(said: str) -> str | None:
    """The action of the concierge that is meant, when the whole message says that it is to be so from now on."""
    bare = said.strip(" .!")
    if _DRAFTS_ON.fullmatch(bare):
        return "remind_and_draft"
    return "remind" if _DRAFTS_OFF.fullmatch(bare) else None


def _minutes(hour: str, minute: str | None, half: str | None) -> int | None:
    hours, minutes = int(hour), int(minute or 0)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    if hours > 24 or minutes > 59:
        return None
    return (hours % 24) * 60 + minutes
