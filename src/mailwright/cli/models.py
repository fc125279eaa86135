"""`mailwright model`: which models serve which purpose, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened, settings_of
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain.clock import SECOND, to_iso
from mailwright.domain.modelnames import PURPOSES

if TYPE_CHECKING:
    from mailwright.core.figures import ModelDay
    from mailwright.core.modelchoices import Serving
    from mailwright.settings import Settings
    from mailwright.storage import Tx

commands = group("model", "Models: which serve which purpose (changed without a restart), and what they cost.")

PurposeArgument = Annotated[str, typer.Argument(help=f"What for: {', '.join(PURPOSES)}.", metavar="PURPOSE")]


@commands.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """Show which models serve which purpose, the first to be asked first."""
    with opened(data) as core:
        from mailwright.core import modelchoices
        from mailwright.staff import model_premises

        premises = model_premises(settings_of(data))
        found = core.database.read_now(lambda tx: modelchoices.serving(tx, premises))
    if json:
        answer([_serving(each) for each in found])
        return
    rows = [
        (each.purpose, ", ".join(each.models), each.chosen_by or "the settings", ", ".join(each.from_settings))
        for each in found
    ]
    show(["purpose", "models", "says", "settings"], rows, empty="")


@commands.command("set")
def set_(
    purpose: PurposeArgument,
    names: Annotated[
        list[str], typer.Argument(help="rules or provider:model; several: the next when one fails.", metavar="NAMES")
    ],
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Do not look whether the key is here: the server has it.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let other models serve a purpose. A running server follows within seconds."""
    models = [name for each in names for name in each.split(",")]
    settings = settings_of(data)
    with opened(data) as core:
        import asyncio

        from mailwright.core import modelchoices
        from mailwright.staff import model_premises
        from mailwright.storage.audit import SYSTEM

        if unchecked:
            fit = modelchoices.check_names(models)
        else:
            fit = asyncio.run(modelchoices.check_fit(models, model_premises(settings)))
        core.database.write_now(lambda tx: modelchoices.choose(tx, purpose, fit, by=SYSTEM))
    if json:
        answer({"purpose": purpose, "models": [*fit]})
    else:
        say(f"{purpose} is served by {', then '.join(fit)}")


@commands.command("reset")
def reset(purpose: PurposeArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Let the settings say again."""
    settings = settings_of(data)
    with opened(data) as core:
        from mailwright.core import modelchoices
        from mailwright.staff import model_premises
        from mailwright.storage.audit import SYSTEM

        core.database.write_now(lambda tx: modelchoices.reset(tx, purpose, by=SYSTEM))
    models = model_premises(settings).settings[purpose]
    if json:
        answer({"purpose": purpose, "models": [*models]})
    else:
        say(f"{purpose} is served by {', then '.join(models)}, as the settings say")


@commands.command("usage")
def usage(
    days: Annotated[int, typer.Option(min=1, max=90, help="How many, today included.")] = 30,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show calls, tokens, cost and speed by day and model, and this month's costs against the limit."""
    settings = settings_of(data)
    with opened(data) as core:
        import asyncio

        from mailwright.core import figures

        found = asyncio.run(figures.model_calls(core, None, days))
        month = core.database.read_now(lambda tx: _month(tx, settings))
    if json:
        answer({"days": [_day(each) for each in found], "month": month})
        return
    rows = [
        (
            each["day"],
            each["model"],
            each["purpose"],
            each["calls"],
            each["failed"],
            each["input_tokens"],
            each["cached_tokens"],
            each["output_tokens"],
            f"{each['cost_usd']:.4f}",
            f"{each['p50_seconds']:.2f}",
            f"{each['p95_seconds']:.2f}",
        )
        for each in map(_day, found)
    ]
    columns = ["day", "model", "purpose", "calls", "failed", "in", "cached", "out", "US$", "p50 s", "p95 s"]
    show(columns, rows, empty="No model was asked yet.")
    limit = "no limit" if month["limit_usd"] is None else f"of {month['limit_usd']:g}"
    say(f"This month: {month['spent_usd']:.4f} US dollars, {limit}.")


def _serving(found: Serving) -> dict[str, Any]:
    return {
        "purpose": found.purpose,
        "models": [*found.models],
        "settings": [*found.from_settings],
        "chosen_by": found.chosen_by,
        "chosen_at": None if found.chosen_at is None else to_iso(found.chosen_at),
    }


def _month(tx: Tx, settings: Settings) -> dict[str, Any]:
    from mailwright.core import modelchoices

    found = modelchoices.spending(tx, settings.model_monthly_usd)
    return {
        "since": to_iso(found.since),
        "spent_usd": round(found.spent_usd, 6),
        "limit_usd": found.limit_usd,
        "reached": found.reached,
    }


def _day(day: ModelDay) -> dict[str, Any]:
    from mailwright.domain.clock import DAY

    return {
        "day": to_iso(day.day * DAY)[:10],
        "model": day.model,
        "purpose": day.purpose,
        "calls": day.calls,
        "failed": day.failed,
        "input_tokens": day.input_tokens,
        "cached_tokens": day.cached_tokens,
        "output_tokens": day.output_tokens,
        "cost_usd": round(day.cost_usd, 6),
        "p50_seconds": day.p50_us / SECOND,
        "p95_seconds": day.p95_us / SECOND,
    }
