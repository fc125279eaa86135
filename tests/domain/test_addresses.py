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
