"""Commands to the concierge: the few words by which a person cancels, moves, lists or answers, in seven languages.

Called by the concierge before any model is asked, and by the rules model. Pure, bounded. It reads the person's own words alone; what is
meant by "it" is for the caller, who knows what the mail answers, and so is what a phrase means as a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.agents.models.rules import commands_table as table
from mailwright.agents.models.rules import texts

MAX_WORDS = 40  # a longer message is no command, but may hold one: that is for a model
MAX_SENTENCES = 4
MAX_TEXT = 2_000

Kind: TypeAlias = Literal["cancel", "done", "list", "help", "yes", "no", "number", "change", "snooze"]


@dataclass(frozen=True, slots=True)
class Command:
    """`about`: which one is meant, as the person calls it ("all" for all of them; empty: the one the mail is about); `phrase`: the words
    that say when; `number`: of a list or of a question's choices."""

    kind: Kind
    about: str = ""
    phrase: str = ""
    number: int = 0


def read(text: str) -> Command | None:
    """The command a short message is, or None when it is none."""
    if len(text) > MAX_TEXT or len(texts.words(text)) > MAX_WORDS:
        return None
    for sentence in _sentences(text)[:MAX_SENTENCES]:
        found = _of(sentence)
        if found is not None:
            return found
    return None


def is_about_reminder(about: str) -> bool:
    """Whether words name a reminder as such ("the reminder for the dentist")."""
    return table.REMINDER_WORD.search(about.lower()) is not None


def _sentences(text: str) -> list[str]:
    pieces = re.split(r"(?<=[.!?])\s+(?=[^\d\s])|\n", text)
    out = [each for each in pieces if each.strip()]
    return list(dict.fromkeys(tidy for each in out if (tidy := _tidy(each))))


def _tidy(sentence: str) -> str:
    said = " ".join(sentence.lower().replace("’", "'").split()).strip(" \"'“”«»")
    bare = said.rstrip(" .!…") if said.strip("? .!…") else said
    bare = bare.rstrip("?").rstrip() if bare.strip("?") else bare
    for _ in range(2):
        shorter = table.POLITE_END.sub("", bare).rstrip(" ,.!")
        longer = table.POLITE.sub("", shorter)
        bare = longer or shorter or bare
    return bare


def _of(said: str) -> Command | None:
    """The command of a sentence; of several clauses that are all the same command ("never mind, not needed"), that one."""
    whole = _clause(said)
    if whole is not None and not (whole.about and "," in whole.about):
        return whole
    found = [_clause(_tidy(each)) for each in said.split(",")]
    kinds = {each.kind if each is not None else None for each in found}
    if len(found) > 1 and kinds <= {"cancel", "done"}:
        return next((each for each in found if each is not None and not each.about), None)
    return whole


def _clause(said: str) -> Command | None:
    number = table.NUMBER.fullmatch(said)
    if number is not None:
        return Command("number", number=int(number["number"]))
    for value, pattern in table.ORDINAL_WORDS.items():
        if pattern.fullmatch(said):
            return Command("number", number=value)
    plain: tuple[tuple[re.Pattern[str], Kind], ...] = (
        (table.YES, "yes"),
        (table.NO, "no"),
        (table.DONE, "done"),
        (table.HELP, "help"),
        (table.LIST, "list"),
        (table.CANCEL_BARE, "cancel"),
    )
    for pattern, kind in plain:
        if pattern.fullmatch(said):
            return Command(kind)
    done = table.DONE_ONE.fullmatch(said)
    if done is not None:
        return Command("done", number=int(done["number"]))
    cancel = table.CANCEL.fullmatch(said)
    if cancel is not None:
        return _cancel(cancel["about"] or "")
    for pattern in table.SNOOZE:
        snooze = pattern.fullmatch(said)
        if snooze is not None:
            return Command("snooze", phrase=snooze["phrase"] or "")
    for pattern in table.CHANGE:
        change = pattern.fullmatch(said)
        if change is not None:
            return Command("change", phrase=change["phrase"].strip())
    return None


def _cancel(about: str) -> Command:
    about = about.strip(" ,.")
    if not about or table.IT.fullmatch(about):
        return Command("cancel")
    if table.ALL.fullmatch(about):
        return Command("cancel", about="all")
    number = table.NUMBER.fullmatch(about)
    if number is not None:
        return Command("cancel", number=int(number["number"]))
    return Command("cancel", about=about)
