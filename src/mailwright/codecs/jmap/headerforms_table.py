"""Which header field may be read and written in which form (RFC 8621 §4.1.2). Data for `headers`.

A field that neither RFC 5322 nor RFC 2369 defines may be had in every form; those they define only in the ones named here,
and all of them as Raw.
"""

from typing import Final

FORMS: Final = ("Raw", "Text", "Addresses", "GroupedAddresses", "MessageIds", "Date", "URLs")

_TEXT = frozenset({"Raw", "Text"})
_ADDRESSES = frozenset({"Raw", "Addresses", "GroupedAddresses"})
_IDS = frozenset({"Raw", "MessageIds"})
_DATE = frozenset({"Raw", "Date"})
_URLS = frozenset({"Raw", "URLs"})
_RAW = frozenset({"Raw"})

ALLOWED: Final[dict[str, frozenset[str]]] = {
    # RFC 5322 §3.6
    "subject": _TEXT,
    "comments": _TEXT,
    "keywords": _TEXT,
    "from": _ADDRESSES,
    "sender": _ADDRESSES,
    "reply-to": _ADDRESSES,
    "to": _ADDRESSES,
    "cc": _ADDRESSES,
    "bcc": _ADDRESSES,
    "resent-from": _ADDRESSES,
    "resent-sender": _ADDRESSES,
    "resent-reply-to": _ADDRESSES,
    "resent-to": _ADDRESSES,
    "resent-cc": _ADDRESSES,
    "resent-bcc": _ADDRESSES,
    "message-id": _IDS,
    "in-reply-to": _IDS,
    "references": _IDS,
    "resent-message-id": _IDS,
    "date": _DATE,
    "resent-date": _DATE,
    "return-path": _RAW,
    "received": _RAW,
    # RFC 2369 §3
    "list-help": _URLS,
    "list-unsubscribe": _URLS,
    "list-subscribe": _URLS,
    "list-post": _URLS,
    "list-owner": _URLS,
    "list-archive": _URLS,
}
