"""Secrets from files and from Vault: what each setting gets, every way to sign in, and each failure as one line."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from mailwright.cli import app
from mailwright.cli import secrets as secret_commands
from mailwright.connectors.vault import Access, VaultServer
from mailwright.core import Core, CoreSettings, connections, providers, sealing, secondfactor, signon
from mailwright.core.secrets import Vault, forget_old_keys, renew_key_file
from mailwright.domain.clock import now
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, TryLater
from mailwright.installation import build_core
from mailwright.pipeline.heartbeat import machine
from mailwright.protocols.tls import Watch, server_context, write_private
from mailwright.secretkeeping.certificate import VaultCertificate
from mailwright.secretkeeping.changes import Changes
from mailwright.secretkeeping.login import DatabaseLogin, _Of
from mailwright.settings import BadSettings, Settings, load, unknown_variables
from mailwright.storage import Database, Tx, logins, open_database, workers
from mailwright.storage.schema import metadata
from tests.servers.vault import ROOT, VaultTwin
from tests.waiting import until

SECRET = "a-word-nobody-may-read"


@pytest.fixture
def vault() -> Iterator[VaultTwin]:
    twin = VaultTwin()
    yield twin
    twin.close()


@pytest.fixture
def at_vault(vault: VaultTwin, monkeypatch: pytest.MonkeyPatch) -> VaultTwin:
    """Our settings know it."""
    monkeypatch.setenv("MAILWRIGHT_VAULT_URL", vault.url)
    monkeypatch.setenv("MAILWRIGHT_VAULT_TOKEN", ROOT)
    monkeypatch.setenv("MAILWRIGHT_VAULT_WAIT_SECONDS", "0")
    return vault


def _lines() -> str:
    with pytest.raises(BadSettings) as refused:
        load()
    return "\n".join(refused.value.lines)


# --- files


def test_a_secret_comes_from_a_file_without_its_last_newline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "webhook"
    file.write_text(f" {SECRET}\n\n")
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET_FILE", str(file))
    found = load()
    assert found.webhook_secret is not None
    assert found.webhook_secret.get_secret_value() == f" {SECRET}\n"
    assert unknown_variables() == []
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET", "")  # an empty variable counts as not set
    assert load().webhook_secret == found.webhook_secret


def test_a_file_that_gives_no_secret_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "MAILWRIGHT_WEBHOOK_SECRET_FILE"
    monkeypatch.setenv(name, str(tmp_path / "none"))
    assert _lines() == f"{name}: {tmp_path}/none cannot be read: No such file or directory"
    (tmp_path / "none").write_text("\n")
    assert _lines() == f"{name}: {tmp_path}/none is empty"
    (tmp_path / "none").write_bytes(b"\xff\xfe")
    assert _lines() == f"{name}: {tmp_path}/none is not text"
    (tmp_path / "none").write_text(SECRET)
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET", SECRET)
    assert _lines() == f"{name}: MAILWRIGHT_WEBHOOK_SECRET is given, too; leave one of them"
    monkeypatch.delenv("MAILWRIGHT_WEBHOOK_SECRET")
    (tmp_path / "short").write_text("short")
    monkeypatch.setenv("MAILWRIGHT_SECRET_KEY_FILE", str(tmp_path / "short"))
    assert _lines().startswith("MAILWRIGHT_SECRET_KEY_FILE: ")
    assert "short" not in _lines().removeprefix("MAILWRIGHT_SECRET_KEY_FILE: ").replace("too short", "")


# --- Vault


def test_settings_refer_to_secrets_in_vault_and_a_whole_path_lies_over_the_file(
    at_vault: VaultTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_vault.put("kv/mail/one", hook=SECRET)
    at_vault.put("kv/all", webhook_per_minute=7, hostname="from.vault.example", rspamd_password="p1")
    (tmp_path / "mailwright.toml").write_text('webhook_secret = "vault://kv/mail/one#hook"\nwebhook_per_minute = 5\n')
    monkeypatch.setenv("MAILWRIGHT_CONFIG", str(tmp_path / "mailwright.toml"))
    monkeypatch.setenv("MAILWRIGHT_VAULT_SETTINGS", "kv/all")
    monkeypatch.setenv("MAILWRIGHT_HOSTNAME", "from.environment.example")
    monkeypatch.setenv("MAILWRIGHT_VAULT_NAMESPACE", "team")
    found = load()
    assert found.webhook_secret is not None
    assert found.webhook_secret.get_secret_value() == SECRET
    assert (found.webhook_per_minute, found.hostname) == (7, "from.environment.example")
    assert at_vault.namespaces == {"team"}
    assert SECRET not in repr(found)


def test_what_vault_does_not_give_is_one_clear_line_each(at_vault: VaultTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    at_vault.put("kv/mail", hook=SECRET)
    at_vault.put("kv/closed", hook=SECRET)
    at_vault.forbidden.add("kv/data/closed")
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET", "vault://kv/other#hook")
    monkeypatch.setenv("MAILWRIGHT_RSPAMD_PASSWORD", "vault://kv/mail#password")
    monkeypatch.setenv("MAILWRIGHT_DEMO_PASSWORD", "vault://kv/closed#hook")
    monkeypatch.setenv("MAILWRIGHT_SECRET_KEY", "vault://kv/mail")
    lines = _lines()
    assert "MAILWRIGHT_WEBHOOK_SECRET: vault://kv/other#hook: Vault has nothing at kv/other" in lines
    assert "MAILWRIGHT_RSPAMD_PASSWORD: vault://kv/mail#password: there is no password in that secret" in lines
    assert "vault://kv/closed#hook: Vault does not permit us kv/closed: permission denied" in lines
    assert "vault://kv/mail: should be vault://mount/path#key" in lines
    assert SECRET not in lines
    assert ROOT not in lines


def test_a_start_waits_for_vault_and_then_says_so(
    at_vault: VaultTwin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_vault.put("kv/mail", hook=SECRET)
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET", "vault://kv/mail#hook")
    at_vault.sealed = True
    assert _lines() == "MAILWRIGHT_VAULT_URL: Vault cannot answer now (our token): Vault is sealed"
    monkeypatch.setenv("MAILWRIGHT_VAULT_WAIT_SECONDS", "30")
    threading.Timer(0.3, lambda: setattr(at_vault, "sealed", False)).start()
    assert load().webhook_secret is not None
    assert "waiting for Vault: Vault cannot answer now" in capsys.readouterr().err
    monkeypatch.setenv("MAILWRIGHT_VAULT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("MAILWRIGHT_VAULT_WAIT_SECONDS", "0")
    assert _lines() == "MAILWRIGHT_VAULT_URL: Vault cannot be reached (ConnectionError)"


def test_settings_of_vault_that_do_not_fit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET", "vault://kv/mail#hook")
    assert "MAILWRIGHT_VAULT_URL: settings refer to Vault" in _lines()
    monkeypatch.setenv("MAILWRIGHT_VAULT_URL", "http://127.0.0.1:9")
    assert "MAILWRIGHT_VAULT_TOKEN: Vault wants to know who we are" in _lines()
    monkeypatch.setenv("MAILWRIGHT_VAULT_TOKEN", ROOT)
    monkeypatch.setenv("MAILWRIGHT_VAULT_ROLE_ID", "role")
    assert "more than one way to sign in" in _lines()


# --- signing in


def test_every_way_to_sign_in_works_and_a_token_that_ended_is_replaced(vault: VaultTwin, tmp_path: Path) -> None:
    vault.put("kv/mail", hook=SECRET)
    token = tmp_path / "token"
    token.write_text(f"{ROOT}\n")
    (tmp_path / "jwt").write_text("jwt-of-the-pod\n")
    place = Access(vault.url)
    ways = [
        replace(place, token=ROOT),
        replace(place, token_file=token),
        replace(place, role_id="role", secret_id="secret-of-the-role"),
        replace(place, kubernetes_role="mailwright", kubernetes_token=tmp_path / "jwt"),
    ]
    for access in ways:
        server = VaultServer(access)
        assert server.read("kv", "mail").values == {"hook": SECRET}
        assert "secret-of-the-role" not in repr(access)
        assert ROOT not in repr(access)
        # Whatever we were given ends: an operator revoked it.
        vault.tokens = {"hvs.other": 0.0} if access.token_file or access.token else {}
        token.write_text("hvs.other")
        if access.token is not None:
            with pytest.raises(NotPermitted):
                server.read("kv", "mail")
        else:
            assert server.read("kv", "mail").version == 1
        vault.tokens[ROOT] = 0.0
        token.write_text(ROOT)
        server.close()
    for wrong in (
        replace(place, role_id="role", secret_id="wrong-one"),
        replace(place, kubernetes_role="other", kubernetes_token=tmp_path / "jwt"),
    ):
        with pytest.raises((NotPermitted, BadInput)) as refused:
            VaultServer(wrong).read("kv", "mail")
        assert "wrong-one" not in str(refused.value)
        assert "jwt-of-the-pod" not in str(refused.value)
    with pytest.raises(NotFound):
        VaultServer(ways[0]).read("kv", "nothing")


def test_a_token_is_renewed_before_it_ends_and_one_that_may_not_live_on_is_replaced(vault: VaultTwin) -> None:
    vault.token_seconds = 1.0
    server = VaultServer(Access(vault.url, role_id="role", secret_id="secret-of-the-role"))
    vault.put("kv/mail", hook=SECRET)
    server.read("kv", "mail")
    server.keep_token()
    assert ("POST", "auth/token/renew-self") not in vault.asked  # it is young
    server._ends = time.monotonic() + 0.2
    server.keep_token()
    assert ("POST", "auth/token/renew-self") in vault.asked
    vault.token_seconds = 0.3  # near its last end Vault gives less and less
    server._ends = time.monotonic() + 0.2
    signed_in = vault.asked.count(("POST", "auth/approle/login"))
    server.keep_token()
    assert vault.asked.count(("POST", "auth/approle/login")) == signed_in + 1


# --- changes


def test_a_changed_secret_reaches_who_can_take_it_and_any_other_is_named(
    at_vault: VaultTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_vault.put("kv/mail", hook="first-hook", spam="first-spam", per="60")
    (tmp_path / "demo").write_text("password-1")
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET", "vault://kv/mail#hook")
    monkeypatch.setenv("MAILWRIGHT_RSPAMD_PASSWORD", "vault://kv/mail#spam")
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_PER_MINUTE", "vault://kv/mail#per")
    monkeypatch.setenv("MAILWRIGHT_DEMO_PASSWORD_FILE", str(tmp_path / "demo"))
    changes = Changes(load())
    taken: list[Settings] = []
    changes.listen(["webhook_secret", "demo_password"], taken.append)
    assert changes.look() == frozenset()
    assert taken == []
    at_vault.put("kv/mail", hook=SECRET, spam="second-spam", per="60")
    (tmp_path / "demo").write_text("password-2")
    with capture_logs() as logs:
        assert changes.look() == {"webhook_secret", "demo_password"}
        assert changes.look() == frozenset()
    assert changes.waiting == {"rspamd_password"}
    [told] = taken
    assert told.webhook_secret is not None
    assert told.rspamd_password is not None
    assert told.webhook_secret.get_secret_value() == SECRET
    assert told.rspamd_password.get_secret_value() == "first-spam"  # it needs a restart, for everybody
    assert [one["event"] for one in logs] == ["secrets.changed", "secrets.restart_needed"]
    assert SECRET not in str(logs)
    # What is not valid changes nothing, and neither does a Vault that is away.
    at_vault.put("kv/mail", hook="third", spam="second-spam", per="not-a-number-" + SECRET)
    with capture_logs() as logs:
        assert changes.look() == frozenset()
        at_vault.sealed = True
        assert changes.look() == frozenset()
    assert [one["event"] for one in logs] == ["secrets.look_failed", "secrets.look_failed"]
    assert SECRET not in str(logs)


# --- the login of the database


@pytest.mark.server
def test_connections_move_to_a_new_login_and_nothing_fails(postgresql_url: str) -> None:
    twin = VaultTwin(postgresql_url)
    nameless = postgresql_url.replace("mailwright@", "")
    login = DatabaseLogin(VaultServer(Access(twin.url, token=ROOT)), "database", "mailwright", (nameless,))
    logins.follow(nameless, _Of(login, nameless))
    database = open_database(nameless)
    heard = threading.Event()
    database.on_announced(lambda kinds: heard.set() if "told" in kinds else None)

    def who(count: int = 1) -> set[str]:
        async def ask() -> set[str]:
            asked = [database.read(lambda tx: tx.scalar("SELECT session_user")) for _ in range(count)]
            asked += [database.write(lambda tx: tx.scalar("SELECT session_user"), shared=True) for _ in range(count)]
            return set(await asyncio.gather(*asked))

        return asyncio.run(ask())

    def connected(user: str) -> int:
        with psycopg.connect(postgresql_url) as admin:
            row = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", (user,)).fetchone()
            assert row is not None
            return int(row[0])

    try:
        assert who(8) == {login.user}
        first = login.user
        assert first is not None
        # The last end comes near: Vault gives less than half of what it gave.
        inside, go = threading.Event(), threading.Event()

        def slow(tx: object) -> str:
            inside.set()
            go.wait(10)
            return str(tx.scalar("SELECT session_user"))  # type: ignore[attr-defined]

        result: list[str] = []
        working = threading.Thread(target=lambda: result.append(database.write_now(slow)))  # type: ignore[arg-type]
        working.start()
        assert inside.wait(10)
        twin.lease_longest = 3600.0
        lease = next(iter(twin.leases))
        twin.leases[lease] = (first, time.monotonic() + 60)
        login._had -= 0.6 * login._lives
        login.keep()
        assert login.user != first
        assert who(8) == {login.user}
        go.set()
        working.join(10)
        assert result == [first]  # what was under way ended with the login it began with
        database.write_now(lambda tx: None)
        until(lambda: connected(first) <= 1)  # the thread above is gone with its connection still open
        # An operator revokes it: its connections are cut, and the next question gets a new login by itself.
        login._not_before = 0.0
        second = login.user
        with capture_logs() as logs:
            twin.revoke(next(one for one, (user, _) in twin.leases.items() if user == second))
            assert who(4) == {login.user}
        assert login.user != second
        assert "p/w" not in str(logs)
        # Vault away: the login that is known goes on.
        twin.sealed = True
        login._had -= 0.9 * login._lives
        assert who(4) == {login.user}
        twin.sealed = False

        def told() -> bool:  # the connection that listens has moved, too
            database.write_now(lambda tx: tx.execute("SELECT pg_notify('mailwright_events', 'told')"))
            return heard.is_set()

        until(told)
    finally:
        database.close()
        logins.follow(nameless, None)
        login.close()
        twin.close()


@pytest.mark.server
def test_a_login_ends_with_its_token_and_another_one_is_had_before(postgresql_url: str) -> None:
    twin = VaultTwin(postgresql_url)
    nameless = postgresql_url.replace("mailwright@", "")
    server = VaultServer(Access(twin.url, role_id="role", secret_id="secret-of-the-role"))
    login = DatabaseLogin(server, "database", "mailwright", (nameless,))
    logins.follow(nameless, _Of(login, nameless))
    database = open_database(nameless)

    def who(tx: Tx) -> str:
        return str(tx.scalar("SELECT session_user"))

    try:
        assert database.read_now(who) == login.user
        first, old = login.user, next(token for token in twin.tokens if token != ROOT)
        login.keep()
        assert login.user == first
        # What may not be asked for is no reason to sign in anew: the login would be lost with it.
        twin.forbidden.add("kv/data/mail")
        with pytest.raises(NotPermitted):
            server.read("kv", "mail")
        assert server.sign_ins == 1
        # The last end of the token comes near: Vault gives less than half of what it gave, and then is away for a moment.
        twin.token_seconds = 60.0
        server._ends = time.monotonic() + 60.0
        refused, twin.sealed = server._ends, True
        with pytest.raises(TryLater):
            server.keep_token()
        twin.sealed = False
        assert server._ends == refused
        server.keep_token()
        assert server.sign_ins == 2
        with capture_logs() as logs:
            assert login.keep() <= 60.0
            assert login.user != first
            assert database.write_now(who) == login.user
            twin.end(old)
            assert [user for user, _ in twin.leases.values()] == [login.user]
            assert database.read_now(who) == login.user
        assert [each["event"] for each in logs] == ["secrets.database_login"]
        assert login.replaced == 1
    finally:
        database.close()
        logins.follow(nameless, None)
        login.close()
        twin.close()


# --- certificates


def test_a_certificate_is_renewed_in_time_and_a_client_sees_it_without_a_restart(
    vault: VaultTwin, tmp_path: Path
) -> None:
    server = VaultServer(Access(vault.url, token=ROOT))
    settings = Settings(
        data=tmp_path, vault_url=vault.url, vault_token=ROOT, vault_pki_role="mail", hostname="mail.example.org"
    )
    certificate = VaultCertificate(server, settings)
    vault.certificate_seconds = 1.0
    certificate.ensure()
    assert certificate.file.stat().st_mode & 0o777 == 0o600
    context = server_context(certificate.file)
    watch = Watch(context, certificate.file)
    first = asyncio.run(_seen(context))
    assert not watch.look()
    time.sleep(0.1)
    vault.certificate_seconds = 3600.0
    certificate._renewal = lambda found: found.not_valid_before_utc  # type: ignore[method-assign]  # two thirds are over
    certificate.ensure()
    assert watch.look()
    assert asyncio.run(_seen(context)) != first
    # Half a file is no certificate: the one before stays.
    second = asyncio.run(_seen(context))
    write_private(certificate.file, b"-----BEGIN CERTIFICATE-----\n")
    with capture_logs() as logs:
        assert not watch.look()
        assert not watch.look()
    assert [one["event"] for one in logs] == ["tls.certificate_unusable"]
    assert asyncio.run(_seen(context)) == second


async def _seen(context: ssl.SSLContext) -> bytes:
    """The certificate that a client is shown which asks for no name."""

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), ssl=client)
        shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return shown
    finally:
        server.close()


# --- the key that seals


def test_old_keys_open_and_new_seals_use_the_new_one(tmp_path: Path) -> None:
    old = Vault("the first key of all").seal(b"x", purpose="one")
    ring = Vault("the second key of all", old=["the first key of all"])
    assert ring.open(old, purpose="one") == b"x"
    fresh = ring.renewed(old, purpose="one")
    assert fresh is not None
    assert ring.renewed(fresh, purpose="one") is None
    assert Vault("the second key of all").open(fresh, purpose="one") == b"x"
    with pytest.raises(TryLater):
        ring.open(old, purpose="two")
    # In the file: a process that runs takes the new key when it seals next.
    file = tmp_path / "secret.key"
    running = Vault(path=file)
    before = running.seal(b"y", purpose="one")
    renew_key_file(file)
    after = running.seal(b"y", purpose="one")
    assert running.open(before, purpose="one") == b"y"
    assert forget_old_keys(file) == 1
    assert Vault(path=file).open(after, purpose="one") == b"y"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(TryLater):
        Vault(path=file).open(before, purpose="one")


def test_every_row_is_sealed_anew(tmp_path: Path) -> None:
    def core_with(**keys: Any) -> Core:
        return build_core(Settings(data=tmp_path, **keys))

    core = core_with(secret_key="the first key of all")
    sealing.prove(core)
    kept = core.secrets.seal(b"code", purpose="totp")
    core.database.write_now(
        lambda tx: (
            tx.insert("tenants", id="t", name="t", created_at=0)
            and tx.insert("users", id="u", tenant_id="t", email="ada@example.org", created_at=0)
            and tx.insert("credentials", id="c", user_id="u", kind="totp", secret=kept, created_at=0)
        )
    )
    core.database.close()
    core = core_with(secret_key="the second key of all", old_secret_keys="another one before\nthe first key of all")
    done = sealing.reseal(core)
    assert (done.renewed, done.lost) == (2, {})  # our probe, and the code
    again = sealing.reseal(core)
    assert (again.renewed, again.well) == (0, 2)
    # A seal that nobody opens stays as it is, and is told.
    strange = Vault("a key that nobody has").seal(b"z", purpose="totp")
    core.database.write_now(lambda tx: tx.execute("UPDATE credentials SET secret = ?", (strange,)))
    assert sealing.reseal(core).lost == {"credentials": 1}
    core.database.close()
    core_with(secret_key="the second key of all").database.close()


def test_with_another_key_many_machines_refuse_and_one_goes_on_and_says_so(
    any_database: Database, tmp_path: Path
) -> None:
    first, second = Vault("the first key of all"), Vault("the second key of all")
    core = _core(any_database, first)
    add = partial(_add_code, any_database)
    add(Vault("a key that nobody has").seal(b"z", purpose="totp"))
    add(first.seal(b"z", purpose="totp"))
    sealing.check(any_database, first)  # an orphan stops nobody
    _refused_or_told(any_database, second)
    sealing.prove(core)
    sealing.check(any_database, first)
    _refused_or_told(any_database, second)
    _refused_or_told(any_database, Vault(path=tmp_path / "secret.key"))
    assert not (tmp_path / "secret.key").exists()  # nothing is made that somebody might take for the right one
    (tmp_path / "secret.key").write_text("broken")
    _refused_or_told(any_database, Vault(path=tmp_path / "secret.key"), TryLater, "cannot be used")
    with pytest.raises(TryLater, match="cannot be used"):  # and nothing counts as lost
        sealing.reseal(_core(any_database, Vault(path=tmp_path / "secret.key")))
    newer = _core(any_database, second)
    sealing.accept_loss(newer)
    sealing.prove(newer)
    assert sealing.reseal(newer).lost == {"credentials": 2}
    assert sealing.finding(any_database, second).status == "ok"
    _refused_or_told(any_database, first)


def _core(database: Database, vault: Vault) -> Core:
    return Core(database, cast(Any, None), CoreSettings(), secrets=vault)


def _add_code(database: Database, sealed: str) -> None:
    id = new_id()

    def write(tx: Tx) -> None:
        tx.insert("tenants", id=id, name=id, created_at=0)
        tx.insert("users", id=id, tenant_id=id, email=f"{id}@example.org", created_at=0)
        tx.insert("credentials", id=id, user_id=id, kind="totp", secret=sealed, created_at=0)

    database.write_now(write)


def _refused_or_told(
    database: Database, vault: Vault, refusal: type[Exception] = BadInput, because: str = "give every machine the same"
) -> None:
    found = sealing.finding(database, vault)
    assert found.status == "fail"
    assert because in found.because
    if database.dialect == "postgresql":
        with pytest.raises(refusal, match=because):
            sealing.check(database, vault)
        return
    with capture_logs() as logs:
        sealing.check(database, vault)
    assert [entry["event"] for entry in logs] == ["secrets.locked"]


def test_a_server_whose_key_is_lost_starts_and_says_what_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILWRIGHT_DATA", str(tmp_path))
    core = build_core(load())
    sealing.prove(core)
    _add_code(core.database, core.secrets.seal(b"z", purpose="totp"))
    core.database.close()
    (tmp_path / "secret.key").unlink()
    core = build_core(load())
    sealing.prove(core)
    core.database.close()
    told = CliRunner().invoke(app, ["secrets", "rotate"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["lost"] == {"credentials": 1, "server_keys": 1}
    told = CliRunner().invoke(app, ["secrets", "rotate", "--accept-loss"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["lost"] == {"credentials": 1}
    assert "1 in credentials" in told.stderr


def test_what_a_server_had_in_hand_is_sealed_anew_before_the_old_key_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILWRIGHT_DATA", str(tmp_path))
    core = build_core(load())
    sealing.prove(core)
    in_hand = core.secrets.seal(b"z", purpose="totp")
    monkeypatch.setattr(secret_commands.time, "sleep", lambda _: _add_code(core.database, in_hand))
    assert CliRunner().invoke(app, ["secrets", "rotate", "--new-key"]).exit_code == 0
    told = CliRunner().invoke(app, ["secrets", "rotate", "--forget-old"])
    assert json.loads(told.stdout) == {"renewed": 1, "well": 1, "lost": {}, "forgotten_keys": 1}
    [(kept,)] = core.database.read_now(lambda tx: tx.all("SELECT secret FROM credentials"))
    assert Vault(path=tmp_path / "secret.key").open(kept, purpose="totp") == b"z"
    core.database.close()


def test_no_new_key_and_no_loss_while_other_machines_are_online(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILWRIGHT_DATA", str(tmp_path))
    monkeypatch.setenv("MAILWRIGHT_DATABASE_URL", postgresql_url)
    core = build_core(load())
    sealing.prove(core)
    before = (tmp_path / "secret.key").read_bytes()
    for name, host, exit_code in (("theirs", "elsewhere/1", 1), ("ours", machine(), 0)):
        core.database.write_now(lambda tx, name=name, host=host: workers.sign_in(tx, name, host, 1, {"worker"}, now()))
        for option in ("--accept-loss", "--new-key"):
            told = CliRunner().invoke(app, ["secrets", "rotate", option])
            assert told.exit_code == exit_code, told.output
            assert ("others are online" in told.output) == (host != machine())
        assert ((tmp_path / "secret.key").read_bytes() == before) == (host != machine())
        core.database.write_now(lambda tx, name=name: workers.sign_out(tx, name))
    core.database.close()


def test_every_place_where_something_is_sealed_is_known_to_who_changes_the_key() -> None:
    """A new call of `seal` is a new place in `sealing.PLACES`, or one that lives for minutes."""
    source = Path(sealing.__file__).parent
    found = {path.stem for path in source.rglob("*.py") if "secrets.seal" in path.read_text(encoding="utf-8")}
    rows = {"sealing", "vapid", "dkimkeys", "secondfactor", "connections", "providers", "signon"}
    elsewhere = {"connecting", "unsubscribing"}  # in a cookie, and in mails that are out: old keys open them
    assert found == rows | elsewhere
    purposes = {place.table: place.purpose("") for place in sealing.PLACES}
    assert purposes["credentials"] == secondfactor.PURPOSE
    assert purposes["connections"] == connections.PURPOSE
    assert purposes["identity_providers"] == providers.SECRET
    assert purposes["sessions"] == signon.ID_TOKEN
    for place in sealing.PLACES:
        assert place.column in metadata.tables[place.table].columns
