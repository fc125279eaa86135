"""The assistant's part of the table: triage and drafts, measured and told as rows and details.

Called by the command, for each model. `triaging` and `drafting` ask and measure; this says what of it stands in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals import calibration, drafting, gathering, inventing, threads, triaging
from evals.drafting import Drafted
from evals.gathering import Gathered
from evals.table import Row
from evals.triaging import Decided
from mailwright.agents.assistant import layer
from mailwright.agents.models import Models
from mailwright.agents.models.rules.triage import weigh
from mailwright.domain.triage import Category
from mailwright.storage.model_calls import ModelCall

_IN_OTHER_WORDS = {
    "held_out": "promises in other words, held out",
    "to_tune_on": "promises in other words, to tune on",
    "values": "values in words",
}


def load() -> list[Gathered]:
    """Every labelled conversation, read."""
    return [gathering.gather(each) for each in threads.load()]


async def triage(
    models: Models, name: str, gathered: Sequence[Gathered], threshold: float
) -> tuple[list[Row], dict[str, Any], list[ModelCall]]:
    """Rows, details and calls of triage by a model."""
    certain = triaging.by_layer(gathered)
    alone = await triaging.by_model(models, gathered, name)
    rows: list[Row] = []
    details: dict[str, Any] = {}
    for part in threads.PARTS:
        where = f"triage, {part}"
        asked = [each for each in alone if each.thread.part == part]
        certainly = [each for each in certain if each.thread.part == part]
        whole = triaging.together(certainly, asked)
        found, without = triaging.measures(whole, threshold), triaging.measures(asked, threshold)
        kinds = _mean([each.snapshot.signals.kind is each.thread.kind for each in gathered if each.thread.part == part])
        rows += [
            *_triage_rows(where, name, found, threshold),
            *_layer_rows(where, name, certainly, asked, without["accuracy"], kinds),
        ]
        details[part.replace(" ", "_")] = {"assistant": found, "model_alone": without, "by_layer": len(certainly)}
        if part == threads.HELD_OUT:
            details["by_language"] = triaging.by(whole, "language")
            details["diagram"] = calibration.diagram([each.verdict for each in whole])
        elif part == threads.TO_TUNE_ON:
            details["by_family"] = triaging.by(whole, "family")
            details["mistakes_to_tune_on"] = triaging.mistakes(whole)
    return rows, details, [call for each in alone for call in each.calls]


async def drafts(
    models: Models, name: str, gathered: Sequence[Gathered]
) -> tuple[list[Row], dict[str, Any], list[ModelCall]]:
    """Rows, details and calls of drafts by a model."""
    drafted = await drafting.draft_all(models, gathered)
    rows: list[Row] = []
    for part in threads.PARTS:
        some = [each for each in drafted if each.thread.part == part]
        where = f"drafts, {part}"
        rows += [
            Row(where, name, "drafts that were due", len(some)),
            Row(where, name, "checks that hold", _mean([each.score for each in some]), "%", "by code"),
            Row(where, name, "drafts with every check", _mean([each.whole for each in some]), "%", "by code"),
            *(Row(where, name, check, share, "%") for check, share in drafting.by_check(some).items()),
        ]
    return (
        rows,
        {"drafts": [_draft_details(each) for each in drafted]},
        [call for each in drafted for call in each.calls],
    )


def claims(gathered: Sequence[Gathered]) -> list[Row]:
    """Rows of the claim check, which no model takes part in."""
    rows = [
        Row("claims", "-", f"made up and caught: {kind}", one.caught / one.made_up, "%", f"{one.made_up} drafts")
        for kind, one in inventing.made_up(gathered).items()
    ]
    for part, named in _IN_OTHER_WORDS.items():
        found = inventing.sentences(part)
        rows.append(Row("claims", "-", named, found.claiming / found.count, "%", f"{found.count} sentences"))
    harmless = inventing.sentences("harmless")
    left = len(harmless.others) / harmless.count
    rows.append(Row("claims", "-", "harmless and left alone", left, "%", f"{harmless.count} sentences"))
    known, lost = inventing.known_kept(gathered)
    return [*rows, Row("claims", "-", "known and left alone", 1 - len(lost) / known, "%", f"{known} drafts")]


def told(found: dict[str, Any], *, mistakes: bool) -> str:
    """What the table has no room for: the diagram and the confusion table of held-out conversations."""
    confusion = found["held_out"]["assistant"]["confusion"]
    columns = list(next(iter(confusion.values())))
    lines = [found["diagram"], "", f"{'is':15}{''.join(f'{each:>15}' for each in columns)}"]
    lines += [f"{kind:15}{''.join(f'{count:15d}' for count in row.values())}" for kind, row in confusion.items()]
    if mistakes:
        lines += [
            f"{each['id']}: {each['expected']}, judged {each['judged']} ({each['confidence']}): {each['because']}"
            for each in found["mistakes_to_tune_on"]
        ]
    return "\n".join(lines)


def fit() -> str:
    """The curves of the rules model's triage, fitted to the part to tune on: of a reply among what is no spam, and of spam."""
    tuned = [each for each in load() if each.thread.part == threads.TO_TUNE_ON]
    weighed = [(each, weigh(each.snapshot.material, layer.seen(each.snapshot))) for each in tuned]
    honest = [(each, points) for each, points in weighed if each.thread.expect is not Category.SPAM]
    reply = calibration.fit(
        [points.reply for _each, points in honest],
        [each.thread.expect is Category.NEEDS_REPLY for each, _points in honest],
    )
    spam = calibration.fit(
        [points.spam for _each, points in weighed], [each.thread.expect is Category.SPAM for each, _points in weighed]
    )
    return (
        f"triage: REPLY_CURVE = ({reply[0]:.2f}, {reply[1]:.2f}) fitted to {len(honest)} conversations, "
        f"SPAM_CURVE = ({spam[0]:.2f}, {spam[1]:.2f}) fitted to {len(weighed)}"
    )


def _triage_rows(where: str, name: str, found: dict[str, Any], threshold: float) -> list[Row]:
    due = found["needs_reply_at_threshold"]
    rows = [
        Row(where, name, "conversations", found["threads"]),
        Row(where, name, "called what they are", found["accuracy"], "%", "the layer first, then the model"),
    ]
    for category, rates in found["categories"].items():
        rows.append(Row(where, name, f"precision of {category}", rates["precision"], "%"))
        rows.append(Row(where, name, f"recall of {category}", rates["recall"], "%"))
    return [
        *rows,
        Row(where, name, "F1 of needs_reply", found["categories"]["needs_reply"]["f1"]),
        Row(where, name, "precision of drafting", due["precision"], "%", f"at {threshold}"),
        Row(where, name, "recall of drafting", due["recall"], "%", f"at {threshold}"),
        Row(where, name, "honest mail called spam", found["honest_mail_called_spam"]),
        Row(where, name, "Brier score", found["brier"], note="of being right; 0 is perfect"),
        Row(where, name, "calibration error", found["calibration_error"]),
        Row(where, name, "without a category", found["without_category"]),
    ]


def _layer_rows(
    where: str, name: str, certain: Sequence[Decided], asked: Sequence[Decided], alone: float, kinds: float
) -> list[Row]:
    return [
        Row(where, name, "decided by the layer alone", len(certain) / max(len(asked), 1), "%", "no model is asked"),
        Row(where, name, "of these called what they are", _mean([each.right for each in certain]), "%"),
        Row(where, name, "by the model alone", alone, "%", "all of them, without the layer"),
        Row(where, name, "of the kind they are", kinds, "%", "a person's, a list's, a receipt, a program's"),
    ]


def _draft_details(drafted: Drafted) -> dict[str, Any]:
    return {
        "id": drafted.thread.id,
        "score": drafted.score,
        "missing": [name for name, holds in drafted.checks.items() if not holds],
        "gaps": drafted.written.gaps if drafted.written else None,
        "draft": drafted.written.text if drafted.written else "",
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
