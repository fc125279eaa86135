"""Whom the owner may mean by name: colleagues, and those they have written to; not who wrote to them."""

from __future__ import annotations

from mailwright.agents.policy import Action, OwnerWords
from mailwright.agents.policy.directory import directory
from mailwright.agents.policy.knowledge import Knowledge
from mailwright.codecs import mime
from mailwright.core import messages
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.envelope import Origin
from mailwright.storage import Tx, accounts
from tests.agents.conftest import Office


async def test_the_directory_has_colleagues_and_those_written_to(office: Office) -> None:
    def letter(tx: Tx, role: str, from_: str, to: str, more: str = "") -> None:
        raw = f"From: {from_}\r\nTo: {to}\r\nSubject: x\r\nMessage-ID: <{role}@x.test>\r\n{more}\r\nhi\r\n".encode()
        account = accounts.by_id(tx, office.people["ada"])
        assert account is not None
        messages.append(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            role=role,
            blob=blobs[role],
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.OWNER, "c"),
            received_at=clock.now(),
        )

    ada = await office.core.read(lambda tx: accounts.by_id(tx, office.people["ada"]))
    assert ada is not None
    blobs = {}
    for role in ("sent", "inbox"):
        blob = await office.core.blobs.stage(ada.tenant_id, role.encode())
        await office.core.write(lambda tx, blob=blob: office.core.blobs.put(tx, blob))  # type: ignore[misc]  # mypy: a default in a lambda
        blobs[role] = blob
    await office.core.write(lambda tx: letter(tx, "sent", "ada@mailwright.test", "Chen Wu <chen@example.net>"))
    await office.core.write(lambda tx: letter(tx, "inbox", "Mark <eve@evil.example>", "ada@mailwright.test"))
    answer = "In-Reply-To: <inbox@x.test>\r\n"  # Ada asks who that is, and her program calls Eve what she calls herself
    await office.core.write(lambda tx: letter(tx, "sent", "ada@mailwright.test", "Mark <eve@evil.example>", answer))
    people = await office.core.read(lambda tx: directory(tx, ada))
    known = {each.address for each in people}
    assert {"bashir@mailwright.test", "chen@example.net"} <= known
    assert "eve@evil.example" not in known
    assert "ada@mailwright.test" not in known
    run = Knowledge(OwnerWords.of(["Send it to Chen, Bashir and Mark."]))
    run.learn(people)
    assert set(run.people_named(Action.SEND)) == {"bashir@mailwright.test", "chen@example.net"}
