"""`python -m evals [--model provider:model] [--only judge,triage,…] [--json]`: one table of how good the models are."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evals import assisting, calibration, judging, mails, outreaching, redaction, replying, table, wishing
from evals.dates import measuring as dates
from evals.judging import Judged
from evals.replying import Replied
from evals.table import Row
from mailwright.agents.models import Models, rules
from mailwright.agents.models.rules.judge import weigh
from mailwright.domain.clock import SECOND
from mailwright.settings import load
from mailwright.staff import models_of
from mailwright.storage.model_calls import ModelCall

PARTS = ("judge", "redaction", "replies", "triage", "drafts", "claims", "wishes", "dates", "outreach")
_MEASURED = ("judge", "work", "triage", "draft", "extract", "template", "research", "compose")


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 2 for a wrong argument."""
    parser = argparse.ArgumentParser(prog="python -m evals", description="Measure the models on labelled material.")
    parser.add_argument("--model", action="append", metavar="PROVIDER:MODEL", help="whom to ask; may be given often")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, by comma, of {', '.join(PARTS)}")
    parser.add_argument("--grader", metavar="PROVIDER:MODEL", help="a model that grades replies by their rubrics, too")
    parser.add_argument("--json", action="store_true", help="everything as JSON on standard output")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the reliability diagram (PNG)")
    parser.add_argument(
        "--recognizers", type=Path, metavar="FOLDER", help="date specs of Recognizers-Text, fetched by you"
    )
    parser.add_argument("--mistakes", action="store_true", help="list the mistakes in what there is to tune on")
    parser.add_argument(
        "--fit", action="store_true", help="fit the curves of the rules model to what is there to tune on"
    )
    asked = parser.parse_args(arguments)
    parts = [each.strip() for each in asked.only.split(",")]
    if unknown := [each for each in parts if each not in PARTS]:
        parser.error(f"nothing is called {unknown[0]!r}; there are {', '.join(PARTS)}")
    if asked.fit:
        return _fit()
    names = asked.model or ([rules.NAME] if parts == ["dates"] else _configured())
    if names == [rules.NAME] and parts != ["dates"]:
        print("No model is set up: this is the built-in rules model.", file=sys.stderr)
    rows, details = asyncio.run(_measure(names, parts, asked.grader, asked.picture, asked.recognizers))
    print(table.as_json(rows, details) if asked.json else table.show(rows))
    if not asked.json:
        _more(details, mistakes=asked.mistakes)
    return 0


def _configured() -> list[str]:
    """The first model of the settings; the built-in one when it is not to be had."""
    settings = load()
    name = settings.models_for("work")[0]
    provider = name.partition(":")[0]
    usable = name == rules.NAME or settings.model_base_url is not None or settings.api_key_for(provider) is not None
    if not usable:
        print(f"There is no key for {name}.", file=sys.stderr)
    return [name if usable else rules.NAME]


async def _measure(
    names: Sequence[str], parts: Sequence[str], grader: str | None, picture: Path | None, specs: Path | None
) -> tuple[list[Row], dict[str, Any]]:
    rows: list[Row] = []
    threshold, drafts_from = load().judge_threshold, load().assistant_threshold
    details: dict[str, Any] = {"models": list(names), "threshold": threshold, "assistant_threshold": drafts_from}
    labelled = mails.load()
    conversations = assisting.load() if {"triage", "drafts", "claims"} & set(parts) else []
    grading = _models(grader) if grader else None
    verdicts: dict[str, list[calibration.Verdict]] = {}
    spent: dict[str, list[ModelCall]] = {name: [] for name in names}
    for name in names:
        models = _models(name)
        try:
            if "judge" in parts:
                judged = await judging.judge_all(models, labelled)
                verdicts[name] = [each.verdict for each in judged if each.mail.held_out]
                details.setdefault("judge", {})[name] = _judge_details(judged, threshold)
                rows += _judge_rows(name, judged, threshold)
                spent[name] += [call for each in judged for call in each.calls]
            if "replies" in parts:
                replied = await replying.reply_all(models, replying.load(), grading)
                details.setdefault("replies", {})[name] = [_reply_details(each) for each in replied]
                rows += _reply_rows(name, replied, grader)
                spent[name] += [call for each in replied for call in each.calls]
                if grader:
                    spent.setdefault(grader, []).extend(call for each in replied for call in each.grading)
            if "triage" in parts:
                found, details.setdefault("triage", {})[name], calls = await assisting.triage(
                    models, name, conversations, drafts_from
                )
                rows, spent[name] = [*rows, *found], [*spent[name], *calls]
            if "drafts" in parts:
                found, details.setdefault("drafts", {})[name], calls = await assisting.drafts(
                    models, name, conversations
                )
                rows, spent[name] = [*rows, *found], [*spent[name], *calls]
            if "wishes" in parts:
                wished = await wishing.read_all(models, wishing.load())
                details.setdefault("wishes", {})[name] = wishing.mistakes(wished)
                rows += wishing.rows(name, wished)
                spent[name] += [call for each in wished for call in each.calls]
            if "outreach" in parts:
                found, details.setdefault("outreach", {})[name] = await outreaching.measure(models, name)
                rows += found
        finally:
            await models.close()
    if grading is not None:
        await grading.close()
    if "redaction" in parts:
        rows += _redaction_rows()
    if "outreach" in parts:
        found, details["outreach"][outreaching.LIAR] = await outreaching.measure_liar()
        rows += found
    if "claims" in parts:
        rows += assisting.claims(conversations)
    if "dates" in parts:
        found, details["dates"] = dates.rows(specs)
        rows += found
    for name, calls in spent.items():
        rows += _cost_rows(name, calls)
    if picture is not None and verdicts:
        calibration.draw(picture, verdicts)
    return sorted(rows, key=lambda row: (*PARTS, "cost").index(row.part.split(",")[0])), details


def _models(name: str) -> Models:
    if name == rules.NAME:
        return Models.by_rules()
    return models_of(load(model=name, **{f"model_{purpose}": None for purpose in _MEASURED}))


def _judge_rows(name: str, judged: Sequence[Judged], threshold: float) -> list[Row]:
    held = [each for each in judged if each.mail.held_out]
    rows = []
    for part, some in (("held out", held), ("to tune on", [each for each in judged if not each.mail.held_out])):
        found = judging.measures(some, threshold)
        where = f"judge, {part}"
        rows += [
            Row(where, name, "mails", found["mails"]),
            Row(where, name, "treated as what they are", found["accuracy"], "%"),
            Row(where, name, "precision of work", found["precision"], "%", f"at {threshold}"),
            Row(where, name, "recall of work", found["recall"], "%", f"at {threshold}"),
            Row(where, name, "Brier score", found["brier"], note="0 is perfect, 0.25 a coin"),
            Row(where, name, "calibration error", found["calibration_error"]),
            Row(where, name, "without a verdict", found["without_verdict"]),
        ]
    beside = judging.measures(judging.with_headers(held), threshold)["accuracy"]
    rows.append(Row("judge, held out", name, "with the rule for automatic mail", beside, "%"))
    return sorted(rows, key=lambda row: row.part)


def _judge_details(judged: Sequence[Judged], threshold: float) -> dict[str, Any]:
    held = [each for each in judged if each.mail.held_out]
    tuned = [each for each in judged if not each.mail.held_out]
    return {
        "held_out": judging.measures(held, threshold),
        "to_tune_on": judging.measures(tuned, threshold),
        "by_language": judging.by(judged, "language", threshold),
        "by_family": judging.by(judged, "family", threshold),
        "mistakes_to_tune_on": judging.mistakes(tuned, threshold),
        "diagram": calibration.diagram([each.verdict for each in held]),
    }


def _reply_rows(name: str, replied: Sequence[Replied], grader: str | None) -> list[Row]:
    by_rules = name == rules.NAME
    within = [each for each in replied if not (by_rules and each.task.rubric.needs_model)]
    note = "by code"
    rows = [
        Row("replies", name, "tasks", len(replied)),
        Row("replies", name, "checks that hold", _mean([each.score for each in replied]), "%", note),
        Row("replies", name, "tasks with every check", _mean([each.whole for each in replied]), "%", note),
    ]
    if by_rules:
        rows.append(
            Row(
                "replies",
                name,
                "of what rules can do",
                _mean([each.whole for each in within]),
                "%",
                f"{len(within)} tasks",
            )
        )
    grades = [each.grade.score for each in replied if each.grade is not None]
    if grader:
        rows.append(Row("replies", name, "graded", _mean(grades), "%", f"{len(grades)} replies, by {grader}"))
    return rows


def _reply_details(replied: Replied) -> dict[str, Any]:
    return {
        "id": replied.task.id,
        "score": replied.score,
        "missing": [name for name, holds in replied.checks.items() if not holds],
        "grade": replied.grade.model_dump() if replied.grade else None,
        "reply": replied.text,
    }


def _redaction_rows() -> list[Row]:
    found = redaction.measure(redaction.read("held-out")).overall
    return [
        Row("redaction", "-", "values", found.values),
        Row("redaction", "-", "recall", found.recall, "%", "97 % is wanted"),
        Row("redaction", "-", "precision", found.precision, "%", "90 % is wanted"),
    ]


def _cost_rows(name: str, calls: Sequence[ModelCall]) -> list[Row]:
    if not calls:
        return []
    latencies = sorted(call.latency_us for call in calls)
    return [
        Row("cost", name, "calls", len(calls), note=f"{sum(call.outcome != 'ok' for call in calls)} failed"),
        Row("cost", name, "tokens", sum(call.input_tokens + call.output_tokens for call in calls)),
        Row("cost", name, "price", sum(call.cost_usd for call in calls), "USD", "0 where no price is known"),
        Row("cost", name, "median latency", latencies[len(latencies) // 2] / SECOND * 1000, "ms"),
    ]


def _more(details: dict[str, Any], *, mistakes: bool) -> None:
    for name, found in details.get("judge", {}).items():
        print(f"\nWhat {name} says of held-out mails, and what is so (| said, # was):\n{found['diagram']}")
        print("\nis \\ treated as  " + "".join(f"{each:>9}" for each in found["held_out"]["confusion"]["task"]))
        for kind, row in found["held_out"]["confusion"].items():
            print(f"{kind:15}  " + "".join(f"{count:9d}" for count in row.values()))
        if mistakes:
            for each in found["mistakes_to_tune_on"]:
                print(
                    f"{each['id']}: {each['expected']}, judged {each['judged']} ({each['confidence']}): {each['because']}"
                )

    if mistakes and "dates" in details:
        print(dates.told(details["dates"]))
    if mistakes:
        for name, found in details.get("wishes", {}).items():
            print(f"\nWishes that {name} took for something else, of those to tune on:", *found, sep="\n")
    if mistakes:
        for name, found in details.get("outreach", {}).items():
            print(f"\nWhat is wrong with the outreach of {name}:", *found["wrong"], sep="\n")
    for name, found in details.get("triage", {}).items():
        print(f"\nHow sure {name} says it is of held-out conversations, and how often that is right:")
        print(assisting.told(found, mistakes=mistakes))


def _fit() -> int:
    tuned = [each for each in mails.load() if not each.held_out]
    a, b = calibration.fit([weigh(each.material).score for each in tuned], [each.wanted for each in tuned])
    print(f"a = {a:.2f}, b = {b:.2f}, fitted to {len(tuned)} mails")
    print(assisting.fit())
    return 0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
