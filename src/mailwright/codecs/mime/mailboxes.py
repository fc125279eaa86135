"""Address fields: From, To, Cc and their like, as mailboxes.

Called by `header`; `Mailbox` is also what `compose` takes.
Expects: the unfolded field, not yet decoded (an encoded word may hold a comma).
Promises: never raises; linear time; `Mailbox.address` is "" or text that `domain.addresses.Address.parse` takes.
Kind to: groups, comments, obsolete routes, `;` between addresses (Outlook), doubled or unclosed angle brackets, encoded words
inside quotes; what is no address at all is kept as a name, so that a person still sees it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailwright.codecs.mime import charsets
from mailwright.codecs.mime.words import decode_words
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

MAX_MAILBOXES = 2000  # of one field; RFC 5321 §4.5.3.1.8 asks servers for 100 recipients, list owners write more
MAX_ADDRESS_CHARACTERS = 400  # nothing longer is looked at as an address (254 octets is the legal limit)
MAX_COMMENT_DEPTH = 20  # nested comments beyond this are text
_SHORT = 400  # characters: up to here the quick forms below are tried

_ADDRESS = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_BARE = re.compile(_ADDRESS)
_QUICK = re.compile(
    rf'(?:(?:"([^"\\=\x00-\x1f]*)"|([^"\\=<>@,;:()\[\]\x00-\x1f]*))[ \t]*<({_ADDRESS})>|({_ADDRESS}))[ \t]*(?:,\s*|\Z)'
)
_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]++|\\.)*(?:"|\Z))'
    r'|<(?P<angle>(?:"(?:[^"\\]++|\\.)*"|[^<>"]++)*)>'
    r'|<(?P<open>[^<>,;"]*)'
    r"|(?P<literal>\[[^\[\]]*\])"
    r"|(?P<space>\s+)"
    r"|(?P<pair>\\.)"
    r"|(?P<special>[,;:()>\[\]])"
    r'|(?P<atom>[^\s,;:<>()\[\]"\\]+)',
    re.DOTALL,
)
_AROUND = re.compile(
    r"(?<!\s)\s*([@.])\s*"
)  # begins at the first space of a run only: a long run is not tried at each of its own
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One entry of an address field: the name people see (may be "") and `local@domain` (or "", when there was none)."""

    name: str
    address: str


def parse(value: str) -> tuple[Mailbox, ...]:
    """The mailboxes of an unfolded address field, in their order; group names are dropped, their members kept (RFC 5322 §3.4)."""
    value = value.strip()
    if not value:
        return ()
    quick = _quick(value) if len(value) <= _SHORT else None
    if quick is not None:
        return tuple(quick)
    return tuple(entry for entry in _entries(value) if isinstance(entry, Mailbox))


def parse_groups(value: str) -> tuple[tuple[str | None, tuple[Mailbox, ...]], ...]:
    """The groups of an unfolded address field, each with its name, and between them what stands in none (RFC 5322 §3.4)."""
    found: list[tuple[str | None, list[Mailbox]]] = []
    name: str | None = None
    for entry in _entries(value.strip()):
        if isinstance(entry, _Group):
            name = entry.name
            if name is not None:
                found.append((name, []))
        elif found and found[-1][0] == name:
            found[-1][1].append(entry)
        else:
            found.append((name, [entry]))
    return tuple((name, tuple(members)) for name, members in found)


def address_of(text: str) -> str:
    """`text` if it is a legal address, else ""."""
    if len(text) > MAX_ADDRESS_CHARACTERS:
        return ""
    if len(text) <= 64 and _BARE.fullmatch(text):
        return text
    try:
        Address.parse(text)
    except (BadAddress, UnicodeEncodeError):
        return ""
    return text if text.isprintable() else ""


def _quick(value: str) -> list[Mailbox] | None:
    """The two forms nine of ten fields are made of, `a@b` and `Name <a@b>`, or None when there is anything else in `value`."""
    found: list[Mailbox] = []
    position = 0
    while position < len(value):
        entry = _QUICK.match(value, position)
        if entry is None:
            return None
        quoted, plain, angle, bare = entry.groups()
        address = angle or bare
        if len(address) > 64 and not address_of(address):
            return None
        found.append(Mailbox(_unquoted(charsets.one_line(quoted or plain or "")), address))
        position = entry.end()
    return found


class _Entry:
    """What has been read of the entry at hand."""

    __slots__ = ("angle", "comment", "has_at", "has_quote", "raw", "words")

    def __init__(self) -> None:
        self.raw: list[str] = []  # the entry without its angle address, as written
        self.words: list[str] = []  # the same, quotes taken off: the display name
        self.angle: str | None = None
        self.comment: list[str] = []
        self.has_quote = False
        self.has_at = False  # an "@" that stands alone was read

    def mailbox(self) -> Mailbox | None:
        """The finished entry; None when there was nothing between two commas."""
        name = _name("".join(self.words))
        if self.angle is not None:
            address = address_of(_without_route(self.angle))
            if not address:
                name = _name(" ".join(part for part in ("".join(self.words).strip(), f"<{self.angle}>") if part))
                return Mailbox(name, "")
            return Mailbox(name or _name("".join(self.comment)), address)
        written = "".join(self.raw).strip()
        if not written and not self.comment:
            return None
        if "@" in written:
            # RFC 5322 §4.4 (obs-addr-spec): white space around the dots and the @.
            written = written if self.has_quote else _AROUND.sub(r"\1", written)
            address = address_of(written)
            if address:
                return Mailbox(_name("".join(self.comment)), address)
            last = written.rpartition(" ")[2]  # "Ada Lovelace ada@example.org", the brackets forgotten
            address = address_of(last)
            if address:
                return Mailbox(_name(written[: -len(last)]), address)
        return Mailbox(name or _name("".join(self.comment)), "") if name or self.comment else None


@dataclass(frozen=True, slots=True)
class _Group:
    """Here a group of that name begins, or with None the last one ends."""

    name: str | None


def _entries(value: str) -> Iterator[Mailbox | _Group]:
    entry = _Entry()
    depth = 0  # of comments
    count = 0
    in_group = False
    for token in _TOKEN.finditer(value):
        kind, text = token.lastgroup, token[0]
        if depth:
            # RFC 5322 §3.2.2: comments nest; a quote has no meaning inside one.
            if text == "(" and depth < MAX_COMMENT_DEPTH:
                depth += 1
            elif text == ")":
                depth -= 1
            if depth:
                entry.comment.append(text[1] if kind == "pair" else text)
            continue
        if kind == "quoted":
            entry.raw.append(text)
            entry.words.append(_ESCAPE.sub(r"\1", text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:]))
            entry.has_quote = True
        elif kind in ("angle", "open"):
            if entry.angle is None or not entry.angle:
                entry.angle = (token[kind] or "").strip()
        elif kind == "special":
            if text == "(":
                depth = 1
                if entry.comment:
                    entry.comment.append(" ")
            elif text == ":" and entry.angle is None and not entry.has_at:
                yield _Group(_name("".join(entry.words)))  # what was read was a group's name
                in_group = True
                entry = _Entry()
                count += 1
            elif text in ",;":
                mailbox = entry.mailbox()
                entry = _Entry()
                if mailbox is not None:
                    yield mailbox
                    count += 1
                if text == ";" and in_group:
                    yield _Group(None)
                    in_group = False
            if count >= MAX_MAILBOXES:
                return
        elif entry.angle is None:
            entry.raw.append(text)
            entry.words.append(" " if kind == "space" else text)
            entry.has_at = entry.has_at or text == "@"
    mailbox = entry.mailbox()
    if mailbox is not None:
        yield mailbox


def _without_route(angle: str) -> str:
    """RFC 5322 §4.4 (obs-route): `@relay,@relay:local@domain` means `local@domain`."""
    if angle.startswith("@"):
        angle = angle.rpartition(":")[2]
    if angle[:7].lower() == "mailto:":
        angle = angle[7:]
    return angle if '"' in angle else "".join(angle.split())


def _name(text: str) -> str:
    return _unquoted(charsets.one_line(decode_words(text)))


def _unquoted(name: str) -> str:
    """Without Outlook's second pair of quotes."""
    return name[1:-1].strip() if len(name) >= 2 and name[0] == name[-1] == "'" else name
