"""Whatever a client sends to whatever method: an answer, and never a bug of ours."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.protocols.jmap.methods import METHODS
from mailwright.protocols.jmap.session import CAPABILITIES
from tests.protocols.jmap.conftest import Client, letter

NAMES = [
    "accountId", "fromAccountId", "ids", "properties", "sinceState", "sinceQueryState", "maxChanges", "filter", "sort", "position",
    "anchor", "anchorOffset", "limit", "calculateTotal", "upToId", "ifInState", "create", "update", "destroy", "blobIds", "emails",
    "onDestroyRemoveEmails", "onSuccessUpdateEmail", "bodyProperties", "fetchTextBodyValues", "maxBodyValueBytes", "typeNames",
    "sortAsTree", "collapseThreads", "emailIds", "offset", "length",
]  # fmt: skip
EXAMPLES = 60  # of arguments, each for every method
KEYS = [
    "name", "parentId", "role", "sortOrder", "isSubscribed", "email", "replyTo", "bcc", "htmlSignature", "isEnabled", "fromDate",
    "data", "type", "data:asText", "blobId", "mailboxIds", "keywords", "keywords/$seen", "from", "subject", "bodyStructure",
    "bodyValues", "textBody", "attachments", "receivedAt", "identityId", "emailId", "envelope", "operator", "conditions", "property",
    "inMailbox", "text", "header", "url", "keys", "id", "headers", "value", "partId", "isAscending", "header:X:asText",
]  # fmt: skip


def _values(ids: list[str]) -> st.SearchStrategy[Any]:
    leaf = (
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.sampled_from(
            [*ids, "#new", "AND", "NOT", "singleton", "2026-01-01T00:00:00Z", "\x00", "ü" * 300, "0", "1~a", "i;octet"]
        )
        | st.text(max_size=5)
    )
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, *ids, "new"]), inner, max_size=3)
        ),
        max_leaves=8,
    )


async def test_no_arguments_break_a_method(any_ada: Client) -> None:
    message = await any_ada.file(letter())
    identity = (await any_ada.call("Identity/get", ids=None))["list"][0]["id"]
    ids = [message, f"m{message}_1", await any_ada.role("inbox"), await any_ada.mailbox("Work"), identity, any_ada.id]
    tried: list[dict[str, Any]] = []

    @settings(max_examples=EXAMPLES, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(st.sampled_from(NAMES), _values(ids), max_size=4))
    def collect(arguments: dict[str, Any]) -> None:
        tried.append(arguments)

    collect()
    for name in sorted(METHODS):
        calls = [[name, {"accountId": any_ada.id, **arguments}, str(number)] for number, arguments in enumerate(tried)]
        answer = await any_ada.post({"using": sorted(CAPABILITIES), "methodCalls": calls})
        assert answer.status_code == 200
        for response in answer.json()["methodResponses"]:
            assert response[1].get("type") != "serverFail", calls[int(response[2])]
