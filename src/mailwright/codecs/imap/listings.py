"""What the server says about mailboxes: LIST, LSUB, STATUS, NAMESPACE, quotas, rights, metadata.

Called by the verbs of `protocols/imap`. Promises whole lines with CRLF. Names of mailboxes are text; they are spelled here,
in modified UTF-7 unless `utf8`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from mailwright.codecs.imap import names
from mailwright.codecs.imap.strings import NIL, astring, listed, mailbox, string

Namespaces: TypeAlias = Sequence[str] | None
"""The prefixes of one class of mailboxes ("" for no prefix); None or none: there is none."""


def list_line(
    attributes: Iterable[str],
    name: str,
    *,
    utf8: bool = False,
    subscribed_only: bool = False,
    child_info: bool = False,
    old_name: str | None = None,
) -> bytes:
    """LIST (RFC 9051 §7.3.1), or LSUB (RFC 3501 §7.2.3) when `subscribed_only`. `name` "" is the root, for LIST "" "".

    `child_info`: a child matches SUBSCRIBED though this one does not (RFC 5258 §3.5). `old_name`: RFC 9051 §6.3.9.7.
    """
    written = b'* %b (%b) "%b" %b' % (
        b"LSUB" if subscribed_only else b"LIST",
        " ".join(attributes).encode("ascii"),
        names.SEPARATOR.encode("ascii"),
        mailbox(name, utf8=utf8),
    )
    extended = []
    if child_info:
        extended.append(b'"CHILDINFO" ("SUBSCRIBED")')
    if old_name is not None:
        extended.append(b'"OLDNAME" (%b)' % mailbox(old_name, utf8=utf8))
    return written + (b" " + listed(extended) if extended else b"") + b"\r\n"


def status_line(name: str, items: Mapping[str, int | str], *, utf8: bool = False) -> bytes:
    """STATUS (RFC 9051 §7.3.2). A number as it is; text, which is a MAILBOXID, in parentheses (RFC 8474 §4.3)."""
    words = " ".join(
        [f"{item} ({value})" if isinstance(value, str) else f"{item} {value}" for item, value in items.items()]
    )
    return b"* STATUS %b (%b)\r\n" % (mailbox(name, utf8=utf8), words.encode("ascii"))


def namespace_line(personal: Namespaces, others: Namespaces, shared: Namespaces, *, utf8: bool = False) -> bytes:
    """NAMESPACE (RFC 9051 §6.3.10)."""
    return b"* NAMESPACE %b %b %b\r\n" % (
        _namespace(personal, utf8),
        _namespace(others, utf8),
        _namespace(shared, utf8),
    )


def _namespace(prefixes: Namespaces, utf8: bool) -> bytes:
    if not prefixes:
        return NIL
    separator = string(names.SEPARATOR)
    one_each = [b"(%b %b)" % (string(names.encode(prefix, utf8=utf8), utf8=utf8), separator) for prefix in prefixes]
    return b"(%b)" % b"".join(one_each)  # RFC 9051 §9, namespace: no space between them


def quota_line(root: str, resources: Iterable[tuple[str, int, int]], *, utf8: bool = False) -> bytes:
    """QUOTA (RFC 9208 §4.2.1): (resource, usage, limit); STORAGE is counted in units of 1024 octets."""
    words = " ".join([f"{resource} {usage} {limit}" for resource, usage, limit in resources])
    return b"* QUOTA %b (%b)\r\n" % (astring(root, utf8=utf8), words.encode("ascii"))


def quota_root_line(name: str, roots: Iterable[str], *, utf8: bool = False) -> bytes:
    """QUOTAROOT (RFC 9208 §4.2.2)."""
    words = [mailbox(name, utf8=utf8), *[astring(root, utf8=utf8) for root in roots]]
    return b"* QUOTAROOT %b\r\n" % b" ".join(words)


def acl_line(name: str, rights: Mapping[str, str], *, utf8: bool = False) -> bytes:
    """ACL (RFC 4314 §3.6): who has which rights, as letters."""
    words = [mailbox(name, utf8=utf8)]
    for identifier, letters in rights.items():
        words += [astring(identifier, utf8=utf8), _rights(letters)]
    return b"* ACL %b\r\n" % b" ".join(words)


def list_rights_line(name: str, identifier: str, always: str, others: Iterable[str], *, utf8: bool = False) -> bytes:
    """LISTRIGHTS (RFC 4314 §3.7): the rights that are always granted, then sets of rights that go together."""
    words = [
        mailbox(name, utf8=utf8),
        astring(identifier, utf8=utf8),
        _rights(always),
        *[_rights(each) for each in others],
    ]
    return b"* LISTRIGHTS %b\r\n" % b" ".join(words)


def my_rights_line(name: str, letters: str, *, utf8: bool = False) -> bytes:
    """MYRIGHTS (RFC 4314 §3.8)."""
    return b"* MYRIGHTS %b %b\r\n" % (mailbox(name, utf8=utf8), _rights(letters))


def _rights(letters: str) -> bytes:
    # RFC 4314 §2: rights are an astring; none are an empty one.
    return astring(letters)


def metadata_line(name: str, entries: Iterable[tuple[str, bytes | None]], *, utf8: bool = False) -> bytes:
    """METADATA with values (RFC 5464 §4.4.1). `name` "" is the server itself."""
    words = []
    for entry, value in entries:
        words += [astring(entry, utf8=utf8), _metadata_value(value, utf8)]
    return b"* METADATA %b %b\r\n" % (mailbox(name, utf8=utf8), listed(words))


def _metadata_value(value: bytes | None, utf8: bool) -> bytes:
    if value is None:
        return NIL
    # RFC 5464 §5: a value with NUL is a literal8.
    return b"~{%d}\r\n%b" % (len(value), value) if b"\0" in value else string(value, utf8=utf8)


def metadata_changed_line(name: str, entries: Iterable[str], *, utf8: bool = False) -> bytes:
    """METADATA without values (RFC 5464 §4.4.2): these entries have changed."""
    words = [astring(entry, utf8=utf8) for entry in entries]
    return b"* METADATA %b %b\r\n" % (mailbox(name, utf8=utf8), b" ".join(words))
