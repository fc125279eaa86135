"""App passwords, what they open, and the other ways to sign in."""

import pytest

from mailwright.core import accounts, apppasswords, passwords
from mailwright.domain.clock import HOUR
from mailwright.domain.refusals import AuthenticationFailed, BadInput, NotFound
from mailwright.storage import accounts as rows

ADA = "ada@mailwright.test"
PASSWORD = "correct horse battery"
CLIENT = "192.0.2.1"


@pytest.fixture
def ada(core):
    hashed = accounts.hash_password(PASSWORD)

    def prepare(tx):
        account = accounts.find(tx, ADA)
        accounts.set_password(tx, account, hashed)
        return account

    return core.database.write_now(prepare)


def make(core, account, label="Thunderbird", scopes=apppasswords.MAIL_PROGRAM):
    return core.database.write_now(lambda tx: apppasswords.make(tx, account, label, scopes))


async def test_an_app_password_opens_what_it_is_for_and_nothing_else(core, ada):
    _, typed = make(core, ada, scopes=["smtp"])
    assert (await accounts.authenticate(core, ADA, typed, client=CLIENT, scope="smtp")).id == ada.id
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, ADA, typed, client=CLIENT, scope="imap")
    assert (await accounts.authenticate(core, ADA, PASSWORD, client=CLIENT, scope="imap")).id == ada.id


async def test_it_is_taken_as_people_type_it(core, ada):
    _, typed = make(core, ada)
    for way in (typed.upper(), typed.replace("-", ""), typed.replace("-", " "), f" {typed} "):
        assert await accounts.authenticate(core, ADA, way, client=CLIENT, scope="imap")
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(
            core, ADA, typed[:-1] + ("a" if typed[-1] != "a" else "b"), client=CLIENT, scope="imap"
        )


async def test_one_that_was_taken_back_opens_nothing(core, ada):
    made, typed = make(core, ada)
    make(core, ada, "Phone")
    core.database.write_now(lambda tx: apppasswords.revoke(tx, ada, "Thunderbird"))
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, ADA, typed, client=CLIENT, scope="imap")
    with pytest.raises(NotFound):
        core.database.write_now(lambda tx: apppasswords.revoke(tx, ada, made.id))
    assert [each.label for each in core.database.read_now(lambda tx: apppasswords.listing(tx, ada))] == ["Phone"]


async def test_its_use_is_noted_once_an_hour_and_audited(core, ada):
    made, typed = make(core, ada)

    def used():
        return core.database.read_now(lambda tx: apppasswords.listing(tx, ada))[0].used_at

    assert used() is None
    await accounts.authenticate(core, ADA, typed, client=CLIENT, scope="imap")
    first = used()
    await accounts.authenticate(core, ADA, typed, client=CLIENT, scope="imap")
    assert used() == first
    core.database.write_now(lambda tx: rows.mark_used(tx, made.id, first - 2 * HOUR))
    await accounts.authenticate(core, ADA, typed, client=CLIENT, scope="imap")
    assert used() >= first
    audited = core.database.read_now(
        lambda tx: tx.all("SELECT action, resource, address FROM audit_events WHERE actor = ? ORDER BY id", (ADA,))
    )
    assert audited[-1] == ("sign-in", f"app-password:{made.id}", CLIENT)
    assert ("app-password.added", made.id, "") in audited


def test_nothing_secret_is_kept_or_printed(core, ada):
    made, typed = make(core, ada)
    assert len(typed.replace("-", "")) == 28
    kept = core.database.read_now(lambda tx: tx.scalar("SELECT secret FROM credentials WHERE kind = 'app'"))
    assert typed.replace("-", "") not in kept
    assert kept not in repr(made)


def test_what_cannot_be_made_is_said(core, ada):
    for label, scopes in (("", ["imap"]), ("x" * 101, ["imap"]), ("ok", []), ("ok", ["everything"])):
        with pytest.raises(BadInput):
            make(core, ada, label, scopes)
    make(core, ada, "twice")
    make(core, ada, "twice")
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: apppasswords.revoke(tx, ada, "twice"))
    agent = core.database.write_now(lambda tx: accounts.add_agent(tx, core, "main@mailwright.test", display_name="M"))
    with pytest.raises(BadInput):
        make(core, agent)


async def test_a_password_that_was_right_a_moment_ago_is_not_hashed_again(core, ada, monkeypatch):
    await accounts.authenticate(core, ADA, PASSWORD, client=CLIENT, scope="imap")
    monkeypatch.setattr(passwords, "_verify", lambda hashed, password: False)
    assert await accounts.authenticate(core, ADA, PASSWORD, client=CLIENT, scope="imap")
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, ADA, PASSWORD + "!", client=CLIENT, scope="imap")
    core.database.write_now(lambda tx: rows.set_status(tx, ada.id, "blocked"))
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, ADA, PASSWORD, client=CLIENT, scope="imap")
    core.database.write_now(lambda tx: rows.set_status(tx, ada.id, "active"))
    changed = accounts.hash_password("another horse")
    core.database.write_now(lambda tx: accounts.set_password(tx, ada, changed))
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, ADA, PASSWORD, client=CLIENT, scope="imap")


async def test_what_is_remembered_is_forgotten_in_time(core, ada, monkeypatch):
    await accounts.authenticate(core, ADA, PASSWORD, client=CLIENT, scope="imap")
    monkeypatch.setattr(passwords, "_verify", lambda hashed, password: False)
    now = passwords.time.monotonic()
    monkeypatch.setattr(passwords.time, "monotonic", lambda: now + passwords.REMEMBERED_SECONDS + 1)
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, ADA, PASSWORD, client=CLIENT, scope="imap")


async def test_a_domain_may_be_written_in_any_script(core):
    from mailwright.core import domains

    hashed = accounts.hash_password(PASSWORD)

    def people(tx):
        domains.add(tx, "xn--bcher-kva.test")
        accounts.set_password(tx, accounts.add_user(tx, core, "chen@bücher.test"), hashed)

    core.database.write_now(people)
    for name in ("chen@bücher.test", "Chen@BÜCHER.test", "chen@xn--bcher-kva.test"):
        assert (await accounts.authenticate(core, name, PASSWORD, client=CLIENT, scope="imap")).email.startswith(
            "chen@"
        )
