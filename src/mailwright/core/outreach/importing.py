"""Importing recipients: from a table somebody has to wishes, row by row.

Called by the scribe's API and the command line. `codecs.csvtable` reads the table.
Promises: every row becomes one wish or a problem that says why not; a recipient who stands in the table twice is written to once; nothing
is guessed that the mapping does not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailwright.codecs import csvtable
from mailwright.codecs.csvtable import Problem as Problem
from mailwright.codecs.csvtable import Table as Table
from mailwright.core.outreach.making import same_recipient
from mailwright.core.outreach.wishes import MAX_FIELD_NAME, Wish, checked, placeholders
from mailwright.domain.outreach import MAX_FIELDS
from mailwright.domain.refusals import BadAddress, BadInput

OF_THE_RECIPIENT = ("name", "first_name", "last_name", "email", "interest")
"""What a mapping may name beside the fields of the template."""


def read(content: bytes) -> Table:
    """The table in a file. Raises BadInput."""
    return csvtable.read(content)


def mapping_for(table: Table, template: str = "") -> dict[str, int]:
    """Which column is probably what: of the recipient, and for the template's placeholders."""
    found = csvtable.guess(table.columns, table.rows)
    for name in placeholders(template):
        place = next((place for place, column in enumerate(table.columns) if csvtable.fits(column, name)), None)
        if place is not None and name.casefold() not in OF_THE_RECIPIENT and len(found) < MAX_FIELDS:
            found.setdefault(name, place)
    return found


def checked_mapping(table: Table, mapping: Mapping[str, int]) -> dict[str, int]:
    """A mapping as it can be used. Raises BadInput."""
    if len(mapping) > MAX_FIELDS + len(OF_THE_RECIPIENT):
        raise BadInput(f"a mail has {MAX_FIELDS} fields at most")
    for name, place in mapping.items():
        if not name.strip() or len(name) > MAX_FIELD_NAME:
            raise BadInput(f"{name[:80]!r} is no name for a field")
        if not 0 <= place < len(table.columns):
            raise BadInput(f"the table has no column {place}: there are {len(table.columns)}, counted from 0")
    if not mapping.keys() & {"name", "first_name", "last_name"}:
        raise BadInput("say which column has the recipients' names")
    return dict(mapping)


def wishes(
    table: Table,
    mapping: Mapping[str, int],
    template: str,
    *,
    template_id: str | None = None,
    files: Sequence[str] = (),
) -> tuple[list[Wish], list[Problem]]:
    """A wish for each row that can be one, and what is wrong with the others, by row. Raises BadInput for a mapping or template that cannot
    be."""
    places = checked_mapping(table, mapping)
    others = {name: place for name, place in places.items() if name not in OF_THE_RECIPIENT}
    base = checked(Wish("A", template, fields=dict.fromkeys(others, ""), files=tuple(files), template_id=template_id))
    made: list[Wish] = []
    problems = list(table.problems)
    seen: dict[tuple[str, ...], int] = {}
    for number, row in zip(table.numbers, table.rows, strict=True):
        cell = {name: row[place] for name, place in places.items()}
        name = cell.get("name") or " ".join(filter(None, (cell.get("first_name"), cell.get("last_name"))))
        if not name:
            problems.append(Problem(number, "there is no name"))
            continue
        fields = {name: row[place] for name, place in others.items() if row[place]}
        wanted = Wish(
            name, base.template, cell.get("interest", ""), cell.get("email", ""), fields, base.files, template_id
        )
        try:
            ready = checked(wanted)
        except (BadInput, BadAddress) as refusal:
            problems.append(Problem(number, str(refusal)))
            continue
        first = seen.setdefault(same_recipient(ready), number)
        if first != number:
            problems.append(Problem(number, f"it is the same recipient as in row {first}, who is written to once"))
            continue
        made.append(ready)
    return made, sorted(problems, key=lambda each: each.row)
