"""`mailwright database`: its tables, apart from any server."""

from __future__ import annotations

from mailwright.cli.installation import DataOption, settings_of
from mailwright.cli.terminal import group, say

commands = group("database", "The database: bring its tables up to date.")


@commands.command("migrate")
def migrate(data: DataOption = None) -> None:
    """Bring the tables to this version and end; `up` does the same at its start. Older processes go on with them meanwhile."""
    settings = settings_of(data)
    from mailwright.storage import migrate as migrations

    url = settings.database_direct_url or settings.database_url
    if url.startswith("sqlite:///"):
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    done = migrations.migrate(url)
    say(f"The tables are {'now' if done else 'already'} at revision {migrations.HEAD}.")
