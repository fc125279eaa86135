"""ManageSieve's words: the one table from refusals to response codes (RFC 5804 §1.3). Core knows none of them."""

from mailwright.codecs.managesieve import responses
from mailwright.core import rules
from mailwright.domain import refusals
from mailwright.domain.refusals import Refusal

CODES: dict[type[Refusal], str] = {
    refusals.NotFound: "NONEXISTENT",
    refusals.AlreadyExists: "ALREADYEXISTS",
    refusals.TryLater: "TRYLATER",
    refusals.TooManyRequests: "TRYLATER",
    rules.ScriptActive: "ACTIVE",
    rules.ScriptTooLarge: "QUOTA/MAXSIZE",
    rules.TooManyScripts: "QUOTA/MAXSCRIPTS",
}


def answer_to(refusal: Refusal) -> bytes:
    """NO, with the code of the refusal when it has one."""
    code = next((CODES[kind] for kind in type(refusal).__mro__ if kind in CODES), "")
    return responses.response("NO", str(refusal) or "refused", code)
