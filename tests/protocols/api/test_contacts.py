"""Whom somebody may mean: from their own mail and tenant, the likeliest first, quickly."""

import pytest

from mailwright.core import Core, accounts, contacts, domains
from mailwright.core.contacts import Contacts
from mailwright.domain.clock import DAY, Instant
from mailwright.storage import Tx
from tests.protocols.api.mail import put
from tests.protocols.api.people import MakeBrowser

ADA = "ada@mailwright.test"


def keep(core: Core, role: str, raw: str, *, age: Instant = 0, email: str = ADA) -> None:
    data = (raw + "\nSubject: x\n\nx\n").replace("\n", "\r\n").encode()
    put(core, data, email=email, role=role, age=age)


async def find(core: Core, query: str) -> list[str]:
    account = core.database.read_now(lambda tx: accounts.find(tx, ADA))
    return [person.email for person in await Contacts(core).find(account, query)]


async def test_whom_one_wrote_to_comes_before_who_wrote(core: Core) -> None:
    keep(core, "inbox", "From: Dora One <dora@one.example>\nTo: ada@mailwright.test")
    keep(core, "sent", "From: ada@mailwright.test\nTo: Dora Two <dora@two.example>\nCc: dora@three.example")
    assert await find(core, "dora") == ["dora@three.example", "dora@two.example", "dora@one.example"]


async def test_often_and_lately_count(core: Core) -> None:
    keep(core, "sent", "From: ada@mailwright.test\nTo: dora@old.example", age=400 * DAY)
    keep(core, "sent", "From: ada@mailwright.test\nTo: dora@old.example", age=400 * DAY)
    keep(core, "sent", "From: ada@mailwright.test\nTo: dora@new.example")
    assert await find(core, "dora") == ["dora@new.example", "dora@old.example"]


@pytest.mark.parametrize("query", ["bash", "BASHIR@", "mailwright", "two na", "of two", "names"])
async def test_words_of_names_and_addresses_are_found_by_their_beginning(core: Core, query: str) -> None:
    core.database.write_now(
        lambda tx: tx.execute("UPDATE users SET display_name = 'Bashir of Two Names' WHERE email LIKE 'bashir%'")
    )
    assert "bashir@mailwright.test" in await find(core, query)


async def test_neither_oneself_nor_robots_nor_nonsense_are_meant(core: Core) -> None:
    keep(core, "inbox", "From: no-reply@shop.example\nTo: ada@mailwright.test")
    keep(core, "sent", "From: ada@mailwright.test\nTo: ada@mailwright.test, @@, undisclosed:;")
    assert await find(core, "") == ["bashir@mailwright.test"]


async def test_nobody_of_another_tenant_and_nobody_elses_correspondents(core: Core) -> None:
    def other(tx: Tx) -> None:
        domains.add(tx, "other.test", tenant="other")
        accounts.add_user(tx, core, "chen@other.test")

    core.database.write_now(other)
    keep(core, "sent", "From: bashir@mailwright.test\nTo: dora@secret.example", email="bashir@mailwright.test")
    assert await find(core, "chen") == []
    assert await find(core, "dora") == []


async def test_at_most_ten(core: Core) -> None:
    for number in range(15):
        keep(core, "sent", f"From: ada@mailwright.test\nTo: dora{number}@one.example")
    assert len(await find(core, "dora")) == contacts.MAX_PEOPLE


async def test_the_path_answers_the_signed_in(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    assert (await ada.get("/api/mail/contacts?q=bash")).status_code == 401
    await ada.sign_in(ADA)
    answer = await ada.get("/api/mail/contacts?q=bash")
    assert answer.json() == {"people": [{"name": "", "email": "bashir@mailwright.test"}]}
    assert (await ada.get("/api/mail/contacts?q=" + "x" * 200)).status_code == 422


async def test_a_large_account_answers(core: Core) -> None:
    keep(core, "sent", "From: ada@mailwright.test\nTo: dora@one.example, chen@one.example")

    def many(tx: Tx) -> None:
        columns = [row[1] for row in tx.all("PRAGMA table_info(messages)") if row[1] not in ("id", "uid")]
        names = ", ".join(columns)
        tx.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            f"INSERT INTO messages (id, uid, {names}) SELECT 'm' || n.i, n.i, {names} FROM messages, n WHERE uid = 1 "
            "AND sender = 'ada@mailwright.test'"
        )

    core.database.write_now(many)
    assert await find(core, "do") == ["dora@one.example"]
