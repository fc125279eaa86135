"""The demo's tenant with its domain, people and agents, in whatever installation the settings name. Repeating it changes nothing.

Run by compose.yaml in a container of its own; MAILWRIGHT_DEMO_PASSWORD_FILE has the password of all its people.
"""

from __future__ import annotations

import asyncio

from mailwright.cli.demo import HOSTNAME, furnish
from mailwright.installation import build_core
from mailwright.settings import load


async def main() -> None:
    settings = load()
    core = build_core(settings)
    try:
        await furnish(core, settings)
    finally:
        core.database.close()
    print(f"Made {HOSTNAME} with its people and agents.")


if __name__ == "__main__":
    asyncio.run(main())
