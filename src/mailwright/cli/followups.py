"""`mailwright followup`: what the concierge follows up for people, with a shell on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import checked_id, person_named
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain import clock
from mailwright.domain.clock import to_iso
from mailwright.domain.followups import Action
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailwright.core import Core
    from mailwright.core.followups.meaning import Meaning
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.followups import Followup

commands = group("followup", "Follow-ups: what people are reminded of, and when.")

BECAUSE = "with a shell on the machine"

UserArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose follow-ups.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The follow-up: its id in `followup list`.")]
WhenArgument = Annotated[str, typer.Argument(help='In words: "next friday morning", "in 3 days", "every monday at 9".')]


@commands.command("list")
def list_(
    user: UserArgument,
    ended: Annotated[bool, typer.Option(help="Those that are done, dropped or failed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show a person's follow-ups: open ones, the next first."""
    with opened(data) as core:
        from mailwright.core.followups import views

        found = core.database.read_now(
            lambda tx: views.listing(tx, person_named(tx, user), "ended" if ended else "open", limit=limit)
        )[:limit]
    if json:
        answer([_described(each) for each in found])
        return
    rows = [(each.id, each.status.value, _due(each), each.action.value, each.who, each.what) for each in found]
    show(["follow-up", "status", "due", "action", "with", "what"], rows, empty="There are none.")


@commands.command("show")
def show_(followup_id: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one with what happened to it."""
    with opened(data) as core:
        from mailwright.core.followups import making, views

        def read(tx: Tx) -> tuple[Followup, list[tuple[str, str, str]]]:
            known = making.found(tx, checked_id(followup_id, "follow-up"))
            lines = views.history(tx, known)
            return known, [(to_iso(each.created_at), state.value, each.detail) for state, each in lines]

        found, events = core.database.read_now(read)
    if json:
        told = [{"at": at, "status": state, "detail": detail} for at, state, detail in events]
        answer(_described(found) | {"events": told})
        return
    say(f"{found.status.value}: {found.because}")
    say(f"what:  {found.what}")
    say(f"with:  {found.who or '-'}")
    say(f"due:   {_due(found)} ({found.zone})")
    for at, state, detail in events:
        say(f"  {at[:19]}  {state:<10} {detail}")


@commands.command("add")
def add(
    user: UserArgument,
    what: Annotated[str, typer.Argument(help="What is to be done.")],
    when: WhenArgument,
    who: Annotated[str, typer.Option("--with", help="With whom, or about whom.")] = "",
    action: Annotated[str, typer.Option(help=f"{', '.join(Action)}; as the person prefers when not given.")] = "",
    key: Annotated[str, typer.Option(help="Of your own: the same key makes one follow-up.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Have something followed up for a person."""
    chosen = _action(action)
    with opened(data) as core:
        from mailwright.core.followups import views
        from mailwright.domain.ids import new_id

        def write(tx: Tx) -> Followup:
            person = person_named(tx, user)
            meaning = _meant(tx, person, when)
            new = views.wanted(tx, person, meaning, what=what, who=who, action=chosen, phrase=when)
            return views.add(tx, core, person, new, key=key or new_id())

        made = core.database.write_now(write)
    _tell(made, json)


@commands.command("move")
def move(followup_id: IdArgument, when: WhenArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Give one another time; that also answers the question of one whose time was not clear."""

    def change(tx: Tx, core: Core, known: Followup) -> Followup:
        from mailwright.core.followups import views
        from mailwright.storage import accounts
        from mailwright.storage.audit import SYSTEM

        person = accounts.by_id(tx, known.user_id)
        assert person is not None
        meaning = _meant(tx, person, when)
        return views.set_when(tx, core, known, meaning, phrase=when, by=SYSTEM, because=BECAUSE)

    _changed(followup_id, change, data, json)


@commands.command("snooze")
def snooze(
    followup_id: IdArgument,
    minutes: Annotated[int, typer.Argument(min=1, max=366 * 24 * 60, help="For how long from now.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put one off, also one that was reminded of already."""

    def change(tx: Tx, core: Core, known: Followup) -> Followup:
        from mailwright.core.followups import changing
        from mailwright.storage.audit import SYSTEM

        until = clock.now() + minutes * clock.MINUTE
        return changing.snooze(tx, core, known.id, until, by=SYSTEM, because=BECAUSE)

    _changed(followup_id, change, data, json)


@commands.command("cancel")
def cancel(followup_id: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Drop one."""

    def change(tx: Tx, core: Core, known: Followup) -> Followup:
        from mailwright.core.followups import changing
        from mailwright.storage.audit import SYSTEM

        return changing.cancel(tx, core, known.id, by=SYSTEM, because=BECAUSE)

    _changed(followup_id, change, data, json)


@commands.command("done")
def done(followup_id: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Say that one is done: nobody is reminded any more."""

    def change(tx: Tx, core: Core, known: Followup) -> Followup:
        from mailwright.core.followups import changing
        from mailwright.storage.audit import SYSTEM

        return changing.complete(tx, core, known.id, by=SYSTEM, because=BECAUSE)

    _changed(followup_id, change, data, json)


@commands.command("retry")
def retry(followup_id: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Try one that failed once more, now."""

    def change(tx: Tx, core: Core, known: Followup) -> Followup:
        from mailwright.core.followups import changing
        from mailwright.storage.audit import SYSTEM

        return changing.retry(tx, core, known.id, by=SYSTEM)

    _changed(followup_id, change, data, json)


@commands.command("when")
def when_(
    user: UserArgument,
    words: WhenArgument,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what words mean for a person now: one time, or the choices."""
    with opened(data) as core:

        def read(tx: Tx) -> Meaning:
            return _mean(tx, person_named(tx, user), words)

        meaning = core.database.read_now(read)
    choices = [
        {"at": to_iso(each.instant), "because": each.reading.because, "note": each.note} for each in meaning.choices
    ]
    if json:
        due_at = meaning.due_at
        answer({"at": None if due_at is None else to_iso(due_at), "rule": meaning.rule, "choices": choices})
        return
    say("That is one time:" if meaning.due_at is not None else "That has to be asked:" if choices else "No time.")
    for each in choices:
        say(f"  {each['at'][:19]}  {each['because']}")


def _changed(followup_id: str, change: Callable[[Tx, Core, Followup], Followup], data: DataOption, json: bool) -> None:
    with opened(data) as core:
        from mailwright.core.followups import making

        found = core.database.write_now(
            lambda tx: change(tx, core, making.found(tx, checked_id(followup_id, "follow-up")))
        )
    _tell(found, json)


def _mean(tx: Tx, person: Account, words: str) -> Meaning:
    from mailwright.core.followups.meaning import mean
    from mailwright.storage import preferences

    return mean(words, preferences.of_user(tx, person.id), language="", now=clock.now())


def _meant(tx: Tx, person: Account, words: str) -> Meaning:
    """One time. Raises BadInput with the choices."""
    meaning = _mean(tx, person, words)
    if meaning.due_at is None:
        choices = "; ".join(to_iso(each.instant)[:16] for each in meaning.choices)
        raise BadInput(f"{words!r} may mean several times: {choices}" if choices else f"{words!r} says no time")
    return meaning


def _action(given: str) -> Action | None:
    if not given:
        return None
    if given not in set(Action):
        raise BadInput(f"{given!r} is none of {', '.join(Action)}")
    return Action(given)


def _due(found: Followup) -> str:
    return "" if found.due_at is None else to_iso(found.due_at)[:16]


def _tell(found: Followup, json: bool) -> None:
    if json:
        answer(_described(found))
    else:
        say(f"{found.id} is {found.status.value}, due {_due(found) or 'at no time yet'}")


def _described(found: Followup) -> dict[str, Any]:
    return {
        "id": found.id,
        "status": found.status.value,
        "what": found.what,
        "who": found.who,
        "action": found.action.value,
        "due_at": None if found.due_at is None else to_iso(found.due_at),
        "zone": found.zone,
        "phrase": found.phrase,
        "rule": found.rule,
        "because": found.because,
        "last_error": found.last_error,
    }
