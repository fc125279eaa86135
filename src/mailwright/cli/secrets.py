"""`mailwright secrets`: where each secret comes from and how long it lives, and changing the key that secrets are sealed with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened, settings_of
from mailwright.cli.terminal import answer, group, note, show
from mailwright.domain.refusals import BadInput, Refusal

if TYPE_CHECKING:
    from mailwright.core import Core

IN_HAND_SECONDS = 5.0  # from sealing something to its commit, with time to spare

commands = group("secrets", "Secrets: where they come from, and changing the key they are sealed with.")


@commands.command("check")
def check(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show which secret comes from where, and what ends when. Never a value."""
    settings = settings_of(data)
    from mailwright.settings.fetching import find_again, is_secret
    from mailwright.settings.reading import find_file, read_file

    path = find_file()
    found = find_again((path, read_file(path)) if path else None)
    rows = [
        (name, origin, "reloaded or named when it changes" if name in found.changing else "read at start")
        for name, origin in sorted(found.origins.items())
        if is_secret(name) or name in found.changing or name.startswith("vault_")
    ]
    lives = _lives(settings)
    if as_json:
        answer({"settings": [{"name": a, "from": b, "changes": c} for a, b, c in rows], "lives": lives})
        return
    show(("SETTING", "FROM", "WHEN IT CHANGES"), rows, empty="No secret is set.")
    for what, how in lives.items():
        note(f"{what}: {how}")


def _lives(settings: Any) -> dict[str, str]:
    """What has an end, and the key that seals."""
    from mailwright.installation import vault_of

    made = settings.secret_key is not None or (settings.data / "secret.key").exists()
    where = "secret_key" if settings.secret_key else "file secret.key"
    lives = {"sealing": f"{vault_of(settings).keys} key(s), {where}" if made else f"{where}, made at first need"}
    if settings.vault_url is None:
        return lives
    from mailwright.secretkeeping.certificate import VaultCertificate
    from mailwright.secretkeeping.login import follow_login
    from mailwright.settings.fetching import access_of, server_of

    server = server_of(access_of(settings))
    try:
        server.sign_in()
        left = server.token_seconds
        lives["vault"] = f"{server.access.way}, token {'never ends' if left is None else f'ends in {left:.0f} s'}"
        login = follow_login(settings)
        if login is not None:
            login.keep()
            lives["database"] = f"user {login.user}, lease ends in {login.ends_in or 0:.0f} s"
    except Refusal as error:
        lives["vault"] = str(error)
    if settings.vault_pki_role is not None:
        ends = VaultCertificate(server, settings).ends
        lives["certificate"] = "there is none yet" if ends is None else f"ends {ends:%Y-%m-%d %H:%M} UTC"
    return lives


@commands.command("rotate")
def rotate(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="First put a new key into secret.key; the old one still opens.")
    ] = False,
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="Afterwards take the old keys out of secret.key.")
    ] = False,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss", help="The old key is lost: go on with the one that is here, without what it sealed."
        ),
    ] = False,
    data: DataOption = None,
) -> None:
    """Seal every secret in the database with the key of now. While servers run; as often as you like."""
    from mailwright.core import sealing
    from mailwright.core.secrets import forget_old_keys, renew_key_file

    settings = settings_of(data)
    if settings.secret_key is not None and (new_key or forget_old):
        raise BadInput(
            "secret_key is a setting: put the new key there and the one before into old_secret_keys, restart every "
            "machine, run this without options, and take the old one out again"
        )
    file = settings.data / "secret.key"
    with opened(data, any_key=accept_loss) as core:
        if accept_loss:
            _refuse_others(core, "--accept-loss")
            sealing.accept_loss(core)
        sealing.prove(core)
        if new_key:
            _refuse_others(core, "--new-key")
            renew_key_file(file)
        done = sealing.reseal(core)
        if forget_old and not done.lost:
            # A server may have sealed something with the old key that was not in the database when we came by.
            time.sleep(IN_HAND_SECONDS)
            done = sealing.and_again(core, done)
        forgotten = forget_old_keys(file) if forget_old and not done.lost else 0
    answer({"renewed": done.renewed, "well": done.well, "lost": done.lost, "forgotten_keys": forgotten})
    if done.lost and accept_loss:
        note(
            f"mailwright: lost for good, to be made anew: {', '.join(f'{count} in {table}' for table, count in done.lost.items())}"
        )
    elif done.lost:
        note("mailwright: none of our keys opens some secrets: bring back the key they were sealed with")
        raise typer.Exit(1)


def _refuse_others(core: Core, option: str) -> None:
    """A process on another machine has a key of its own: what it seals would be opened by nobody here. Raises BadInput."""
    from mailwright.domain.clock import now
    from mailwright.pipeline.heartbeat import machine
    from mailwright.storage import workers

    if core.database.dialect == "sqlite":  # one server, whose key is in the folder we have
        return
    online = core.database.read_now(lambda tx: workers.alive(tx, now()))
    if any(worker.host != machine() for worker in online):
        raise BadInput(
            f"{option} is for one machine, and others are online: stop them, or give all of them secret_key as a setting"
        )
