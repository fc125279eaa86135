"""Importing recipients: each row a wish or a problem that says why not."""

from __future__ import annotations

import pytest

from mailwright.core import Core
from mailwright.core.accounts import Account
from mailwright.core.outreach import importing, making
from mailwright.domain.refusals import BadInput

TEMPLATE = "Dear {{name}}, about {{Talk title}} at {{university}}."
FILE = (
    "Vorname;Nachname;E-Mail;Thema;Talk Title;Uni\n"
    "Amara;Okafor;amara@uni.example;Gezeiten;Tides;Graz\n"
    ";;nobody@uni.example;;;\n"
    "Bo;Lund;not an address;;;\n"
    "A.;Okafor;Amara+x@uni.example;;;\n"
    "Cy;;;;;\n"
    f"{'x' * 150};{'y' * 150};;;;\n"
)


def test_a_table_becomes_wishes_and_problems_by_their_rows() -> None:
    table = importing.read(FILE.encode())
    mapping = importing.mapping_for(table, TEMPLATE)
    assert mapping == {"first_name": 0, "last_name": 1, "email": 2, "interest": 3, "Talk title": 4}
    made, problems = importing.wishes(table, mapping | {"university": 5}, TEMPLATE)
    assert [(each.name, each.email, each.interest, dict(each.fields)) for each in made] == [
        ("Amara Okafor", "amara@uni.example", "Gezeiten", {"Talk title": "Tides", "university": "Graz"}),
        ("Cy", "", "", {}),
    ]
    assert {each.template for each in made} == {TEMPLATE}
    assert [(each.row, each.because.split(":")[0][:40]) for each in problems] == [
        (3, "there is no name"),
        (4, "'not an address' is not a mail address"),
        (5, "it is the same recipient as in row 2, wh"),
        (7, "the recipient's name has at most 200 cha"),
    ]


def test_a_batch_is_made_of_what_a_table_gives(core: Core, ada: Account) -> None:
    table = importing.read(FILE.encode())
    made, _ = importing.wishes(table, importing.mapping_for(table), TEMPLATE)
    batch = core.database.write_now(lambda tx: making.make_batch(tx, core, ada, made, name="Conference"))
    assert batch.total == 2


@pytest.mark.parametrize(
    ("mapping", "because"),
    [
        ({"email": 0}, "names"),
        ({"name": 9}, "no column 9"),
        ({"name": -1}, "no column -1"),
        ({"name": 0, " ": 1}, "no name for a field"),
        ({"name": 0, "x{{y": 1}, "no name for a field"),
        ({"name": 0} | {f"f{number}": 1 for number in range(40)}, "30 fields"),
    ],
    ids=["no-name", "beyond", "negative", "blank", "braces", "many"],
)
def test_a_mapping_that_cannot_be_is_refused(mapping: dict[str, int], because: str) -> None:
    with pytest.raises(BadInput, match=because):
        importing.wishes(importing.read(FILE.encode()), mapping, TEMPLATE)


def test_a_template_that_cannot_be_is_refused_at_once_and_not_row_by_row() -> None:
    table = importing.read(FILE.encode())
    with pytest.raises(BadInput, match="placeholder"):
        importing.wishes(table, importing.mapping_for(table), "Dear {{}}")
