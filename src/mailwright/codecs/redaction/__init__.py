"""Redaction: structured personal data and secrets become placeholders before a model sees a text, and values again afterwards.

    placeholders     what one run hid: `hide`, `show`, `show_in`
    finding          what a recogniser says, and how findings that overlap become one
    reading          a text with one way to write digits and dashes, and with its labels
    labels_table     words that say what the number beside them is
    recognisers      the built-in ones, together
    cards            payment cards and IBANs
    phones           telephone numbers
    nationalids      identity, tax and insurance numbers of persons; `nationalids_table` has the countries
    accounts         passports, bank accounts and routing numbers
    keys             keys and tokens, private keys, passwords in addresses
    passwords        passwords, PINs and codes that a text itself calls one

Rules of the place: a checksum or a maker's prefix is enough; what only looks like something needs a word beside it; what stands
beside "order no" needs a proof of its own. Every pattern is bounded: time is linear however hostile the text.
"""

from mailwright.codecs.redaction.finding import Found, Recogniser
from mailwright.codecs.redaction.placeholders import NOTE, Placeholders

__all__ = ["NOTE", "Found", "Placeholders", "Recogniser"]
