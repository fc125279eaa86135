"""Is this a task? Points for what a request is known by, points against for mail that wants nothing.

Called by the rules model. The score, documented so that people can argue with it:

    +2  asks politely ("please", "bitte", …)          +3  "can you …", "I need …", "ich brauche …"
    +3  names work ("summarise", "berechne", …), +1 more when a sentence begins with it
    +3  a question mark, +1 more with a question word  +4  arithmetic that asks for its result
    +2  an attachment, +1 a forwarded message          -5  absence notice, newsletter or delivery notice; again in the subject
    -6  nothing but thanks, agreement or a greeting    -4  no words at all
    +3  we asked its sender what is wanted

Confidence is 0.5 at score 0 and grows with its distance from 0: 1 - 0.5 · 0.75^|score|.
"""

from __future__ import annotations

import re

from mailwright.agents.models.material import Material
from mailwright.agents.models.rules import arithmetic, language, texts
from mailwright.agents.models.rules.phrases_table import ACKNOWLEDGEMENT, NOTHING_WANTED, QUESTION_WORDS, REQUESTS
from mailwright.agents.models.turns import Judgement

LOOKED_AT = 8_000  # characters: what somebody wants is said early
MAX_ACKNOWLEDGEMENT = 200  # characters; a longer text says more than thanks
POLITE, ASKING, WORK, QUESTION, SUM, ATTACHED, FORWARDED, ASKED = 2, 3, 3, 3, 4, 2, 1, 3
NOTICE, THANKS, NO_WORDS = -5, -6, -4

_SUBJECT_MARKS = re.compile(r"\s*(?:(?:re|aw|sv|antw|fwd?|wg|tr|rv)\s*:\s*)+", re.IGNORECASE)


def judge(material: Material) -> Judgement:
    """Task, answer to our question or neither, how sure, and why (the names of the signals, never words of the mail)."""
    text = material.text[:LOOKED_AT].strip()
    subject = _SUBJECT_MARKS.sub("", material.subject).strip()
    # The subject of a reply is somebody's earlier word; that of a new mail may be the whole request.
    both = text if _SUBJECT_MARKS.match(material.subject) else f"{subject}\n{text}"
    score, because, asks_for_work = 0, [], False
    for (name, pattern), points in zip(REQUESTS, (POLITE, ASKING, WORK), strict=True):
        if pattern.search(both):
            score += points
            because.append(name)
            asks_for_work = asks_for_work or points == WORK
    if asks_for_work and any(REQUESTS[2][1].match(each) for each in texts.sentences(both)):
        score += 1
    question = "?" in both or "？" in both
    if question:
        score += QUESTION + (1 if QUESTION_WORDS.search(both) else 0)
        because.append("asks a question")
    if material.asked:
        score += ASKED
        because.append("answers our question")
    sums = arithmetic.find(both, prefer=language.decimal_mark(language.guess(both)))
    if sums:
        score += SUM
        because.append("has a calculation")
    if material.attachments:
        score += ATTACHED
        because.append("has an attachment")
    if material.forwarded:
        score += FORWARDED
        because.append("passes a message on")
    against = _against(material, text, both, sums=bool(sums))
    for name, points in against:
        score += points
        because.append(name)
    kind = "neither" if score <= 0 else "answer" if material.asked and not (question or asks_for_work) else "task"
    confidence = round(1 - 0.5 * 0.75 ** abs(score), 3)
    return Judgement.model_validate(
        {
            "kind": kind,
            "confidence": confidence,
            "because": f"{', '.join(because) or 'no sign of a request'} (score {score})",
        }
    )


def _against(material: Material, text: str, both: str, *, sums: bool) -> list[tuple[str, int]]:
    found = [(name, NOTICE) for name, pattern in NOTHING_WANTED if pattern.search(both)]
    found += [
        (f"{name} by its subject", NOTICE) for name, pattern in NOTHING_WANTED if pattern.search(material.subject)
    ]
    if (
        text
        and len(text) <= MAX_ACKNOWLEDGEMENT
        and not material.attachments
        and not texts.questions(text)
        and not sums
    ):
        said = [each for each in texts.sentences(text) if ACKNOWLEDGEMENT.fullmatch(each) is None]
        # One or two words without a figure or a question mark are the name below a closing.
        if not [each for each in said if len(each.split()) > 2 or not each.replace(" ", "").isalpha()]:
            found.append(("only thanks, agreement or a greeting", THANKS))
    if not texts.words(text) and not material.attachments and not material.forwarded and not texts.words(both):
        found.append(("no words at all", NO_WORDS))
    return found
