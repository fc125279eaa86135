"""Mail authentication: is a message from whom its From line says? SPF, DKIM, ARC and DMARC, without a socket.

    examination  all of it for one message: asks questions, gets answers, gives findings
    questions    what is asked of DNS, and what it answered          author     the one address a message is from
    spf          may this client send for that domain? (pyspf)       dkim       signatures (dkimpy)
    bodyhash     the hash of a body, in linear time                  keys       the public keys signatures name
    arc          seals of those who passed it on (dkimpy)            dmarc      what its domain wants done
    suffixes     whose domain it is (public suffix list)             score      a few plain signs of spam
    results      what was found, in the words of RFC 8601            reading    the same words, written by a relay

Called by `core.authentication`, which brings the answers of DNS.
Rules of the place: nothing here does I/O or raises over what is in a message; the cost is bounded whatever is in it (the two
libraries take quadratic time over some input, which is kept from them); "pass" is said only of what is proven.
"""

from mailwright.codecs.mailauth.examination import Examination, Findings
from mailwright.codecs.mailauth.questions import Answer, Kind, Question
from mailwright.codecs.mailauth.reading import Told, told_by
from mailwright.codecs.mailauth.results import FIELD_NAME, MethodResult, results_field, summary

__all__ = [
    "FIELD_NAME",
    "Answer",
    "Examination",
    "Findings",
    "Kind",
    "MethodResult",
    "Question",
    "Told",
    "results_field",
    "summary",
    "told_by",
]
