"""Making outreach: checked, bounded, once for a key, and a batch whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mailwright.core import Core, tasks
from mailwright.core.accounts import Account
from mailwright.core.outreach import editing, making, templates
from mailwright.core.outreach.making import FileGiven
from mailwright.core.outreach.wishes import checked, placeholders
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.events import TASK_CHANGED
from mailwright.domain.ids import new_id
from mailwright.domain.outreach import QueueStatus
from mailwright.domain.refusals import BadAddress, BadInput, NotFound, TooManyRequests
from mailwright.storage import outreach as rows
from mailwright.storage import outreachfiles, outreachturns, preferences
from mailwright.storage.preferences import Preferences
from tests.core.outreach.conftest import ADA, TEMPLATE, Make, MakeBatch, everybody, wish


def test_a_wish_becomes_a_task_that_waits_with_all_that_was_said(core: Core, make: Make, ada: Account) -> None:
    made = make(
        "  Dr. Amara\n Okafor ", email="Amara.Okafor@Uni.Example", fields={"Talk": "the one in Graz"}, key="button:1"
    )
    assert (made.name, made.email, made.interest) == ("Dr. Amara Okafor", "Amara.Okafor@uni.example", "tidal energy")
    assert (made.queue, made.user_id, made.key) == (QueueStatus.PENDING, ada.id, "button:1")
    assert (dict(made.fields), made.template, made.batch_id) == ({"Talk": "the one in Graz"}, TEMPLATE, None)
    history = core.database.read_now(lambda tx: [each.status for each in tasks.history(tx, made.id)])
    assert history == ["queued"]
    waiting = core.database.read_now(lambda tx: outreachturns.next_of(tx, ada.id, 10))
    assert waiting == [(made.id, 1)]


def test_the_event_of_a_new_mail_names_it_and_tells_nothing_of_its_recipient(core: Core, make: Make) -> None:
    made = make(email="amara@uni.example")
    log = core.database.read_now(lambda tx: tx.all("SELECT payload FROM events WHERE key = ?", (made.id,)))
    assert len(log) == 1
    assert "scribe" in log[0][0]
    assert "queued" in log[0][0]
    assert "amara" not in log[0][0].lower()


def test_the_same_key_is_the_same_mail_and_of_one_person_only(make: Make, bashir: Account) -> None:
    first, second = make(key="k"), make("Somebody Else", key="k")
    assert first == second
    assert make(key="k", owner=bashir).id != first.id
    assert make().id != make().id


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"name": " "}, "name"),
        ({"name": "???"}, "name"),
        ({"name": "x" * 201}, "at most 200"),
        ({"interest": "x" * 1_001}, "at most 1,000"),
        ({"template": "{{}} hello"}, "placeholder"),
        ({"template": "hello {{ a { b }} "}, "placeholder"),
        ({"template": "hello {{" + "x" * 61 + "}}"}, "placeholder"),
        ({"template": "x" * 20_001}, "at most 20,000"),
        ({"template": "..."}, "words"),
        ({"template": " ".join(f"{{{{p{n}}}}}" for n in range(31))}, "30 different"),
        ({"fields": {"a": "x" * 1_001}}, "at most 1,000"),
        ({"fields": {"a}}": "x"}}, "no name"),
        ({"fields": {"Role": "x", "role": "y"}}, "two fields"),
        ({"fields": {f"f{n}": "" for n in range(31)}}, "30 fields"),
        ({"email": "not an address"}, "not a mail address"),
        ({"template": ""}, "no default one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_is_refused_in_plain_words(core: Core, make: Make, values: dict[str, Any], refusal: str) -> None:
    with pytest.raises((BadInput, BadAddress), match=refusal):
        make(**values)
    assert core.database.read_now(outreachturns.waiting_counts) == {}


def test_two_braces_without_an_end_are_text_and_placeholders_are_told_once() -> None:
    text = "Dear {{ name }}, {{Name}} and {{your work}}: {{ is how it begins"
    assert placeholders(text) == ("name", "your work")
    assert checked(wish(template=text)).template == text


def test_text_that_no_database_takes_is_made_fit(make: Make) -> None:
    made = make("Amara\x00 Okafor\ud800", interest="tidal\x00", template="Dear \ud83d{{name}}")
    assert (made.name, made.interest, made.template) == ("Amara Okafor?", "tidal", "Dear ?{{name}}")


def test_a_template_of_the_library_is_used_by_its_id_and_the_default_one_when_none_is_named(
    core: Core, make: Make, ada: Account, bashir: Account
) -> None:
    first, second = (
        core.database.write_now(lambda tx, text=text: templates.add(tx, ada, name="T", text=text, by=ADA))  # type: ignore[misc]
        for text in ("First {{name}}", "Second {{name}}")
    )
    made = make(template="", template_id=first.id)
    assert (made.template, made.template_id) == ("First {{name}}", first.id)
    core.database.write_now(lambda tx: templates.change_settings(tx, ada, template_id=second.id, by=ADA))
    made = make(template="")
    assert (made.template, made.template_id) == ("Second {{name}}", second.id)
    made = make(template="As I changed it", template_id=first.id)
    assert (made.template, made.template_id) == ("As I changed it", first.id)
    for theirs in (first.id, new_id(), "nonsense"):
        with pytest.raises(NotFound):
            make(template="", template_id=theirs, owner=bashir)


def test_a_day_has_room_for_so_many_mails_and_no_more(core: Core, make: Make, make_batch: MakeBatch) -> None:
    everybody(core, per_day=4)
    make()
    with pytest.raises(TooManyRequests, match="3 are left"):
        make_batch(4)
    make_batch(3, key="b")
    with pytest.raises(TooManyRequests, match="0 are left"):
        make()
    assert make_batch(3, key="b").total == 3  # what was made before is no new one


def test_a_day_is_that_of_the_persons_time_zone(core: Core, ada: Account, make: Make) -> None:
    everybody(core, per_day=2)
    made = make()

    def left(zone: str, hours: int) -> int:
        core.database.write_now(lambda tx: preferences.set_for(tx, ada.id, Preferences(time_zone=zone)))
        evening = made.created_at - made.created_at % DAY + hours * HOUR
        return core.database.read_now(lambda tx: making.left_today(tx, core, ada.id, evening))

    assert left("UTC", 23) == 1  # today, whenever that is
    assert left("UTC", 24) == 2
    assert left("Etc/GMT+12", 24 + 11) == (1 if made.created_at % DAY >= 12 * HOUR else 2)


def test_who_asks_twice_at_once_is_answered_with_one_mail_and_no_day_has_more_than_its_room(
    core: Core, ada: Account
) -> None:
    everybody(core, per_day=6)

    def ask(number: int) -> str:
        wanted, key = wish(f"Person {number}"), f"key {number % 8}"
        try:
            return core.database.write_now(lambda tx: making.make(tx, core, ada, wanted, key=key)).id
        except TooManyRequests:
            return ""

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(ask, range(24)))
    assert len({id for id in made if id}) == 6
    assert core.database.read_now(outreachturns.waiting_counts) == {ada.id: 6}


def test_a_batch_is_made_in_the_order_it_was_given_and_once_for_its_key(
    core: Core, make_batch: MakeBatch, ada: Account
) -> None:
    made = make_batch(5, key="upload:1")
    assert (made.total, made.name, made.paused, made.cancelled_at) == (5, "Spring", False, None)
    assert make_batch(2, key="upload:1") == made
    waiting = core.database.read_now(lambda tx: [rows.by_id(tx, id) for id, _ in outreachturns.next_of(tx, ada.id, 10)])
    assert [each and (each.name, each.batch_id) for each in waiting] == [(f"Person {n}", made.id) for n in range(1, 6)]
    told = core.database.read_now(lambda tx: tx.scalar("SELECT COUNT(*) FROM events WHERE kind = ?", (TASK_CHANGED,)))
    assert told == 5


def test_recipients_that_stand_twice_in_a_batch_are_told_and_nothing_is_made(core: Core, ada: Account) -> None:
    doubles = (
        [wish("Ann", email="ann+x@recipient.example"), wish("Bo"), wish("Anna", email="ANN@recipient.example")],
        [wish("Ann", interest="Tides "), wish("Bo"), wish("ann", interest="tides")],
    )
    for wanted in doubles:
        with pytest.raises(BadInput, match="recipients 1 and 3 are the same"):
            core.database.write_now(lambda tx, wanted=wanted: making.make_batch(tx, core, ada, wanted))  # type: ignore[misc]
    with pytest.raises(BadInput, match="recipient 2: "):
        core.database.write_now(lambda tx: making.make_batch(tx, core, ada, [wish("Ann"), wish("Bo", email="bo")]))
    assert core.database.read_now(outreachturns.waiting_counts) == {}
    assert core.database.read_now(lambda tx: tx.scalar("SELECT COUNT(*) FROM outreach_batches")) == 0


def test_a_batch_is_bounded_and_not_empty(core: Core, make_batch: MakeBatch) -> None:
    everybody(core, batch=3)
    for many in (0, 4):
        with pytest.raises(BadInput):
            make_batch(many)


def test_files_are_kept_as_text_and_are_their_owners_alone(
    core: Core, make: Make, ada: Account, bashir: Account
) -> None:
    given = [FileGiven("cv.pdf", "I studied tides."), FileGiven("long.txt", "x" * 70_000)]
    ids = core.database.write_now(lambda tx: making.keep_files(tx, ada, given))
    assert make(files=ids).files == ids
    kept = core.database.read_now(lambda tx: outreachfiles.of_user(tx, ada.id, ids))
    assert [(each.name, len(each.text), each.because) for each in kept] == [
        ("cv.pdf", 16, ""),
        ("long.txt", 60_000, "only its beginning is used"),
    ]
    for files in (ids, ("nonsense",)):
        with pytest.raises(NotFound):
            make(files=files, owner=bashir)
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: making.keep_files(tx, ada, [*given] * 3))


def test_a_placeholder_that_is_never_closed_is_text_and_costs_no_more_than_text(make: Make) -> None:
    """One of these, in a template or in a mail, kept the database from everybody for minutes."""
    for text in ("Dear {{" + " " * 19_000 + "x", "Dear {{x" + " " * 19_000 + "x", "{{ x" * 4_000):
        assert make(template=text).template == text
    assert placeholders("{{ name }} {{\tmy own\n}} {{a}} {{}} {{ }} {{") == ("name", "my own", "a")


def test_a_key_can_be_used_again_when_its_mail_is_gone_for_good(core: Core, make: Make, ada: Account) -> None:
    first = make(key="button:1")
    core.database.write_now(lambda tx: editing.delete(tx, ada, first.id, by=ADA))
    assert core.database.write_now(lambda tx: rows.purge_deleted(tx, clock.now() + 1, 10)) == 1
    assert make(key="button:1").id != first.id
