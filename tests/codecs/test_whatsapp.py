"""WhatsApp's calls: read as pywa reads them, message for message, and never surprised by what stands in one."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pywa.types.base_update import RawUpdate
from pywa.types.callback import CallbackButton, CallbackSelection
from pywa.types.message import Message as PywaMessage
from pywa.types.message_status import MessageStatus
from pywa_async.client import WhatsApp
from tests.servers import whatsapp as meta
from tests.servers.whatsapp import NUMBER_ID

from mailwright.codecs import mime, whatsapp
from mailwright.codecs.mime import Mailbox
from mailwright.codecs.whatsapp import Message
from mailwright.domain.clock import SECOND
from mailwright.domain.refusals import BadInput

NOW = 1_795_000_000 * SECOND
OURS = meta.wamid()
CONCIERGE = Mailbox("Concierge", "concierge@mailwright.test")


def read(*entries: dict[str, Any]) -> whatsapp.Call:
    return whatsapp.read(json.dumps(meta.call(*entries)).encode(), NOW)


def raw(entry: dict[str, Any]) -> RawUpdate:
    return RawUpdate(json.dumps(meta.call(entry)).encode(), hmac_header=None, update_hash="")


CLIENT = cast("Any", WhatsApp(NUMBER_ID, "token"))


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (meta.text("Zahnarzt übermorgen 🦷", id="wamid.1"), "text"),
        (meta.reply("make it Monday", OURS, id="wamid.2"), "text"),
        (meta.image("pay this", id="wamid.3"), "text"),
        (meta.voice(id="wamid.4"), "media"),
        (meta.image(id="wamid.5"), "media"),
        (meta.reaction(OURS, id="wamid.6"), "silent"),
    ],
    ids=["text", "reply", "caption", "voice", "picture", "thumb"],
)
def test_a_message_is_read_as_pywa_reads_it(entry: dict[str, Any], kind: str) -> None:
    [ours] = read(entry).messages
    theirs = PywaMessage.from_update(CLIENT, raw(entry))
    assert ours.kind == kind
    assert ours.wamid == theirs.id
    assert ours.phone == f"+{theirs.from_user.wa_id}"
    assert ours.name == theirs.from_user.name
    assert ours.at == int(theirs.timestamp.timestamp()) * SECOND
    assert ours.number_id == theirs.metadata.phone_number_id
    assert ours.text == (theirs.text or theirs.caption or "")
    assert ours.type == theirs.type.value
    assert ours.context == (theirs.reply_to_message.id if theirs.reply_to_message else "")


@pytest.mark.parametrize(
    ("entry", "type_"),
    [
        (meta.button("Friday 14", OURS, id="wamid.7"), CallbackButton),
        (meta.quick("Done", OURS, id="wamid.8"), CallbackButton),
        (meta.picked("Friday 21", OURS, id="wamid.9"), CallbackSelection),
    ],
    ids=["button", "quick reply", "list"],
)
def test_an_answer_that_was_picked_is_read_as_pywa_reads_it(entry: dict[str, Any], type_: Any) -> None:
    [ours] = read(entry).messages
    theirs = type_.from_update(CLIENT, raw(entry))
    assert (ours.kind, ours.text, ours.wamid) == ("choice", theirs.title, theirs.id)
    assert ours.context == theirs.reply_to_message.id == OURS


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed"])
def test_a_status_is_read_as_pywa_reads_it(state: str) -> None:
    entry = meta.status(OURS, state, tracker="row/1", error=131026 if state == "failed" else 0)
    [ours] = read(entry).statuses
    theirs = MessageStatus.from_update(CLIENT, raw(entry))
    assert (ours.wamid, ours.state, ours.tracker) == (theirs.id, theirs.status.value, theirs.tracker)
    assert ours.error == (theirs.error.code if theirs.error else 0)


def test_pywa_itself_reads_one_message_of_a_call_and_we_read_all() -> None:
    entries = [meta.text(str(number)) for number in range(3)]
    both = RawUpdate(json.dumps(meta.call(*entries)).encode(), hmac_header=None, update_hash="")
    assert PywaMessage.from_update(CLIENT, both).text == "0"
    assert [each.text for each in read(*entries).messages] == ["0", "1", "2"]


def test_the_same_message_is_the_same_mail() -> None:
    [message] = read(meta.reply("make it Monday", OURS, id="wamid.2")).messages
    first = whatsapp.to_mail(message, CONCIERGE, in_reply_to="<followup.1.1@mailwright.test>")
    assert first == whatsapp.to_mail(message, CONCIERGE, in_reply_to="<followup.1.1@mailwright.test>")
    parsed = mime.parse(first)
    assert parsed.subject == whatsapp.SUBJECT
    assert parsed.references == parsed.in_reply_to == ("<followup.1.1@mailwright.test>",)
    assert mime.is_automatic(parsed.header) is None


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=200))
def test_octets_that_are_no_call_are_refused_and_nothing_else(payload: bytes) -> None:
    with pytest.raises(BadInput):
        whatsapp.read(payload, NOW)


@given(st.data())
def test_whatever_stands_in_a_field_the_call_is_read_and_what_it_gives_can_be_mailed(data: st.DataObject) -> None:
    entry = data.draw(
        st.sampled_from(
            [meta.text("x"), meta.button("y", OURS), meta.image("z"), meta.status(OURS, "failed", error=131026)]
        )
    )
    body = meta.call(entry, meta.text("good", id="wamid.good"))
    value = body["entry"][0]["changes"][0]["value"]
    place: Any = data.draw(st.sampled_from([entry, value, body["entry"][0], value["metadata"], value["contacts"][0]]))
    field = data.draw(st.sampled_from(sorted(place)))
    place[field] = data.draw(values)
    call = whatsapp.read(json.dumps(body).encode(), NOW)
    for message in call.messages:
        assert isinstance(message, Message)
        assert message.at <= NOW
        assert (
            mime.parse(whatsapp.to_mail(message, CONCIERGE, in_reply_to=None))
            .from_[0]
            .address.endswith("@whatsapp.invalid")
        )


def test_who_is_named_by_another_id_is_found_by_the_number_beside_it() -> None:
    entry = meta.text("x")
    body = meta.call(entry)
    del entry["from"]
    [message] = whatsapp.read(json.dumps(body).encode(), NOW).messages
    assert message.phone == meta.ADAS_PHONE
