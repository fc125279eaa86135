"""The demo's tenant with its domain, people and agents, in whatever installation the settings name. Repeating it changes nothing.

Run by compose.yaml in a container of its own; MAILWRIGHT_DEMO_PASSWORD_FILE has the password of all its people. Where ISSUER names
Keycloak's realm, that vouches for them, too.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from mailwright.cli.demo import HOSTNAME, furnish
from mailwright.core import providers
from mailwright.domain.refusals import AlreadyExists
from mailwright.installation import build_core
from mailwright.settings import load

SECRET = Path("/run/secrets/keycloak_web_client")


async def main() -> None:
    settings = load()
    core = build_core(settings)
    try:
        await furnish(core, settings)
        if issuer := os.environ.get("ISSUER"):
            wanted = keycloak()
            with suppress(AlreadyExists):
                await core.write(lambda tx: providers.add(tx, core, providers.tenant_named(tx, "demo"), issuer, wanted))
    finally:
        core.database.close()
    print(f"Made {HOSTNAME} with its people and agents.")


def keycloak() -> providers.Wanted:
    """What the realm of deploy/keycloak knows us as."""
    return providers.Wanted(
        name="Keycloak",
        client_id="mailwright-web",
        client_secret=SECRET.read_text(encoding="utf-8"),
        audience="mailwright",
        roles_claim="realm_access.roles",
        roles={"mail-admin": "admin", "mail-support": "support"},
    )


if __name__ == "__main__":
    asyncio.run(main())
