"""Accounts elsewhere: what is kept of them and how, how it stands with them, and what is left when they go. On both databases."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mailwright.core import Core, accounts, assistants, connecting, connections, tasks
from mailwright.core.connectionhealth import spoken
from mailwright.core.connections import Connection, health
from mailwright.domain import clock, events
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND
from mailwright.domain.elsewhere import FAILURES, NotSetUp, Opened, Refused, Server
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadAddress, BadInput, NotFound, NotPermitted, TryLater
from mailwright.domain.triage import ConnectionState as S
from mailwright.storage import Tx, triage
from mailwright.storage import connections as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"
TOKENS = '{"access": "ya29.secret", "refresh": "1//secret"}'
BACK = "https://mail.example/callback"
NOW = 1_800_000_000 * SECOND


class Service:
    """Stands in for the services: Gmail says yes to the code "good", and every IMAP server lets in."""

    gmail, pushes, poll = True, False, 3 * MINUTE

    def __init__(self) -> None:
        self.revoked: list[str] = []
        self.refuse: Exception | None = None
        self.set_up = True
        self.asked: list[tuple[str, str]] = []

    def authorization(self, redirect_uri: str, state: str) -> tuple[str, str]:
        if not self.set_up:
            raise NotSetUp("no")
        return f"https://google.example/?state={state}&back={redirect_uri}", "verifier"

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Opened:
        self.asked.append((code, verifier))
        if self.refuse is not None:
            raise self.refuse
        return Opened("Ada.Lovelace@Gmail.example", TOKENS)

    async def revoke(self, tokens: str) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.revoked.append(tokens)

    async def try_imap(self, server: Server, password: str) -> None:
        if self.refuse is not None:
            raise self.refuse

    async def close(self) -> None: ...


@pytest.fixture
def service() -> Service:
    return Service()


def person(core: Core, email: str = ADA) -> Account:
    return core.database.read_now(lambda tx: accounts.find(tx, email))


def gmail(core: Core, email: str = ADA, address: str = "ada@gmail.example") -> Connection:
    account = person(core, email)
    return core.database.write_now(
        lambda tx: connections.add_gmail(tx, core, account, address=address, tokens_json=TOKENS)
    )


def imap(core: Core, **changes: object) -> Connection:
    given: dict[str, object] = {
        "address": "ada@example.org",
        "host": "imap.example.org",
        "port": 993,
        "user": "ada",
        "password": "pa ss wörd",
        "tls": "tls",
    }
    account = person(core)
    return core.database.write_now(
        lambda tx: connections.add_imap(tx, core, account, **(given | changes))  # type: ignore[arg-type]
    )


def now_of(core: Core, connection: Connection) -> Connection:
    return core.database.read_now(lambda tx: connections.load(tx, connection.id))


def everything_written(core: Core) -> str:
    """Every text of every table but the sealed one."""

    def read(tx: Tx) -> str:
        found = tx.all("SELECT action, resource, actor FROM audit_events") + tx.all("SELECT payload FROM events")
        found += tx.all("SELECT address, because, settings, secret FROM connections")
        return repr(found)

    return core.database.read_now(read)


# --- how it stands ----------------------------------------------------------------------------------------------------

_FRESH = Connection(
    id=new_id(),
    tenant_id=new_id(),
    user_id=new_id(),
    kind="gmail",
    address="ada@gmail.example",
    enabled=True,
    state=S.CONNECTED,
    because="",
    secret="v1:x",
    settings={},
    cursor="1",
    announced="1",
    failures=0,
    watch_expires_at=NOW + 6 * DAY,
    watched_at=NOW - DAY,
    pushed_at=NOW - HOUR,
    looked_at=NOW - MINUTE,
    next_look_at=NOW + MINUTE,
    created_at=NOW - 2 * DAY,
    updated_at=NOW,
)


@pytest.mark.parametrize(
    ("changes", "pushed", "state", "because"),
    [
        ({}, True, S.CONNECTED, "tells of new mail at once"),
        ({}, False, S.CONNECTED, "looked at every 3 minutes"),
        ({"watch_expires_at": None, "watched_at": None, "pushed_at": None}, False, S.CONNECTED, "every 3 minutes"),
        # switched off, or out: whatever else is true
        ({"enabled": False}, True, S.PAUSED, "switched off"),
        ({"enabled": False, "state": S.REVOKED}, True, S.PAUSED, "switched off"),
        ({"state": S.REVOKED, "because": "sign in again"}, True, S.REVOKED, "sign in again"),
        ({"state": S.REVOKED, "failures": 1}, False, S.REVOKED, "connect it anew"),
        # never looked at
        ({"state": S.CONNECTING, "looked_at": None, "created_at": NOW - SECOND}, False, S.CONNECTING, "first time"),
        ({"state": S.CONNECTED, "looked_at": None, "created_at": NOW - SECOND}, True, S.CONNECTING, "first time"),
        ({"state": S.CONNECTING, "looked_at": None, "created_at": NOW - DAY}, False, S.BROKEN, "24 hours after"),
        ({"looked_at": None, "failures": 1, "because": "away"}, False, S.DELAYED, "the last look failed: away"),
        # nobody looks
        ({"looked_at": NOW - 10 * MINUTE}, False, S.CONNECTED, "every"),
        ({"looked_at": NOW - 11 * MINUTE}, False, S.DELAYED, "nobody has looked at it for 11 minutes"),
        ({"looked_at": NOW - 11 * MINUTE}, True, S.DELAYED, "nobody has looked"),
        ({"looked_at": NOW - 2 * HOUR}, True, S.BROKEN, "for 2 hours"),
        # looks that fail
        ({"failures": 1, "because": "it is away"}, False, S.DELAYED, "the last look failed: it is away; it is tried"),
        ({"failures": 2}, True, S.DELAYED, "the last 2 looks failed; it is tried again"),
        ({"failures": 3, "because": "it is away"}, False, S.BROKEN, "the last 3 looks failed: it is away"),
        ({"failures": 3, "state": S.DELAYED}, True, S.BROKEN, "the last 3"),
        ({"state": S.BROKEN, "because": "odd"}, False, S.BROKEN, "odd"),
        ({"state": S.BROKEN}, True, S.BROKEN, "could not be read"),
        # pushes that are expected
        ({"watch_expires_at": None}, True, S.DELAYED, "not asked yet"),
        ({"watched_at": None}, True, S.DELAYED, "not asked yet"),
        ({"watch_expires_at": NOW}, True, S.DELAYED, "stopped telling"),
        ({"watch_expires_at": NOW - 2 * HOUR}, True, S.DELAYED, "2 hours ago"),
        ({"state": S.DELAYED, "because": "no push came"}, True, S.DELAYED, "no push came"),
        ({"state": S.DELAYED}, True, S.DELAYED, "does not tell"),
        ({"pushed_at": None}, True, S.DELAYED, "not told of anything yet"),
        ({"pushed_at": None, "watched_at": NOW - MINUTE}, True, S.CONNECTING, "until it does"),
        # pushes that nobody expects any more say nothing
        ({"state": S.DELAYED, "because": "no push came"}, False, S.CONNECTED, "every 3 minutes"),
    ],
)
def test_connected_is_said_when_it_is_true(changes: dict[str, object], pushed: bool, state: S, because: str) -> None:
    found = health(replace(_FRESH, **changes), NOW, push_expected=pushed)  # type: ignore[arg-type]
    assert found[0] == state
    assert because in found[1]
    assert found[1]


def test_an_account_that_is_looked_at_rarely_is_not_late_sooner() -> None:
    late = replace(_FRESH, looked_at=NOW - 2 * HOUR)
    assert health(late, NOW, push_expected=False, poll=HOUR)[0] == S.CONNECTED
    assert health(replace(_FRESH, looked_at=NOW - 4 * HOUR), NOW, push_expected=False, poll=HOUR)[0] == S.BROKEN


@pytest.mark.parametrize(
    ("span", "words"),
    [(0, "minute"), (MINUTE, "minute"), (90 * MINUTE, "90 minutes"), (2 * HOUR, "2 hours"), (3 * DAY, "3 days")],
)
def test_spans_are_spoken(span: int, words: str) -> None:
    assert spoken(span) == words


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_what_opens_an_account_is_sealed_and_stands_nowhere(core: Core) -> None:
    made, other = gmail(core), imap(core)
    assert connections.tokens(core, made) == TOKENS
    assert connections.tokens(core, other) == "pa ss wörd"
    written = everything_written(core) + repr(made) + repr(other)
    for secret in ("ya29", "1//secret", "pa ss"):
        assert secret not in written
    core.database.write_now(lambda tx: connections.keep_tokens(tx, core, made.id, '{"access": "new"}'))
    assert connections.tokens(core, now_of(core, made)) == '{"access": "new"}'


def test_connecting_it_again_goes_on_with_the_new_secret(core: Core) -> None:
    made = gmail(core)
    core.database.write_now(
        lambda tx: connections.looked(tx, made.id, cursor="77", now=clock.now(), next_look_at=clock.now() + HOUR)
    )
    core.database.write_now(lambda tx: connections.failed(tx, made.id, "gone", final=True))
    again = gmail(core, address="ADA@gmail.example")
    assert again.id == made.id
    assert (again.state, again.failures, again.because, again.cursor) == (S.CONNECTING, 0, "", "77")
    assert again.next_look_at <= clock.now()
    first = imap(core)
    core.database.write_now(
        lambda tx: connections.looked(tx, first.id, cursor="5", now=clock.now(), next_look_at=clock.now())
    )
    assert imap(core, password="other").cursor == "5"
    assert imap(core, host="mail.example.net").cursor == ""  # its UIDs say nothing there
    ada = person(core)
    assert len(core.database.read_now(lambda tx: connections.listing(tx, ada))) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"host": ""},
        {"host": "imap example"},
        {"host": "user@imap.example"},
        {"host": "http://imap.example"},
        {"host": "a\r\nb"},
        {"port": 0},
        {"port": 70_000},
        {"tls": "maybe"},
        {"user": ""},
        {"user": "ada\r\nA1 LOGOUT"},
        {"password": ""},
        {"password": "x\x00y"},
        {"password": "x" * 1001},
    ],
)
def test_a_server_that_could_be_none_is_refused(core: Core, changes: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refused:
        imap(core, **changes)
    assert "x\x00y" not in str(refused.value)


def test_agents_connect_nothing_and_nobody_connects_without_end(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    core.database.write_now(lambda tx: accounts.add_agent(tx, core, "main@mailwright.test", display_name="M"))
    with pytest.raises(NotPermitted):
        gmail(core, "main@mailwright.test")
    with pytest.raises(BadAddress):
        gmail(core, address="nobody")
    monkeypatch.setattr(connections, "MOST", 2)
    gmail(core, address="1@gmail.example")
    gmail(core, address="2@gmail.example")
    with pytest.raises(BadInput, match="2 accounts"):
        gmail(core, address="3@gmail.example")
    gmail(core, address="2@gmail.example")
    gmail(core, BASHIR, address="3@gmail.example")


def test_everybody_has_their_own(core: Core) -> None:
    made = gmail(core)
    bashir = person(core, BASHIR)
    for act in (
        lambda tx: connections.load(tx, made.id, account=bashir),
        lambda tx: connections.disconnect(tx, core, bashir, made.id),
        lambda tx: connections.set_enabled(tx, bashir, made.id, on=False),
        lambda tx: connections.look_soon(tx, bashir, made.id),
        lambda tx: connections.load(tx, "no id at all"),
        lambda tx: connections.load(tx, new_id()),
    ):
        with pytest.raises(NotFound):
            core.database.write_now(act)
    assert now_of(core, made).enabled


# --- looks ------------------------------------------------------------------------------------------------------------


def test_a_look_that_fails_waits_longer_each_time_and_a_look_that_works_forgets_it(core: Core) -> None:
    made = gmail(core)
    pauses, states = [], []
    for _ in range(9):
        core.database.write_now(lambda tx: connections.failed(tx, made.id, "it is\r\naway\x00"))
        found = now_of(core, made)
        pauses.append(round((found.next_look_at - clock.now()) / MINUTE))
        states.append(found.state)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert states[:3] == [S.CONNECTING, S.CONNECTING, S.BROKEN]
    assert found.because == "it is away"
    moment = clock.now()
    core.database.write_now(
        lambda tx: connections.looked(tx, made.id, cursor="9", now=moment, next_look_at=moment + MINUTE)
    )
    found = now_of(core, made)
    assert (found.state, found.failures, found.because, found.cursor) == (S.CONNECTED, 0, "", "9")
    assert found.looked_at == moment


def test_who_is_out_is_not_tried_again(core: Core) -> None:
    made = gmail(core)
    core.database.write_now(lambda tx: connections.failed(tx, made.id, "sign in again", final=True))
    assert now_of(core, made).state == S.REVOKED
    assert core.database.read_now(lambda tx: rows.due(tx, clock.now() + 365 * DAY, 10)) == []
    core.database.write_now(lambda tx: connections.failed(tx, new_id(), "it is gone"))


def test_a_look_that_works_does_not_say_that_pushes_come(core: Core) -> None:
    made = gmail(core)
    core.database.write_now(lambda tx: connections.state(tx, made.id, S.DELAYED, "no push came"))
    core.database.write_now(
        lambda tx: connections.looked(tx, made.id, cursor="9", now=clock.now(), next_look_at=clock.now())
    )
    assert (now_of(core, made).state, now_of(core, made).because) == (S.DELAYED, "no push came")


def test_a_pause_ends_with_a_look(core: Core) -> None:
    made, ada = gmail(core), person(core)
    core.database.write_now(lambda tx: rows.update(tx, made.id, now=clock.now(), next_look_at=clock.now() + DAY))
    off = core.database.write_now(lambda tx: connections.set_enabled(tx, ada, made.id, on=False))
    assert not off.enabled
    assert core.database.write_now(lambda tx: connections.look_soon(tx, ada, made.id)).next_look_at > clock.now()
    told = core.database.read_now(
        lambda tx: tx.scalar("SELECT count(*) FROM events WHERE kind = ?", (events.GMAIL_PUSHED,))
    )
    on = core.database.write_now(lambda tx: connections.set_enabled(tx, ada, made.id, on=True))
    assert on.enabled
    assert on.next_look_at <= clock.now()
    after = core.database.read_now(
        lambda tx: tx.scalar("SELECT count(*) FROM events WHERE kind = ?", (events.GMAIL_PUSHED,))
    )
    assert after == told + 1


# --- Google's page and back -------------------------------------------------------------------------------------------


async def _back(core: Core, service: Service, email: str = ADA, **changes: str) -> Connection:
    account = person(core, email)
    given = {"kept": "", "state": "", "code": "good"} | changes
    return await connecting.come_back(core, service, account, BACK, by=SYSTEM, **given)  # type: ignore[arg-type]


async def _set_out(core: Core, service: Service) -> tuple[str, str]:
    attempt = await connecting.set_out(core, service, person(core), BACK)
    state = attempt.url.split("state=")[1].split("&")[0]
    assert state not in attempt.kept
    assert "verifier" not in repr(attempt)
    return attempt.kept, state


async def test_who_comes_back_is_connected_under_the_address_google_says(core: Core, service: Service) -> None:
    kept, state = await _set_out(core, service)
    made = await _back(core, service, kept=kept, state=state)
    assert (made.kind, made.address, made.state) == ("gmail", "ada.lovelace@gmail.example", S.CONNECTING)
    assert service.asked == [("good", "verifier")]
    with pytest.raises(Refused) as refused:  # once
        await _back(core, service, kept=kept, state=state)
    assert refused.value.word == "expired"
    assert len(service.asked) == 1


async def test_an_attempt_is_one_persons_one_browsers_and_ten_minutes_old_at_most(
    core: Core, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, state = await _set_out(core, service)
    other_kept, _ = await _set_out(core, service)
    sealed_for_other_things = core.secrets.seal(json.dumps({"state": state}).encode(), purpose="connection")
    for given in (
        {"kept": "", "state": state},
        {"kept": "v1:garbage", "state": state},
        {"kept": kept, "state": ""},
        {"kept": kept, "state": state + "x"},
        {"kept": kept, "state": "ö\ud800"},
        {"kept": other_kept, "state": state},
        {"kept": sealed_for_other_things, "state": state},
    ):
        with pytest.raises(Refused):
            await _back(core, service, **given)
    with pytest.raises(Refused):
        await _back(core, service, BASHIR, kept=kept, state=state)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + connecting.ATTEMPT + SECOND)
    with pytest.raises(Refused):
        await _back(core, service, kept=kept, state=state)
    monkeypatch.setattr(clock, "now", real)
    assert service.asked == []
    assert (await _back(core, service, kept=kept, state=state)).kind == "gmail"


@pytest.mark.parametrize(
    ("error", "word"),
    [("access_denied", "denied"), ("admin_policy_enforced", "blocked"), ("<script>", "failed"), ("", "failed")],
)
async def test_googles_errors_are_plain_words(core: Core, service: Service, error: str, word: str) -> None:
    kept, state = await _set_out(core, service)
    with pytest.raises(Refused) as refused:
        await _back(core, service, kept=kept, state=state, code="", error=error)
    assert (refused.value.word, str(refused.value)) == (word, FAILURES[word])
    assert service.asked == []


async def test_what_cannot_be_kept_is_given_back(core: Core, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 0)
    kept, state = await _set_out(core, service)
    with pytest.raises(Refused) as refused:
        await _back(core, service, kept=kept, state=state)
    assert refused.value.word == "taken"
    assert service.revoked == [TOKENS]


async def test_attempts_that_came_to_nothing_are_forgotten(
    core: Core, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _set_out(core, service)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + HOUR)
    await _set_out(core, service)
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM connection_attempts")) == 1


async def test_an_imap_account_is_signed_in_to_before_it_is_kept(core: Core, service: Service) -> None:
    server = Server("imap.example.org", 993, "tls", "ada")
    service.refuse = TryLater("away")
    with pytest.raises(TryLater):
        await connecting.connect_imap(
            core, service, person(core), address="ada@example.org", server=server, password="x", by=SYSTEM
        )
    ada = person(core)
    assert core.database.read_now(lambda tx: connections.listing(tx, ada)) == []
    service.refuse = None
    made = await connecting.connect_imap(
        core, service, person(core), address="ada@example.org", server=server, password="x", by=SYSTEM
    )
    assert Server.of(made.settings) == server


# --- letting go -------------------------------------------------------------------------------------------------------


def _item(tx: Tx, core: Core, connection: Connection) -> None:
    """A mail there that the assistant has worked on."""
    item = triage.insert(
        tx,
        tenant_id=connection.tenant_id,
        user_id=connection.user_id,
        sender="eve@example.org",
        received_at=1,
        now=1,
        connection_id=connection.id,
        remote_id="1",
        header_id="<1@example.org>",
    )
    serving = assistants.switch_on(tx, core, accounts.find(tx, ADA), by=SYSTEM)
    task = tasks.create(
        tx,
        tenant_id=connection.tenant_id,
        agent=assistants.AGENT,
        assignment_id=serving.id,
        message_id=item.id,
        correspondent=item.sender,
        user_id=connection.user_id,
        thread_id=None,
        correlation_id="",
    )
    triage.update(tx, item.id, now=1, task_id=task.id)
    tx.insert("snapshots", id=new_id(), task_id=task.id, content="mail text", created_at=1)


def _count(core: Core, table: str) -> int:
    return int(core.database.read_now(lambda tx: tx.scalar(f"SELECT count(*) FROM {table}")))


async def test_who_lets_go_leaves_nothing_here_and_nothing_at_google(core: Core, service: Service) -> None:
    made, other = gmail(core), imap(core)
    core.database.write_now(lambda tx: _item(tx, core, made))
    core.database.write_now(lambda tx: _item(tx, core, other))
    assert core.database.read_now(lambda tx: rows.known_header_ids(tx, made.id, ["<1@example.org>", "<2@x>"])) == {
        "<1@example.org>"
    }
    assert await connecting.remove(core, service, person(core), made.id) is True
    assert service.revoked == [TOKENS]
    assert [_count(core, table) for table in ("connections", "triage", "snapshots")] == [1, 1, 1]
    assert await connecting.remove(core, service, person(core), other.id) is None
    assert [_count(core, table) for table in ("connections", "triage", "snapshots")] == [0, 0, 0]
    with pytest.raises(NotFound):
        await connecting.remove(core, service, person(core), other.id)


async def test_google_being_away_keeps_nobody_from_letting_go(core: Core, service: Service) -> None:
    first, second = gmail(core), gmail(core, address="2@gmail.example")
    service.refuse = TryLater("away")
    assert await connecting.remove(core, service, person(core), first.id) is False
    assert await connecting.remove(core, None, person(core), second.id) is False
    assert _count(core, "connections") == 0


async def test_an_account_two_people_share_is_given_back_by_the_last(core: Core, service: Service) -> None:
    mine, theirs = gmail(core), gmail(core, BASHIR)
    assert await connecting.remove(core, service, person(core), mine.id) is None
    assert service.revoked == []
    assert await connecting.remove(core, service, person(core, BASHIR), theirs.id) is True


def test_a_person_who_is_removed_takes_accounts_elsewhere_along(core: Core) -> None:
    made = gmail(core)
    core.database.write_now(lambda tx: _item(tx, core, made))
    core.database.write_now(lambda tx: accounts.remove_user(tx, ADA))
    assert [_count(core, table) for table in ("connections", "triage", "snapshots")] == [0, 0, 0]
