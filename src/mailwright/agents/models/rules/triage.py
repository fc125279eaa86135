"""What is a mail to its owner? Points for a reply that is due, and points for mail that nobody wants.

Called by the rules model for the assistant, with the signals of the header beside the words; `asks` and `scam` tell the assistant's
deterministic layer what the words alone show. The words stand in triage_table and signals_table; their points for a reply are

    the judge's for asking, questions, wishes      +5  waits for an answer     +4  complains, or proposes another time    +2  passes a message on
    +4  asks in a roundabout way
    +3  is addressed by name                       +1  its sender is known     +1  answers what the owner wrote
    +1  somebody new writes to the owner alone, and nothing speaks against a reply
    -7  only copied; -12  somebody else is spoken to by name                    -7  a list         -8  a program, a newsletter
    -8  says that no answer is needed              -6  nothing but thanks or agreement            -3  settles something
    -5  for information, a question that wants no answer

and for spam 3 to 6 for each thing that speaks for it (pressing for a payment only where nothing proves the sender), 1 to 8 by how many
parts of an offer there are, -8 for a proven sender the owner has written to. Confidence is a logistic curve over the
points, fitted to the tuning part of evals/triage: see REPLY_CURVE and SPAM_CURVE.

What a mail says to a program that reads it is left out before anything is counted: it can make a mail spam, and nothing else.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mailwright.agents.models.material import Material
from mailwright.agents.models.rules import signals_table as words
from mailwright.agents.models.rules import triage_table as table
from mailwright.agents.models.rules import unwanted_table as unwanted
from mailwright.agents.models.rules.judge import LONGEST_SUBJECT, is_reply, only_thanks
from mailwright.agents.models.turns import Triage

LOOKED_AT = 8_000  # characters: what somebody wants is said early
LONGEST_LINE = 1_000  # characters that one pattern is let loose on at a time

REPLY_CURVE = (-1.1, 0.58)
SPAM_CURVE = (-2.7, 0.68)
"""(a, b) of P = 1 / (1 + exp(-(a + b · points))). `python -m evals --fit` fits (-1.66, 0.87) and (-2.72, 0.67) to the tuning part of
evals/triage. The points were set by the same mails, so that they part those better than others: two thirds of it are taken for a reply,
as by the judge. Spam is taken as it is fitted: two thirds would call every honest mail unwanted to a seventh."""
MOST = 0.97  # points are no proof: nobody is surer than that
ASKS_FROM = 4  # points from which words alone ask for something beyond doubt
SCAM_FROM = 5

QUESTION, QUESTION_WORD, POLITE = 3, 1, 1
BY_NAME, KNOWN, IN_THREAD, FORWARDED, FIRST_CONTACT = 3, 1, 1, 2, 1
COPIED, TO_OTHERS, ON_A_LIST, OF_A_PROGRAM, SOME_THANKS, ONLY_THANKS = -7, -12, -7, -8, -3, -6
MACHINE_TALK, UNPROVEN, SHOUTING, LINKED, JUNK = 4, 1, 2, 1, 4
TRUSTED, ANSWERED, BY_HEADER = -8, -4, -3
OFFERS = (0, 1, 4, 7, 8)  # for none, one, two, … of the parts of an offer
FAINT = 2  # what the judge takes for an offer or a fraud, and triage knows no word of

_FOR_SPAM = frozenset(["wants money or a password of the reader", "an offer to sell"])
_AGAINST = {
    "a newsletter": -8,
    "an absence notice": -8,
    "a notice of a machine": -8,
    "a circular to many": -3,
    "is for information": -5,
    "takes a wish back": -7,
    "a question that wants no answer": -5,
}
_LINE_END = re.compile(r"(?<=[.!?])\s+|\n")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a mail beside its words. `automatic`: a program wrote it. `others`: it has further recipients. `proven`: it is
    its sender's beyond doubt, `junk`: the spam filter says so."""

    automatic: bool = False
    on_list: bool = False
    addressed: bool = True
    others: bool = False
    known: bool = False
    in_thread: bool = False
    proven: bool = True
    junk: bool = False
    owner_name: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Points for a reply and for spam, and what gave them."""

    reply: int
    spam: int
    for_reply: tuple[str, ...]
    for_spam: tuple[str, ...]


def triage(material: Material, seen: Seen) -> Triage:
    """The category, how sure, and why (the names of the signals, never words of the mail)."""
    weighed = weigh(material, seen)
    spam = _curve(SPAM_CURVE, weighed.spam)
    reply = _curve(REPLY_CURVE, weighed.reply) * (1 - spam)
    chances = {"spam": spam, "needs_reply": reply, "informational": 1 - spam - reply}
    category = max(chances, key=lambda name: (chances[name], name == "informational"))
    names = weighed.for_spam if category == "spam" else weighed.for_reply
    told = ", ".join(names) or "nothing shows that an answer is awaited"
    return Triage.model_validate(
        {
            "category": category,
            "confidence": round(min(chances[category], MOST), 3),
            "because": f"{told} (score {weighed.spam if category == 'spam' else weighed.reply})"[:600],
        }
    )


def asks(material: Material) -> bool:
    """Whether the words alone ask for something, beyond doubt."""
    text, subject, _talk = _own_words(material)
    points, _names = _of_words(material, text, subject)
    return points >= ASKS_FROM


def scam(material: Material, *, proven: bool = True) -> str:
    """What in the words speaks for spam, or nothing. Where nothing proves the sender, that it speaks of money or an account is enough
    to ask for a second look."""
    text, subject, talk = _own_words(material)
    both = f"{subject}\n{text}"
    found = _unwanted(both, proven=proven)
    if talk:
        found.append(("speaks to a program that reads it", MACHINE_TALK))
    if sum(points for _name, points in found) >= SCAM_FROM:
        return ", ".join(name for name, _points in found)
    return unwanted.LURES.name if not proven and unwanted.LURES.in_(both) else ""


def weigh(material: Material, seen: Seen) -> Weighed:
    """Count the points."""
    text, subject, talk = _own_words(material)
    reply, for_reply = _of_words(material, text, subject)
    beside = _of_header(material, seen, text, asks=reply > 0, against=reply < 0 or talk or not text)
    both = f"{subject}\n{text}"
    bad = _unwanted(both, proven=seen.proven)
    spam = [*bad, *_doubts(seen, both, talk=talk, found=bool(bad))]
    return Weighed(
        reply + sum(points for _name, points in beside),
        sum(points for _name, points in spam),
        (*for_reply, *(name for name, _points in beside)),
        tuple(name for name, points in spam if points > 0),
    )


def _own_words(material: Material) -> tuple[str, str, bool]:
    """Text and subject without quotations and without what is said to a program; and whether something was."""
    text = "\n".join(line for line in material.text[:LOOKED_AT].split("\n") if not line.lstrip().startswith(">"))
    kept, talk = [], False
    for line in text.split("\n"):
        if table.TO_A_MACHINE.search(line[:LONGEST_LINE]) is None:
            kept.append(line)
            continue
        talk = True
        # What stands before it in the line may be a person's; what follows belongs to it.
        before = []
        for sentence in _LINE_END.split(line[:LONGEST_LINE]):
            if table.TO_A_MACHINE.search(sentence) is not None:
                break
            before.append(sentence)
        kept.append(" ".join(before))
    subject = material.subject[:LONGEST_SUBJECT].strip()
    if table.TO_A_MACHINE.search(subject) is not None:
        talk, subject = True, ""
    return "\n".join(kept).strip(), subject, talk


def _of_words(material: Material, text: str, subject: str) -> tuple[int, list[str]]:
    """What the words say for and against a reply."""
    # The subject of a reply is somebody's earlier word; that of a new mail may be the whole request.
    both = text if is_reply(subject) or material.forwarded else f"{subject}\n{text}".strip()
    text, both = table.ENCLOSED.sub(" ", text), table.ENCLOSED.sub(" ", both)
    found = [
        (each.name, min(each.points, 4)) for each in (words.ASKING, words.WISH, words.CORRECTION) if each.in_(text)
    ]
    found += [(each.name, each.points) for each in table.REPLY if each.in_(text)]
    if "?" in both or "？" in both:
        found.append(("asks a question", QUESTION + (QUESTION_WORD if words.QUESTION_WORDS.search(both) else 0)))
    if words.POLITE.in_(text) and (found or words.ORDER.in_(text)):
        found.append((words.POLITE.name, POLITE))
    if material.forwarded and found:
        found.append(("passes a message on", FORWARDED))
    wanted = sum(points for _name, points in found)
    against = [(each.name, _AGAINST[each.name]) for each in words.AGAINST if each.name in _AGAINST and each.in_(both)]
    known = {name for name, _points in against}
    several = (table.NO_REPLY, table.NOTICE, table.RHETORICAL)
    against += [(each.name, each.points) for each in several if each.in_(both) and each.name not in known]
    if words.BY_SUBJECT.match(subject):
        against.append(("a subject that programs write", OF_A_PROGRAM))
    if only_thanks(material, text):
        against.append(("only thanks, agreement or a greeting", ONLY_THANKS))
    elif not found and words.THANKS.search(text):
        against.append(("thanks, and asks for nothing", SOME_THANKS))
    elif not found and table.CLOSES.in_(text):
        against.append((table.CLOSES.name, table.CLOSES.points))
    return wanted + sum(points for _name, points in against), [name for name, _points in (*found, *against)]


def _of_header(material: Material, seen: Seen, text: str, *, asks: bool, against: bool) -> list[tuple[str, int]]:
    """What the header adds for or against a reply."""
    found: list[tuple[str, int]] = []
    if seen.automatic:
        found.append(("a program wrote it", OF_A_PROGRAM))
    at = _owner_named_at(seen.owner_name, text)
    named = at is not None and _of_words(material, text[at:], "")[0] > 0
    if seen.on_list or seen.others or not seen.addressed:
        spoken_to = table.GREETED.findall(text[:LONGEST_LINE])
        if named and asks:
            found.append(("the owner is addressed by name", BY_NAME))
        elif not seen.addressed and not seen.on_list:
            found.append(("the owner has only a copy", COPIED))
        elif seen.others and (at is not None or any(not _is_owner(seen.owner_name, each) for each in spoken_to)):
            found.append(("somebody else is spoken to", TO_OTHERS))
        if seen.on_list and not (named and seen.addressed):
            found.append(("it came over a list", ON_A_LIST))
    if asks and seen.known:
        found.append(("its sender is known", KNOWN))
    if not asks and not against and seen.proven and not (seen.known or seen.in_thread or seen.on_list or seen.others):
        found.append(("somebody new writes to the owner alone", FIRST_CONTACT))
    if asks and seen.in_thread:
        found.append(("it answers what the owner wrote", IN_THREAD))
    return found


def _owner_named_at(name: str, text: str) -> int | None:
    """Where the owner is spoken to: the first or last name before a comma, a colon or a question, or after an @."""
    for part in name.split():
        part = re.escape(part.strip(",.;:\"'"))
        calls = rf"(?:^|[.!?\n]\s{{0,3}}|\b\w{{2,12}} ){part}\s?[,:?]|@{part}\b"
        if len(part) > 1 and (found := re.search(calls, text[:LOOKED_AT])) is not None:
            return found.start()
    return None


def _is_owner(name: str, called: str) -> bool:
    return bool({each.casefold() for each in name.split()} & {each.casefold() for each in called.split()})


def _unwanted(both: str, *, proven: bool) -> list[tuple[str, int]]:
    """What the words say for spam. What presses for a payment counts only where nothing proves the sender."""
    signals = table.SPAM if proven else (*table.SPAM, *unwanted.PRESSES)
    found = {each.name: each.points for each in signals if each.in_(both)}
    offer = OFFERS[sum(each.in_(both) for each in unwanted.PARTS_OF_AN_OFFER)]
    if unwanted.SOLD_COLD.in_(both):
        offer = max(offer, unwanted.SOLD_COLD.points)
    if offer > found.get(unwanted.SOLD_COLD.name, 0):
        found[unwanted.SOLD_COLD.name] = offer
    if not found:
        found = {each.name: FAINT for each in words.AGAINST if each.name in _FOR_SPAM and each.in_(both)}
    return list(found.items())


def _doubts(seen: Seen, both: str, *, talk: bool, found: bool) -> list[tuple[str, int]]:
    out: list[tuple[str, int]] = []
    if talk and not seen.proven:
        out.append(("speaks to a program that reads it", MACHINE_TALK))
    if not seen.proven:
        out.append(("nothing proves who sent it", UNPROVEN))
    if table.SHOUTS.search(both[:LOOKED_AT]):
        out.append(("shouts", SHOUTING))
    if found and table.LINK.search(both):
        out.append(("has a link", LINKED))
    if seen.junk:
        out.append(("the spam filter says so", JUNK))
    if seen.known and seen.proven:
        out.append(("", TRUSTED))
    if seen.in_thread and seen.proven:
        out.append(("", ANSWERED))
    if (seen.on_list or seen.automatic) and seen.proven:
        out.append(("", BY_HEADER))
    return out


def _curve(curve: tuple[float, float], points: int) -> float:
    a, b = curve
    return 1 / (1 + math.exp(-(a + b * max(min(points, 50), -50))))
