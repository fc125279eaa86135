"""Tables: CSV, TSV and their like, and lists of JSON objects: counted, totalled, grouped.

Called by the rules model's work. Sniffs the delimiter, sees whether there is a header, reads each column's numbers with the
decimal mark that fits that column, and leaves out a last line that is itself a total.
Promises: exact sums (Decimal); what is left out or in doubt is said. Bounded in rows, columns and groups.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction

from mailwright.agents.models.rules import numbers
from mailwright.agents.models.rules.numbers import Cell

MAX_ROWS = 50_000
MAX_COLUMNS = 200
MAX_CELL = 2_000  # characters; a longer one is a text in a table and is not needed for counting
MAX_GROUPS = 50
MAX_TEXT = 4 * 1024 * 1024  # characters of one table
DELIMITERS = (",", ";", "\t", "|")
PRECISION = 60  # digits of a sum: numbers of 40 digits, millions of them

_TOTAL = re.compile(
    r"(?:grand[ -]?|sub[ -]?)?totals?|sums?|summe|gesamt(?:summe|betrag)?|insgesamt|total g[ée]n[ée]ral|somme|suma|totale|totaal"
    r"|\bΣ",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:.*[\s_-])?(?:id|nr|no|num|number|nummer|#|year|jahr|ann[ée]e|a[ñn]o|zip|plz|postcode|postal[ _]?code|phone|tel|telefon|"
    r"telephone|mobile|fax|code|iban|sku|ean|isbn|key|index|lfd)\.?",
    re.IGNORECASE,
)


_NO_VALUE = frozenset(["n/a", "na", "nan", "null", "none", "-", "–", "—", "k.a.", "k. a.", "n.v."])
"""What people and programs write where there is no value."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `mark` begins its decimals; `sure` is False where digits like 1.234 could be read two ways."""

    name: str
    index: int
    values: tuple[Decimal | None, ...] = ()
    currency: str = ""
    percent: bool = False
    is_label: bool = False
    mixed: bool = False  # amounts of several currencies: nothing that could be added
    sure: bool = True
    unread: int = 0  # fields that are neither empty nor a number

    @property
    def numbers(self) -> list[Decimal]:
        return [each for each in self.values if each is not None]

    @property
    def is_numeric(self) -> bool:
        return bool(self.values)


@dataclass(frozen=True, slots=True)
class Summary:
    """Count, sum, smallest, largest and mean of a column's numbers; the mean is exact."""

    count: int
    total: Decimal
    smallest: Decimal
    largest: Decimal
    mean: Fraction


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are those counted; `left_out` says in words what was not."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]
    delimiter: str
    has_header: bool
    left_out: tuple[str, ...] = field(default=())


def read(text: str, *, name: str = "", truncated: bool = False) -> Table | None:
    """Read a text as a table; None when it is none (fewer than two columns or rows, or lines of unequal length)."""
    text = text[:MAX_TEXT].removeprefix("\ufeff")
    if truncated:
        text = text.rpartition("\n")[0]  # the last line may be half a line
    if name.lower().endswith(".json") or text.lstrip()[:1] in "[{":
        records = _from_json(text)
        return _table(records, ",", True, truncated) if records else None
    delimiter = _sniff(text, name)
    if delimiter is None:
        return None
    rows = _rows(text, delimiter)
    width = _usual_width(rows)
    if width is None or (width < 2 and not _is_named_table(name)):
        return None
    odd = [row for row in rows if len(row) > width]
    if len(odd) * 5 > len(rows):
        return None
    even = [row[:width] + [""] * (width - len(row)) for row in rows]
    table = _table(even, delimiter, _has_header(even), truncated)
    if table is not None and not _is_named_table(name) and not any(column.is_numeric for column in table.columns):
        return None  # a letter has commas too
    return table


def summary(column: Column) -> Summary | None:
    """None when the column has no numbers."""
    found = column.numbers
    if not found:
        return None
    total = total_of(found)
    return Summary(len(found), total, min(found), max(found), Fraction(total) / len(found))


def total_of(found: Sequence[Decimal]) -> Decimal:
    """The exact sum."""
    with localcontext() as context:
        context.prec = PRECISION
        return sum(found, Decimal(0))


def label_at(table: Table, column: Column, value: Decimal) -> str:
    """What the one row with that value is called: its first field that is no number. Empty when several rows have the value."""
    rows = [row for row, each in zip(table.rows, column.values, strict=False) if each == value]
    names = [other.index for other in table.columns if not other.is_numeric]
    return rows[0][names[0]].strip() if len(rows) == 1 and names else ""


def grouped(table: Table, by: Column, of: Column | None) -> list[tuple[str, int, Decimal]]:
    """(value, rows, sum of `of`) for each value of a column, by name; "" is shown as it is. All groups, not only MAX_GROUPS."""
    members: dict[str, list[int]] = {}
    for position, row in enumerate(table.rows):
        members.setdefault(row[by.index].strip(), []).append(position)
    out: list[tuple[str, int, Decimal]] = []
    for value in sorted(members, key=lambda text: (text.casefold(), text)):
        positions = members[value]
        found = [of.values[p] for p in positions] if of is not None and of.is_numeric else []
        out.append((value, len(positions), total_of([each for each in found if each is not None])))
    return out


def values_by(table: Table, by: Column, of: Column) -> dict[str, list[Decimal]]:
    """The numbers of a column for each value of another one."""
    found: dict[str, list[Decimal]] = {}
    for row, value in zip(table.rows, of.values, strict=False):
        if value is not None:
            found.setdefault(row[by.index].strip(), []).append(value)
    return found


def column_named(table: Table, words: str) -> Column | None:
    """The column whose name stands in `words` (the longest such name), compared without case, `_` and `-` as spaces."""
    wanted = f" {_plain(words)} "
    best: Column | None = None
    for column in table.columns:
        name = _plain(column.name)
        fits = name and any(
            f" {form} " in wanted for form in (name, f"{name}s", f"{name}es", name.removesuffix("s")) if form
        )
        if fits and (best is None or len(name) > len(_plain(best.name))):
            best = column
    return best


def first_category(table: Table) -> Column | None:
    """The first column of words that repeat: what "by …" most likely means."""
    for column in table.columns:
        if column.is_numeric and not column.is_label:
            continue
        values = [row[column.index].strip() for row in table.rows]
        distinct = len(set(values))
        if 1 < distinct <= max(2, len(values) // 2) and distinct <= MAX_GROUPS:
            return column
    return None


def _is_named_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv", ".tab"))


def _rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for row in reader:
            if any(each.strip() for each in row):
                rows.append([each.strip()[:MAX_CELL] for each in row[:MAX_COLUMNS]])
            if len(rows) > MAX_ROWS:
                break
    except csv.Error:  # a field beyond the csv module's limit: not a table a person counts
        return []
    return rows


def _sniff(text: str, name: str) -> str | None:
    """The delimiter that cuts the first lines into the same number of fields, two or more."""
    sample = "\n".join(text.split("\n", 60)[:60])[:20_000]
    best, best_score = None, 0.0
    for delimiter in DELIMITERS:
        rows = _rows(sample, delimiter)
        width = _usual_width(rows)
        if width is None or width < 2:
            continue
        even = sum(1 for row in rows if len(row) == width) / len(rows)
        score = even * 10 + min(width, 10) / 10
        if even >= 0.7 and score > best_score + 0.001:
            best, best_score = delimiter, score
    if best is None and _is_named_table(name) and len(_rows(sample, ",")) > 1:
        return ","  # one column
    return best


def _usual_width(rows: list[list[str]]) -> int | None:
    if len(rows) < 2:
        return None
    widths = [len(row) for row in rows]
    return max(set(widths), key=lambda width: (widths.count(width), width))


def _has_header(rows: list[list[str]]) -> bool:
    """A first line is a header when it holds no number and no empty or repeated name, and something below it differs in kind."""
    first, rest = rows[0], rows[1:200]
    if any(numbers.cell(each) is not None for each in first):
        return False
    if len({each.casefold() for each in first if each}) < len([each for each in first if each]):
        return False
    if any(numbers.cell(row[i]) is not None for row in rest for i in range(len(first))):
        return True
    # All words: a header's names do not come again below.
    return not any(row[i].casefold() == each.casefold() for row in rest for i, each in enumerate(first) if each)


def _table(rows: list[list[str]], delimiter: str, has_header: bool, truncated: bool) -> Table | None:
    if len(rows) < 2:
        return None
    left_out: list[str] = []
    if has_header:
        header = tuple(each or f"column {i + 1}" for i, each in enumerate(rows[0]))
        body = rows[1:]
    else:
        header = tuple(f"column {i + 1}" for i in range(len(rows[0])))
        body = rows
    if truncated or len(body) > MAX_ROWS:
        body = body[:MAX_ROWS]
        left_out.append(f"the file is longer: only the first {len(body):,} rows were read")
    elif len(body) > 2 and _is_total(body[-1]):
        left_out.append("the last row looks like a total and is not counted")
        body = body[:-1]
        within = [
            row for row in body if not _is_total(row)
        ]  # with a total at the end, what is called so above is one too
        if len(within) < len(body):
            count = len(body) - len(within)
            left_out.append(
                f"{count:,} more {'row looks' if count == 1 else 'rows look'} like subtotals and are not counted"
            )
            body = within
    prefer = "," if delimiter == ";" else "."  # where the comma is the decimal mark, the semicolon separates
    columns = tuple(_column(name, i, [row[i] for row in body], prefer) for i, name in enumerate(header))
    return Table(header, tuple(tuple(row) for row in body), columns, delimiter, has_header, tuple(left_out))


def _is_total(row: list[str]) -> bool:
    words = [each for each in row if each and numbers.cell(each) is None]
    figures = [each for each in row if numbers.cell(each) is not None]
    return bool(figures) and len(words) == 1 and _TOTAL.fullmatch(words[0].strip(" :")) is not None


def _column(name: str, index: int, fields: list[str], prefer: str) -> Column:
    """Numeric when nine in ten of the fields that are not empty are numbers."""
    fields = ["" if each.casefold() in _NO_VALUE else each for each in fields]
    cells: list[Cell | None] = [numbers.cell(each) for each in fields]
    filled = sum(1 for each in fields if each)
    read_ = [each for each in cells if each is not None]
    if not filled or len(read_) * 10 < filled * 9:
        return Column(name, index)
    mark, sure = numbers.decimal_mark((each.digits for each in read_), prefer=prefer)
    values = tuple(None if each is None else numbers.value(each, mark) for each in cells)
    unread = filled - sum(1 for each in values if each is not None)
    if unread * 10 > filled:
        return Column(name, index)
    currencies = {each.currency for each in read_ if each.currency}
    plain = all(each.digits.isdigit() and not each.currency and not each.percent for each in read_)
    padded = plain and any(len(each.digits) > 1 and each.digits.startswith("0") for each in read_)
    return Column(
        name=name,
        index=index,
        values=values,
        currency=currencies.pop() if len(currencies) == 1 else "",
        percent=bool(read_) and all(each.percent for each in read_),
        mixed=len({each.currency for each in read_ if each.currency}) > 1,
        is_label=padded or (plain and _LABEL.fullmatch(name.strip()) is not None),
        sure=sure,
        unread=unread,
    )


def _from_json(text: str) -> list[list[str]]:
    """A JSON list of flat objects as rows with a header; an object that holds one such list counts as the list."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list) or len(value) < 1 or not all(isinstance(each, dict) for each in value):
        return []
    names = list(dict.fromkeys(key for each in value[:MAX_ROWS] for key in each))[:MAX_COLUMNS]
    rows = [[_json_field(each.get(name)) for name in names] for each in value[: MAX_ROWS + 1]]
    return [[_json_field(name) for name in names], *rows] if names else []


def _json_field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f") if value == value and abs(value) < 1e30 else repr(value)
    # JSON can spell half a character ("\\ud800"), which no mail can carry.
    return str(value)[:MAX_CELL].encode("utf-8", "replace").decode("utf-8")


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w%€$]+|_", " ", text.casefold()).split())
