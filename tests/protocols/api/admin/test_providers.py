"""Identity providers in the hands of a tenant's admin: what of them would lead to an operator is for operators."""

from __future__ import annotations

from mailwright.core import Core, accounts, bearers, providers
from mailwright.core.administration import people
from mailwright.core.administration.reach import Reach
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, credentials
from mailwright.storage.audit import Actor
from mailwright.storage.providers import Provider
from tests.protocols.api.admin.conftest import HOME, Sit, things


async def _linked(core: Core, email: str) -> Provider:
    """A provider of the home tenant, by whose tokens that person comes: an operator linked them."""
    thing = await things(core)

    def write(tx: Tx) -> Provider:
        provider = providers.find(tx, thing.provider)
        bearers.link(tx, accounts.find(tx, email), provider.issuer, "their word")
        return provider

    return await core.write(write)


def _links(core: Core, email: str) -> list[credentials.Link]:
    return core.database.read_now(lambda tx: credentials.links(tx, accounts.find(tx, email).id))


async def test_a_tenants_admin_reaches_no_operator_by_a_provider(core: Core, sit: Sit) -> None:
    operator = f"operator@{HOME}"
    provider = await _linked(core, operator)
    at = f"/providers/{provider.id}"
    admin, over = await sit("admin"), await sit("operator")
    for change in (
        {"client_id": "another"},
        {"client_secret": "mine"},
        {"client_secret": ""},
        {"audience": "another"},
        {"trusts_mail": not provider.trusts_mail},
        {"enabled": False},
    ):
        assert (await admin.ask("PATCH", at, json=change)).status_code == 403, change
    unchanged = {"name": "Ours", "client_id": provider.client_id, "trusts_mail": provider.trusts_mail}
    assert (await admin.ask("PATCH", at, json=unchanged)).json()["name"] == "Ours"
    assert (await admin.ask("DELETE", at)).status_code == 403
    # An operator who has neither a password nor a link would pass for a program's account.
    core.database.write_now(lambda tx: bearers.unlink(tx, accounts.find(tx, operator)))
    service = {"email": operator, "subject": new_id()}
    assert (await admin.ask("POST", f"{at}/services", json=service)).status_code == 403
    assert (await over.ask("POST", f"{at}/services", json=service)).status_code == 201
    [link] = _links(core, operator)
    assert (await admin.ask("DELETE", f"{at}/services/{link.id}")).status_code == 403
    assert _links(core, operator) == [link]
    assert (await over.ask("PATCH", at, json={"client_id": "another"})).json()["client_id"] == "another"
    assert (await over.ask("DELETE", f"{at}/services/{link.id}")).status_code == 204
    assert (await admin.ask("DELETE", at)).status_code == 204


async def test_who_becomes_an_operator_keeps_no_link_of_a_tenants_provider(core: Core, sit: Sit) -> None:
    email = f"admin@{HOME}"
    for make in (
        lambda tx: people.set_role(tx, email, role="admin", operator=True),
        lambda tx: people.change(tx, _reach(tx), accounts.find(tx, email).id, people.Change(operator=True)),
    ):
        await _linked(core, email)
        core.database.write_now(make)
        assert _links(core, email) == []
        core.database.write_now(lambda tx: people.set_role(tx, email, role="admin", operator=False))


def _reach(tx: Tx) -> Reach:
    return Reach(accounts.find(tx, f"operator@{HOME}"), Actor("operator", ""))
