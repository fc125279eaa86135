"""Our own hook's JSON: what becomes of it, what is refused and how that is said."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs import mailhook, mime
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput, Refusal

BODY: dict[str, Any] = {
    "messageId": "<one@example.org>",
    "from": "Ada Lovelace <ada@example.org>",
    "to": ["Chen <chen@mailwright.test>", "bashir@mailwright.test"],
    "subject": "Größe der Zahlen",
    "textBody": "See attached.\n",
    "htmlBody": "<p>See attached.</p>",
    "attachments": [
        {"filename": "größe.csv", "contentType": "text/csv", "content": base64.b64encode(b"1,2\n").decode()}
    ],
    "timestamp": "2026-03-01T09:30:00Z",
    "inReplyTo": "<zero@example.org>",
    "references": "<root@example.org> <zero@example.org>",
}


def test_a_hook_becomes_a_message() -> None:
    message = mailhook.to_message(json.dumps(BODY).encode())
    assert str(message.sender) == "ada@example.org"
    assert [str(address) for address in message.recipients] == ["chen@mailwright.test", "bashir@mailwright.test"]
    assert message.provider_id == "<one@example.org>"
    assert to_iso(message.timestamp) == "2026-03-01T09:30:00.000Z"
    parsed = mime.parse(message.raw)
    assert parsed.from_ == (mime.Mailbox("Ada Lovelace", "ada@example.org"),)
    assert parsed.subject == "Größe der Zahlen"
    assert parsed.message_id == "<one@example.org>"
    assert parsed.in_reply_to == ("<zero@example.org>",)
    assert parsed.references == ("<root@example.org>", "<zero@example.org>")
    assert parsed.date == message.timestamp
    assert mime.body_text(message.raw, parsed) == "See attached."
    assert mime.body_html(message.raw, parsed) == "<p>See attached.</p>\n"
    assert [(part.filename, mime.decode_body(message.raw, part)) for part in parsed.attachments] == [
        ("größe.csv", b"1,2\n")
    ]


def test_the_smallest_hook_is_enough() -> None:
    body = {
        "messageId": "7",
        "from": "ada@example.org",
        "to": "chen@mailwright.test",
        "timestamp": "2026-03-01T09:30:00",
    }
    message = mailhook.to_message(body)
    assert to_iso(message.timestamp) == "2026-03-01T09:30:00.000Z"
    assert message == mailhook.to_message(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("given", "kept"),
    [("<a@b.example>", "<a@b.example>"), ("a@b.example", "<a@b.example>"), (" <a@b.example> ", "<a@b.example>")],
)
def test_an_id_of_mails_own_form_is_kept(given: str, kept: str) -> None:
    assert mailhook.message_id_for(given) == kept


@pytest.mark.parametrize(
    "given", ["42", "a b@c", "<a@b> <c@d>", "x\r\nBcc: eve@example.net", "<noat>", "ü@example.org", "a@" + "b" * 2000]
)
def test_any_other_id_becomes_a_stable_legal_one(given: str) -> None:
    made = mailhook.message_id_for(given)
    assert made == mailhook.message_id_for(given)
    assert made != mailhook.message_id_for(given + "x")
    assert made.endswith("@hook.invalid>")
    assert mime.Header.parse(f"Message-ID: {made}\r\n".encode()).message_ids("message-id") == (made,)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"messageId": None}, "messageId is missing"),
        ({"messageId": 7}, "messageId must be text"),
        ({"from": ""}, "from is missing"),
        ({"from": "nobody"}, "from: 'nobody' is not a mail address"),
        ({"from": "a@example.org, b@example.org"}, "from must be one address"),
        ({"to": []}, "to is missing"),
        ({"to": None}, "to must be an address or a list of addresses"),
        ({"to": [1]}, "to must be an address or a list of addresses"),
        ({"to": "chen@"}, "to: 'chen@' is not a mail address"),
        ({"to": ["a@example.org"] * 101}, "to has more than 100 addresses"),
        ({"subject": ["x"]}, "subject must be text"),
        ({"textBody": {}}, "textBody must be text"),
        ({"timestamp": ""}, "timestamp is missing"),
        ({"timestamp": "yesterday"}, "timestamp must be ISO 8601, like 2026-03-01T09:30:00Z"),
        ({"attachments": {}}, "attachments must be a list"),
        ({"attachments": ["x"]}, "attachments[0] must be an object"),
        ({"attachments": [{"content": "*"}]}, "attachments[0]: the content is not base64"),
        ({"attachments": [{"name": 1}]}, "attachments[0].name must be text"),
        ({"attachments": [{}] * 101}, "attachments has more than 100 entries"),
        ({"references": 1}, "references must be text or a list of ids"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput) as refused:
        mailhook.to_message(json.dumps(BODY | change).encode())
    assert str(refused.value) == says


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        mailhook.to_message(body)


def test_no_field_can_add_a_header() -> None:
    evil = "x\r\nBcc: eve@example.net\r\n\r\nbody\x00"
    body = BODY | {"subject": evil, "from": f'"{evil}" <ada@example.org>', "messageId": evil, "inReplyTo": evil}
    body["attachments"] = [{"name": evil, "contentType": evil, "content": ""}]
    parsed = mime.parse(mailhook.to_message(json.dumps(body).encode()).raw)
    assert "Bcc" not in parsed.header
    assert parsed.subject == "x Bcc: eve@example.net body"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(BODY)),
        _JSON | st.sampled_from(["\ud800@x", "a@\udcff", "<\x00@b>", "a\ud800 <a@b>"]),
        max_size=4,
    )
)
def test_any_json_is_read_or_refused(change: dict[str, Any]) -> None:
    try:
        message = mailhook.to_message(BODY | change)
    except Refusal:
        return
    assert mime.parse(message.raw).defects == ()


def test_a_signature_is_verified() -> None:
    raw = b'{"a": 1}'
    given = mailhook.signature("secret", raw)
    assert len(given) == 71
    assert mailhook.verify("secret", raw, given)
    assert mailhook.verify(b"secret", raw, f" {given.upper()} ")
    assert not mailhook.verify("other", raw, given)
    assert not mailhook.verify("secret", raw + b" ", given)
    for wrong in (None, "", "sha256=", given[7:], "sha1=" + given[7:], "sha256=ü"):
        assert not mailhook.verify("secret", raw, wrong)
    assert not mailhook.verify("", raw, mailhook.signature("x", raw))


def test_a_signature_is_that_of_rfc_4231() -> None:
    # RFC 4231 §4.3: key "Jefe"
    assert mailhook.signature("Jefe", b"what do ya want for nothing?") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.timeout(10)
def test_a_list_of_a_million_recipients_is_not_read() -> None:
    with pytest.raises(BadInput, match="more than 100"):
        mailhook.to_message(BODY | {"to": ["a "] * 1_000_000})


def test_two_long_ids_that_begin_alike_stay_two() -> None:
    """The id is the key by which a mail offered again is known: shortened alike, the second mail would be lost."""
    one, other = (mailhook.to_message(BODY | {"messageId": "i" * 600 + end}).provider_id for end in "ab")
    assert one != other
    assert len(one) <= mailhook.MAX_ID_CHARACTERS
    assert one == mailhook.to_message(BODY | {"messageId": "i" * 600 + "a"}).provider_id
