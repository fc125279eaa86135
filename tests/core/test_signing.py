"""What leaves is signed with the keys of its From domain, and only what we vouch for."""

import dkim as oracle
import pytest

from mailwright.core import accept, accounts, dkimkeys, dnsrecords, domains, submission
from mailwright.core.dispatch import Dispatcher
from mailwright.core.secrets import Vault
from mailwright.core.signing import Signer
from mailwright.domain.clock import MINUTE, now
from mailwright.domain.envelope import Verdict
from mailwright.domain.refusals import BadInput, TryLater
from mailwright.storage import open_blobs

from .conftest import envelope, letter

ADA = "ada@mailwright.test"


class Wire:
    """A transport that keeps what it is given."""

    at_once = at_once_per_domain = 10

    def __init__(self):
        self.sent = []

    async def send(self, sender, recipient, raw, *, message_id, idempotency_key):
        self.sent.append((str(recipient), raw))
        return "250 taken"


def raw(sender=ADA):
    return (
        f"From: Ada <{sender}>\r\nTo: chen@example.net\r\nSubject: Hi\r\nMessage-ID: <m@mailwright.test>\r\n\r\n Hello \r\n"
    ).encode()


def keys_of(core, name="mailwright.test"):
    return core.database.read_now(lambda tx: dkimkeys.of_domain(tx, domains.find(tx, name)))


def verified(core, octets, name="mailwright.test"):
    """Which signatures hold, by dkimpy with our records for DNS."""
    keys = keys_of(core, name)
    zone = {
        record.name: record.value for record in dnsrecords.of_keys(name, (*keys.active, *keys.waiting, *keys.retired))
    }

    def look_up(asked, timeout=5):
        found = zone.get(asked.decode().rstrip("."))
        return None if found is None else found.encode()

    count = octets.lower().count(b"dkim-signature:")
    return [oracle.DKIM(octets).verify(idx=number, dnsfunc=look_up) for number in range(count)]


@pytest.fixture
def ada(core):
    return core.database.read_now(lambda tx: accounts.find(tx, ADA))


async def drained(core):
    wire = Wire()
    await Dispatcher(core, {"smtp": wire}).drain()
    return wire.sent


async def test_submitted_mail_leaves_with_two_signatures_that_hold(core, ada):
    await submission.submit(core, ada, envelope("chen@example.net", "dora@example.net", sender=ADA), raw())
    sent = await drained(core)
    assert len(sent) == 2
    for _, octets in sent:
        assert verified(core, octets) == [True, True]
        assert octets.endswith(b" Hello \r\n")
    assert sorted(key.algorithm for key in keys_of(core).active) == ["ed25519", "rsa"]


async def test_a_bounce_is_signed_because_we_wrote_it(core, ada):
    from mailwright.domain.sending import PermanentFailure

    class Refusing(Wire):
        async def send(self, sender, recipient, octets, **rest):
            if recipient.domain == "example.org":
                return await super().send(sender, recipient, octets, **rest)
            raise PermanentFailure("no such user", "5.1.1")

    wire = Refusing()
    core.database.write_now(lambda tx: accounts.add_alias(tx, "both@mailwright.test", ("x@example.net",)))
    await accept.accept(core, envelope("both@mailwright.test", sender="eve@example.org"), letter(), Verdict())
    await Dispatcher(core, {"smtp": wire}).drain()
    ((_, notice),) = wire.sent
    assert b"From: Mail Delivery System <postmaster@mail.mailwright.test>" in notice
    assert verified(core, notice) == [True, True], "our host name is below the domain"


async def test_what_is_only_passed_on_is_not_signed_whatever_its_from_says(core):
    core.database.write_now(lambda tx: accounts.add_alias(tx, "away@mailwright.test", ("ada@example.net",)))
    forged = letter().replace(b"From: Eve <eve@example.org>", b"From: Bashir <bashir@mailwright.test>")
    await accept.accept(core, envelope("away@mailwright.test", sender="eve@example.org"), forged, Verdict())
    ((_, octets),) = await drained(core)
    assert b"DKIM-Signature" not in octets
    assert not octets.startswith(b"Return-Path"), "only the final delivery writes one (RFC 5321 §4.4)"
    assert b"bashir@mailwright.test" in octets


async def test_mail_of_ours_that_a_forward_takes_out_is_signed(core, ada):
    core.database.write_now(lambda tx: accounts.add_alias(tx, "away@mailwright.test", ("ada@example.net",)))
    await submission.submit(core, ada, envelope("away@mailwright.test", sender=ADA), raw())
    ((_, octets),) = await drained(core)
    assert verified(core, octets) == [True, True]


async def test_keys_are_made_once_and_sealed(core, ada):
    first = await dkimkeys.signing_keys(core, "mailwright.test")
    again = await dkimkeys.signing_keys(core, "mailwright.test")
    assert [key.selector for key in first] == [key.selector for key in again]
    assert await dkimkeys.signing_keys(core, "example.org") == ()
    secrets = core.database.read_now(lambda tx: tx.all("SELECT secret FROM dkim_keys"))
    assert all("PRIVATE" not in secret and secret.startswith("v1:") for (secret,) in secrets)


async def test_with_the_wrong_key_for_secrets_mail_waits_and_says_so(core, ada):
    await dkimkeys.signing_keys(core, "mailwright.test")
    right, core.secrets = core.secrets, Vault("another secret of the settings")
    with pytest.raises(TryLater, match=r"secret\.key"):
        await dkimkeys.signing_keys(core, "mailwright.test")
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw())
    dispatcher = Dispatcher(core, {"smtp": Wire()})
    assert await dispatcher._claim("smtp", submission.now())
    await dispatcher.stop()
    status, error = core.database.read_now(lambda tx: tx.one("SELECT status, last_error FROM outbox"))
    assert status == "queued"
    assert "secret.key" in error
    core.secrets = right
    assert await dkimkeys.signing_keys(core, "mailwright.test")


async def test_a_rotation_waits_until_dns_has_the_new_keys(core, ada):
    domain = core.database.read_now(lambda tx: domains.find(tx, "mailwright.test"))
    old = await dkimkeys.signing_keys(core, domain.name)
    prepared = dkimkeys.prepare(core, domain.name)
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: dkimkeys.end_rotation(tx, domain))
    for _ in range(2):
        begun = core.database.write_now(lambda tx: dkimkeys.begin_rotation(tx, domain, prepared))
    assert len(begun.active) == len(begun.waiting) == 2
    still = await dkimkeys.signing_keys(core, domain.name)
    assert [key.selector for key in still] == [key.selector for key in old]
    done = core.database.write_now(lambda tx: dkimkeys.end_rotation(tx, domain))
    assert {key.selector for key in done.active} == {key.selector for key in begun.waiting}
    assert {key.selector for key in done.retired} == {key.selector for key in old}
    assert len({key.selector for key in (*done.active, *done.retired)}) == 4
    another = core.database.write_now(lambda tx: dkimkeys.begin_rotation(tx, domain, prepared))
    assert another.retired == ()


async def test_a_domain_is_let_go_of_with_its_keys(core):
    core.database.write_now(lambda tx: domains.add(tx, "other.test"))
    assert await dkimkeys.signing_keys(core, "other.test")
    core.database.write_now(lambda tx: domains.remove(tx, core, "other.test"))
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM dkim_keys")) == 0


async def test_stray_line_ends_leave_as_they_are_signed(core, ada):
    signer = Signer(core)
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw())
    row = core.database.read_now(lambda tx: _first_row(tx))
    octets = await signer.sign(row, raw().replace(b"\r\n", b"\n"))
    assert octets.endswith(raw())
    assert verified(core, octets) == [True, True]
    assert await signer.sign(row, raw()) == octets, "the signature of a message is made once"


def _first_row(tx):
    from mailwright.storage import outbox as rows

    return rows.listing(tx, status=None, user_id=None, limit=1)[0]


def test_the_records_say_what_dns_must(core):
    domain = core.database.read_now(lambda tx: domains.find(tx, "mailwright.test"))
    prepared = dkimkeys.prepare(core, domain.name)
    keys = core.database.write_now(lambda tx: dkimkeys.add(tx, domain, prepared))
    found = dnsrecords.records(domain.name, "mail.mailwright.test", keys)
    by_name = {(record.name, record.type): record for record in found}
    assert by_name[("mailwright.test", "MX")].zone_line == "mailwright.test. IN MX 10 mail.mailwright.test."
    assert by_name[("mailwright.test", "TXT")].value == "v=spf1 mx -all"
    assert by_name[("_dmarc.mailwright.test", "TXT")].value.startswith("v=DMARC1; p=quarantine;")
    assert by_name[("_imaps._tcp.mailwright.test", "SRV")].value == "0 1 993 mail.mailwright.test."
    assert by_name[("_smtp._tls.mailwright.test", "TXT")].value.startswith("v=TLSRPTv1; rua=")
    assert len(by_name[("_mta-sts.mailwright.test", "TXT")].value.partition("id=")[2]) <= 32
    rsa = next(record for record in found if "k=rsa" in record.value)
    assert max(map(len, rsa.strings)) <= 255
    assert "".join(rsa.strings) == rsa.value
    assert rsa.zone_line.count('"') == 4
    relayed = dnsrecords.records(domain.name, "mail.mailwright.test", keys, relayed=True)
    assert relayed[1].value == "v=spf1 mx ~all"


def test_a_vault_opens_what_it_sealed_for_that_purpose_only(tmp_path):
    vault = Vault(path=tmp_path / "folder" / "secret.key")
    sealed = vault.seal(b"a secret", purpose="one")
    assert b"a secret" not in sealed.encode()
    assert (tmp_path / "folder" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["secret.key"]
    assert Vault(path=tmp_path / "folder" / "secret.key").open(sealed, purpose="one") == b"a secret"
    for broken, purpose in ((sealed, "two"), (sealed[:-4], "one"), ("v1:", "one"), ("nonsense", "one")):
        with pytest.raises(TryLater):
            vault.open(broken, purpose=purpose)
    (tmp_path / "folder" / "secret.key").write_text("too short\n")
    with pytest.raises(TryLater, match="cannot be used"):
        Vault(path=tmp_path / "folder" / "secret.key").open(sealed, purpose="one")
    given = Vault("sixteen characters").seal(b"x", purpose="one")
    assert Vault("sixteen characters").open(given, purpose="one") == b"x"


async def test_mail_that_a_store_gives_back_damaged_waits_and_leaves_when_it_is_whole_again(core, ada, tmp_path):
    core.blobs = open_blobs(core.database, f"file://{tmp_path / 'octets'}", inline_bytes=0)
    await submission.submit(core, ada, envelope("chen@example.net", "bashir@mailwright.test", sender=ADA), raw())
    kept = {each: each.read_bytes() for each in (tmp_path / "octets").rglob("*.eml")}
    for path, octets in kept.items():
        path.write_bytes(octets[::-1])
    assert await drained(core) == []
    later = now() + 10 * MINUTE
    await Dispatcher(core, {"smtp": Wire()}, now=lambda: later).drain()
    due = core.database.read_now(lambda tx: tx.scalar("SELECT next_attempt_at FROM outbox WHERE channel = 'smtp'"))
    assert due - later > 9 * MINUTE, "it is not read again and again"
    for path, octets in kept.items():
        path.write_bytes(octets)
    wire = Wire()
    await Dispatcher(core, {"smtp": wire}, now=lambda: later + 30 * MINUTE).drain()
    assert [recipient for recipient, _ in wire.sent] == ["chen@example.net"]
    statuses = core.database.read_now(lambda tx: tx.all("SELECT recipient, status FROM outbox ORDER BY recipient"))
    assert statuses == [("bashir@mailwright.test", "sent"), ("chen@example.net", "sent")]
