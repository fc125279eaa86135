"""Forms of header fields, beside what the standard library makes of the same fields."""

from __future__ import annotations

import email.header
import email.utils
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.jmap import headers
from mailwright.codecs.jmap.headerforms_table import ALLOWED, FORMS
from mailwright.codecs.jmap.headers import CONVENIENCE, BadProperty, HeaderProperty
from mailwright.codecs.mime import Header

_names = st.text("abcXYZ öß日", min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
_addresses = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,4})?@[a-z]{1,8}\.(org|net)", fullmatch=True)


def _value(line: str, asked: str) -> Any:
    return headers.value(Header.parse(line.encode()), headers.parse_property(asked))


def test_the_example_of_addresses() -> None:
    """RFC 8621 §4.1.2.3 and §4.1.2.4."""
    line = (
        'To: "  James Smythe" <james@example.com>, Friends:\r\n'
        "  jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\r\n <john@example.com>;\r\n"
    )
    people = [
        {"name": "James Smythe", "email": "james@example.com"},
        {"name": None, "email": "jane@example.com"},
        {"name": "John Smîth", "email": "john@example.com"},
    ]
    assert _value(line, "header:To:asAddresses") == people
    assert _value(line, "header:To:asGroupedAddresses") == [
        {"name": None, "addresses": people[:1]},
        {"name": "Friends", "addresses": people[1:]},
    ]


@given(st.lists(st.tuples(_names, _addresses), min_size=1, max_size=6), st.booleans())
def test_addresses_are_read_as_the_standard_library_reads_them(people: list[tuple[str, str]], encoded: bool) -> None:
    # Between the words of a phrase the standard library makes one space of many; we keep what was written.
    written = [
        email.utils.formataddr(
            (" ".join((name if encoded else name.encode("ascii", "ignore").decode()).split()), address)
        )
        for name, address in people
    ]
    line = f"To: {', '.join(written)}"
    expected = [
        {"name": str(email.header.make_header(email.header.decode_header(name))) or None, "email": address}
        for name, address in email.utils.getaddresses([line[4:]])
    ]
    assert _value(line, "header:To:asAddresses") == expected
    assert _value(line, "header:To:asGroupedAddresses") == [{"name": None, "addresses": expected}]


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.sampled_from(["Friends", "x y", "Öl"])), st.lists(_addresses, max_size=3)),
        max_size=5,
    )
)
def test_groups_keep_their_members(groups: list[tuple[str | None, list[str]]]) -> None:
    text = ", ".join(
        f"{email.header.Header(name).encode()}: {', '.join(members)};" if name is not None else ", ".join(members)
        for name, members in groups
        if name is not None or members
    )
    found = _value(f"To: {text}", "header:To:asGroupedAddresses")
    named = [(group["name"], [each["email"] for each in group["addresses"]]) for group in found if group["name"]]
    assert named == [(name, members) for name, members in groups if name is not None]
    alone = [each["email"] for group in found if group["name"] is None for each in group["addresses"]]
    assert alone == [each for name, members in groups if name is None for each in members]


@given(st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_date_keeps_its_zone(moment: datetime, minutes: int) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    line = f"Date: {moment:%d} {['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][moment.month - 1]} {moment:%Y %H:%M:%S} "
    found = _value(f"{line}{sign}{size // 60:02}{size % 60:02}", "header:Date:asDate")
    assert found == f"{moment:%Y-%m-%dT%H:%M:%S}{sign if size else '+'}{size // 60:02}:{size % 60:02}"


@given(st.text(max_size=60))
def test_no_field_breaks_a_form(text: str) -> None:
    block = f"X-Any: {text}".encode("utf-8", "replace")
    header = Header.parse(block)
    for form in FORMS:
        for every in (False, True):
            headers.value(header, HeaderProperty("p", "x-any", form, every))
    headers.all_fields(header)


@pytest.mark.parametrize(
    ("line", "asked", "expected"),
    [
        ("Subject:  =?utf-8?q?a?= =?utf-8?q?b?=\r\n c", "header:Subject:asText", "ab c"),
        ("Subject: e\u0301", "header:Subject:asText", "é"),  # composed
        ("Subject: a\r\n\tb", "header:Subject", " a\r\n\tb"),
        ("Subject:", "header:Subject:asText", ""),
        ("List-Post: NO (posting is not allowed)", "header:List-Post:asURLs", None),
        (
            "List-Help: <mailto:a@b.c> (mail), <https://b.c/\r\n d>",
            "header:List-Help:asURLs",
            ["mailto:a@b.c", "https://b.c/d"],
        ),
        ("Message-ID: garbage", "header:Message-ID:asMessageIds", None),
        ("References: <a@b> (c) <d@e>", "header:References:asMessageIds", ["a@b", "d@e"]),
        ("Date: soon", "header:Date:asDate", None),
        (
            "To: not an address, a@b.org",
            "header:To:asAddresses",
            [{"name": None, "email": "not an address"}, {"name": None, "email": "a@b.org"}],
        ),
        ("To: a@b.org (Ada)", "header:To:asAddresses", [{"name": "Ada", "email": "a@b.org"}]),
        (
            "To: undisclosed-recipients:;",
            "header:To:asGroupedAddresses",
            [{"name": "undisclosed-recipients", "addresses": []}],
        ),
    ],
)
def test_fields_in_their_forms(line: str, asked: str, expected: Any) -> None:
    assert _value(line, asked) == expected


def test_forms_that_a_field_cannot_be_had_in() -> None:
    for name, allowed in ALLOWED.items():
        for form in FORMS:
            if form in allowed:
                assert headers.parse_property(f"header:{name.title()}:as{form}").form == form
            else:
                with pytest.raises(BadProperty):
                    headers.parse_property(f"header:{name.title()}:as{form}")
    # RFC 8621 §4.1.2: a field that the two RFCs do not define may be had in any.
    assert {headers.parse_property(f"header:List-Id:as{form}").form for form in FORMS} == set(FORMS)


def test_a_property_is_spelled_as_it_was_asked_for() -> None:
    asked = headers.parse_property("header:SUBject:asText:all")
    assert asked == HeaderProperty("header:SUBject:asText:all", "subject", "Text", True)
    assert {field.form for field in CONVENIENCE.values()} == {"MessageIds", "Addresses", "Text", "Date"}
