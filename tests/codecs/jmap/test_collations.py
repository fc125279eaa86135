"""The order of strings (RFC 4790, RFC 5051)."""

import pytest

from mailwright.codecs.jmap import collations


def test_ascii_casemap_knows_ascii_letters_only() -> None:
    assert collations.key("straße Ä", collations.ASCII) == "STRAßE Ä"
    assert collations.key("AbC", collations.ASCII) == collations.key("aBc", collations.ASCII)


@pytest.mark.parametrize(("one", "other"), [("ÄRGER", "ärger"), ("é", "e\u0301"), ("ﬁ", "fi")])
def test_unicode_casemap_knows_all_letters(one: str, other: str) -> None:
    assert collations.key(one).casefold() == collations.key(other).casefold()
    assert collations.key("É") == collations.key("é")


def test_others_are_not_offered() -> None:
    assert not collations.is_known("i;octet")
