"""One complete command becomes one frozen value (RFC 9051 §9 and the extensions we offer).

Called by the session with a `Raw`: the lines of a command and its literals, already cut out of the stream. Promises a
command or a `Garbled` with the answer, whatever the octets are. This file has the dispatch, what may be said in any state,
and signing in; `mailboxgrammar`, `messagegrammar` and `searchgrammar` have the rest.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping

from mailwright.codecs.imap.commands import (
    AuthAnswer,
    Authenticate,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Enable,
    Expunge,
    Garbled,
    Id,
    Idle,
    Login,
    Logout,
    Noop,
    StartTls,
    Unselect,
)
from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.mailboxcommands import Namespace
from mailwright.codecs.imap.mailboxgrammar import MAILBOX_PARSERS
from mailwright.codecs.imap.messagegrammar import MESSAGE_PARSERS
from mailwright.codecs.imap.scanner import Raw, Scanner
from mailwright.codecs.imap.searchgrammar import SEARCH_PARSERS

MAX_TAG_OCTETS = 128  # clients use four to ten; a tag is echoed in every answer
MAX_ID_PAIRS = 30  # RFC 2971 §3.3: at most thirty fields,
MAX_ID_FIELD_OCTETS = 30  # whose names have at most thirty octets
MAX_ID_VALUE_OCTETS = 1024  # and whose values at most 1024

Parser = Callable[[Scanner, bytes], Command]


def parse_command(raw: Raw, permit: "Callable[[str], None]", *, utf8: bool = False) -> Command | Garbled:
    """What the command is. `permit` is asked with the name whether it may come now, and raises PeerError if not.

    `utf8`: mailbox names are UTF-8. Raises AwaitsLiteral when `raw` is not complete and all of it is well so far.
    """
    tag: bytes | None = None
    scan = Scanner(raw, utf8=utf8)
    try:
        tag = _tag(scan)
        verb = _verb(scan)
        parser = _PARSERS.get(verb)
        if parser is None:
            raise PeerError("the command is not known here")
        scan.verb = verb
        permit(verb.removeprefix("UID ") if verb != "UID EXPUNGE" else verb)
        command = parser(scan, tag)
        scan.end()
    except PeerError as error:
        return Garbled(tag, error.text, error.code, error.condition, scan.verb)
    return command


def parse_answer(line: bytes, tag: bytes) -> AuthAnswer | Garbled:
    """A line inside an AUTHENTICATE exchange, without CRLF (RFC 9051 §6.2.2)."""
    if line == b"*":
        return AuthAnswer(tag, None)
    try:
        return AuthAnswer(tag, _from_base64(line))
    except PeerError as error:
        return Garbled(tag, error.text, error.code, error.condition, "AUTHENTICATE")


def tag_of(line: bytes) -> bytes | None:
    """The tag of a command of which only the beginning is known, if it can be read."""
    found = _TAG.match(line)
    return found[0] if found is not None and len(found[0]) <= MAX_TAG_OCTETS and found.end() < len(line) else None


def _tag(scan: Scanner) -> bytes:
    found = scan.match(_TAG)
    if found is None or len(found[0]) > MAX_TAG_OCTETS:
        raise PeerError(f"a command begins with a tag, a word of at most {MAX_TAG_OCTETS} octets like a1")
    return found[0]


_TAG = re.compile(rb"[!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")  # RFC 9051 §9: an astring without "+"


def _verb(scan: Scanner) -> str:
    scan.space("a command")
    verb = scan.word("a command")
    if verb != "UID":
        return verb
    scan.verb = verb
    scan.space("the name of a command")
    return f"UID {scan.word('the name of a command')}"


def _bare(make: type[Command]) -> Parser:
    def parse(scan: Scanner, tag: bytes) -> Command:
        return make(tag)

    return parse


def _id(scan: Scanner, tag: bytes) -> Command:
    scan.space("NIL or a list of names and values")
    if scan.sees(b"("):
        pairs = scan.listed(lambda: _id_pair(scan), "a name and a value", empty=True)
        if len(pairs) > MAX_ID_PAIRS:
            raise PeerError(f"ID has at most {MAX_ID_PAIRS} fields")
        return Id(tag, tuple(pairs))
    if scan.nstring("NIL or a list of names and values") is not None:
        raise PeerError('ID: expected NIL or a list like ("name" "My client")')
    return Id(tag, None)


def _id_pair(scan: Scanner) -> tuple[str, str | None]:
    name = scan.string("the name of a field in quotes")
    scan.space("a value")
    value = scan.nstring("a value in quotes or NIL")
    if len(name) > MAX_ID_FIELD_OCTETS or len(value or b"") > MAX_ID_VALUE_OCTETS:
        raise PeerError(f"ID: names have at most {MAX_ID_FIELD_OCTETS} octets and values {MAX_ID_VALUE_OCTETS}")
    # RFC 2971 §3.3: what a client says of itself decides nothing, so an octet that is no UTF-8 may be replaced.
    return name.decode("utf-8", "replace"), None if value is None else value.decode("utf-8", "replace")


def _compress(scan: Scanner, tag: bytes) -> Command:
    scan.space("DEFLATE")
    if scan.word("DEFLATE") != "DEFLATE":
        raise PeerError("COMPRESS: only DEFLATE is spoken here")  # RFC 4978 §3: an unknown mechanism is BAD
    return Compress(tag)


def _authenticate(scan: Scanner, tag: bytes) -> Command:
    scan.space("a mechanism")
    found = scan.match(_MECHANISM)
    if found is None:
        raise scan.expected("a mechanism like PLAIN")
    mechanism = found[0].decode("ascii").upper()
    if scan.at_end():
        return Authenticate(tag, mechanism, None)
    scan.space("an initial response")
    # RFC 4959 §3: "=" is an initial response of zero octets.
    if scan.take(b"="):
        return Authenticate(tag, mechanism, b"")
    response = scan.match(_BASE64)
    if response is None:
        raise scan.expected('an initial response in base64, or "="')
    return Authenticate(tag, mechanism, _from_base64(response[0]))


_MECHANISM = re.compile(rb"[A-Za-z0-9_-]{1,20}")  # RFC 4422 §3.1
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def _from_base64(octets: bytes) -> bytes:
    try:
        return base64.b64decode(octets, validate=True)
    except binascii.Error:
        # RFC 9051 §6.2.2: a response that is not base64 is answered with a tagged BAD.
        raise PeerError("AUTHENTICATE: that is not base64") from None


def _login(scan: Scanner, tag: bytes) -> Command:
    scan.space("a name")
    user = scan.text("a name")
    scan.space("a password (in quotes, where it has spaces or signs)")
    return Login(tag, user, scan.text("a password"))


def _enable(scan: Scanner, tag: bytes) -> Command:
    extensions: dict[str, None] = {}
    while not extensions or not scan.at_end():
        scan.space("the name of an extension")
        extensions[scan.word("the name of an extension")] = None
    return Enable(tag, tuple(extensions))


_PARSERS: Mapping[str, Parser] = {
    "CAPABILITY": _bare(Capability),
    "NOOP": _bare(Noop),
    "LOGOUT": _bare(Logout),
    "ID": _id,
    "COMPRESS": _compress,
    "STARTTLS": _bare(StartTls),
    "AUTHENTICATE": _authenticate,
    "LOGIN": _login,
    "ENABLE": _enable,
    "IDLE": _bare(Idle),
    "NAMESPACE": _bare(Namespace),
    "CHECK": _bare(Check),
    "CLOSE": _bare(Close),
    "UNSELECT": _bare(Unselect),
    "EXPUNGE": _bare(Expunge),
    **MAILBOX_PARSERS,
    **MESSAGE_PARSERS,
    **SEARCH_PARSERS,
}

VERBS = frozenset(_PARSERS)
"""Every command that is known, the UID forms among them."""
