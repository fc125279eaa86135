"""Who is speaking, and what becomes of mail that is not from whom it says: the judgement and the filing after it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mailwright.codecs.mailauth import Answer, Question
from mailwright.codecs.rspamd import Opinion
from mailwright.core import Core, accept, accounts, authentication
from mailwright.core.authentication import Authenticator, Judgement, Trust
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Authentication, Channel, Envelope, Origin, Verdict
from mailwright.domain.refusals import LooksLikeSpam, MessageTooLarge, NotAuthentic, SenderNotAllowed, TryLater
from mailwright.storage import Tx, inbound, mailboxes, messages
from tests.core.conftest import envelope as usual_envelope
from tests.servers.mailworld import CLIENT, World, letter, rsa_key, rsa_record, signed

ADA, BASHIR, EVE = "ada@mailwright.test", "bashir@mailwright.test", "eve@example.org"
EVIL = "203.0.113.66"
RELAY = "mx.mailwright.test"  # the name our Postfix writes its results under
TRUST = Trust.of(["198.51.100.0/28"], [RELAY])


def envelope(
    *recipients: str,
    client: str = CLIENT,
    sender: str | None = EVE,
    channel: Channel = Channel.SMTP,
    helo: str = "mx.example.org",
) -> Envelope:
    made = usual_envelope(*(recipients or (ADA,)), sender=sender, channel=channel)
    return replace(made, client=f"[IPv6:{client}]" if ":" in client else f"[{client}]", helo=helo)


@pytest.fixture
def world() -> World:
    return World.usual()


@pytest.fixture
def door(core: Core, world: World) -> Authenticator:
    return Authenticator(core, TRUST, world)


async def file(core: Core, envelope_: Envelope, raw: bytes, judged: Judgement) -> accept.Receipt:
    return await accept.accept(core, envelope_, raw, judged.verdict, found=judged.found, kept=judged.kept)


async def mailbox_of(core: Core, who: str, role: str) -> list[Any]:
    def look(tx: Tx) -> list[Any]:
        mailbox = mailboxes.by_role(tx, accounts.find(tx, who).id, role)
        return [] if mailbox is None else messages.in_mailbox(tx, mailbox.id, 100)

    return await core.read(look)


async def set_policy(core: Core, name: str) -> None:
    await core.write(lambda tx: tx.execute("UPDATE domains SET on_failure = ?", (name,)))
    core.domains_seen.clear()


# --- what is proven ------------------------------------------------------------------------------------------------------


async def test_a_proven_author_is_a_correspondent_and_people_can_see_why(core: Core, door: Authenticator) -> None:
    raw, to = signed(letter()), envelope()
    judged = await door.judge(to, raw)
    assert (judged.verdict.origin, judged.verdict.account) == (Origin.CORRESPONDENT, None)
    assert judged.verdict.authentication.author == EVE
    await file(core, to, raw, judged)
    [message] = await mailbox_of(core, ADA, "inbox")
    assert message.origin is Origin.CORRESPONDENT
    stored = await core.blobs.read(message.blob_id)
    head = stored.split(b"\r\n")
    assert head[0] == b"Return-Path: <eve@example.org>"
    assert head[1] == b"Authentication-Results: mail.mailwright.test;"
    assert head[2] == b"\tspf=pass smtp.mailfrom=example.org;"
    assert b'\tdmarc=pass reason="p=reject"' in stored
    assert stored.endswith(raw)
    kept = await core.read(lambda tx: inbound.authentication(tx, message.inbound_id))
    assert kept.author == EVE
    assert kept.results.startswith("spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org")
    assert (kept.junk, kept.told_by, kept.signs) == ("", "", ())


async def test_what_was_found_is_kept_as_it_was(core: Core) -> None:
    known = Authentication("a@b.example", "dkim=pass", "mx", "why", 4.5, ("A", "B"))
    assert Authentication.from_json(known.to_json()) == known
    assert Authentication.from_json("{}") == Authentication()
    assert Authentication().to_json() == "{}"


async def test_a_stranger_is_one_whatever_passes_for_somebody_else(door: Authenticator, world: World) -> None:
    world.texts.pop("_dmarc.example.org")
    raw = signed(letter(), "evil.example")
    judged = await door.judge(envelope(client=EVIL, sender="x@evil.example"), raw)
    assert judged.verdict.origin is Origin.STRANGER
    assert judged.verdict.authentication.author == ""


# --- mail under our own names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", [EVIL, "127.0.0.1", "::1", "10.1.2.3", "fe80::1"])
@pytest.mark.parametrize(
    "author",
    [
        ADA,
        "Ada <Ada+x@MAILWRIGHT.test>",
        "eve@example.org, ada@mailwright.test",
        "Group: ada@mailwright.test;",
        "ada@mailwright.test\nFrom: eve@example.org",
        "eve@example.org\nFrom: ada@mailwright.test",
        "eve@example.org, " * 300 + "ada@mailwright.test",
    ],
)
async def test_mail_under_our_name_that_nothing_proves_goes_to_junk(
    core: Core, door: Authenticator, client: str, author: str
) -> None:
    raw, to = letter(author), envelope(BASHIR, client=client, sender="x@evil.example")
    judged = await door.judge(to, raw)
    assert judged.verdict.origin is Origin.STRANGER
    assert judged.verdict.authentication.junk.startswith("it says it is from mailwright.test, which is ours")
    await file(core, to, raw, judged)
    assert await mailbox_of(core, BASHIR, "inbox") == []
    [message] = await mailbox_of(core, BASHIR, "junk")
    assert message.keywords == ("$Junk",)


async def test_a_signature_of_our_own_domain_proves_a_colleague(door: Authenticator) -> None:
    raw = signed(letter(ADA), "mailwright.test")
    judged = await door.judge(envelope(BASHIR, client="127.0.0.1", sender="list@example.net"), raw)
    assert judged.verdict.origin is Origin.CORRESPONDENT
    assert judged.verdict.authentication.author == ADA
    assert judged.verdict.authentication.junk == ""


async def test_a_domain_that_refuses_failures_refuses_its_own_name_too(core: Core, door: Authenticator) -> None:
    await set_policy(core, "reject")
    with pytest.raises(NotAuthentic, match="which is ours"):
        await door.judge(envelope(client=EVIL, sender="x@evil.example"), letter(ADA))
    near = await door.judge(envelope(client="127.0.0.1", sender="x@evil.example"), letter(ADA))
    assert near.verdict.authentication.junk  # nobody to tell: Junk


async def test_who_has_no_junk_mailbox_gets_it_marked(core: Core, door: Authenticator) -> None:
    await core.write(lambda tx: tx.execute("DELETE FROM mailboxes WHERE role = 'junk'"))
    raw, to = letter(ADA), envelope(BASHIR, client=EVIL)
    await file(core, to, raw, await door.judge(to, raw))
    [message] = await mailbox_of(core, BASHIR, "inbox")
    assert message.keywords == ("$Junk",)


# --- policies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        ("policy", "reject", "reject"),
        ("policy", "quarantine", "junk"),
        ("policy", "none", "inbox"),
        ("reject", "none", "reject"),
        ("quarantine", "reject", "junk"),
        ("quarantine", "none", "junk"),
        ("mark", "reject", "inbox"),
        ("mark", "quarantine", "inbox"),
    ],
)
async def test_what_is_done_with_a_failure(
    core: Core, door: Authenticator, world: World, ours: str, theirs: str, outcome: str
) -> None:
    await set_policy(core, ours)
    world.texts["_dmarc.example.org"] = [f"v=DMARC1; p={theirs}".encode()]
    raw, to = letter(), envelope(client=EVIL, sender="x@evil.example")
    if outcome == "reject":
        with pytest.raises(NotAuthentic, match=r"dmarc=fail for example\.org"):
            await door.judge(to, raw)
        return
    judged = await door.judge(to, raw)
    await file(core, to, raw, judged)
    [message] = await mailbox_of(core, ADA, outcome)
    assert message.origin is Origin.STRANGER
    assert b"\tdmarc=fail" in await core.blobs.read(message.blob_id)


async def test_several_domains_refuse_together_or_not_at_all(core: Core, door: Authenticator) -> None:
    def second(tx: Tx) -> None:
        from mailwright.core import domains

        domains.add(tx, "second.test", tenant="demo")
        accounts.add_user(tx, core, "chen@second.test")
        tx.execute("UPDATE domains SET on_failure = 'mark' WHERE name = 'second.test'")

    await core.write(second)
    judged = await door.judge(envelope(ADA, "chen@second.test", client=EVIL), letter())
    assert judged.verdict.authentication.junk == "dmarc=fail for example.org"


async def test_silence_of_dns_refuses_nothing(door: Authenticator, world: World) -> None:
    world.down = set(world.texts) | {"mx.example.org"}
    judged = await door.judge(envelope(client=EVIL, sender="x@evil.example"), signed(letter()))
    assert judged.verdict.origin is Origin.STRANGER
    assert judged.verdict.authentication.junk == ""
    world.down = {"s1._domainkey.example.org"}
    judged = await door.judge(envelope(client=EVIL, sender="x@evil.example"), signed(letter()))
    assert "DNS did not answer" in judged.verdict.authentication.junk


async def test_a_slow_dns_costs_a_bounded_time(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "CHECK_SECONDS", 0.3)
    monkeypatch.setattr(authentication, "ANSWER_SECONDS", 0.2)
    world = World.usual()

    class Slow:
        async def look_up(self, question: Question) -> Answer:
            if "evil" in question.name:
                await asyncio.sleep(60)
            return world.answer(question)

    began = time.monotonic()
    with pytest.raises(NotAuthentic):  # what decides was known in time
        await Authenticator(core, resolver=Slow()).judge(
            envelope(client=EVIL, sender="x@evil.example"), signed(letter(), "evil.example")
        )
    assert time.monotonic() - began < 30  # its answer would take a minute


# --- results that others wrote ---------------------------------------------------------------------------------------------


FORGED = (
    "Authentication-Results: mail.mailwright.test; dkim=pass header.d=mailwright.test\r\n"
    "AUTHENTICATION-RESULTS: (x) Mail.Mailwright.Test 1;\r\n\tdmarc=pass header.from=mailwright.test\r\n"
    f"Authentication-Results: {RELAY}; auth=pass smtp.auth={ADA}\r\n"
    "Authentication-Results: ;;;\r\n"
).encode()
FOREIGN = b"Authentication-Results: mx.example.org; dkim=pass header.d=example.org\r\n"


@pytest.mark.parametrize("channel", [Channel.SMTP, Channel.LMTP])
@pytest.mark.parametrize("client", [EVIL, "127.0.0.1"])
@pytest.mark.parametrize("checks", [True, False])
async def test_results_that_claim_to_be_ours_are_taken_out_and_others_stay(
    core: Core, world: World, channel: Channel, client: str, checks: bool
) -> None:
    trust = Trust() if channel is Channel.LMTP else TRUST
    door = Authenticator(core, trust, world if checks else None)
    forged = FORGED.replace(RELAY.encode(), b"mail.mailwright.test") if channel is Channel.LMTP else FORGED
    raw = forged + FOREIGN + letter(ADA)
    to = envelope(BASHIR, client=client, channel=channel, sender="x@evil.example")
    judged = await door.judge(to, raw)
    assert judged.verdict.origin is Origin.STRANGER
    assert judged.kept == FOREIGN + letter(ADA)
    await file(core, to, raw, judged)
    [message] = await mailbox_of(core, BASHIR, "junk" if channel is Channel.SMTP and checks else "inbox")
    stored = await core.blobs.read(message.blob_id)
    assert stored.endswith(b"\r\n" + FOREIGN + letter(ADA))


async def test_the_same_bytes_are_one_delivery_whatever_is_taken_out(core: Core, door: Authenticator) -> None:
    raw, to = FORGED + signed(letter()), envelope()
    for _ in range(2):
        receipt = await file(core, to, raw, await door.judge(to, raw))
    assert receipt.outcomes[0].duplicate
    assert len(await mailbox_of(core, ADA, "inbox")) == 1


# --- a relay's word --------------------------------------------------------------------------------------------------------


def relayed(results: str, raw: bytes, *, written_by: str = RELAY) -> bytes:
    """As our Postfix hands it over: its Received, and below it what its milters found."""
    return (
        f"Received: from x (x [203.0.113.9]) by {RELAY} (Postfix)\r\nAuthentication-Results: {written_by}; {results}\r\n".encode()
        + raw
    )


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        (f"auth=pass smtp.auth={ADA} smtp.mailfrom={ADA}", "ada@mailwright.test signed in at mx.mailwright.test"),
        ("dmarc=pass header.from=mailwright.test", "mx.mailwright.test found dmarc=pass for mailwright.test"),
        ("dkim=pass header.d=mailwright.test", "mx.mailwright.test found dkim=pass for mailwright.test"),
        ("auth=pass smtp.auth=chen@mailwright.test", ""),
        ("auth=pass smtp.auth=sales@mailwright.test", "sales@mailwright.test signed in at mx.mailwright.test"),
        ("auth=pass smtp.auth=nobody@example.org", ""),
        ("dmarc=pass header.from=example.org", ""),
        ("none", ""),
    ],
)
async def test_what_a_relay_found_counts(core: Core, door: Authenticator, results: str, proven: str) -> None:
    await core.write(lambda tx: accounts.add_alias(tx, "sales@mailwright.test", (ADA,)))
    raw = relayed(results, letter(ADA))
    to = envelope(BASHIR, client="127.0.0.1", channel=Channel.LMTP, sender=ADA)
    judged = await door.judge(to, raw)
    assert judged.verdict.origin is (Origin.CORRESPONDENT if proven else Origin.STRANGER)
    assert judged.verdict.because == (proven or "mx.mailwright.test found nothing that proves the author")
    assert judged.verdict.authentication.told_by == RELAY
    assert judged.verdict.authentication.author == (ADA if proven else "")
    assert judged.verdict.account is None
    await file(core, to, raw, judged)
    [message] = await mailbox_of(core, BASHIR, "inbox")  # the relay has decided that it is to be delivered
    assert (await core.blobs.read(message.blob_id)).endswith(raw)


@pytest.mark.parametrize(
    "raw",
    [
        letter(ADA),
        relayed("dmarc=pass header.from=mailwright.test", letter(ADA), written_by="mx.example.org"),
        relayed("none", f"Authentication-Results: {RELAY}; auth=pass smtp.auth={ADA}\r\n".encode() + letter(ADA)),
        relayed("x=y", b"", written_by="other").replace(b"Authentication", b"X-Other")
        + relayed("dmarc=pass header.from=mailwright.test", letter(ADA)),
        relayed("dmarc=pass header.from=mailwright.test", letter("ada@mailwright.test\nFrom: ada@mailwright.test")),
    ],
)
async def test_only_the_topmost_word_of_a_trusted_name_counts(door: Authenticator, raw: bytes) -> None:
    judged = await door.judge(envelope(BASHIR, client="127.0.0.1", channel=Channel.LMTP, sender=ADA), raw)
    assert judged.verdict.origin is Origin.STRANGER


async def test_a_word_from_elsewhere_is_nobodys(door: Authenticator) -> None:
    raw = relayed(f"auth=pass smtp.auth={ADA}", letter(ADA))
    for client, channel in ((EVIL, Channel.LMTP), (EVIL, Channel.SMTP), ("127.0.0.1", Channel.SMTP)):
        judged = await door.judge(envelope(BASHIR, client=client, channel=channel, sender="x@evil.example"), raw)
        assert judged.verdict.origin is Origin.STRANGER
        assert judged.kept is not None
        assert RELAY.encode() not in judged.kept.partition(b"Authentication-Results")[2]


async def test_a_listed_relay_may_hand_over_by_smtp(core: Core, door: Authenticator, world: World) -> None:
    to = envelope(BASHIR, client="198.51.100.3", sender=ADA)
    judged = await door.judge(to, relayed(f"auth=pass smtp.auth={ADA}", letter(ADA)))
    assert judged.verdict.origin is Origin.CORRESPONDENT
    assert world.asked == []
    told = relayed("spf=pass smtp.mailfrom=example.org; dkim=none", letter())
    judged = await door.judge(envelope(BASHIR, client="198.51.100.3"), told)
    assert judged.verdict.because == "dmarc=pass for example.org (spf=pass for example.org)"
    failing = relayed("spf=fail smtp.mailfrom=example.org", letter())
    judged = await door.judge(envelope(BASHIR, client="198.51.100.3"), failing)
    assert judged.verdict.authentication.junk == "dmarc=fail for example.org"  # not refused: the relay would bounce it
    unproven = await door.judge(to, letter(ADA))
    assert (unproven.verdict.origin, unproven.verdict.authentication.junk) == (Origin.STRANGER, "")


@pytest.mark.parametrize(
    ("channel", "client", "trusted"),
    [
        (Channel.LMTP, "[127.0.0.1]", True),
        (Channel.LMTP, "[IPv6:::1]", True),
        (Channel.LMTP, "[198.51.100.7]", True),
        (Channel.SMTP, "[198.51.100.7]", True),
        (Channel.SMTP, "[127.0.0.1]", False),
        (Channel.LMTP, "[203.0.113.1]", False),
        (Channel.LMTP, "[unknown]", False),
        (Channel.LMTP, "", False),
    ],
)
async def test_who_is_a_relay_of_ours(core: Core, channel: Channel, client: str, trusted: bool) -> None:
    assert TRUST.is_relay(channel, client) is trusted
    ada, bashir = Address.parse(ADA), Address.parse(BASHIR)
    if trusted:
        await accept.may_receive(core, ada, bashir, account=None, is_relay=trusted)
    with pytest.raises(SenderNotAllowed):
        await accept.may_receive(core, ada, bashir, account=None)


# --- what is not looked up ---------------------------------------------------------------------------------------------------


async def test_nothing_is_looked_up_for_clients_nearby_without_a_signature(core: Core, world: World) -> None:
    door = Authenticator(core, TRUST, world)
    for client in ("127.0.0.1", "::1", "192.168.1.9"):
        judged = await door.judge(envelope(client=client), letter())
        assert judged == Judgement(judged.verdict)
        assert judged.verdict.origin is Origin.STRANGER
    assert world.asked == []
    judged = await door.judge(envelope(client="127.0.0.1"), signed(letter()))
    assert judged.verdict.origin is Origin.CORRESPONDENT
    assert {question.name for question in world.asked} == {"_dmarc.example.org", "s1._domainkey.example.org"}


async def test_without_a_resolver_nothing_is_checked(core: Core) -> None:
    judged = await Authenticator(core).judge(envelope(BASHIR, client=EVIL), signed(letter(ADA)))
    assert judged == Judgement(authentication.STRANGER)


# --- spam ------------------------------------------------------------------------------------------------------------------


@dataclass
class Filter:
    opinion: Opinion | None
    asked: list[Envelope] = field(default_factory=list)

    async def ask(self, envelope: Envelope, raw: bytes) -> Opinion | None:
        self.asked.append(envelope)
        return self.opinion


async def test_the_spam_filter_is_heard(core: Core, world: World) -> None:
    async def judged(opinion: Opinion | None, client: str = CLIENT) -> Judgement:
        return await Authenticator(core, TRUST, world, Filter(opinion)).judge(envelope(client=client), signed(letter()))

    fine = await judged(Opinion("accept", 1.5, ("A", "B")))
    assert (fine.verdict.authentication.score, fine.verdict.authentication.signs) == (1.5, ("A", "B"))
    assert fine.verdict.authentication.junk == ""
    spam = await judged(Opinion("junk", 7.25))
    assert spam.verdict.authentication.junk == "it looks like spam (7.25)"
    assert spam.verdict.origin is Origin.CORRESPONDENT
    with pytest.raises(LooksLikeSpam):
        await judged(Opinion("reject", 20.0))
    assert (await judged(Opinion("reject", 20.0), "127.0.0.1")).verdict.authentication.junk
    with pytest.raises(TryLater):
        await judged(Opinion("later", 5.0))
    absent = await judged(None)
    assert absent.verdict.authentication.score == 0


async def test_a_few_plain_signs_add_up(core: Core, door: Authenticator, world: World) -> None:
    world.texts["_dmarc.example.org"] = [b"v=DMARC1; p=none"]
    to = envelope(client=EVIL, sender="x@example.org", helo="x")
    judged = await door.judge(to, letter())
    known = judged.verdict.authentication
    assert (known.score, known.signs) == (6.5, ("dmarc-fail", "spf-fail", "strange-hello"))
    assert known.junk == "it looks like spam (6.5 of 5)"
    plain = await door.judge(envelope(), letter().replace(b"Date: ", b"X-Date: "))
    assert (plain.verdict.authentication.score, plain.verdict.authentication.junk) == (1.0, "")


async def test_a_copy_that_waits_is_filed_as_the_others_are(core: Core, door: Authenticator) -> None:
    """A group with a full member: its copy goes through the outbox and still ends in Junk."""
    from mailwright.core import localdelivery
    from mailwright.domain.clock import now
    from mailwright.storage import outbox

    def team(tx: Tx) -> None:
        accounts.add_alias(tx, "team@mailwright.test", (ADA, BASHIR))
        tx.execute("UPDATE users SET quota_bytes = 1 WHERE email = ?", (BASHIR,))

    await core.write(team)
    raw, to = letter(ADA), envelope("team@mailwright.test", client=EVIL)
    await file(core, to, raw, await door.judge(to, raw))
    await core.write(lambda tx: tx.execute("UPDATE users SET quota_bytes = NULL"))
    [row] = await core.read(lambda tx: outbox.listing(tx, status=None, user_id=None, limit=10, before=None))
    assert row.verdict.authentication.junk
    await localdelivery.deliver(core, [row], now())
    [message] = await mailbox_of(core, BASHIR, "junk")
    assert message.keywords == ("$Junk",)


def test_the_keys_of_this_world_are_what_they_say() -> None:
    assert World.usual().texts["s1._domainkey.example.org"] == [rsa_record(rsa_key())]


# --- repeating, and too much of it ---------------------------------------------------------------------------------------


async def test_a_proven_message_that_is_brought_to_somebody_else_is_a_strangers(
    core: Core, door: Authenticator
) -> None:
    raw, to = (
        signed(letter(to="Ada <ADA+work@mailwright.test>")),
        envelope(ADA, BASHIR, client=EVIL, sender="x@evil.example"),
    )
    judged = await door.judge(to, raw)
    assert judged.verdict.authentication.author == EVE, "who wrote it is proven all the same"
    await file(core, to, raw, judged)
    for who, origin in ((ADA, Origin.CORRESPONDENT), (BASHIR, Origin.STRANGER)):
        [message] = await mailbox_of(core, who, "inbox")
        assert message.origin is origin


async def test_a_from_line_of_thousands_is_taken_for_a_forgery_without_asking(core: Core, door: Authenticator) -> None:
    many = ", ".join(f"a@d{number}.example" for number in range(500))
    judged = await door.judge(envelope(client="127.0.0.1"), letter(f"{many}, {ADA}"))
    assert judged.verdict.origin is Origin.STRANGER
    assert "more domains" in judged.verdict.authentication.junk


async def test_our_own_domain_is_found_among_others_also_when_what_was_seen_is_forgotten(
    core: Core, door: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "MAX_SEEN", 2)
    for author in (ADA, f"a@one.example, b@two.example, {ADA}", f"{ADA}, c@three.example, d@four.example"):
        judged = await door.judge(envelope(client="127.0.0.1"), letter(author))
        assert "which is ours" in judged.verdict.authentication.junk


@pytest.mark.parametrize("header", [b"X: y\r\n" * 30_000, b"X: " + b"y" * 600_000 + b"\r\n"])
async def test_a_header_nobody_reads_to_its_end_is_refused(core: Core, door: Authenticator, header: bytes) -> None:
    with pytest.raises(MessageTooLarge):
        await door.judge(envelope(), header + letter())
    with pytest.raises(MessageTooLarge):
        await accept.accept(core, envelope(), header + letter(), Verdict())
    await door.judge(envelope(), letter(body="y\n" * 300_000))  # a body may have as many lines as it likes
