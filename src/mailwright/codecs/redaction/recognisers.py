"""The recognisers every run has, one after another over one reading of the text.

Called by `placeholders`. What each finds is told in docs/reference/redaction.md.
"""

from collections.abc import Iterator

from mailwright.codecs.redaction.accounts import accounts, passports
from mailwright.codecs.redaction.cards import cards, ibans
from mailwright.codecs.redaction.finding import Found, Recogniser
from mailwright.codecs.redaction.keys import keys, named_secrets, passwords_in_addresses, private_keys
from mailwright.codecs.redaction.nationalids import national_ids
from mailwright.codecs.redaction.passwords import passwords
from mailwright.codecs.redaction.phones import phones
from mailwright.codecs.redaction.reading import Reading

_OVER_A_READING = (
    *(cards, ibans, phones, national_ids, passports, accounts),
    *(private_keys, keys, passwords_in_addresses, named_secrets, passwords),
)


def built_in(text: str) -> Iterator[Found]:
    """Everything the built-in recognisers find; it may overlap."""
    reading = Reading(text)
    for recognise in _OVER_A_READING:
        yield from recognise(reading)


BUILT_IN: tuple[Recogniser, ...] = (built_in,)
