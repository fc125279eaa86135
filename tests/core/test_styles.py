"""Styles: what an owner says stands before what was learned, and survives it."""

import pytest

from mailwright.core import accounts, styles
from mailwright.domain.clock import DAY
from mailwright.domain.refusals import BadInput
from mailwright.storage import styles as rows
from mailwright.storage.audit import Actor

BY = Actor("ada@mailwright.test")


@pytest.fixture
def ada(core):
    return core.database.read_now(lambda tx: accounts.find(tx, "ada@mailwright.test"))


def learned(core, ada, note="English: short.", **more):
    return core.database.write_now(
        lambda tx: styles.learned(tx, ada.id, note=note, measures={"mails": 3}, samples=3, **more)
    )


def test_nothing_is_known_at_first(core, ada):
    style = core.database.read_now(lambda tx: styles.of(tx, ada.id))
    assert (style.said, style.measures, style.samples, style.learned_at, style.edited_at) == ("", {}, 0, None, None)


def test_what_the_owner_wrote_is_never_overwritten_and_stands_first(core, ada):
    learned(core, ada)
    style = core.database.write_now(lambda tx: styles.edit(tx, ada, "  Always say hello.\r\nNo emoji. ", by=BY))
    assert style.said == "Always say hello.\nNo emoji."
    assert style.edited_at is not None
    style = learned(core, ada, "English: long.")
    assert (style.said, style.learned) == ("Always say hello.\nNo emoji.", "English: long.")
    style = core.database.write_now(lambda tx: styles.edit(tx, ada, "", by=BY))
    assert (style.said, style.edited_at) == ("English: long.", None)


def test_a_reset_forgets_all_of_it_once(core, ada):
    learned(core, ada)
    core.database.write_now(lambda tx: styles.edit(tx, ada, "Mine", by=BY))
    assert core.database.write_now(lambda tx: styles.reset(tx, ada, by=BY)) is True
    assert core.database.write_now(lambda tx: styles.reset(tx, ada, by=BY)) is False
    assert core.database.read_now(lambda tx: styles.of(tx, ada.id)) == rows.Style()


def test_who_edits_or_resets_is_in_the_audit_trail_and_what_was_written_is_not(core, ada):
    core.database.write_now(lambda tx: styles.edit(tx, ada, "secret swordfish", by=BY))
    core.database.write_now(lambda tx: styles.edit(tx, ada, "secret swordfish", by=BY))
    core.database.write_now(lambda tx: styles.reset(tx, ada, by=BY))
    found = core.database.read_now(
        lambda tx: tx.all(
            "SELECT actor, action, resource FROM audit_events WHERE action LIKE 'assistant.style%' ORDER BY id"
        )
    )
    assert [tuple(each) for each in found] == [
        ("ada@mailwright.test", "assistant.style-edited", "ada@mailwright.test"),
        ("ada@mailwright.test", "assistant.style-reset", "ada@mailwright.test"),
    ]


@pytest.mark.parametrize("note", ["x" * (styles.MAX_NOTE + 1), "bell \x07", "turned \u202e round"])
def test_what_is_no_plain_text_is_refused(core, ada, note):
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: styles.edit(tx, ada, note, by=BY))


def test_sent_mail_is_looked_at_once_a_week_and_edits_move_no_date(core, ada):
    moment = 1_000 * DAY
    assert styles.due(core.database.read_now(lambda tx: styles.of(tx, ada.id)), moment)
    style = learned(core, ada, looked_at=moment)
    assert not styles.due(style, moment + 6 * DAY)
    assert styles.due(style, moment + 7 * DAY)
    assert learned(core, ada).learned_at == moment


def test_removing_an_account_forgets_how_its_owner_writes(core, ada):
    learned(core, ada)
    assert core.database.write_now(lambda tx: rows.forget_of_user(tx, ada.id)) == 1
