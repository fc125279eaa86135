"""`mailwright assistant`: how somebody's assistant works, looked at and chosen with a shell on the machine.

`agent add assistant --mailbox …` and `agent remove` switch it on and off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import person_named
from mailwright.cli.terminal import answer, group, read_input, say
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.core.assistants import Assistant
    from mailwright.core.triageviews import Summary
    from mailwright.storage import Tx

commands = group("assistant", "The reply assistant: how it works for a person, and how it stands.")

UserArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose assistant.")]
DEFAULT = "default"


@commands.command("show")
def show_(user: UserArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show what somebody chose, and what the last 24 hours brought."""
    with opened(data) as core:
        from mailwright.core import assistants, triageviews

        def read(tx: Tx) -> tuple[Assistant | None, Summary]:
            person = person_named(tx, user)
            return assistants.of(tx, person.id), triageviews.summary(tx, person)

        known, summary = core.database.read_now(read)
    if known is None:
        raise NotFound(f"{user} never had an assistant (mailwright agent add assistant --mailbox {user})")
    told: dict[str, Any] = {
        "enabled": known.enabled,
        **known.options.as_values(),
        "stopped": summary.stopped,
        "today": dict(summary.today),
        "drafts_waiting": summary.drafts_waiting,
        "tasks": dict(summary.tasks),
    }
    if json:
        answer(told)
        return
    for name, value in told.items():
        text = ", ".join(f"{count} {word}" for word, count in value.items()) if isinstance(value, dict) else value
        say(f"{name:15} {'' if text is None else text}")


@commands.command("set")
def set_(
    user: UserArgument,
    own_mailbox: Annotated[
        bool | None, typer.Option("--own-mailbox/--no-own-mailbox", help="Look after the mailbox here.")
    ] = None,
    drafts: Annotated[bool | None, typer.Option("--drafts/--no-drafts", help="Draft replies that are due.")] = None,
    threshold: Annotated[
        str, typer.Option(help="From this confidence that a reply is due, 0 to 1; `default` for the installation's.")
    ] = "",
    facts: Annotated[
        str, typer.Option(metavar="FILE", help="What may be said in the person's name; - is standard input.")
    ] = "",
    languages: Annotated[
        str, typer.Option(help="The only ones to draft in, like en,de; `any` for the mail's own.")
    ] = "",
    move_spam: Annotated[bool | None, typer.Option("--move-spam/--no-move-spam", help="Move spam to Junk.")] = None,
    learn_style: Annotated[
        bool | None, typer.Option("--learn-style/--no-learn-style", help="Learn how they write from what they sent.")
    ] = None,
    kept_days: Annotated[
        str, typer.Option(help="How long what was gathered is kept; `default` for the installation's.")
    ] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Choose how it works for somebody; what is not named stays."""
    switches = {"own_mailbox": own_mailbox, "drafts": drafts, "move_spam": move_spam, "learn_style": learn_style}
    chosen: dict[str, Any] = {name: value for name, value in switches.items() if value is not None}
    if threshold:
        chosen["threshold"] = _number(threshold, float, "--threshold")
    if kept_days:
        chosen["kept_days"] = _number(kept_days, int, "--kept-days")
    if languages:
        chosen["languages"] = () if languages == "any" else tuple(each.strip() for each in languages.split(","))
    if facts:
        chosen["facts"] = read_input(facts).decode("utf-8", "replace")
    if not chosen:
        raise BadInput("say what to choose (see mailwright assistant set --help)")
    with opened(data) as core:
        from mailwright.core import assistants
        from mailwright.storage.audit import SYSTEM

        def write(tx: Tx) -> Assistant:
            return assistants.change(tx, core, person_named(tx, user), by=SYSTEM, **chosen)

        changed = core.database.write_now(write)
    if json:
        answer({"enabled": changed.enabled, **changed.options.as_values()})
    else:
        say(f"chosen for {user}: {', '.join(chosen)}")


def _number(text: str, kind: type[int] | type[float], option: str) -> float | None:
    if text == DEFAULT:
        return None
    try:
        return kind(text)
    except ValueError:
        raise BadInput(f"{option} is a number, or `{DEFAULT}`") from None
