"""Tables in and out: a job of a confined process (core/confined_child.py), asked by agents/tools/tables.py.

Reading: the head has the `extension` of the file (.csv or .xlsx), the `sheet`, where to `start` and how many `rows` are wanted; the answer
is JSON. Writing: the octets are JSON with `format`, `columns` and `rows`; the answer is the file. What was written by strangers stays
text: no cell becomes a formula.
"""

import csv
import datetime
import io
import json
import mimetypes
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

CPU_SECONDS = 20
SCRATCH = True  # openpyxl writes sheets to a file first
WRITTEN = 64 * 1024 * 1024
UNPACKED = 200 * 1024 * 1024  # octets in all the members of a workbook
MEMBERS = 2_000
OPENS = tuple(dict.fromkeys([sys.prefix, sys.base_prefix, "/usr/lib", "/usr/share/zoneinfo", "/proc/self"]))
MAX_COLUMNS = 200
MAX_SCANNED = 500_000  # rows that are counted
MAX_CELL = 2_000  # characters of a cell that are told
MAX_WRITTEN_CELL = 32_767  # characters: what a cell of Excel holds
SNIFFED = 20_000  # characters by which the separator is found
TYPED = 5_000  # rows by which the types of columns are found

_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?(?:[eE][-+]?\d{1,3})?")
_COMMA_NUMBER = re.compile(r"[-+]?\d{1,3}(?:\.?\d{3}){0,5},\d{1,15}|[-+]?\d{1,15},\d{1,15}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


mimetypes.init([])  # openpyxl asks for types, and the lists of this machine may not be read


class Unusable(Exception):
    """Why there is no table: a sentence's end after "because"."""


def answer(head: dict[str, Any], data: bytes) -> tuple[bytes, str]:
    """The answer, or why there is none."""
    try:
        if head["kind"] == "write":
            return written(json.loads(data)), ""
        return json.dumps(read(head, data), ensure_ascii=False).encode("utf-8", "replace"), ""
    except Unusable as error:
        return b"", str(error)
    except MemoryError:
        return b"", "it needs more memory than a table may"
    except Exception as error:
        return b"", f"it cannot be used as a table ({type(error).__name__})"


def read(head: dict[str, Any], data: bytes) -> dict[str, Any]:
    """A piece of a table with the names and types of its columns."""
    if head["extension"] == ".xlsx":
        sheets, sheet, lines = _workbook(data, head["sheet"])
    else:
        sheets, sheet, lines = [], "", _separated(data)
    names: list[str] = []
    kinds: list[set[str]] = []
    rows: list[list[Any]] = []
    total = 0
    start, wanted = int(head["start"]), int(head["rows"])
    for line in lines:
        if not names:
            if any(cell not in ("", None) for cell in line):
                names = _names(line)
                kinds = [set() for _ in names]
            continue
        total += 1
        if total > MAX_SCANNED:
            break
        while len(names) < len(line):  # a row that is longer than the first
            names.append(f"column {len(names) + 1}")
            kinds.append(set())
        if total <= TYPED:
            for cell, kind in zip(line, kinds, strict=False):
                kind.add(_kind(cell))
        if start < total <= start + wanted:
            rows.append([_plain(cell) for cell in line])
    for row in rows:
        row += [None] * (len(names) - len(row))
    columns = [{"name": name, "type": _type(kind)} for name, kind in zip(names, kinds, strict=True)]
    return {
        "sheets": sheets,
        "sheet": sheet,
        "columns": columns,
        "rows": rows,
        "total": min(total, MAX_SCANNED),
        "more": total > MAX_SCANNED,
    }


def _workbook(data: bytes, wanted: str) -> tuple[list[str], str, Iterator[list[Any]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    if len(members) > MEMBERS or sum(member.file_size for member in members) > UNPACKED:
        raise Unusable("it unpacks to more than a file may")
    if any(member.flag_bits & 1 for member in members):
        raise Unusable("it is encrypted")
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheets = [sheet.title for sheet in book.worksheets]
    if not sheets:
        raise Unusable("it has no sheet with cells")
    found = next((sheet for sheet in book.worksheets if sheet.title.casefold() == wanted.strip().casefold()), None)
    if wanted and found is None:
        raise Unusable(f"it has no sheet of that name; there are: {', '.join(name[:60] for name in sheets[:20])}")
    sheet = found or book.worksheets[0]
    sheet.reset_dimensions()  # what a file says of its size may be a lie
    lines = ([*row] for row in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
    return [name[:100] for name in sheets[:50]], sheet.title[:100], (_trimmed(line) for line in lines)


def _separated(data: bytes) -> Iterator[list[Any]]:
    text = _decoded(data)
    csv.field_size_limit(1024 * 1024)
    head = text[:SNIFFED]
    lines = [line for line in head.splitlines() if line.strip()][:50]
    if not lines:
        raise Unusable("it is empty")
    # The separator that parts the most lines into the same number of cells, of which there are most.
    separator = max(",;\t|", key=lambda mark: _agreement(lines, mark))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return (_trimmed([*row[:MAX_COLUMNS]]) for row in reader)


def _agreement(lines: list[str], mark: str) -> tuple[int, int]:
    counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
    usual = max(set(counts), key=counts.count)
    return (counts.count(usual) if usual > 1 else 0, usual)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _trimmed(line: list[Any]) -> list[Any]:
    while line and line[-1] in (None, ""):
        line.pop()
    return line


def _names(line: list[Any]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(line, 1):
        name = " ".join(str(cell).split())[:100] if cell not in (None, "") else f"column {number}"
        while name in names:
            name = f"{name[:90]} ({number})"
        names.append(name)
    return names


def _kind(cell: Any) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "yes or no"
    if isinstance(cell, int | float):
        return "number"
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        return "date"
    text = str(cell).strip()
    if _NUMBER.fullmatch(text):
        return "number"
    if _COMMA_NUMBER.fullmatch(text):
        return "number with a decimal comma"
    return "date" if _DATE.fullmatch(text) else "text"


def _type(kinds: set[str]) -> str:
    found = sorted(kind for kind in kinds if kind)
    if found == ["number", "number with a decimal comma"]:
        return found[1]
    return found[0] if len(found) == 1 else "mixed" if found else "empty"


def _plain(cell: Any) -> Any:
    """A cell for JSON. Numbers of a text file become numbers when they are written the usual way."""
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, int):
        return cell if abs(cell) < 2**53 else str(cell)[:MAX_CELL]
    if isinstance(cell, float):
        return cell if cell == cell and abs(cell) != float("inf") else str(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if cell.time() != datetime.time() else cell.date().isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    text = str(cell)
    # 0049 and +49 are no numbers: they would lose what they begin with.
    if _NUMBER.fullmatch(text) and not re.match(r"\+|-?0\d", text):
        return int(text) if text.lstrip("-").isdigit() else float(text)
    return _CONTROLS.sub("", text)[:MAX_CELL]


def written(table: dict[str, Any]) -> bytes:
    """A table as a file."""
    columns, rows = table["columns"], table["rows"]
    if table["format"] == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180 §2
        writer.writerow([_harmless(name) for name in columns])
        writer.writerows([_harmless(cell) for cell in row] for row in rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")  # Excel takes it for UTF-8 only then
    return _xlsx(table["sheet"], columns, rows)


def _harmless(cell: Any) -> Any:
    """A cell of a CSV file: spreadsheets calculate what begins like a formula, whoever wrote it; a quote sign keeps it a text."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    text = _CONTROLS.sub("", cell)
    if _NUMBER.fullmatch(text) or _COMMA_NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _xlsx(sheet_name: str, columns: list[str], rows: list[list[Any]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = re.sub(r"[\[\]:*?/\\\x00-\x1f']", " ", sheet_name).strip()[:31] or "Table"
    days = [_all_days(row[number] for row in rows if number < len(row)) for number in range(len(columns))]
    for number, name in enumerate(columns, 1):
        cell = sheet.cell(1, number)
        _say(cell, name)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for line, row in enumerate(rows, 2):
        for number, value in enumerate(row, 1):
            _fill(sheet.cell(line, number), value, is_day=number <= len(days) and days[number - 1])
    for number in range(1, len(columns) + 1):
        lengths = [len(str(row[number - 1])) for row in rows[:500] if number <= len(row)]
        sheet.column_dimensions[get_column_letter(number)].width = min(
            60, max([8, len(columns[number - 1]), *lengths]) + 2
        )
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(cell: Any, value: Any, *, is_day: bool) -> None:
    if value is None:
        return
    if isinstance(value, bool | int | float):
        cell.value = value
    elif is_day and value:
        cell.value = datetime.date.fromisoformat(value)
        cell.number_format = "yyyy-mm-dd"
    else:
        _say(cell, value)


def _say(cell: Any, value: Any) -> None:
    text = _text(value)
    cell.value = text
    cell.data_type = "s"  # and not "f": that would be calculated
    if text.startswith(_FORMULA):
        cell.quotePrefix = True  # nor when somebody edits the cell


def _all_days(cells: Iterable[Any]) -> bool:
    """Whether a column holds nothing but days (and at least one)."""
    found = False
    for cell in cells:
        if cell in (None, ""):
            continue
        if not isinstance(cell, str) or not _DAY.fullmatch(cell):
            return False
        try:
            datetime.date.fromisoformat(cell)
        except ValueError:
            return False
        found = True
    return found


def _text(value: Any) -> str:
    return _CONTROLS.sub("", str(value))[:MAX_WRITTEN_CELL].encode("utf-8", "replace").decode()
