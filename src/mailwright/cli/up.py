"""`mailwright up`: the server, in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

import contextlib
import sys
import warnings
from typing import Annotated

import typer

from mailwright.cli.installation import DataOption
from mailwright.cli.terminal import note
from mailwright.domain.refusals import BadInput

M_ARENA_MAX = -8  # malloc.h


def up(
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Make mailwright.test with four people and an employee, and show a task being done."
        ),
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="With --demo: end after that task; the status says whether it was answered.")
    ] = False,
    data: DataOption = None,
    roles: Annotated[
        str | None,
        typer.Option(help="What this process does: all, or some of smtp, lmtp, imap, http, grpc, worker, scheduler."),
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
) -> None:
    """Start the server."""
    if once and not demo:
        raise BadInput("--once goes with --demo")
    if demo and roles not in (None, "all"):
        raise BadInput("the demo shows the whole walk of a message, so it needs all roles")
    _without_colours()
    _models_when_used()
    from mailwright import telemetry
    from mailwright.settings import load, unknown_variables

    given = {"data": data, "roles": roles, "host": host}
    settings = load(**given)
    quiet = demo and "log_level" not in settings.model_fields_set  # the page and the steps are what is to be read
    telemetry.configure("warning" if quiet else settings.log_level, settings.log_format, service=settings.service_name)
    for line in unknown_variables():
        note(f"mailwright: {line}")
    import uvloop

    _few_arenas()
    if demo:
        from mailwright.cli.demo import HOSTNAME, run

        # A domain that exists on this machine only: no DNS to ask about it, and no one else to overhear a password.
        chosen = {"hostname": HOSTNAME, "verify_inbound": False, "allow_clear_sign_in": True}
        missing = {name: value for name, value in chosen.items() if name not in settings.model_fields_set}
        settings = load(**given, **missing)
        raise typer.Exit(uvloop.run(run(settings, once=once)))
    from mailwright.app import Application

    uvloop.run(Application(settings).run())


def _without_colours() -> None:
    """Import those who would bring colours for terminals along, without them: 5 MiB in every process."""
    hidden = [name for name in ("rich", "pygments") if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # how import is told that there is none
    import httpx  # noqa: F401
    import structlog  # noqa: F401

    for name in hidden:
        del sys.modules[name]  # the command line shows its help with them


def _models_when_used() -> None:
    """Have pydantic make the validator of a model for the first value that it sees: most of the API's are never used by a process."""
    from pydantic import BaseModel
    from pydantic.warnings import UnsupportedFieldAttributeWarning

    BaseModel.model_config["defer_build"] = True
    # Of parameters, by FastAPI, which silences it only where it would make them itself.
    warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)


def _few_arenas() -> None:
    """Keep glibc from giving each of our many short-lived threads a heap of its own (mallopt(3)): a third less memory under load."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
