"""/webhook/whatsapp: whose call is believed, what is filed as whose words, what is answered at once, and what is said so that Meta
calls again or stops."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from structlog.typing import EventDict

from mailwright.codecs import mime
from mailwright.codecs.whatsapp import MAX_BODY_OCTETS
from mailwright.core import Core, accounts, domains, outbox, phones
from mailwright.core.whatsapp import Line
from mailwright.core.whatsappsent import SentLedger
from mailwright.domain import clock, whatsapp
from mailwright.domain.ids import new_id
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.api.whatsapphook import HOOK_PATH, WhatsAppHook
from mailwright.storage import Tx, assignments, audit
from mailwright.storage import whatsapp as rows
from mailwright.storage.accounts import Account
from mailwright.storage.outbox import OutboxRow
from tests.servers import whatsapp as meta
from tests.servers.whatsapp import ADAS_PHONE, EVES_PHONE, NUMBER_ID, SECRET

VERIFY = "the verify token"
META = "173.252.88.1"
CONCIERGE = "concierge@mailwright.test"


def add_concierge(tx: Tx, core: Core, email: str = CONCIERGE) -> Account:
    made = accounts.add_user(tx, core, email, display_name="Concierge", role="agent")
    assignments.add(tx, made.tenant_id, "concierge", made.id, grants=("read", "reply"))
    return made


class Hook:
    """Meta, calling; and what is here then."""

    def __init__(self, core: Core, **settings: Any) -> None:
        self.core = core
        hook = WhatsAppHook(
            **{
                "app_secret": SECRET,
                "verify_token": VERIFY,
                "line": Line(NUMBER_ID),
                "number": "+4930901820",
                **settings,
            }
        )
        self.api = create_api(core, ApiSettings(whatsapp=hook), metrics=lambda: b"")

    def client(self, peer: str = META, host: str = "mail.mailwright.test") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.api, client=(peer, 50_000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")

    async def post(
        self,
        body: dict[str, Any] | bytes,
        *,
        headers: dict[str, str] | None = None,
        peer: str = META,
        host: str = "mail.mailwright.test",
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client(peer, host) as http:
            return await http.post(
                HOOK_PATH, content=content, headers=meta.signed(content) if headers is None else headers
            )

    async def say(self, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
        """One signed call; what was answered."""
        answer = await self.post(meta.call(*entries, **more))
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def mails(self) -> list[mime.Parsed]:
        """What the concierge was given, in its order."""
        found = await self.core.read(
            lambda tx: tx.all(
                "SELECT m.blob_id FROM messages m JOIN users u ON u.id = m.user_id WHERE u.email = ? ORDER BY m.id",
                (CONCIERGE,),
            )
        )
        return [mime.parse(await self.core.blobs.read(blob_id)) for (blob_id,) in found]

    async def texts(self) -> list[str]:
        found = await self.core.read(
            lambda tx: tx.all(
                "SELECT m.blob_id FROM messages m JOIN users u ON u.id = m.user_id WHERE u.email = ? ORDER BY m.id",
                (CONCIERGE,),
            )
        )
        raws = [await self.core.blobs.read(blob_id) for (blob_id,) in found]
        return [mime.body_text(raw, mime.parse(raw)) for raw in raws]

    async def answers(self) -> list[tuple[str, str]]:
        """What is queued for phones: to whom, and what."""
        found = [each for each in await self.rows() if each.channel == outbox.WHATSAPP]
        raws = [await self.core.blobs.read(each.blob_id) for each in found]
        return [
            (each.recipient.local, mime.body_text(raw, mime.parse(raw)).replace("\n", " "))
            for each, raw in zip(found, raws, strict=True)
        ]

    async def rows(self) -> list[OutboxRow]:
        return list(reversed(await self.core.read(outbox.listing)))


@pytest.fixture
async def hook(core: Core) -> Hook:
    def prepare(tx: Tx) -> None:
        add_concierge(tx, core)
        phones.set_phone(tx, accounts.find(tx, "ada@mailwright.test"), ADAS_PHONE)

    await core.write(prepare)
    return Hook(core)


@pytest.fixture
async def bare(core: Core) -> Hook:
    return Hook(core)


# --- who may call ----------------------------------------------------------------------------------------------------------


async def test_metas_challenge_is_repeated_to_who_knows_the_verify_token(bare: Hook) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    async with bare.client() as http:
        answer = await http.get(HOOK_PATH, params=asked)
        assert (answer.status_code, answer.text) == (200, "1158201444")
        assert answer.headers["content-type"].startswith("text/plain")
        for wrong in (
            {"hub.verify_token": "another"},
            {"hub.verify_token": "ümläut"},
            {"hub.mode": "unsubscribe"},
            {"hub.challenge": "<script>alert(1)</script>"},
            {"hub.challenge": ""},
        ):
            assert (await http.get(HOOK_PATH, params=asked | wrong)).status_code == 403


async def test_without_a_verify_token_nobody_can_set_the_hook_up(core: Core) -> None:
    closed = Hook(core, verify_token=None)
    asked = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    async with closed.client() as http:
        assert (await http.get(HOOK_PATH, params=asked)).status_code == 403


async def test_who_guesses_is_slowed_down_and_meta_is_not(hook: Hook) -> None:
    body = json.dumps(meta.call(meta.text("Follow up tomorrow"))).encode()
    codes = [(await hook.post(body, headers=meta.signed(body, "guess"))).status_code for _ in range(35)]
    assert codes == [401] * 30 + [429] * 5
    assert (await hook.post(body)).status_code == 200


@pytest.mark.parametrize("field", ["", "sha256=", "sha256=00", "sha1=abc", "nonsense"])
async def test_a_call_without_a_right_signature_is_refused_and_leaves_nothing(hook: Hook, field: str) -> None:
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": field}
    answer = await hook.post(meta.call(meta.text("Follow up tomorrow")), headers=headers)
    assert answer.status_code == 401
    assert await hook.mails() == []


async def test_the_signature_is_of_the_very_bytes(hook: Hook) -> None:
    body = json.dumps(meta.call(meta.text("Zahnarzt – übermorgen")), ensure_ascii=True).encode()
    other = json.dumps(json.loads(body), ensure_ascii=False).encode()
    assert (await hook.post(other, headers=meta.signed(body))).status_code == 401
    assert (await hook.post(body)).json()["status"] == "accepted"


async def test_without_a_secret_only_this_machine_may_call_and_brings_a_strangers_words(core: Core, hook: Hook) -> None:
    unsigned = Hook(core, app_secret=None)
    headers = {"Content-Type": "application/json"}
    body = meta.call(meta.text("Follow up next Friday morning about dentist"))
    assert (await unsigned.post(body, headers=headers)).status_code == 403
    assert (await unsigned.post(body, headers=headers, peer="127.0.0.1")).status_code == 403  # a name pointed here
    answer = await unsigned.post(body, headers=headers, peer="127.0.0.1", host="127.0.0.1:8080")
    assert answer.json()["status"] == "accepted"
    assert await core.read(lambda tx: tx.scalar("SELECT origin FROM inbound")) == "stranger"


async def test_without_a_secret_nothing_leaves_and_no_phone_is_linked(core: Core, hook: Hook) -> None:
    unsigned = Hook(core, app_secret=None)
    code = await core.write(lambda tx: phones.link_code(tx, accounts.find(tx, "bashir@mailwright.test")))
    body = meta.call(meta.text(code.words, phone=EVES_PHONE), meta.text("Hello", phone=EVES_PHONE), meta.voice())
    answer = await unsigned.post(
        body, headers={"Content-Type": "application/json"}, peer="127.0.0.1", host="127.0.0.1:8080"
    )
    assert answer.json()["status"] == "ignored"
    assert await core.read(lambda tx: phones.owner(tx, EVES_PHONE)) is None
    assert await hook.answers() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b'{"object": "page", "entry": []}', 400),
        (b'{"object": "whatsapp_business_account", "entry": ' + b" " * MAX_BODY_OCTETS, 413),
    ],
    ids=["empty", "half", "list", "deep", "another product", "long"],
)
async def test_what_is_no_call_of_whatsapps_is_refused(hook: Hook, body: bytes, status: int) -> None:
    assert (await hook.post(body)).status_code == status


async def test_only_json_is_read(hook: Hook) -> None:
    body = json.dumps(meta.call(meta.text("x"))).encode()
    assert (await hook.post(body, headers={**meta.signed(body), "Content-Type": "text/plain"})).status_code == 415


async def test_one_caller_may_call_so_often_in_a_minute(core: Core, hook: Hook) -> None:
    narrow = Hook(core, per_minute=3)
    body = json.dumps(meta.call(meta.text("Follow up tomorrow"))).encode()
    assert [(await narrow.post(body)).status_code for _ in range(5)] == [200, 200, 200, 429, 429]


async def test_while_the_database_is_away_meta_is_asked_to_call_again(hook: Hook, away: None) -> None:
    assert (await hook.post(meta.call(meta.text("Follow up tomorrow")))).status_code == 503


# --- what is filed ---------------------------------------------------------------------------------------------------------


async def test_a_persons_text_is_filed_as_their_mail_to_the_concierge(core: Core, hook: Hook) -> None:
    wamid = meta.wamid()
    said = await hook.say(meta.text("Follow up next Friday morning about the dentist 🦷", id=wamid, at=1_780_000_000))
    assert said["status"] == "accepted"
    [mail] = await hook.mails()
    assert mail.from_[0].address == f"{ADAS_PHONE}@whatsapp.invalid"
    assert mail.from_[0].name == "Ada Lovelace"
    assert [each.address for each in mail.to] == [CONCIERGE]
    assert mail.message_id == whatsapp.message_id_of(wamid)
    assert whatsapp.wamid_of(mail.message_id or "") == wamid
    assert mail.date == 1_780_000_000 * clock.SECOND
    assert await hook.texts() == ["Follow up next Friday morning about the dentist 🦷"]

    def look(tx: Tx) -> tuple[Any, ...]:
        row = tx.one("SELECT id, channel, origin, because FROM inbound")
        assert row is not None
        return row

    ada = await core.read(lambda tx: accounts.find(tx, "ada@mailwright.test").id)
    inbound_id, channel, origin, because = await core.read(look)
    assert (inbound_id, channel, origin) == (said["inboundId"], "hook", "owner")
    assert "their own phone" in because
    assert await core.read(lambda tx: tx.scalar("SELECT account_id FROM messages")) in (ada, None)


async def test_the_same_message_again_is_a_duplicate(hook: Hook) -> None:
    message = meta.text("Follow up tomorrow")
    first, again = await hook.say(message), await hook.say(message, name="Another name")
    assert again == {"status": "duplicate", "inboundId": first["inboundId"]}
    assert len(await hook.mails()) == 1


async def test_several_messages_in_one_call_are_filed_in_the_order_they_were_written(hook: Hook) -> None:
    late, early = meta.text("the second", at=1_780_000_100), meta.text("the first", at=1_780_000_000)
    said = await hook.say(late, early)
    assert said["status"] == "accepted"
    assert len(said["inboundIds"]) == 2
    assert await hook.texts() == ["the first", "the second"]
    assert (await hook.say(early, meta.text("the third"), late))["status"] == "accepted"
    assert await hook.texts() == ["the first", "the second", "the third"]


async def test_several_entries_and_changes_of_one_call_are_all_read(hook: Hook) -> None:
    one, two = meta.call(meta.text("one")), meta.call(meta.text("two"))
    one["entry"][0]["changes"] += two["entry"][0]["changes"]
    one["entry"] += meta.call(meta.text("three"))["entry"]
    assert (await hook.post(one)).json()["status"] == "accepted"
    assert sorted(await hook.texts()) == ["one", "three", "two"]


async def test_an_answer_leads_back_to_the_message_it_quotes(core: Core, hook: Hook) -> None:
    ours, theirs = meta.wamid(), meta.wamid()
    said_id = "<followup.1.1@mailwright.test>"
    await core.write(lambda tx: rows.add(tx, rows.Sent(ours, new_id(), 1, said_id, "sent", clock.now())))
    for message in (meta.reply("make it Monday", ours), meta.button("Friday 14", ours), meta.picked("Friday 21", ours)):
        await hook.say(message)
    await hook.say(meta.quick("Done", ours))
    await hook.say(meta.reply("and this as well", theirs))
    mails = await hook.mails()
    assert [each.in_reply_to for each in mails[:4]] == [(said_id,)] * 4
    assert mails[0].references == (said_id,)
    assert mails[4].in_reply_to == (whatsapp.message_id_of(theirs),)
    assert await hook.texts() == ["make it Monday", "Friday 14", "Friday 21", "Done", "and this as well"]


async def test_a_pictures_caption_is_its_text(hook: Hook) -> None:
    await hook.say(meta.image("pay this on Friday"))
    assert await hook.texts() == ["pay this on Friday"]


async def test_what_somebody_calls_themselves_cannot_forge_a_field(hook: Hook) -> None:
    await hook.say(meta.text("tomorrow"), name='Ada" <eve@example.org>\r\nBcc: chen@example.net\x00\u202e' + "x" * 5000)
    [mail] = await hook.mails()
    assert [each.address for each in mail.from_] == [f"{ADAS_PHONE}@whatsapp.invalid"]
    assert len(mail.from_[0].name) <= 100
    assert "bcc" not in mail.header


async def test_hidden_characters_and_halves_of_characters_are_no_hindrance(hook: Hook) -> None:
    body = json.dumps(meta.call(meta.text("tomorrow \x00 \ud83d about tea")), ensure_ascii=True).encode()
    assert (await hook.post(body)).json()["status"] == "accepted"
    assert await hook.texts() == ["tomorrow  \ufffd about tea"]


async def test_an_odd_entry_harms_no_other_of_its_call(hook: Hook, logs: list[EventDict]) -> None:
    odd: list[Any] = [
        {"id": "x"},
        {**meta.text("no id"), "id": ""},
        {**meta.text("no number"), "from": "Ada"},
        {**meta.text("long id"), "id": "w" * 600},
        {**meta.text("spaced id"), "id": "wamid. x"},
        {**meta.text("hidden number"), "from": None, "from_user_id": "DE.1234"},  # as of who has a name there
        7,
        None,
        "text",
    ]
    body = meta.call(meta.text("the good one"))
    body["entry"][0]["changes"][0]["value"]["messages"][0:0] = odd
    body["entry"] += [None, {"changes": 7}, {"changes": [{"value": []}]}]
    assert (await hook.post(body)).json()["status"] == "accepted"
    assert await hook.texts() == ["the good one"]
    assert [each["count"] for each in logs if each["event"] == "whatsapp.odd_entries"] == [len(odd)]


async def test_what_was_written_stands_in_no_log(hook: Hook, logs: list[EventDict]) -> None:
    await hook.say(meta.text("the secret of the clinic"), meta.text("another secret", phone=EVES_PHONE), meta.voice())
    assert "secret" not in repr(logs)
    assert ADAS_PHONE[1:] not in repr(logs)


async def test_a_call_of_too_many_messages_is_refused(hook: Hook) -> None:
    many = [meta.text("x", id=f"wamid.{number}") for number in range(1_001)]
    assert (await hook.post(meta.call(*many))).status_code == 400
    assert await hook.mails() == []


async def test_messages_to_another_number_of_the_same_app_are_not_ours(hook: Hook) -> None:
    assert await hook.say(meta.text("Follow up tomorrow"), number_id="999") == {"status": "ignored"}
    assert await hook.mails() == []


async def test_a_full_mailbox_asks_meta_to_call_again(core: Core, hook: Hook) -> None:
    await core.write(
        lambda tx: tx.execute("UPDATE users SET quota_bytes = 100000, used_bytes = 99999 WHERE email = ?", (CONCIERGE,))
    )
    assert (await hook.post(meta.call(meta.text("Follow up tomorrow")))).status_code == 503


async def test_a_moment_that_cannot_be_is_now(hook: Hook) -> None:
    before = clock.now()
    for at in ("99999999999", "-5", "soon", "1e9", "0"):
        await hook.say({**meta.text(f"at {at}"), "timestamp": at})
    assert all(before - 2 * clock.SECOND <= (mail.date or 0) <= clock.now() for mail in await hook.mails())


# --- whose it is -----------------------------------------------------------------------------------------------------------


async def test_who_is_not_known_is_told_once_in_their_language_and_nothing_of_theirs_is_kept(
    core: Core, hook: Hook
) -> None:
    first = meta.text("Bitte erinnere mich morgen früh an den Zahnarzt", phone=EVES_PHONE)
    assert (await hook.say(first))["status"] == "accepted"
    assert (await hook.say(first))["status"] == "duplicate"
    assert (await hook.say(meta.text("Hallo?", phone=EVES_PHONE)))["status"] == "duplicate"
    assert (await hook.say(meta.voice(phone=EVES_PHONE)))["status"] == "duplicate"
    [(to, words)] = await hook.answers()
    assert to == EVES_PHONE
    assert words.startswith("Guten Tag!")
    assert await hook.mails() == []


async def test_two_people_who_are_not_known_are_both_told(hook: Hook) -> None:
    await hook.say(meta.text("Hi", phone=EVES_PHONE), meta.text("Hi", phone="+33612345678"))
    assert [to for to, _ in await hook.answers()] == [EVES_PHONE, "+33612345678"]


async def test_a_blocked_person_gets_no_work_and_no_answer(core: Core, hook: Hook) -> None:
    await core.write(lambda tx: tx.execute("UPDATE users SET status = 'blocked' WHERE email = 'ada@mailwright.test'"))
    assert (await hook.say(meta.text("Follow up tomorrow"), meta.voice()))["status"] == "ignored"
    assert (await hook.mails(), await hook.answers()) == ([], [])


async def test_where_there_is_no_concierge_nothing_is_kept_or_said(core: Core, bare: Hook) -> None:
    await core.write(lambda tx: phones.set_phone(tx, accounts.find(tx, "ada@mailwright.test"), ADAS_PHONE))
    assert await bare.say(meta.text("Follow up tomorrow"), meta.text("Hi", phone=EVES_PHONE)) == {"status": "ignored"}
    assert await bare.rows() == []


async def test_of_several_concierges_the_settings_name_one(core: Core, hook: Hook) -> None:
    await core.write(lambda tx: add_concierge(tx, core, "other@mailwright.test"))
    assert (await hook.say(meta.text("Follow up tomorrow")))["status"] == "ignored"
    named = Hook(core, line=Line(NUMBER_ID, CONCIERGE))
    assert (await named.say(meta.text("Follow up tomorrow")))["status"] == "accepted"
    assert len(await hook.mails()) == 1


async def test_nobodys_words_go_to_the_concierge_of_another_tenant(core: Core, hook: Hook) -> None:
    def move_away(tx: Tx) -> None:
        domains.add(tx, "elsewhere.test", tenant="another")
        chen = accounts.add_user(tx, core, "chen@elsewhere.test")
        phones.set_phone(tx, chen, EVES_PHONE)

    await core.write(move_away)
    named = Hook(core, line=Line(NUMBER_ID, CONCIERGE))
    assert (await named.say(meta.text("Follow up tomorrow", phone=EVES_PHONE)))["status"] == "ignored"
    assert (await hook.mails(), await hook.answers()) == ([], [])


# --- what is answered at once ----------------------------------------------------------------------------------------------


async def test_a_voice_message_is_answered_kindly_and_an_album_once(hook: Hook) -> None:
    at = 1_780_000_200
    assert (await hook.say(meta.voice(at=at)))["status"] == "accepted"
    await hook.say(*(meta.image(at=at + number) for number in range(20)), meta.unsupported(at=at))
    assert [words[:10] for _, words in await hook.answers()] == ["Thank you!"]
    await hook.say(meta.voice(at=at + 3600))
    assert len(await hook.answers()) == 2
    assert await hook.mails() == []


async def test_a_thumb_and_a_call_in_a_group_are_passed_over(hook: Hook) -> None:
    said = await hook.say(
        meta.reaction(meta.wamid()), {**meta.text("for all of you"), "group_id": "G1"}, meta.text("  \n")
    )
    assert said == {"status": "ignored"}
    assert (await hook.mails(), await hook.answers()) == ([], [])


async def test_answers_are_the_concierges_and_stand_under_its_stop_switch(core: Core, hook: Hook) -> None:
    await hook.say(meta.voice())
    [row] = await hook.rows()
    ada = await core.read(lambda tx: accounts.find(tx, "ada@mailwright.test").id)
    assert (row.agent, row.served_id, row.sender, row.channel) == ("concierge", ada, None, "whatsapp")
    parsed = mime.parse(await core.blobs.read(row.blob_id))
    assert parsed.header.get("Auto-Submitted") == "auto-replied"
    assert parsed.from_[0].address == CONCIERGE


# --- linking a phone -------------------------------------------------------------------------------------------------------


async def test_a_code_sent_from_a_phone_links_it(core: Core, hook: Hook) -> None:
    code = await core.write(lambda tx: phones.link_code(tx, accounts.find(tx, "bashir@mailwright.test")))
    message = meta.text(f" LINK {code.code.lower()} ", phone=EVES_PHONE)
    assert (await hook.say(message))["status"] == "accepted"
    assert (await hook.say(message))["status"] == "duplicate"
    [(to, words)] = await hook.answers()
    assert to == EVES_PHONE
    assert "bashir@mailwright.test" in words

    def look(tx: Tx) -> tuple[str, list[str]]:
        owner = phones.owner(tx, EVES_PHONE)
        assert owner is not None
        return owner.email, [each.action for _, each in audit.listing(tx, limit=10)]

    email, actions = await core.read(look)
    assert email == "bashir@mailwright.test"
    assert {"phone.code-made", "phone.proven"} <= set(actions)
    assert (await hook.say(meta.text("Follow up tomorrow", phone=EVES_PHONE)))["status"] == "accepted"
    assert len(await hook.mails()) == 1


async def test_a_code_alone_is_enough_for_a_phone_nobody_has(core: Core, hook: Hook) -> None:
    code = await core.write(lambda tx: phones.link_code(tx, accounts.find(tx, "bashir@mailwright.test")))
    await hook.say(meta.text(code.code, phone=EVES_PHONE))
    assert "bashir" in (await hook.answers())[0][1]


async def test_a_wrong_code_links_nothing_and_many_are_not_looked_at(core: Core, hook: Hook) -> None:
    for number in range(12):
        await hook.say(meta.text(f"link AAAA-AA{number + 22}", phone=EVES_PHONE))
    assert ["code" in words for _, words in await hook.answers()] == [True]  # and told once in a minute
    code = await core.write(lambda tx: phones.link_code(tx, accounts.find(tx, "bashir@mailwright.test")))
    await hook.say(meta.text(code.words, phone=EVES_PHONE))
    assert await core.read(lambda tx: phones.owner(tx, EVES_PHONE)) is None
    await hook.say(meta.text(code.words, phone="+33612345678"))
    assert await core.read(lambda tx: phones.owner(tx, "+33612345678")) is not None


@pytest.mark.parametrize("words", ["CALL ANNA", "LinkedIn", "Link page"])
async def test_eight_letters_of_a_known_person_are_words(hook: Hook, words: str) -> None:
    await hook.say(meta.text(words))
    assert await hook.texts() == [words]


async def test_a_phone_that_proves_another_account_is_that_accounts_from_then_on(core: Core, hook: Hook) -> None:
    code = await core.write(lambda tx: phones.link_code(tx, accounts.find(tx, "bashir@mailwright.test")))
    await hook.say(meta.text(code.words))
    owner = await core.read(lambda tx: phones.owner(tx, ADAS_PHONE))
    assert owner is not None
    assert owner.email == "bashir@mailwright.test"
    [told] = [row for row in await hook.rows() if str(row.recipient) == "ada@mailwright.test"]
    raw = await core.blobs.read(told.blob_id)
    assert ADAS_PHONE in mime.body_text(raw, mime.parse(raw))
    assert "bashir" not in raw.decode()


# --- statuses --------------------------------------------------------------------------------------------------------------


async def sent(core: Core, hook: Hook) -> tuple[OutboxRow, str]:
    """One message that WhatsApp took."""
    await hook.say(meta.voice())
    [row] = await hook.rows()
    wamid = meta.wamid()

    def write(tx: Tx) -> None:
        tx.execute("UPDATE outbox SET status = 'sent', settled_at = ? WHERE id = ?", (clock.now(), row.id))
        rows.add(tx, rows.Sent(wamid, row.id, 1, row.message_id, "sent", clock.now()))

    await core.write(write)
    return row, wamid


async def state_of(core: Core, wamid: str) -> str:
    found = await core.read(lambda tx: rows.by_wamid(tx, wamid))
    assert found is not None
    return found.state


async def test_statuses_come_in_any_order_and_twice(core: Core, hook: Hook) -> None:
    _, wamid = await sent(core, hook)
    assert (await hook.say(meta.status(wamid, "read")))["status"] == "accepted"
    for late in ("delivered", "sent", "read", "played"):
        assert (await hook.say(meta.status(wamid, late)))["status"] == "duplicate"
        assert await state_of(core, wamid) == "read"


async def test_a_message_that_fails_after_it_was_taken_fails_in_the_outbox_and_can_be_tried_again(
    core: Core, hook: Hook
) -> None:
    row, wamid = await sent(core, hook)
    failed = meta.status(wamid, "failed", error=131026)
    assert (await hook.say(failed))["status"] == "accepted"
    assert (await hook.say(failed))["status"] == "duplicate"

    def look(tx: Tx) -> tuple[str, str, list[str], list[tuple[Any, ...]]]:
        again = outbox.load(tx, row.id)
        letters = tx.all("SELECT name, reference FROM dead_letters")
        return again.status, again.last_error, [each.action for _, each in audit.listing(tx, limit=10)], letters

    status, error, actions, letters = await core.read(look)
    assert status == "failed"
    assert "131026" in error
    assert "outbox.failed-late" in actions
    assert letters == [("whatsapp", row.id)]
    assert (await core.write(lambda tx: outbox.retry(tx, row.id))).status == "queued"
    assert await core.blobs.read(row.blob_id)


async def test_a_first_status_tells_of_a_message_whose_taking_was_never_answered(core: Core, hook: Hook) -> None:
    await hook.say(meta.voice())
    [row] = await hook.rows()
    wamid = meta.wamid()
    await core.write(lambda tx: rows.begin(tx, row.id, 1, row.message_id, clock.now()))
    await hook.say(meta.status(wamid, "delivered", tracker=f"{row.id}/1"))
    [known] = await core.read(lambda tx: rows.of_outbox(tx, row.id))
    assert (known.wamid, known.state, known.message_id) == (wamid, "delivered", row.message_id)


async def test_what_has_arrived_does_not_fail_any_more(core: Core, hook: Hook) -> None:
    row, wamid = await sent(core, hook)
    await hook.say(meta.status(wamid, "delivered"))
    assert (await hook.say(meta.status(wamid, "failed", error=131000)))["status"] == "duplicate"
    assert (await core.read(lambda tx: outbox.load(tx, row.id))).status == "sent"


async def test_what_failed_on_one_device_and_arrived_on_another_is_not_sent_again(core: Core, hook: Hook) -> None:
    row, wamid = await sent(core, hook)
    await hook.say(meta.status(wamid, "failed", error=131000))
    assert (await hook.say(meta.status(wamid, "delivered")))["status"] == "accepted"
    await core.write(lambda tx: outbox.retry(tx, row.id))
    known = await SentLedger(core).known(row.id)
    assert known[1].wamid == wamid


async def test_a_long_message_is_kept_until_all_of_it_has_arrived(core: Core, hook: Hook) -> None:
    row, first = await sent(core, hook)
    second = meta.wamid()
    await core.write(lambda tx: rows.add(tx, rows.Sent(second, row.id, 2, row.message_id, "sent", clock.now())))

    async def released() -> int:
        counted: int = await core.read(lambda tx: tx.scalar("SELECT count(*) FROM events WHERE kind = 'BlobReleased'"))
        return counted

    await hook.say(meta.status(first, "delivered"))
    assert await released() == 0
    await hook.say(meta.status(second, "read"))
    assert await released() == 1


@pytest.mark.parametrize("tracker", ["", "nonsense", "/", "0/0/0", "00000000-0000-7000-8000-000000000000/1"])
async def test_statuses_of_what_is_not_ours_are_passed_over(core: Core, hook: Hook, tracker: str) -> None:
    assert (await hook.say(meta.status(meta.wamid(), "failed", tracker=tracker, error=131026)))["status"] == "duplicate"


async def test_a_status_of_another_phone_says_nothing_of_a_message(core: Core, hook: Hook) -> None:
    await hook.say(meta.voice())
    [row] = await hook.rows()
    await hook.say(meta.status(meta.wamid(), "failed", tracker=f"{row.id}/1", phone=EVES_PHONE, error=131026))
    assert (await core.read(lambda tx: outbox.load(tx, row.id))).status == "queued"
