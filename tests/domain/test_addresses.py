"""Addresses: what is read is written so that it is read again, since tables keep the text."""

import pytest

from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress


@pytest.mark.parametrize("letter", ["\u023a", "\u0130", "\u212a", "\u1e9e"])
def test_what_an_address_says_of_itself_is_read_again(letter):
    """U+023A takes two octets and its lower case three: an address that grows over the limit is refused at once.

    Read back from the outbox it would be refused each time, and every mail behind it would wait.
    """
    for length in range(1, 130):
        try:
            once = Address.parse(f"eve@{letter * length}.org")
        except BadAddress:
            continue
        assert Address.parse(str(once)) == once


@pytest.mark.parametrize("text", ["e\ud800ve@example.org", '"\udc00"@example.org', "eve@ex\ud800mple.org"])
def test_half_a_character_is_no_address(text):
    with pytest.raises(BadAddress):
        Address.parse(text)


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("MAILWRIGHT.test", "mailwright.test"),
        ("\uff4d\uff41\uff49\uff4c\uff57\uff52\uff49\uff47\uff48\uff54.test", "mailwright.test"),
        ("mailwright\u3002test", "mailwright.test"),
        ("mailwright\uff0etest", "mailwright.test"),
        ("mailwr\u2170ght.test", "mailwright.test"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("BU\u0308CHER.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("\u0430da.test", "xn--da-6kc.test"),
    ],
)
def test_a_domain_has_one_spelling_however_it_is_written(written, domain):
    assert Address.parse(f"ada@{written}").domain == domain


@pytest.mark.parametrize(
    "text",
    [
        "ada@mailwright.test.",
        "ada@mailwright.test\u3002",
        "ada@mail\u00adwright.test",
        "ada@mailwright.test\u200b",
        "ada@mail\u200dwright.test",
        "ada@\ufe0fmailwright.test",
        "ada@chen\uff20mailwright.test",
        "ada@a\u2100b.test",
        "ada@" + "\u00fc" * 200 + ".test",
        "ada\x9b31m@example.org",
        "ada\u202e@example.org",
        "ada\u2028@example.org",
    ],
)
def test_what_only_looks_like_an_address_is_none(text):
    with pytest.raises(BadAddress):
        Address.parse(text)
