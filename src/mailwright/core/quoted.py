"""What is new in a message, and what it quotes: the two are told apart here.

Called by agents (what was asked?) and workspaces (a history that does not repeat itself).
Expects: the plain text of a body.
Promises: no word is lost, each line is in exactly one of the four fields; bounded work on hostile text; never raises.
What `split` calls new is a reader's guess; nobody's authority hangs on it, but on `surely_new`.
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
    r"weitergeleitete nachricht|anfang der weitergeleiteten (?:e-?mail|nachricht)|(?:d[ée]but du )?message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])|"
    r"(?:inicio del )?mensaje reenviado|(?:inizio (?:del )?)?messaggio inoltrato|(?:begin )?doorgestuurd bericht|"
    r"(?:in[íi]cio da )?mensagem (?:re)?encaminhada|(?:pocz[ąa]tek )?przekazan(?:a|ej) wiadomo[śs][ćc]i?|vidarebefordrat (?:meddelande|brev)|"
    r"videresendt (?:meddelelse|besked))\b.{0,80}",
    re.IGNORECASE,
)
# What Outlook's older editions draw above a history: the library knows it in English only.
_ORIGINAL = re.compile(
    r"-{2,} ?(?:original message|urspr[üu]ngliche nachricht|message d['’]origine|mensaje original|messaggio originale|oorspronkelijk bericht|"
    r"mensagem original|wiadomo[śs][ćc] oryginalna|ursprungligt meddelande|oprindelig meddelelse) ?-{2,}",
    re.IGNORECASE,
)
# The two lines every edition of Outlook begins a history with. Only together: "From: …" alone may be anybody's list.
_FROM = re.compile(r"\*?(?:from|von|de|da|van|od|fr[åa]n|fra)\*? ?:\*? ?\S.{0,180}", re.IGNORECASE)
_SENT = re.compile(
    r"\*?(?:sent|gesendet|envoy[ée]|enviad[oa](?: el)?|inviato|verzonden|wys[łl]ano|skickat|sendt|date|datum|fecha|data)\*? ?:\*? ?\S.{0,180}",
    re.IGNORECASE,
)
# The line above a quotation. The library knows many; these end as it does not expect, or stand in other forms.
_WROTE = re.compile(
    r"(?=.{0,160}\d).{3,180}\b(?:wrote|schrieb|a [ée]crit|escribi[óo]|ha scritto|schreef|geschreven|escreveu|napisa[łl](?:\(a\)|a)?|skrev)"
    r"(?:\s.{1,120})?\s?:",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?:on|am|le|el|il|op|em|den|w dniu)\b.{0,40}\d", re.IGNORECASE)
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|doorst|enc|pd|vb)\s*:", re.IGNORECASE)
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
    cut = min(_history_begins(head), _marked(head))
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


def surely_new(text: str, *, subject: str = "", is_reply: bool) -> str:
    """Of the new text what is its writer's beyond doubt, for whoever acts on the writer's authority: nothing that stands right below
    a quoted line (mail programs fold long ones, and leave the mark out), nothing behind another mark, and in an answer or a
    forward nothing from where the head of a message seems to stand, in whatever language."""
    lines, below = [], False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        below = bool(line.strip()) and (below or line.lstrip().startswith(_MARKS))
        lines.append(f"> {line}" if below else line)
    if is_reply or _SHORT_PREFIX.match(subject):
        lines = lines[: _seeming_head([line.strip()[:MAX_LINE] for line in lines])]
    new = split("\n".join(lines), subject=subject, is_reply=is_reply).new
    return "\n".join(line for line in new.split("\n") if not line.startswith(">"))


_MARKS = (">", "|", "\u00a6", "\u2502", "\u2503", "\uff1e")
_SHORT_PREFIX = re.compile(r"\s*[^\s:\uff1a]{1,10}\s?[:\uff1a]")
_MOMENT = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d\d\b|\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b|[<(\[]\S{1,200}@\S{1,200}[>)\]]"
)
_SAID = re.compile(
    r"\b(?:wrote|writes|schrieb|[ée]crit|escribi[óo]|scritto|schreef|geschreven|escreveu|napisa[łl]\w*|skrev|kirjoitti|[íi]rta|a scris|napsal\w*"
    r"|пиш\w+|(?:на)?писа\w+|yazd[ıi]|έγραψε)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\*?[^\W\d_][^:\uff1a]{0,24}[:\uff1a]\*?\s*\S")


def _seeming_head(lines: list[str]) -> int:
    """The index of the first line that looks like "… wrote:", or of the first of three that look like fields; len(lines) if none."""
    for index, line in enumerate(lines):
        if line.endswith((":", "\uff1a")) and (_MOMENT.search(line) or _SAID.search(line)):
            return index
        following = [each for each in lines[index : index + 5] if each][:3]
        if len(following) == 3 and line and all(map(_NAMED.match, following)):
            return index
    return len(lines)


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


def _marked(lines: list[str]) -> int:
    """The index of the first line that only a mailer writes above a history; len(lines) when there is none."""
    looked_at = [line.strip()[:MAX_LINE] for line in lines[:MAX_LOOKED_AT_LINES]]
    for index, line in enumerate(looked_at):
        following = [each for each in looked_at[index + 1 : index + 4] if each]
        if _ORIGINAL.fullmatch(line):
            return index
        if following and _FROM.fullmatch(line) and _SENT.fullmatch(following[0]):
            return index
        if _is_attribution(line, following):
            return index
        # Folded by the mailer: "On … <ada@example.org>", "wrote:". The date stands in the first of the two.
        if (
            _DATED.match(line)
            and following
            and following[0] == looked_at[index + 1]
            and not _is_attribution(following[0], following[1:])
            and _is_attribution(f"{line} {following[0]}"[:MAX_LINE], following[1:])
        ):
            return index
    return len(lines)


def _is_attribution(line: str, following: list[str]) -> bool:
    """Whether a line says who wrote what follows: a person may write "In 2019 she wrote:", but quotes no address, and nothing below."""
    return (
        line.endswith(":")
        and not line.startswith(">")
        and _WROTE.fullmatch(line) is not None
        and ("@" in line or (bool(following) and following[0].startswith(">")))
    )


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
