"""What every command and test takes: its arguments, its tags, and the extension that brings it.

Read by `arguments`. One row a command, after the "Usage" of its RFC.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Takes: TypeAlias = Literal["", "string", "strings", "number"]


@dataclass(frozen=True, slots=True)
class TagRule:
    """A tag: only one of its `group` may be given. `takes` is what follows it."""

    group: str
    takes: Takes = ""
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A command or test. `extensions`: one of them must be required. `positional` is what comes after the tags.

    `optional` many of the first positional arguments may be left out. `tests`: none, exactly one, or a list in parentheses.
    """

    kind: Literal["action", "control", "test"]
    positional: tuple[Takes, ...] = ()
    tags: dict[str, TagRule] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    optional: int = 0
    tests: Literal["none", "one", "list"] = "none"
    block: bool = False


_MATCH = {
    "is": TagRule("match"),
    "contains": TagRule("match"),
    "matches": TagRule("match"),
    "value": TagRule("match", "string", "relational"),  # RFC 5231 §4.1
    "count": TagRule("match", "string", "relational"),  # RFC 5231 §4.2
    "comparator": TagRule("comparator", "string"),  # RFC 5228 §2.7.3
}
_PART = {
    "all": TagRule("part"),
    "localpart": TagRule("part"),
    "domain": TagRule("part"),
    "user": TagRule("part", extension="subaddress"),  # RFC 5233 §4
    "detail": TagRule("part", extension="subaddress"),
}
_INDEX = {"index": TagRule("index", "number", "index"), "last": TagRule("last", extension="index")}  # RFC 5260 §6
_FLAGS = {"flags": TagRule("flags", "strings", "imap4flags")}  # RFC 5232 §5
_COPY = {"copy": TagRule("copy", extension="copy")}  # RFC 3894 §3
_ZONE = {"zone": TagRule("zone", "string")}  # RFC 5260 §4.1

RULES: dict[str, Rule] = {
    # RFC 5228 §3
    "require": Rule("control", ("strings",)),
    "if": Rule("control", tests="one", block=True),
    "elsif": Rule("control", tests="one", block=True),
    "else": Rule("control", block=True),
    "stop": Rule("control"),
    # RFC 5228 §4
    "keep": Rule("action", tags=_FLAGS),
    "fileinto": Rule(
        "action",
        ("string",),
        {**_FLAGS, **_COPY, "create": TagRule("create", extension="mailbox")},  # RFC 5490 §3.2
        ("fileinto",),
    ),
    "redirect": Rule("action", ("string",), _COPY),
    "discard": Rule("action"),
    # RFC 5429 §2
    "reject": Rule("action", ("string",), extensions=("reject",)),
    "ereject": Rule("action", ("string",), extensions=("ereject",)),
    # RFC 5230 §4, RFC 6131 §2
    "vacation": Rule(
        "action",
        ("string",),
        {
            "days": TagRule("interval", "number"),
            "seconds": TagRule("interval", "number", "vacation-seconds"),
            "subject": TagRule("subject", "string"),
            "from": TagRule("from", "string"),
            "addresses": TagRule("addresses", "strings"),
            "mime": TagRule("mime"),
            "handle": TagRule("handle", "string"),
        },
        ("vacation", "vacation-seconds"),
    ),
    # RFC 5229 §4: one modifier of each precedence
    "set": Rule(
        "action",
        ("string", "string"),
        {
            "lower": TagRule("40"),
            "upper": TagRule("40"),
            "lowerfirst": TagRule("30"),
            "upperfirst": TagRule("30"),
            "quotewildcard": TagRule("20"),
            "length": TagRule("10"),
        },
        ("variables",),
    ),
    # RFC 5232 §3: the variable may be left out
    "setflag": Rule("action", ("string", "strings"), extensions=("imap4flags",), optional=1),
    "addflag": Rule("action", ("string", "strings"), extensions=("imap4flags",), optional=1),
    "removeflag": Rule("action", ("string", "strings"), extensions=("imap4flags",), optional=1),
    # RFC 5293 §4 and §5
    "addheader": Rule("action", ("string", "string"), {"last": TagRule("last")}, ("editheader",)),
    "deleteheader": Rule(
        "action",
        ("string", "strings"),
        {**_MATCH, "index": TagRule("index", "number"), "last": TagRule("last")},
        ("editheader",),
        optional=-1,  # of the last one
    ),
    # RFC 5228 §5
    "address": Rule("test", ("strings", "strings"), {**_MATCH, **_PART, **_INDEX}),
    "allof": Rule("test", tests="list"),
    "anyof": Rule("test", tests="list"),
    "envelope": Rule("test", ("strings", "strings"), {**_MATCH, **_PART}, ("envelope",)),
    "exists": Rule("test", ("strings",)),
    "false": Rule("test"),
    "header": Rule("test", ("strings", "strings"), {**_MATCH, **_INDEX}),
    "not": Rule("test", tests="one"),
    "size": Rule("test", ("number",), {"over": TagRule("size"), "under": TagRule("size")}),
    "true": Rule("test"),
    # RFC 5173 §4
    "body": Rule(
        "test",
        ("strings",),
        {
            **_MATCH,
            "raw": TagRule("transform"),
            "content": TagRule("transform", "strings"),
            "text": TagRule("transform"),
        },
        ("body",),
    ),
    # RFC 5260 §4 and §5
    "date": Rule(
        "test",
        ("string", "string", "strings"),
        {**_MATCH, **_INDEX, **_ZONE, "originalzone": TagRule("zone")},
        ("date",),
    ),
    "currentdate": Rule("test", ("string", "strings"), {**_MATCH, **_ZONE}, ("date",)),
    # RFC 5229 §5
    "string": Rule("test", ("strings", "strings"), _MATCH, ("variables",)),
    # RFC 5232 §4
    "hasflag": Rule("test", ("strings", "strings"), _MATCH, ("imap4flags",), optional=1),
    # RFC 5490 §3.1
    "mailboxexists": Rule("test", ("strings",), extensions=("mailbox",)),
}

CAPABILITIES: tuple[str, ...] = (
    "body",
    "comparator-i;ascii-numeric",
    "copy",
    "date",
    "editheader",
    "encoded-character",
    "envelope",
    "ereject",
    "fileinto",
    "imap4flags",
    "index",
    "mailbox",
    "reject",
    "relational",
    "subaddress",
    "vacation",
    "vacation-seconds",
    "variables",
)
"""What may be required, as it is announced to clients."""

# RFC 5228 §6.1: these two need no declaration, and may have one.
DECLARABLE: frozenset[str] = frozenset({*CAPABILITIES, "comparator-i;octet", "comparator-i;ascii-casemap"})

ADDRESS_FIELDS: frozenset[str] = frozenset(
    {
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "resent-from",
        "resent-sender",
        "resent-reply-to",
        "resent-to",
        "resent-cc",
        "resent-bcc",
        "return-path",
        "delivered-to",
        "envelope-to",
        "x-original-to",
        "errors-to",
        "return-receipt-to",
        "disposition-notification-to",
        "mail-followup-to",
        "mail-reply-to",
        "x-forwarded-to",
        "x-forwarded-for",
        "list-post",
    }
)
"""RFC 5228 §5.1: the `address` test is for fields that hold addresses."""

DATE_PARTS: frozenset[str] = frozenset(
    {
        "year",
        "month",
        "day",
        "date",
        "julian",
        "hour",
        "minute",
        "second",
        "time",
        "iso8601",
        "std11",
        "zone",
        "weekday",
    }
)
"""RFC 5260 §4.2."""
