"""Templates: a person's library, the default one, and how they use the scribe."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core
from mailwright.core.accounts import Account
from mailwright.core.outreach import templates
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound, TooManyRequests
from mailwright.storage import audit, scribes
from mailwright.storage.outreachtemplates import Template
from tests.core.outreach.conftest import ADA


def _add(core: Core, account: Account, **values: Any) -> Template:
    wanted: dict[str, Any] = {"name": "First contact", "text": "Dear {{name}}", "by": ADA} | values
    return core.database.write_now(lambda tx: templates.add(tx, account, **wanted))


def test_a_template_is_kept_changed_deleted_and_had_back(core: Core, ada: Account) -> None:
    made = _add(core, ada, text="Dear {{name}}\r\n", origin="generated")
    assert (made.name, made.text, made.origin, made.deleted_at) == ("First contact", "Dear {{name}}", "generated", None)
    changed = core.database.write_now(lambda tx: templates.change(tx, ada, made.id, text="Hello {{name}}", by=ADA))
    assert (changed.name, changed.text) == ("First contact", "Hello {{name}}")
    core.database.write_now(lambda tx: templates.remove(tx, ada, made.id, by=ADA))
    assert core.database.read_now(lambda tx: templates.listing(tx, ada)) == []
    with pytest.raises(NotFound):
        core.database.write_now(lambda tx: templates.remove(tx, ada, made.id, by=ADA))
    assert [each.id for each in core.database.read_now(lambda tx: templates.listing(tx, ada, deleted=True))] == [
        made.id
    ]
    for _ in range(2):
        assert core.database.write_now(lambda tx: templates.restore(tx, ada, made.id, by=ADA)).text == "Hello {{name}}"
    noted = [
        entry.action for _, entry in reversed(core.database.read_now(lambda tx: audit.listing(tx, actor=ADA.name)))
    ]
    assert noted == ["template.added", "template.changed", "template.removed", "template.restored"]


def test_what_is_no_template_is_refused_and_changes_nothing(core: Core, ada: Account) -> None:
    made = _add(core, ada)
    for values in ({"name": " "}, {"name": "x" * 201}, {"text": " "}, {"text": "{{}}"}, {"text": "x" * 20_001}):
        with pytest.raises(BadInput):
            _add(core, ada, **values)
        with pytest.raises(BadInput):
            core.database.write_now(lambda tx, values=values: templates.change(tx, ada, made.id, by=ADA, **values))  # type: ignore[misc]
    with pytest.raises(BadInput):
        _add(core, ada, origin="elsewhere")
    assert core.database.read_now(lambda tx: templates.listing(tx, ada)) == [made]


def test_templates_are_their_owners_alone(core: Core, ada: Account, bashir: Account) -> None:
    made = _add(core, ada)
    for id in (made.id, new_id(), "nonsense"):
        for verb in (templates.change, templates.remove, templates.restore):
            with pytest.raises(NotFound):
                core.database.write_now(lambda tx, verb=verb, id=id: verb(tx, bashir, id, by=ADA))  # type: ignore[misc]
        with pytest.raises(NotFound):
            core.database.write_now(lambda tx, id=id: templates.change_settings(tx, bashir, template_id=id, by=ADA))  # type: ignore[misc]
    assert core.database.read_now(lambda tx: templates.listing(tx, bashir)) == []


def test_a_library_is_bounded_also_for_those_who_are_had_back(
    core: Core, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOST", 2)
    first, _ = _add(core, ada), _add(core, ada)
    with pytest.raises(TooManyRequests):
        _add(core, ada)
    core.database.write_now(lambda tx: templates.remove(tx, ada, first.id, by=ADA))
    _add(core, ada)
    with pytest.raises(TooManyRequests):
        core.database.write_now(lambda tx: templates.restore(tx, ada, first.id, by=ADA))


def test_settings_are_empty_at_first_and_count_what_was_made(core: Core, ada: Account) -> None:
    assert core.database.read_now(lambda tx: templates.settings(tx, ada)) == scribes.Scribe(ada.id)
    made = _add(core, ada)
    known = core.database.write_now(
        lambda tx: templates.change_settings(
            tx, ada, onboarded=True, template_id=made.id, note="Ada, Graz, Austria", by=ADA
        )
    )
    assert known == scribes.Scribe(ada.id, True, made.id, "Ada, Graz, Austria", 0, 1)
    core.database.write_now(lambda tx: scribes.count(tx, ada.id, generated=1, now=1))
    known = core.database.write_now(lambda tx: templates.change_settings(tx, ada, by=ADA))
    assert (known.generated, known.templates) == (1, 1)
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: templates.change_settings(tx, ada, note="x" * 601, by=ADA))


def test_a_default_template_that_was_deleted_is_none(core: Core, ada: Account) -> None:
    for _ in range(2):
        made = _add(core, ada)
        core.database.write_now(lambda tx, id=made.id: templates.change_settings(tx, ada, template_id=id, by=ADA))  # type: ignore[misc]
    core.database.write_now(lambda tx: templates.remove(tx, ada, made.id, by=ADA))
    assert core.database.read_now(lambda tx: templates.settings(tx, ada)).template_id is None
    back = core.database.write_now(lambda tx: templates.restore(tx, ada, made.id, by=ADA))
    core.database.write_now(lambda tx: templates.change_settings(tx, ada, template_id=back.id, by=ADA))
    gone = core.database.write_now(lambda tx: templates.change_settings(tx, ada, no_template=True, by=ADA))
    assert gone.template_id is None


def test_what_is_kept_of_deleted_templates_is_bounded(
    core: Core, ada: Account, bashir: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOST", 3)
    theirs = _add(core, bashir)
    core.database.write_now(lambda tx: templates.remove(tx, bashir, theirs.id, by=ADA))
    made = [_add(core, ada, name=f"Number {number}") for number in range(3)]
    for each in made:
        core.database.write_now(lambda tx, each=each: templates.remove(tx, ada, each.id, by=ADA))  # type: ignore[misc]
    last = _add(core, ada)
    core.database.write_now(lambda tx: templates.remove(tx, ada, last.id, by=ADA))
    kept = core.database.read_now(lambda tx: templates.listing(tx, ada, deleted=True))
    assert [each.id for each in kept] == [last.id, made[2].id, made[1].id]
    assert len(core.database.read_now(lambda tx: templates.listing(tx, bashir, deleted=True))) == 1
