"""What is new in a message, and what it quotes: the two are told apart here.

Called by agents (what was asked?) and workspaces (a history that does not repeat itself).
Expects: the plain text of a body.
Promises: no word is lost, each line is in exactly one of the four fields; bounded work on hostile text; never raises.
Where the text is cut is found by mail-parser-reply, on a copy made safe for it (its patterns are slow on long lines and on
runs of empty ones); what may be taken for history is decided here. A forwarded message is no history: it is what the mail is
about. Answers written between or below the quoted lines are new text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]  # ships no types

LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "pt"]

MAX_LOOKED_AT_LINES = (
    800  # quoted history begins within a few screens; what follows unlooked-at stays with its neighbour
)
MAX_LOOKED_AT_CHARACTERS = 32 * 1024  # the worst text known then takes 0.3 s; usual ones take 5 ms
MAX_LINE = 200  # characters of a line: the longest attribution line ("On … wrote:") seen is about 150
MAX_SIGNATURE_LINES = (
    20  # a company's long one; what stands higher up and begins with "--" is a letter with a rule in it
)
_RULE = 31  # a line of 32 underscores or more has a meaning to mail-parser-reply that would move lines

_FORWARD_MARK = re.compile(
    r"[> ]*(?:-{2,}|_{2,}|\*{2,})? ?(?:begin forwarded message|forwarded (?:message|by)|original message forwarded|"
    r"weitergeleitete nachricht|anfang der weitergeleiteten (?:e-?mail|nachricht)|message transf[ée]r[ée]|mensaje reenviado|"
    r"messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada)\b.{0,80}",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|doorst|enc|pd)\s*:", re.IGNORECASE)
_DRAWN = re.compile(r"[_-]{5,}")
_SIGNATURE = re.compile(r"-- ?")  # RFC 3676 §4.3; many mailers drop the space at the end


@dataclass(frozen=True, slots=True)
class Split:
    """A body in four: `new` (written now), `forwarded` (passed on for us to read), `quoted` (history), `signature`."""

    new: str
    forwarded: str = ""
    quoted: str = ""
    signature: str = ""


def split(text: str, *, subject: str = "", is_reply: bool) -> Split:
    """Take a body apart. `is_reply`: it names a message it answers (In-Reply-To or References); what somebody quotes without
    replying is material he passes on, whatever it looks like."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    forward = next((i for i, line in enumerate(lines) if _FORWARD_MARK.fullmatch(line.strip()[:MAX_LINE])), None)
    head = lines if forward is None else lines[:forward]
    cut = _history_begins(head)
    while cut < len(head) and cut and (not head[cut - 1].strip() or _DRAWN.fullmatch(head[cut - 1].strip()[:MAX_LINE])):
        cut -= 1  # the rule Outlook draws above the history belongs to it
    new, rest = head[:cut], head[cut:]
    passed_on = [] if forward is None else lines[forward:]
    new, signature = _without_signature(new)
    quoted: list[str] = []
    if rest and (not is_reply or _FORWARD_SUBJECT.match(subject)):
        passed_on = rest + passed_on
    elif rest:
        answers, quoted = _answers_between(rest)
        new += answers
    if is_reply and not passed_on:
        new, more = _answers_between(new, keep_if_all_quoted=True)
        quoted = more + quoted
    return Split(_joined(new), _joined(passed_on), _joined(quoted), _joined(signature))


def _history_begins(lines: list[str]) -> int:
    """The index of the line where mail-parser-reply sees the first earlier message; len(lines) when it sees none.

    It works on a copy whose lines are trimmed and shortened; a line keeps its being blank or not, so the count of lines with
    text in its first fragment is the count of ours.
    """
    looked_at: list[str] = []
    characters = 0
    for line in lines[:MAX_LOOKED_AT_LINES]:
        short = line.strip()[:MAX_LINE].strip()
        if len(short) > _RULE and not short.strip("_-"):
            short = short[:_RULE]
        characters += len(short) + 1
        if characters > MAX_LOOKED_AT_CHARACTERS:
            break
        if short or (looked_at and looked_at[-1]):
            looked_at.append(short)
    replies = _parser().read("\n".join(looked_at)).replies
    if len(replies) < 2 and not (replies and replies[0].headers):
        return len(lines)
    first = "" if replies[0].headers else replies[0].content
    with_text = sum(1 for line in first.split("\n") if line.strip())
    for index, line in enumerate(lines):
        if line.strip():
            if with_text == 0:
                return index
            with_text -= 1
    return len(lines)


@lru_cache(maxsize=1)
def _parser() -> EmailReplyParser:
    from mailparser_reply import EmailReplyParser

    return EmailReplyParser(languages=list(LANGUAGES))


def _answers_between(lines: list[str], *, keep_if_all_quoted: bool = False) -> tuple[list[str], list[str]]:
    """Lines without ">" among lines with it are answers; where nothing is marked with ">", all of it is history."""
    marked = [line.lstrip().startswith(">") for line in lines]
    if not any(marked):
        return (lines, []) if keep_if_all_quoted else ([], lines)
    first = marked.index(True)
    if keep_if_all_quoted and not any(
        line.strip() for line, is_quote in zip(lines, marked, strict=True) if not is_quote
    ):
        return lines, []
    if keep_if_all_quoted:
        first = 0
    # Before the first ">" stands the attribution ("On … wrote:"): history as well.
    answers = [line for i, line in enumerate(lines) if i >= first and not marked[i]]
    history = [line for i, line in enumerate(lines) if i < first or marked[i]]
    if not any(line.strip() for line in answers):
        return [], lines
    return answers, history


def _without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    for index in range(len(lines) - 1, max(len(lines) - MAX_SIGNATURE_LINES, 0) - 1, -1):
        if _SIGNATURE.fullmatch(lines[index]):
            return lines[:index], lines[index:]
    return lines, []


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()
