"""Sending through WhatsApp's Cloud API: a server that speaks as Meta's does, and everything that can go wrong with one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from mailwright.codecs import mime
from mailwright.codecs.mime import Mailbox
from mailwright.connectors.whatsapp import HEARING, MAX_PARTS, MAX_TEXT, Template, WhatsApp, parts_of
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import TryLater
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, SendFailure, TemporaryFailure, Unavailable
from mailwright.domain.whatsapp import TEMPLATE_HEADER, Part, address_of, message_id_of, wamid_of
from tests.servers.ports import free_port
from tests.servers.whatsapp import ADAS_PHONE, NUMBER_ID, TOKEN, Answer, GraphApi, wamid

ADA = address_of(ADAS_PHONE)


@dataclass
class Notes:
    """A ledger in memory."""

    open: bool = True
    away: bool = False
    strange: bool = False
    parts: dict[tuple[str, int], Part] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    moment: Instant = 1_790_000_000 * clock.SECOND

    async def known(self, outbox_id: str) -> Mapping[int, Part]:
        self._look()
        return {part: known for (id, part), known in self.parts.items() if id == outbox_id}

    async def begin(self, outbox_id: str, part: int, message_id: str) -> None:
        self._look()
        self.parts[outbox_id, part] = Part(None, self.moment)

    async def end(self, outbox_id: str, part: int, message_id: str, wamid: str | None) -> None:
        self._look()
        self.parts.pop((outbox_id, part))
        if wamid is not None:
            self.parts[outbox_id, part] = Part(wamid, self.moment)

    async def may_write(self, phone: str) -> bool:
        return self.open

    async def is_known(self, phone: str) -> bool:
        return not self.strange

    async def must_not_write(self, phone: str) -> None:
        self.open = False

    async def wamid_of(self, message_id: str) -> str | None:
        return self.messages.get(message_id)

    def now(self) -> Instant:
        return self.moment

    def _look(self) -> None:
        if self.away:
            raise TryLater("the database cannot be reached")


@pytest.fixture
async def api() -> AsyncIterator[GraphApi]:
    made = GraphApi(templates={("reminder", "en"), ("reminder", "pt_BR"), ("reminder", "de")})
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def notes() -> Notes:
    return Notes()


def way_to(
    api: GraphApi,
    notes: Notes,
    *,
    template: bool = True,
    number_id: str = NUMBER_ID,
    token: str = TOKEN,
    url: str = "",
) -> WhatsApp:
    named = Template("reminder", ("en", "pt_BR", "de")) if template else None
    return WhatsApp(number_id, token, notes, url=url or api.url, template=named, seconds=5, now=notes.now)


@pytest.fixture
async def way(api: GraphApi, notes: Notes) -> AsyncIterator[WhatsApp]:
    made = way_to(api, notes)
    yield made
    await made.close()


def letter(text: str = "Call the clinic today.", **more: str) -> bytes:
    return mime.compose(
        from_=Mailbox("Concierge", "concierge@mailwright.test"),
        to=[Mailbox("", str(ADA))],
        subject="Reminder",
        text=text,
        message_id="<followup.1.1@mailwright.test>",
        date=1_790_000_000 * clock.SECOND,
        in_reply_to=more.pop("in_reply_to", None),
        headers=list(more.items()),
    )


async def send(way: WhatsApp, raw: bytes | None = None, key: str = "", to: Address = ADA) -> str:
    message = letter() if raw is None else raw
    return await way.send(
        None, to, message, message_id="<followup.1.1@mailwright.test>", idempotency_key=key or new_id()
    )


# --- what is sent ----------------------------------------------------------------------------------------------------------


async def test_the_text_of_a_message_is_sent_under_our_rows_name(api: GraphApi, notes: Notes, way: WhatsApp) -> None:
    key = new_id()
    receipt = await send(way, letter("Rufen Sie heute die Klinik an: 030 1234. 🦷\n\n– Ihr Concierge"), key)
    [taken] = api.taken
    assert receipt == f"200 taken by WhatsApp as {taken['id']}"
    assert taken["to"] == ADAS_PHONE[1:]
    assert taken["text"]["body"] == "Rufen Sie heute die Klinik an: 030 1234. 🦷\n\n– Ihr Concierge"
    assert taken["biz_opaque_callback_data"] == f"{key}/1"
    assert "context" not in taken
    assert notes.parts == {(key, 1): Part(taken["id"], notes.moment)}


async def test_an_answer_quotes_what_it_answers(api: GraphApi, notes: Notes, way: WhatsApp) -> None:
    theirs, ours = wamid(), wamid()
    notes.messages["<followup.1.0@mailwright.test>"] = ours
    await send(way, letter(in_reply_to=message_id_of(theirs)))
    await send(way, letter(in_reply_to="<followup.1.0@mailwright.test>"))
    await send(way, letter(in_reply_to="<of-a-mail@example.org>"))
    assert [each.get("context", {}).get("message_id") for each in api.taken] == [theirs, ours, None]


async def test_what_it_answers_may_be_gone_there(api: GraphApi, way: WhatsApp) -> None:
    api.answers.append(Answer(error=131009))
    await send(way, letter(in_reply_to=message_id_of(wamid())))
    assert [("context" in each) for each in api.calls] == [True, False]
    assert len(api.taken) == 1


async def test_a_long_text_is_several_messages_cut_between_words(api: GraphApi, notes: Notes, way: WhatsApp) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 150 for number in range(12))
    key = new_id()
    await send(way, letter(text), key)
    assert len(api.texts) == 3
    assert " ".join(" ".join(api.texts).split()) == " ".join(text.split())
    assert [each["biz_opaque_callback_data"] for each in api.taken] == [f"{key}/{part}" for part in (1, 2, 3)]


@pytest.mark.parametrize(
    "character", ["x", "ß", "🦷", "word ", "\n"], ids=["ascii", "letter", "emoji", "words", "lines"]
)
def test_parts_are_never_longer_than_one_message_may_be_and_never_too_many(character: str) -> None:
    for length in (1, MAX_TEXT - 1, MAX_TEXT, MAX_TEXT + 1, MAX_TEXT * 3, MAX_TEXT * MAX_PARTS * 3):
        parts = parts_of(("a" + character * length)[:length])
        assert 1 <= len(parts) <= MAX_PARTS
        assert all(0 < len(part.encode("utf-16-le")) // 2 <= MAX_TEXT for part in parts)
    assert parts[-1].endswith("…") or not character.strip()


async def test_what_was_taken_of_a_long_text_is_not_sent_again(api: GraphApi, notes: Notes, way: WhatsApp) -> None:
    key, raw = new_id(), letter("one " * 2000)
    notes.parts[key, 1] = Part(wamid(), notes.moment)
    api.answers.append(Answer(error=131056))
    with pytest.raises(TemporaryFailure):
        await send(way, raw, key)
    receipt = await send(way, raw, key)
    assert [each["biz_opaque_callback_data"] for each in api.taken] == [f"{key}/2"]
    assert await send(way, raw, key) == receipt
    assert len(api.taken) == 1


async def test_later_than_24_hours_a_template_is_sent_with_its_values_in_a_language_it_has(
    api: GraphApi, notes: Notes, way: WhatsApp
) -> None:
    notes.open = False
    wanted = json.dumps({"language": "pt", "values": ["Ligar à clínica\n\n hoje", ""]})
    await send(way, letter(**{TEMPLATE_HEADER: wanted}))
    await send(
        way, letter("Rufen Sie heute  die\nKlinik\tan", **{TEMPLATE_HEADER: '["die Klinik", "morgen", "um neun"]'})
    )
    await send(way, letter("Call  the\nclinic\ttoday"))
    told = [each["template"] for each in api.taken]
    assert [(each["name"], each["language"]["code"]) for each in told] == [
        ("reminder", "pt_BR"),
        ("reminder", "de"),
        ("reminder", "en"),
    ]
    assert [[value["text"] for value in each["components"][0]["parameters"]] for each in told] == [
        ["Ligar à clínica hoje", "–"],
        ["die Klinik", "morgen um neun"],
        ["Call the clinic today", "–"],
    ]


@pytest.mark.parametrize(
    "header", ["{", "[]", "7", '{"values": 7}', '{"values": []}', '{"values": [7]}', '{"language": 7}']
)
async def test_a_template_header_that_is_none_leaves_the_text(
    api: GraphApi, notes: Notes, way: WhatsApp, header: str
) -> None:
    notes.open = False
    await send(way, letter(**{TEMPLATE_HEADER: header}))
    assert api.taken[0]["template"]["components"][0]["parameters"][0]["text"] == "Call the clinic today."


async def test_later_than_24_hours_and_without_a_template_nothing_is_sent(api: GraphApi, notes: Notes) -> None:
    notes.open = False
    way = way_to(api, notes, template=False)
    with pytest.raises(PermanentFailure, match="whatsapp_template"):
        await send(way)
    assert api.calls == []
    await way.close()


async def test_who_never_wrote_and_has_no_account_is_not_written_to(api: GraphApi, notes: Notes, way: WhatsApp) -> None:
    notes.open, notes.strange = False, True
    with pytest.raises(PermanentFailure, match="never wrote"):
        await send(way)
    assert api.calls == []


async def test_when_meta_says_that_24_hours_are_over_the_template_follows_at_once(
    api: GraphApi, notes: Notes, way: WhatsApp
) -> None:
    api.answers.append(Answer(error=131047))
    await send(way)
    assert [each["type"] for each in api.taken] == ["template"]
    assert not notes.open


async def test_when_meta_says_so_and_there_is_no_template_it_fails(api: GraphApi, notes: Notes) -> None:
    way = way_to(api, notes, template=False)
    api.answers.append(Answer(error=131047))
    with pytest.raises(PermanentFailure, match="24 hours"):
        await send(way)
    await way.close()


# --- what fails ------------------------------------------------------------------------------------------------------------


async def test_what_is_no_phone_or_has_no_text_fails_without_a_call(api: GraphApi, way: WhatsApp) -> None:
    for to, raw in ((Address.parse("ada@whatsapp.invalid"), letter()), (ADA, letter(" \n"))):
        with pytest.raises(PermanentFailure):
            await send(way, raw, to=to)
    assert api.calls == []


@pytest.mark.parametrize(
    ("answer", "failure", "code"),
    [
        (Answer(error=131026), PermanentFailure, "5.1.0"),
        (Answer(error=132001), PermanentFailure, "5.1.0"),
        (Answer(error=100), PermanentFailure, "5.1.0"),
        (Answer(error=131056), TemporaryFailure, "4.3.0"),
        (Answer(error=131000), TemporaryFailure, "4.3.0"),
        (Answer(error=130429), Unavailable, "4.3.2"),
        (Answer(error=131016), Unavailable, "4.3.2"),
        (Answer(error=190), Unavailable, "4.7.0"),
        (Answer(error=33), Unavailable, "4.7.0"),  # our own number was deleted
        (Answer(error=0, status=429), Unavailable, "4.3.2"),
        (Answer(status=503), Unavailable, "4.3.2"),
        (Answer(status=401), Unavailable, "4.7.0"),
        (Answer(), OutcomeUnknown, "4.4.2"),
    ],
    ids=lambda value: (
        getattr(value, "__name__", None) or (str(value) if isinstance(value, str) else f"{value.error}-{value.status}")
    ),
)
async def test_each_failure_has_its_meaning_and_costs_one_call(
    api: GraphApi, way: WhatsApp, answer: Answer, failure: type[SendFailure], code: str
) -> None:
    api.answers.append(answer)
    with pytest.raises(failure) as failed:
        await send(way)
    assert (type(failed.value), failed.value.code) == (failure, code)
    assert len(api.calls) == 1
    assert not getattr(failed.value, "is_unsure", False)
    assert TOKEN not in f"{failed.value.text}{failed.value.reply}{way!r}"


async def test_a_wrong_token_stops_everything_and_says_what_to_look_at(api: GraphApi, notes: Notes) -> None:
    way = way_to(api, notes, token="wrong")
    with pytest.raises(Unavailable, match="whatsapp_access_token"):
        await send(way)
    await way.close()


async def test_a_wrong_number_of_ours_stops_everything_and_fails_no_message(api: GraphApi, notes: Notes) -> None:
    way = way_to(api, notes, number_id="1")
    with pytest.raises(Unavailable, match="whatsapp_phone_number_id"):
        await send(way)
    await way.close()


async def test_a_service_that_is_not_there_took_nothing(api: GraphApi, notes: Notes) -> None:
    nowhere = way_to(api, notes, url=f"http://127.0.0.1:{free_port()}")
    key = new_id()
    with pytest.raises(Unavailable, match="cannot be reached") as failed:
        await send(nowhere, key=key)
    assert not failed.value.is_unsure
    assert notes.parts == {}
    await nowhere.close()


async def test_while_the_database_is_away_nothing_is_sent(api: GraphApi, notes: Notes, way: WhatsApp) -> None:
    notes.away = True
    with pytest.raises(Unavailable, match="database"):
        await send(way)
    assert api.calls == []


# --- what nobody knows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [Answer(taken=True), Answer(status=502, taken=True)], ids=["silence", "502"])
async def test_what_may_have_been_taken_waits_for_word_of_it_and_is_then_known(
    api: GraphApi, notes: Notes, way: WhatsApp, answer: Answer
) -> None:
    key = new_id()
    api.answers.append(answer)
    with pytest.raises((OutcomeUnknown, Unavailable)):
        await send(way, key=key)
    with pytest.raises(Unavailable, match="its word is waited for"):
        await send(way, key=key)
    assert len(api.calls) == 1
    notes.parts[key, 1] = Part(api.taken[0]["id"], notes.moment)  # as its status told
    assert await send(way, key=key) == f"200 taken by WhatsApp as {api.taken[0]['id']}"
    assert len(api.calls) == 1


async def test_what_no_word_comes_of_is_sent_again(api: GraphApi, notes: Notes, way: WhatsApp) -> None:
    key = new_id()
    api.answers.append(Answer())
    with pytest.raises(OutcomeUnknown):
        await send(way, key=key)
    notes.moment += HEARING
    await send(way, key=key)
    assert (len(api.calls), len(api.taken)) == (2, 1)


# --- ids -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "id", ["wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBQzQQA=", "wamid.a+b/c==", "odd id <of> another@form", "ümläut", "x"]
)
def test_an_id_of_whatsapps_is_a_message_id_and_comes_back_as_it_was(id: str) -> None:
    made = message_id_of(id)
    assert mime.parse(f"Message-ID: {made}\r\n\r\n".encode()).message_id == made
    assert wamid_of(made) == id


@pytest.mark.parametrize(
    "id",
    [
        "",
        "<>",
        "<1@mailwright.test>",
        "<b64.!!!@whatsapp.invalid>",
        "<x@whatsapp.invalid>",
        "<b64._w@whatsapp.invalid>",
    ],
)
def test_other_message_ids_are_none_of_whatsapps(id: str) -> None:
    assert wamid_of(id) is None
