"""Telling a table in words: rows, each column's figures, groups where they are asked for. Called by the rules model's work."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from mailwright.agents.models.rules import numbers, tables
from mailwright.agents.models.rules.tables import MAX_GROUPS, Column, Table

MAX_COLUMNS_TOLD = 30
MAX_LABEL = 60  # characters of a row's name behind its figure
MIN_PASTED_LINES = 3
MEAN_PLACES = 4  # decimals of a mean that does not end: more is noise

_BY = re.compile(
    r"\b(?:by|per|for each|for every|grouped? by|broken down by|nach|pro|je|je nach|par|por|per|voor elke)\s+(?:the\s+|each\s+)?([^\n.,;:?!]{1,60})",
    re.IGNORECASE,
)


def describe(table: Table, asked: str, *, mark: str = ".") -> list[str]:
    """The lines to show. `asked` is what the message says: "by region" groups by the column of that name; `mark` begins decimals."""
    names = ", ".join(column.name for column in table.columns[:MAX_COLUMNS_TOLD])
    more = f" and {len(table.columns) - MAX_COLUMNS_TOLD} more" if len(table.columns) > MAX_COLUMNS_TOLD else ""
    out = [f"{_rows(len(table.rows), mark)}; columns: {names}{more}"]
    if not table.has_header:
        out.append("(no header line was found, so the columns are numbered)")
    out += [f"(note: {each})" for each in table.left_out]
    figures = [column for column in table.columns if column.is_numeric][:MAX_COLUMNS_TOLD]
    for column in figures:
        out += _figures(table, column, mark)
    if not figures:
        out.append("(no column of numbers was found, so nothing is totalled)")
    by = _group_column(table, asked)
    if by is not None:
        out += _groups(
            table,
            by,
            [column for column in figures if not (column.is_label or column.mixed) and column.index != by.index],
            mark,
        )
    return out


def pasted(text: str) -> Table | None:
    """A table that was pasted into the message: lines next to each other with the same delimiter, three or more."""
    lines = text.splitlines()[:5_000]
    for delimiter in ("\t", ";", "|", ","):
        best: list[str] = []
        run: list[str] = []
        width = 0
        for line in [*lines, ""]:
            fields = line.strip().strip("|").count(delimiter)
            if fields and (not run or fields == width) and set(line.strip()) - set("|-+: "):
                run.append(line.strip().strip("|"))
                width = fields
            elif set(line.strip()) <= set("|-+: ") and line.strip() and run:
                continue  # the rule below the header of a Markdown table
            else:
                best, run = (run if len(run) > len(best) else best), []
        if len(best) >= MIN_PASTED_LINES:
            table = tables.read("\n".join(best))
            # A sentence with commas is no table: something in it has to be counted.
            if table is not None and any(column.is_numeric for column in table.columns):
                return table
    return None


def _figures(table: Table, column: Column, mark: str) -> list[str]:
    found = tables.summary(column)
    if found is None:
        return []

    def show(value: Decimal | Fraction) -> str:
        return _shown(value, column, mark)

    if column.mixed:
        return [f"- {column.name}: {found.count:,} values, not totalled (they are in several currencies)"]
    if column.is_label:
        return [f"- {column.name}: {found.count:,} values, not totalled (they look like labels, not amounts)"]
    parts = [f"count {found.count:,}"]
    if not column.percent:
        parts.append(f"sum {show(found.total)}")
    for name, value in (("min", found.smallest), ("max", found.largest)):
        label = tables.label_at(table, column, value)[:MAX_LABEL]
        parts.append(f"{name} {show(value)} ({label})" if label else f"{name} {show(value)}")
    parts.append(f"mean {show(found.mean)}")
    out = [f"- {column.name}: {', '.join(parts)}"]
    if not column.sure:
        read = "thousands" if column.values and max(abs(v) for v in column.numbers) >= 1000 else "decimals"
        out.append(f"  (figures like 1.234 or 1,234 can be read two ways; here the mark was read as {read})")
    if column.unread:
        out.append(f"  ({column.unread:,} fields were not numbers and are not counted)")
    return out


def _group_column(table: Table, asked: str) -> Column | None:
    for match in _BY.finditer(asked):
        column = tables.column_named(table, match[1])
        if column is not None:  # "sort by amount" groups nothing
            return column if column.is_label or not column.is_numeric else None
    return tables.first_category(table) if _BY.search(asked) else None


def _groups(table: Table, by: Column, figures: list[Column], mark: str) -> list[str]:
    out = [f"By {by.name} (sums):" if figures else f"By {by.name}:"]
    counted = tables.grouped(table, by, None)
    members = {column.index: tables.values_by(table, by, column) for column in figures}
    for value, rows, _zero in counted[:MAX_GROUPS]:
        told = [_rows(rows, mark)]
        for column in figures:
            found = members[column.index].get(value, [])
            total = tables.total_of(found)
            if not column.percent:
                told.append(f"{column.name} {_shown(total, column, mark)}")
            if found and (column.percent or len(found) > 1):
                named = f"{column.name} mean" if column.percent else "mean"
                told.append(f"{named} {_shown(Fraction(total) / len(found), column, mark)}")
        out.append(f"- {value or '(empty)'}: {', '.join(told)}")
    if len(counted) > MAX_GROUPS:
        out.append(f"… {len(counted) - MAX_GROUPS} more")
    return out


def _shown(value: Decimal | Fraction, column: Column, mark: str) -> str:
    if column.currency:
        return numbers.money(value, column.currency, mark=mark)
    places = MEAN_PLACES if isinstance(value, Fraction) else numbers.SHOWN_PLACES
    return numbers.shown(value, mark=mark, places=places) + ("%" if column.percent else "")


def _rows(count: int, mark: str) -> str:
    return f"{numbers.shown(Fraction(count), mark=mark)} {'row' if count == 1 else 'rows'}"
