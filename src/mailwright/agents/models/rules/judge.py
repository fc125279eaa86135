"""Is this a task? Points for what a request is known by, points against for mail that wants nothing.

Called by the rules model. The signals and their words stand in signals_table; these are their points, so that people can argue
with them:

    +2  asks politely            +3  asks somebody to do something     +3  names work; +4 gives an order
    +3  names a wish             +3  corrects or adds to something     +3  a question, +1 with a question word
    +4  a calculation            +2  a file to work on, +4 when its name asks for work; +2 passes a message on
    +3  we asked its sender what is wanted
    -6  absence notice; -8  newsletter, a notice of a machine; -4 more when its subject is one that programs write
    -7  an offer to sell, a wish taken back, a question that wants no answer      -9  wants money or a password
    -5  for information          -4  a circular          -3  thanks, and nothing asked          -2  says what others do
    -6  nothing but thanks, agreement or a greeting; answers our question with "nothing"        -4  no words at all

Confidence is a logistic curve over the score, fitted to mails whose kind is known: see CALIBRATION.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mailwright.agents.models.material import Attached, Material
from mailwright.agents.models.rules import arithmetic, language, texts
from mailwright.agents.models.rules import signals_table as table
from mailwright.agents.models.turns import Judgement

LOOKED_AT = 8_000  # characters: what somebody wants is said early
LONGEST_SUBJECT = 1_000  # characters: nobody reads more of one
MAX_ACKNOWLEDGEMENT = 200  # characters; a longer text says more than thanks
QUESTION, QUESTION_WORD, SUM, ATTACHED, ATTACHED_WORK, FORWARDED, ASKED = 3, 1, 4, 2, 4, 2, 3
BY_SUBJECT, ONLY_THANKS, SOME_THANKS, NOTHING, NO_WORDS = -4, -6, -3, -6, -4

CALIBRATION = (-0.7, 0.65)
"""(a, b) of P(something is wanted) = 1 / (1 + exp(-(a + b · score))). `python -m evals --fit` fits (-1.08, 1.01) to the tuning part of
evals/judge. The points were set by the same mails, so that they part those better than others: two thirds of it are taken."""
OF_MACHINES = frozenset(["an absence notice", "a newsletter", "a notice of a machine"])
MOST = 0.98  # points are no proof: nobody is surer than that

_SUBJECT_MARKS = re.compile(
    r"(?:re|aw|sv|vs|antw?|res|odp|r|fwd?|wg|tr|rv|i|enc|pd|doorst)(?:\[\d+\])? ?:", re.IGNORECASE
)
_BETWEEN_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Weighed:
    """The points of a mail, what gave them, and whether anything in it asks for something."""

    score: int
    because: tuple[str, ...]
    asks: bool


def judge(material: Material) -> Judgement:
    """Task, answer to our question or neither, how sure, and why (the names of the signals, never words of the mail)."""
    weighed = weigh(material)
    wanted = probability(weighed.score)
    kind = "neither" if wanted < 0.5 else "answer" if material.asked and not weighed.asks else "task"
    return Judgement.model_validate(
        {
            "kind": kind,
            "confidence": round(max(wanted, 1 - wanted), 3),
            "because": f"{', '.join(weighed.because) or 'no sign of a request'} (score {weighed.score})",
        }
    )


def machine(material: Material) -> str:
    """What shows that no person waits for an answer though no field says so, or "": a programs' notice in which nothing is asked for."""
    weighed = weigh(material)
    found = [each for each in weighed.because if each in OF_MACHINES]
    return f"it reads like {found[0]}" if found and not weighed.asks else ""


def weigh(material: Material) -> Weighed:
    """Count the points."""
    text = _without_quotations(material.text[:LOOKED_AT]).strip()
    subject = material.subject[:LONGEST_SUBJECT].strip()
    # The subject of a reply is somebody's earlier word; that of a new mail may be the whole request.
    both = text if is_reply(subject) else f"{subject}\n{text}".strip()
    requests = _requests(material, both)
    found = [*requests, *_beside(material, both), *_against(material, text, both, asks=bool(requests))]
    return Weighed(sum(points for _, points in found), tuple(name for name, _ in found), bool(requests))


def probability(score: int) -> float:
    """How often something is wanted in mails of that score."""
    a, b = CALIBRATION
    return min(max(1 / (1 + math.exp(-(a + b * max(min(score, 50), -50)))), 1 - MOST), MOST)


def _without_quotations(text: str) -> str:
    """What a mail quotes with ">" is somebody else's word, unless there is nothing else."""
    own = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
    return own if own.strip() else text


def _requests(material: Material, both: str) -> list[tuple[str, int]]:
    """What asks for something."""
    signals = (table.ASKING, table.WORK, table.ORDER, table.WISH, table.CORRECTION)
    found = [(each.name, each.points) for each in signals if each.in_(both)]
    if "?" in both or "？" in both:
        found.append(("asks a question", QUESTION + (QUESTION_WORD if table.QUESTION_WORDS.search(both) else 0)))
    elif any(table.BARE_QUESTION.match(each) for each in both.split("\n", 3)[:3]):
        found.append(("asks a question", QUESTION))
    if arithmetic.find(both, prefer=language.decimal_mark(language.guess(both))):
        found.append(("has a calculation", SUM))
    if any(_asks_by_name(each) for each in material.attachments):
        found.append(("has a file whose name asks for work", ATTACHED_WORK))
    return found


def _beside(material: Material, both: str) -> list[tuple[str, int]]:
    """What makes a request likelier and is none by itself."""
    found = []
    if table.POLITE.in_(both):
        found.append((table.POLITE.name, table.POLITE.points))
    if any(table.NOT_TO_WORK_ON.fullmatch(each.name) is None for each in material.attachments):
        found.append(("has an attachment", ATTACHED))
    if material.forwarded:
        found.append(("passes a message on", FORWARDED))
    if material.asked:
        found.append(("answers our question", ASKED))
    return found


def _asks_by_name(attached: Attached) -> bool:
    name = _BETWEEN_WORDS.sub(" ", attached.name.rpartition(".")[0] or attached.name)
    return any(each.in_(name) for each in (table.WORK, table.ORDER, table.FOR_NAMES))


def _against(material: Material, text: str, both: str, *, asks: bool) -> list[tuple[str, int]]:
    found = [(each.name, each.points) for each in table.AGAINST if each.in_(both)]
    if table.BY_SUBJECT.match(material.subject[:LONGEST_SUBJECT].strip()):
        found.append(("a subject that programs write", BY_SUBJECT))
    if only_thanks(material, text):
        found.append(("only thanks, agreement or a greeting", ONLY_THANKS))
    elif not asks and table.THANKS.search(text):
        found.append(("thanks, and asks for nothing", SOME_THANKS))
    if material.asked and not asks and table.NOTHING.match(text):
        found.append(("says that nothing is wanted", NOTHING))
    if not texts.words(both) and not material.attachments and not material.forwarded:
        found.append(("no words at all", NO_WORDS))
    return found


def is_reply(subject: str) -> bool:
    """Whether the subject is that of a reply or of something passed on: somebody's earlier word."""
    return _SUBJECT_MARKS.match(subject) is not None


def only_thanks(material: Material, text: str) -> bool:
    """Whether a text is nothing but thanks, agreement or a greeting."""
    if not text or len(text) > MAX_ACKNOWLEDGEMENT or texts.questions(text):
        return False
    if any(table.NOT_TO_WORK_ON.fullmatch(each.name) is None for each in material.attachments):
        return False
    said = [each for each in texts.sentences(text) if table.ACKNOWLEDGEMENT.fullmatch(each) is None]
    # One or two words without a figure or a question mark are the name below a closing.
    return not [each for each in said if len(each.split()) > 2 or not each.replace(" ", "").isalpha()]
