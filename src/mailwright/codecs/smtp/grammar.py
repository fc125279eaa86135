"""One command line, already cut out of the stream, becomes one command (RFC 5321 §4.1.1 and the extensions we offer).

Called by the session with the line as text, without CRLF. Promises a command or a PeerError with the answer.
Does not: know the state; whether the command may come now has been asked before.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from mailwright.codecs.smtp import quirks
from mailwright.codecs.smtp.commands import (
    Auth,
    AuthAnswer,
    Command,
    Data,
    Expand,
    Hello,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Reset,
    StartTls,
    Verify,
)
from mailwright.codecs.smtp.errors import PeerError
from mailwright.codecs.smtp.paths import PATH, forward_path, reverse_path

LINE_CACHE = 4096  # lines: the same senders and recipients come again and again
MAX_SIZE_DIGITS = 20  # RFC 1870 §3: size-value is at most twenty digits


@dataclass(slots=True)
class Context:
    """What a line means depends on a little of what was said before it."""

    postmaster_domain: str
    extended: bool = False  # the client said EHLO or LHLO: parameters are allowed
    smtputf8: bool = False  # the open transaction declared SMTPUTF8


def parse_command(verb: str, rest: str, context: Context) -> Command:
    """`verb` is in capitals and known; `rest` is what follows the space after it. Raises PeerError."""
    return _PARSERS[verb](verb, rest, context)


@lru_cache(maxsize=LINE_CACHE)
def parse_cached(octets: bytes, postmaster_domain: str, extended: bool, smtputf8: bool) -> Command:
    """The same for an ASCII line whose verb is in capitals and has four letters; remembers what it understood.

    Never for AUTH: secrets do not belong in a cache. Raises PeerError.
    """
    line = octets.decode("ascii")
    return parse_command(line[:4], line[5:], Context(postmaster_domain, extended, smtputf8))


def parse_answer(line: str) -> AuthAnswer:
    """A line inside an AUTH exchange (RFC 4954 §4). Raises PeerError."""
    # RFC 4954 §4: a client that wants to cancel sends a line with a single "*".
    return AuthAnswer(None if line == "*" else _from_base64(line))


def _hello(verb: str, rest: str, context: Context) -> Command:
    # RFC 5321 §4.1.4: the name must be given, but mail is not refused because it cannot be verified. RFC 6531 §3.7.1:
    # it is ASCII, because SMTPUTF8 is not agreed on yet.
    if not _CLIENT_NAME.fullmatch(rest):
        raise PeerError(501, "5.5.4", f"{verb} needs one name: your host name or address literal")
    match verb:
        case "EHLO":
            return Hello("EHLO", rest)
        case "HELO":
            return Hello("HELO", rest)
        case _:
            return Hello("LHLO", rest)


_CLIENT_NAME = re.compile(r"[!-~]{1,255}")  # RFC 5321 §4.5.3.1.2: a domain has at most 255 octets


def _mail(verb: str, rest: str, context: Context) -> Command:
    found = _FROM.fullmatch(rest)
    if found is None:
        raise PeerError(501, "5.5.4", "it is MAIL FROM:<address>, with the address between < and >")
    parameters = found["parameters"]
    path = found["path"]
    if not parameters:
        mail = Mail(reverse_path(path))
    else:
        if not context.extended:
            # RFC 5321 §4.1.1.11: parameters belong to extensions, and those were not agreed on with HELO.
            raise PeerError(555, "5.5.4", "parameters need EHLO")
        mail = _with_parameters(path, parameters)
    if not path.isascii() and not mail.smtputf8:
        # RFC 6531 §3.5: without SMTPUTF8 such an address is refused with 553 and 5.6.7.
        raise PeerError(553, "5.6.7", "an address beyond ASCII needs the SMTPUTF8 parameter")
    return mail


_COLON = r": ?" if quirks.SPACE_AFTER_COLON else r":"
_FROM = re.compile(rf"FROM{_COLON}{PATH}(?P<parameters>(?: +[^ ]+)*)", re.IGNORECASE)
_TO = re.compile(rf"TO{_COLON}{PATH}(?P<parameters>(?: +[^ ]+)*)", re.IGNORECASE)


def _with_parameters(path: str, text: str) -> Mail:
    size: int | None = None
    body = "7BIT"
    smtputf8 = False
    seen: set[str] = set()
    for item in text.split():
        keyword, equals, value = item.partition("=")
        keyword = keyword.upper()
        if keyword in seen:
            raise PeerError(501, "5.5.4", f"{keyword} is given twice")
        seen.add(keyword)
        if keyword == "SIZE":
            # RFC 1870 §6: the declared size, in octets.
            if not (value.isascii() and value.isdigit() and len(value) <= MAX_SIZE_DIGITS):
                raise PeerError(501, "5.5.4", "SIZE is a number of octets")
            size = int(value)
        elif keyword == "BODY":
            # RFC 6152 §3: 7BIT or 8BITMIME; BINARYMIME belongs to RFC 3030, which is not offered.
            body = value.upper()
            if body not in ("7BIT", "8BITMIME"):
                raise PeerError(501, "5.5.4", "BODY is 7BIT or 8BITMIME")
        elif keyword == "SMTPUTF8":
            # RFC 6531 §3.4: the parameter has no value.
            if equals:
                raise PeerError(501, "5.5.4", "SMTPUTF8 has no value")
            smtputf8 = True
        elif keyword == "AUTH":
            # RFC 4954 §5: who submitted it in the first place; without trust between the hosts it is parsed and ignored.
            if not value:
                raise PeerError(501, "5.5.4", "AUTH needs a mailbox or <>")
        else:
            raise PeerError(555, "5.5.4", f"the parameter {keyword[:40]} is not known here")
    return Mail(reverse_path(path), size, "8BITMIME" if body == "8BITMIME" else "7BIT", smtputf8)


def _rcpt(verb: str, rest: str, context: Context) -> Command:
    found = _TO.fullmatch(rest)
    if found is None:
        raise PeerError(501, "5.5.4", "it is RCPT TO:<address>, with the address between < and >")
    if found["parameters"]:
        raise PeerError(555, "5.5.4", "RCPT takes no parameters here")
    path = found["path"]
    if not path.isascii() and not context.smtputf8:
        raise PeerError(553, "5.6.7", "an address beyond ASCII needs SMTPUTF8 in MAIL FROM")
    return Rcpt(forward_path(path, context.postmaster_domain))


def _auth(verb: str, rest: str, context: Context) -> Command:
    mechanism, _, initial = rest.partition(" ")
    if not _MECHANISM.fullmatch(mechanism):
        raise PeerError(501, "5.5.4", "AUTH needs a mechanism")
    if not initial:
        return Auth(mechanism.upper(), None)
    # RFC 4954 §4: "=" is an initial response of zero octets.
    return Auth(mechanism.upper(), b"" if initial == "=" else _from_base64(initial))


_MECHANISM = re.compile(r"[A-Za-z0-9_-]{1,20}")  # RFC 4422 §3.1


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        # RFC 4954 §4: a line that is not base64 is refused with 501 and 5.5.2.
        raise PeerError(501, "5.5.2", "that is not base64") from None


def _help(verb: str, rest: str, context: Context) -> Command:
    return Help(rest.strip().upper()[:20])


def _verify(verb: str, rest: str, context: Context) -> Command:
    if not rest.strip():
        raise PeerError(501, "5.5.4", "VRFY needs a name or an address")
    return Verify(rest.strip())


def _expand(verb: str, rest: str, context: Context) -> Command:
    return Expand(rest.strip())


def _noop(verb: str, rest: str, context: Context) -> Command:
    return _NOOP  # RFC 5321 §4.1.1.9: a parameter string is ignored


def _bare(command: Command) -> "Callable[[str, str, Context], Command]":
    def parse(verb: str, rest: str, context: Context) -> Command:
        # RFC 5321 §4.1.1: a command that takes no argument and has one is answered with 501.
        if rest:
            raise PeerError(501, "5.5.4", f"{verb} takes no argument")
        return command

    return parse


_NOOP = Noop()

_PARSERS: dict[str, Callable[[str, str, Context], Command]] = {
    "EHLO": _hello,
    "HELO": _hello,
    "LHLO": _hello,
    "MAIL": _mail,
    "RCPT": _rcpt,
    "DATA": _bare(Data()),
    "RSET": _bare(Reset()),
    "NOOP": _noop,
    "QUIT": _bare(Quit()),
    "VRFY": _verify,
    "EXPN": _expand,
    "HELP": _help,
    "STARTTLS": _bare(StartTls()),
    "AUTH": _auth,
}

VERBS = frozenset(_PARSERS)
"""Every verb that is known, offered or not."""
