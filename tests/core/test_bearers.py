"""Tokens of elsewhere and the accounts they open: by their subject, by a verified address once, and never more than that."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mailwright.core import Core, access, accounts, apppasswords, bearers, domains, secondfactor, sessions
from mailwright.core.administration import people
from mailwright.domain import clock
from mailwright.domain.clock import HOUR, MINUTE, SECOND
from mailwright.domain.refusals import AlreadyExists, AuthenticationFailed, TokenExpired, TooManyRequests, UnknownKey
from mailwright.domain.tokens import Proven, Voucher
from mailwright.storage import Tx, audit, credentials
from mailwright.storage import accounts as rows
from mailwright.storage.accounts import Account
from tests.core.bearing import ISSUER, issuing, proven

ADA, BASHIR, CHEN, EVE = "ada@mailwright.test", "bashir@mailwright.test", "chen@mailwright.test", "eve@example.org"
CLIENT = "192.0.2.1"
ADDS = Voucher(adds_users=True)


async def brought(core: Core, what: Proven, *, mailbox: bool = False, client: str = CLIENT) -> Account:
    core.bearer = issuing({"token": what})
    return (await bearers.opened(core, "token", client=client, mailbox=mailbox)).account


def audited(core: Core, action: str) -> list[tuple[str, str]]:
    return core.database.read_now(
        lambda tx: tx.all("SELECT actor, resource FROM audit_events WHERE action = ? ORDER BY id", (action,))
    )


def of(core: Core, email: str) -> Account:
    return core.database.read_now(lambda tx: accounts.find(tx, email))


async def test_a_token_signs_in_whom_it_belongs_to(core: Core) -> None:
    with pytest.raises(AuthenticationFailed):
        await bearers.authenticate(core, ADA, "good", client=CLIENT, door="imap")
    core.bearer = issuing({"good": ADA, "left": "gone@mailwright.test"})
    for name in (ADA, "", "ADA@mailwright.test"):
        assert (await bearers.authenticate(core, name, "good", client=CLIENT, door="imap")).email == ADA
    for name, token in ((ADA, "bad"), (BASHIR, "good"), ("", "left")):
        with pytest.raises(AuthenticationFailed):
            await bearers.authenticate(core, name, token, client=CLIENT, door="imap")
    core.database.write_now(lambda tx: rows.set_status(tx, accounts.find(tx, ADA).id, "blocked"))
    with pytest.raises(AuthenticationFailed):
        await bearers.authenticate(core, ADA, "good", client=CLIENT, door="imap")


async def test_guessing_tokens_is_slowed_down(core: Core) -> None:
    core.bearer = issuing({})
    for _ in range(10):
        with pytest.raises(AuthenticationFailed):
            await bearers.authenticate(core, ADA, "guess", client="192.0.2.9", door="imap")
    with pytest.raises(TooManyRequests):
        await bearers.authenticate(core, ADA, "guess", client="192.0.2.9", door="imap")


async def test_who_guesses_keeps_out_nobody_who_has_a_good_token(core: Core) -> None:
    core.bearer = issuing({"good": ADA})
    for _ in range(12):
        with pytest.raises((AuthenticationFailed, TooManyRequests)):
            await bearers.opened(core, "guess", client="192.0.2.9")
    for client in ("192.0.2.9", "192.0.2.200"):  # behind one proxy, too
        assert (await bearers.opened(core, "good", client=client)).account.email == ADA


@pytest.mark.parametrize("refusal", [TokenExpired("it has expired"), UnknownKey("its issuer has a new key")])
async def test_a_token_that_ended_or_that_cannot_be_told_yet_costs_its_owner_nothing(
    core: Core, refusal: AuthenticationFailed
) -> None:
    async def prove(token: str) -> Proven:
        raise refusal

    core.bearer = prove
    for _ in range(60):
        with pytest.raises(type(refusal)):
            await bearers.opened(core, "old", client=CLIENT)
    assert audited(core, "sign-in.failed") == []


async def test_a_verified_address_links_once_and_from_then_on_the_subject_counts(core: Core) -> None:
    assert (await brought(core, proven(ADA, subject="1"))).email == ADA
    assert audited(core, "token.linked-by-address") == [(ADA, ISSUER)]
    # The person has another address there by now, or none: still Ada here, and never Bashir.
    for address in (BASHIR, None, "ada@elsewhere.example"):
        assert (await brought(core, proven(address, subject="1"))).email == ADA
    assert len(audited(core, "token.linked-by-address")) == 1
    # Whoever is given Ada's address there later is somebody else.
    with pytest.raises(AuthenticationFailed, match="administrator"):
        await brought(core, proven(ADA, subject="2"))
    assert (await brought(core, proven(BASHIR, subject="2"))).email == BASHIR


async def test_the_same_subject_of_another_issuer_is_another_person(core: Core) -> None:
    await brought(core, proven(ADA, subject="1"))
    with pytest.raises(AuthenticationFailed):
        await brought(core, proven(None, subject="1", issuer="https://login.example.net"))
    assert bearers.subject_key("https://a.example/b", "c") != bearers.subject_key("https://a.example/", "bc")


@pytest.mark.parametrize(
    "address",
    [
        None,  # as a connector has it when nobody verified it
        "nobody@mailwright.test",
        "ada+eve@mailwright.test",  # at other services another person than ada
        "ada@mailwright.test.eve.example",
        "ada@m\u0430ilwright.test",  # a Cyrillic letter
        "\u0430da@mailwright.test",
        "ada@mailwright.te\u017ft",  # a long s, which folds to s
        "chen@ma\u0131lwright.test",
        "not an address",
        "ada@mailwright.test ",
        "ada@mailwright.test\nbashir@mailwright.test",
    ],
)
async def test_an_address_that_is_not_whole_and_the_same_opens_nothing(core: Core, address: str | None) -> None:
    with pytest.raises(AuthenticationFailed):
        await brought(core, proven(address))
    assert audited(core, "token.linked-by-address") == []


async def test_who_may_not_be_mailed_a_link_is_linked_by_hand_only(core: Core) -> None:
    def prepare(tx: Tx) -> None:
        people.set_role(tx, CHEN, role="admin", operator=None)
        ada = accounts.find(tx, ADA)
        access.set_acl(tx, ada, access.by_name(tx, ada, "INBOX"), BASHIR, "lr")

    core.database.write_now(prepare)
    for address in (CHEN, ADA):
        with pytest.raises(AuthenticationFailed, match="administrator"):
            await brought(core, proven(address))
    core.database.write_now(lambda tx: bearers.link(tx, accounts.find(tx, CHEN), ISSUER, "7"))
    assert (await brought(core, proven(None, subject="7"))).role == "admin"
    with pytest.raises(AlreadyExists):
        core.database.write_now(lambda tx: bearers.link(tx, accounts.find(tx, BASHIR), ISSUER, "7"))


async def test_nobody_becomes_an_agent(core: Core) -> None:
    agent = core.database.write_now(
        lambda tx: accounts.add_agent(tx, core, "desk@mailwright.test", display_name="Desk")
    )
    with pytest.raises(AuthenticationFailed):
        await brought(core, proven("desk@mailwright.test"))
    with pytest.raises(AuthenticationFailed):
        core.database.write_now(lambda tx: bearers.link(tx, agent, ISSUER, "9"))
    core.database.write_now(lambda tx: credentials.add_link(tx, agent.id, bearers.subject_key(ISSUER, "9"), ISSUER))
    with pytest.raises(AuthenticationFailed):
        await brought(core, proven(None, subject="9"))


async def test_blocked_and_removed_people_are_refused_at_once_and_old_tokens_stay_ended(core: Core) -> None:
    old = proven(ADA, at=clock.now() - MINUTE)
    await brought(core, old)
    ada = of(core, ADA)

    def block(tx: Tx) -> None:
        rows.set_status(tx, ada.id, "blocked")
        sessions.end_all(tx, ada, client="")

    core.database.write_now(block)
    with pytest.raises(AuthenticationFailed, match="closed"):
        await brought(core, old)
    core.database.write_now(lambda tx: rows.set_status(tx, ada.id, "active"))
    with pytest.raises(AuthenticationFailed, match="signed out"):
        await brought(core, old)
    fresh = replace(old, issued_at=clock.now() + SECOND)
    assert (await brought(core, fresh)).id == ada.id
    core.database.write_now(lambda tx: accounts.begin_removal(tx, ada))
    with pytest.raises(AuthenticationFailed):
        await brought(core, fresh)
    core.database.write_now(lambda tx: accounts._remove_rest(tx, ada.id, audit.SYSTEM))
    with pytest.raises(AuthenticationFailed):  # the address is of our own domain: nobody but us gives it away
        await brought(core, fresh)


async def test_signing_out_everywhere_ends_the_tokens_of_that_person_alone(core: Core) -> None:
    ada, bashir = proven(ADA), proven(BASHIR)
    await brought(core, ada)
    await brought(core, bashir)
    core.database.write_now(lambda tx: sessions.end_all(tx, accounts.find(tx, ADA), client=CLIENT))
    with pytest.raises(AuthenticationFailed, match="signed out"):
        await brought(core, ada)
    await brought(core, bashir)


async def test_an_account_with_a_second_factor_wants_one_of_the_token_too(core: Core) -> None:
    await brought(core, proven(ADA))
    for email in (ADA, BASHIR):
        core.database.write_now(
            lambda tx, email=email: credentials.add(tx, accounts.find(tx, email).id, secondfactor.TOTP, "sealed")
        )
    with pytest.raises(AuthenticationFailed, match="second factor"):
        await brought(core, proven(ADA))
    assert (await brought(core, proven(ADA, strong=True))).email == ADA
    with pytest.raises(AuthenticationFailed, match="administrator"):  # the strong proof is of whoever registered there
        await brought(core, proven(BASHIR, strong=True))


async def test_people_nobody_added_come_in_only_when_the_settings_say_so(core: Core) -> None:
    with pytest.raises(AuthenticationFailed):
        await brought(core, proven(EVE))
    eve = await brought(core, proven(EVE, voucher=ADDS))
    assert (eve.email, eve.role, eve.has_mailbox, eve.display_name) == (EVE, "guest", False, "Somebody")
    assert (await brought(core, proven("other@example.org", subject=f"id of {EVE}"))).id == eve.id
    assert [actor for actor, _ in audited(core, "user.added-by-token")] == [EVE]
    for address in (None, "postmaster@mailwright.test", "\u0430da@example.org"):
        with pytest.raises(AuthenticationFailed):
            await brought(core, proven(address, subject="new", voucher=ADDS))


async def test_who_has_no_mailbox_calls_the_api_and_reads_no_mail(core: Core) -> None:
    await brought(core, proven(EVE, voucher=ADDS))
    with pytest.raises(AuthenticationFailed, match="no mailbox"):
        await brought(core, proven(EVE), mailbox=True)
    with pytest.raises(AuthenticationFailed, match="no mailbox"):
        await bearers.authenticate(core, "", "token", client=CLIENT, door="imap")


async def test_the_first_tokens_of_somebody_make_one_account_however_many_come_at_once(core: Core) -> None:
    core.bearer = issuing({"token": proven(EVE, voucher=ADDS)})
    found = await asyncio.gather(*(bearers.opened(core, "token", client=CLIENT) for _ in range(10)))
    assert len({each.account.id for each in found}) == 1
    assert len(audited(core, "user.added-by-token")) == len(audited(core, "token.linked-by-address")) == 1


async def test_an_outside_sender_is_linked_in_the_tenant_of_the_provider(core: Core) -> None:
    def prepare(tx: Tx) -> None:
        other = domains.add(tx, "example.net", tenant="other")
        home = domains.find(tx, "mailwright.test")
        accounts.add_guest(tx, other.tenant_id, "one@example.org")
        for tenant in (other.tenant_id, home.tenant_id):
            accounts.add_guest(tx, tenant, "both@example.org")

    core.database.write_now(prepare)
    home = core.database.read_now(lambda tx: domains.find(tx, "mailwright.test"))
    with pytest.raises(AuthenticationFailed):  # another tenant's people are not its to vouch for
        await brought(core, proven("one@example.org"))
    assert (await brought(core, proven("both@example.org"))).tenant_id == home.tenant_id


async def test_what_is_unlinked_opens_nothing_until_it_is_linked_again(core: Core) -> None:
    await brought(core, proven(ADA, subject="1"))
    assert core.database.write_now(lambda tx: bearers.unlink(tx, accounts.find(tx, ADA))) == 1
    with pytest.raises(AuthenticationFailed):
        await brought(core, proven(None, subject="1"))
    assert (await brought(core, proven(ADA, subject="2"))).email == ADA  # who moved to another account there


async def test_refusals_of_one_person_are_audited_a_few_times_and_not_for_each_request(core: Core) -> None:
    for _ in range(40):
        with pytest.raises(AuthenticationFailed):
            await brought(core, proven("nobody@mailwright.test"))
    assert len(audited(core, "sign-in.refused")) == 10


async def test_sign_ins_are_audited_with_the_link_that_opened(core: Core) -> None:
    account = await brought(core, proven(ADA))
    [link] = core.database.read_now(lambda tx: credentials.links(tx, account.id))
    assert audited(core, "sign-in") == [(ADA, f"token:{link.id}")]
    assert link.issuer == ISSUER


async def test_app_passwords_and_links_leave_each_other_alone(core: Core) -> None:
    account = await brought(core, proven(ADA))
    made, typed = core.database.write_now(lambda tx: apppasswords.make(tx, account, "Mail", ["imap"]))
    assert (await accounts.authenticate(core, ADA, typed, client=CLIENT, scope="imap")).id == account.id
    core.database.write_now(lambda tx: rows.remove_app_password(tx, account.id, made.id))
    assert (await brought(core, proven(ADA))).id == account.id
    later = proven(ADA, at=clock.now() + HOUR)
    assert (await brought(core, later)).id == account.id
