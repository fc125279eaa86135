"""Views: lists with filters, page by page, the four steps, and the copies of sources."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core, tasks
from mailwright.core.accounts import Account
from mailwright.core.outreach import turns, views
from mailwright.core.outreach.views import Wanted
from mailwright.domain import clock
from mailwright.domain.clock import SECOND
from mailwright.domain.ids import new_id
from mailwright.domain.outreach import Limits, QueueStatus, ScribeStep, SentState, SourceKind, TemplateType
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, outreachsteps
from mailwright.storage import outreach as rows
from tests.core.outreach.conftest import Make, MakeBatch, finished


def _names(core: Core, account: Account, **wanted: Any) -> list[str]:
    found = core.database.read_now(lambda tx: views.listing(tx, account, Wanted(**wanted)))
    return [each.name for each in found]


@pytest.fixture
def mails(core: Core, make: Make, bashir: Account) -> dict[str, str]:
    """Four mails of Ada's by the names of their recipients, two of them written, and one of Bashir's."""
    made = {
        "Amara Okafor": make("Amara Okafor", email="amara@uni.example", interest="tidal energy").id,
        "Élodie Brun": make("Élodie Brun", interest="Bücher 100%").id,
        "Chen Wei": make("Chen Wei", interest="maps_of").id,
        "Dana Ruiz": make("Dana Ruiz", interest="harbours").id,
    }
    make("Amara Okafor", owner=bashir)

    def finish(tx: Tx) -> None:
        finished(tx, made["Amara Okafor"], body="x" * 2_000, is_confident=True, template_type="RESEARCH")
        finished(tx, made["Chen Wei"], subject="Charts of the north", template_type="BOOK", sent_state="sent")

    core.database.write_now(finish)
    return made


def test_ones_own_are_listed_newest_first_and_short(core: Core, ada: Account, mails: dict[str, str]) -> None:
    found = core.database.read_now(lambda tx: views.listing(tx, ada, Wanted()))
    assert [each.name for each in found] == ["Dana Ruiz", "Chen Wei", "Élodie Brun", "Amara Okafor"]
    assert (len(found[3].body), found[3].template, found[3].sentences, found[3].metadata) == (400, "", (), {})
    whole = core.database.read_now(lambda tx: views.own(tx, ada, mails["Amara Okafor"]))
    assert (len(whole.body), whole.template != "") == (2_000, True)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"words": "AMARA"}, ["Amara Okafor"]),
        ({"words": "uni.example tidal"}, ["Amara Okafor"]),
        ({"words": "Élodie"}, ["Élodie Brun"]),
        ({"words": "Bücher 100%"}, ["Élodie Brun"]),
        ({"words": "100%x"}, []),
        ({"words": "s_of"}, ["Chen Wei"]),
        ({"words": "charts"}, ["Chen Wei"]),
        ({"words": "nobody\x00"}, []),
        ({"type": TemplateType.RESEARCH}, ["Amara Okafor"]),
        ({"is_confident": True}, ["Amara Okafor"]),
        ({"is_confident": False, "statuses": (QueueStatus.COMPLETED,)}, ["Chen Wei"]),
        ({"statuses": (QueueStatus.PENDING, QueueStatus.FAILED)}, ["Dana Ruiz", "Élodie Brun"]),
        ({"sent": (SentState.SENT,)}, ["Chen Wei"]),
        ({"deleted": True}, []),
        ({"batch_id": "nonsense"}, []),
    ],
    ids=str,
)
def test_filters_narrow_together(
    core: Core, ada: Account, mails: dict[str, str], wanted: dict[str, Any], names: list[str]
) -> None:
    assert _names(core, ada, **wanted) == names


def test_pages_follow_each_other_and_a_batch_is_counted_by_itself(
    core: Core, ada: Account, make_batch: MakeBatch, mails: dict[str, str]
) -> None:
    batch = make_batch(7)
    found, before = [], None
    while page := core.database.read_now(
        lambda tx, before=before: views.listing(tx, ada, Wanted(), before=before, limit=4)  # type: ignore[misc]
    ):
        found += [each.name for each in page]
        before = page[-1].id
    assert found[:7] == [f"Person {number}" for number in range(7, 0, -1)]
    assert len(found) == 11
    assert core.database.read_now(lambda tx: views.listing(tx, ada, Wanted(), before="nonsense")) == []
    counts = core.database.read_now(lambda tx: views.counts(tx, ada))
    assert (counts[QueueStatus.PENDING], counts[QueueStatus.COMPLETED], counts[QueueStatus.FAILED]) == (9, 2, 0)
    counts = core.database.read_now(lambda tx: views.counts(tx, ada, Wanted(batch_id=batch.id)))
    assert (counts[QueueStatus.PENDING], counts[QueueStatus.COMPLETED]) == (7, 0)
    listed = core.database.read_now(lambda tx: views.listing(tx, ada, Wanted(), limit=11))
    places = core.database.read_now(lambda tx: views.positions(tx, ada, listed))
    waiting = [each for each in reversed(listed) if each.status is TaskStatus.QUEUED]
    assert [places[each.id] for each in waiting] == [0, *range(2, 10)]  # Bashir's one is taken after Ada's first
    assert len(places) == 9


def test_somebody_elses_mail_is_not_there(core: Core, bashir: Account, mails: dict[str, str]) -> None:
    for id in (mails["Chen Wei"], new_id(), "nonsense"):
        with pytest.raises(NotFound):
            core.database.read_now(lambda tx, id=id: views.own(tx, bashir, id))  # type: ignore[misc]


def test_the_four_steps_are_told_as_they_go(core: Core, ada: Account, make: Make) -> None:
    made = make()

    def states() -> list[tuple[str, float | None]]:
        found = core.database.read_now(lambda tx: views.steps(tx, views.own(tx, ada, made.id)))
        assert [each.step for each in found] == list(ScribeStep)
        return [(each.state, each.seconds) for each in found]

    assert states() == [("waiting", None)] * 4

    def first_done(tx: Tx) -> None:
        turns.take(tx, Limits(), clock.now())
        outreachsteps.begin(tx, made.id, "template_parser", clock.now())
        outreachsteps.finish(tx, made.id, "template_parser", "{}", now=clock.now(), latency_us=SECOND // 2)
        tasks.enter(tx, made.id, ScribeStep.RESEARCH.stage)

    core.database.write_now(first_done)
    assert states() == [("done", 0.5), ("running", None), ("waiting", None), ("waiting", None)]
    core.database.write_now(lambda tx: tasks.finish(tx, made.id, TaskStatus.FAILED, because="all pages were refused"))
    assert states() == [("done", 0.5), ("failed", None), ("waiting", None), ("waiting", None)]
    history = core.database.read_now(lambda tx: views.history(tx, views.own(tx, ada, made.id)))
    assert [each.stage for each in history] == ["", "template_parser", "web_research", "web_research"]


def test_a_source_shows_its_copy_and_where_the_quotes_stand(core: Core, ada: Account, make: Make) -> None:
    made = make()
    copy = "Amara Okafor moved to Graz in 2024. She leads\nthe tidal group."

    def cite(tx: Tx) -> None:
        for number, text in enumerate((copy, "Another page."), 1):
            outreachsteps.add_source(
                tx, made.id, kind=SourceKind.WEB, url=f"https://uni.example/{number}", title="T", text=text, now=1
            )
        quotes = [{"number": 1, "quote": "leads the tidal group"}, {"number": 1, "quote": "moved to Graz"}]
        sentences = [
            {"text": "One.", "paragraph": 0, "state": "verified", "sources": quotes},
            {"text": "Two.", "paragraph": 0, "state": "verified", "sources": [*quotes, {"number": 2, "quote": "Gone"}]},
        ]
        rows.update(tx, made.id, now=1, sentences=sentences)

    core.database.write_now(cite)
    known = core.database.read_now(lambda tx: views.own(tx, ada, made.id))
    source, quotes = core.database.read_now(lambda tx: views.source(tx, known, 1))
    assert (source.text, source.url) == (copy, "https://uni.example/1")
    assert [copy[start:end] for start, end, _ in quotes] == ["moved to Graz", "leads\nthe tidal group"]
    assert [words for _, _, words in quotes] == ["moved to Graz", "leads\nthe tidal group"]
    assert core.database.read_now(lambda tx: views.source(tx, known, 2))[1] == []
    assert [each.text for each in core.database.read_now(lambda tx: views.sources(tx, known))] == ["", ""]
    with pytest.raises(NotFound):
        core.database.read_now(lambda tx: views.source(tx, known, 3))
