"""Mail addresses: parsed once into a value whose domain has one spelling and whose parts are known to be legal.

Called by the SMTP codec (paths), the MIME codec (header fields), settings and the command line.
Promises: `str(address)` is a legal RFC 5321 mailbox; equal mailboxes compare equal in the domain part, which is lower-case and
in A-labels (RFC 5890 §2.3.2.1): whether a domain is ours must not depend on how somebody writes it.
Does not: fold the case of the local part (RFC 5321 §2.4: only its owner may), except in `key`, which our own look-ups use.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from stringprep import in_table_b1

from mailwright.domain.refusals import BadAddress

MAX_LOCAL_OCTETS = 64  # RFC 5321 §4.5.3.1.1
MAX_DOMAIN_OCTETS = 255  # RFC 5321 §4.5.3.1.2
MAX_PATH_OCTETS = 254  # RFC 5321 §4.5.3.1.3 gives 256 with the angle brackets
MAX_LABEL_OCTETS = 63  # RFC 1035 §2.3.4, of an A-label as well

_ATOM = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*"
)
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"')
_LABELS = re.compile(
    r"[A-Za-z0-9_\x80-\U0010ffff](?:[A-Za-z0-9_\x80-\U0010ffff-]*[A-Za-z0-9\x80-\U0010ffff])?"
    r"(?:\.[A-Za-z0-9_\x80-\U0010ffff](?:[A-Za-z0-9_\x80-\U0010ffff-]*[A-Za-z0-9\x80-\U0010ffff])?)*"
)
_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]+|[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+)\]")
# Halves of characters, as JSON may bring them: no UTF-8 has them. Controls beyond ASCII, line ends and what turns the direction
# of writing: a terminal or a page would show another address than the one that is meant.
_UNFIT = re.compile("[\x80-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=False)
class Address:
    """One mailbox: `local@domain`. Make it with `Address.parse`."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `local@domain` (no display name, no angle brackets). Raises BadAddress with the reason."""
        local, at, domain = text.rpartition("@")
        if not at or not local or not domain:
            raise BadAddress(text, "an address is local@domain")
        if not (_ATOM.fullmatch(local) or _QUOTED.fullmatch(local)):
            raise BadAddress(text, "the part before @ has a character that is not allowed there")
        if not (_LABELS.fullmatch(domain) or _LITERAL.fullmatch(domain)):
            raise BadAddress(text, "the part after @ is not a domain name")
        if _UNFIT.search(text):
            raise BadAddress(text, "it has half a character, or one that cannot be shown")
        # Measured so, since some letters grow: what `str` gives must be read again.
        domain = domain.lower() if domain.isascii() else _a_labels(text, domain)
        octets = len(local.encode()), len(domain.encode())
        if octets[0] > MAX_LOCAL_OCTETS or octets[1] > MAX_DOMAIN_OCTETS or sum(octets) + 1 > MAX_PATH_OCTETS:
            raise BadAddress(text, "the address is too long")
        return cls(local, domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @cached_property
    def key(self) -> str:
        """What our own tables look up: lower-case, without quotes that are not needed, without the plus tag."""
        return f"{self.base_local.lower()}@{self.domain}"

    @cached_property
    def base_local(self) -> str:
        """The local part without quotes that are not needed and without `+tag`."""
        local = self._unquoted
        base, plus, _tag = local.partition("+")
        return base if plus and base else local

    @cached_property
    def tag(self) -> str:
        """The plus tag (`ada+news@…` has `news`), or an empty string."""
        base, plus, tag = self._unquoted.partition("+")
        return tag if plus and base else ""

    @cached_property
    def is_ascii(self) -> bool:
        """False when sending to it needs SMTPUTF8 (RFC 6531)."""
        return str(self).isascii()

    @cached_property
    def _unquoted(self) -> str:
        if not self.local.startswith('"'):
            return self.local
        inner = re.sub(r"\\(.)", r"\1", self.local[1:-1])
        return inner if _ATOM.fullmatch(inner) else self.local


def _a_labels(text: str, domain: str) -> str:
    """A domain beyond ASCII as DNS has it. Raises BadAddress, naming `text`."""
    # Lower case, wide and narrow forms and the ideographic full stop are what programs map before they look a name up. What some
    # of them drop without a word (soft hyphens, zero width) is refused: it only ever serves to look like somebody else.
    folded = unicodedata.normalize("NFKC", domain[: MAX_DOMAIN_OCTETS + 1]).replace("\u3002", ".").lower()
    folded = unicodedata.normalize("NFKC", folded)
    if not _LABELS.fullmatch(folded) or any(in_table_b1(character) for character in folded):
        raise BadAddress(text, "the part after @ is not a domain name")
    labels = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in folded.split(".")]
    if any(len(label) > MAX_LABEL_OCTETS for label in labels):
        raise BadAddress(text, "the address is too long")
    return ".".join(labels)
