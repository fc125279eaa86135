"""What a reply is measured by: checks that code can make, and a grade that a model may give.

Called by replying. Every check is a name and whether it holds; a reply's score is the share that holds. Some are asked of every
reply: the language of the asker, no address or link that nobody gave, no claim to have done what cannot be done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from mailwright.agents.models import Material
from mailwright.agents.models.rules import language

SMALL = 2  # digits: shorter figures number a list or a point, and are not looked for in the material
_FIGURE = re.compile(r"\d(?:[\d.,'’\u00a0\u202f ]*\d)?")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|www\.\S+", re.IGNORECASE)
_CLAIMS = re.compile(
    r"\b(?:i(?:'ve| have)? (?:just |already )?(?:sent|forwarded|called|booked|paid|ordered|e-?mailed|scheduled)|"
    r"(?:has|have) been (?:sent|booked|paid|forwarded)|ich habe [^.\n]{0,60}(?:gesendet|geschickt|angerufen|gebucht|bezahlt|weitergeleitet)|"
    r"j'ai (?:envoy[ée]|appel[ée]|r[ée]serv[ée]|pay[ée])|he (?:enviado|llamado|reservado|pagado)|ho (?:inviato|chiamato|prenotato|pagato)|"
    r"ik heb [^.\n]{0,60}(?:verzonden|gebeld|geboekt|betaald)|i will (?:remind|send|call|follow up)|ich werde [^.\n]{0,60}(?:erinnern|senden|anrufen))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rubric:
    """What a good reply has. `figures` and `says` must be there (of each of `says` one wording), `lacks` must not; `order` must
    come in that order. `closed`: every figure of the reply must come from the material or from here. `rounding`: decimals that
    are enough. `needs_model`: rules cannot do it, and only what they must not do is measured of them.
    """

    language: str
    figures: tuple[Decimal, ...] = ()
    rounding: int | None = None
    says: tuple[tuple[str, ...], ...] = ()
    lacks: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    closed: bool = False
    needs_model: bool = False
    told: str = ""


def read(told: dict[str, Any], tongue: str) -> Rubric:
    """A rubric as a file has it."""
    return Rubric(
        tongue,
        tuple(Decimal(str(each)) for each in told.get("figures", ())),
        told.get("rounding"),
        tuple(tuple(each) for each in told.get("says", ())),
        tuple(told.get("lacks", ())),
        tuple(told.get("order", ())),
        bool(told.get("closed")),
        bool(told.get("needs_model")),
        told["rubric"],
    )


def checks(rubric: Rubric, material: Material, reply: str) -> dict[str, bool]:
    """Every check of a reply, by name."""
    said, lower = figures(reply), reply.casefold()
    given = " ".join(
        [
            material.subject,
            material.text,
            material.forwarded,
            *(f"{a.size} {a.text or ''}" for a in material.attachments),
        ]
    )
    found = {f"has the figure {each}": _has(said, each, rubric.rounding) for each in rubric.figures}
    found |= {f"says {each[0]}": any(word.casefold() in lower for word in each) for each in rubric.says}
    found |= {f"does not say {each}": each.casefold() not in lower for each in rubric.lacks}
    if rubric.order:
        at = [lower.find(each.casefold()) for each in rubric.order]
        found["is in order"] = at[0] >= 0 and all(a < b for a, b in pairwise(at))
    if rubric.closed:
        known = figures(given) | {each for figure in rubric.figures for each in (figure, _rounded(figure, 2))}
        found["has no figure from nowhere"] = all(
            each & known for each in readings(reply) if not all(_is_small(value) for value in each)
        )
    found["is in the asker's language"] = language.guess(reply) == rubric.language
    found["has no address from nowhere"] = all(each.rstrip(".,;)>") in given for each in ADDRESS.findall(reply))
    found["claims nothing that cannot have been done"] = _CLAIMS.search(reply) is None
    return found


def figures(text: str) -> set[Decimal]:
    """Every number of a text, in each way it can be read: 1.190 is 1190 in German, and 1.19 in English."""
    return set().union(*readings(text))


def readings(text: str) -> list[set[Decimal]]:
    """Each number of a text as all that it can be read as."""
    found = []
    for match in _FIGURE.finditer(text):
        plain = re.sub(r"['’\u00a0\u202f ]", "", match[0])
        ways = {plain.replace(",", ""), plain.replace(".", "").replace(",", "."), plain}
        # "12 48" may be two figures beside each other as well as one with a space in it.
        ways |= set(re.split(r"[\u00a0\u202f ]", match[0]))
        values = {value for each in ways if (value := _value(each)) is not None}
        found.append(values)
    return found


def _value(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _has(said: set[Decimal], figure: Decimal, rounding: int | None) -> bool:
    wanted = {figure} if rounding is None else {figure, _rounded(figure, rounding)}
    return bool(said & wanted)


def _rounded(figure: Decimal, decimals: int) -> Decimal:
    return round(figure, decimals)


def _is_small(figure: Decimal) -> bool:
    return figure == figure.to_integral_value() and len(str(int(figure))) <= SMALL
