"""Tables of people as programs export them: separated values in whatever encoding, with or without a header. Pure.

Called by `core.outreach.importing`. Expects the octets of a file somebody gave us.
Promises: memory is bounded; cells are text and nothing else, whatever they begin with; rows are numbered as a spreadsheet numbers them;
what cannot be read is named with its row, and only what is no table at all is refused.
Does not: follow RFC 4180 §2 to the letter, since nobody does: quotes may be missing, delimiters may be others, rows may be uneven.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mailwright.codecs.csvcolumns_table import WORDS
from mailwright.domain.refusals import BadInput

MAX_OCTETS = 5 * 1024 * 1024
MAX_ROWS = 10_000
MAX_COLUMNS = 50
MAX_CELL = 20_000  # characters kept of one
MAX_HEADER = 100  # characters of the name of a column
MAX_PROBLEMS = 200  # that are told; who has more has another problem
DELIMITERS = ",;\t|"

_SAMPLE = 100  # rows that are looked at to find out how the table is written
_MARKS = (  # the longer ones first: UTF-32 begins as UTF-16 does
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NO_TABLES = {  # what is chosen by mistake
    b"PK\x03\x04": "it is a workbook or an archive; save the sheet as CSV first",
    b"\xd0\xcf\x11\xe0": "it is a workbook; save the sheet as CSV first",
    b"%PDF": "it is a PDF",
    b"\x1f\x8b": "it is compressed",
}
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_LABEL = re.compile(r"[a-z][a-z0-9_.-]*(?: [a-z0-9_.-]+){0,3}")
_WORDS_OF_A_NAME = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one row, which is numbered from 1 as in the file, the header included."""

    row: int
    because: str


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` all have as many cells as there are `columns`; `numbers` says which row of the file each is."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    problems: tuple[Problem, ...] = ()
    numbers: tuple[int, ...] = ()
    has_header: bool = True


def read(content: bytes) -> Table:
    """The table in a file. Raises BadInput when it is none, or has more than MAX_OCTETS, MAX_ROWS or MAX_COLUMNS."""
    if len(content) > MAX_OCTETS:
        raise BadInput(f"a table has {MAX_OCTETS // 1024 // 1024} MB at most")
    text = _decoded(content)
    named, text = _named_delimiter(text)
    delimiter = named or _delimiter_of(text)
    problems: list[Problem] = []
    lines: list[tuple[int, list[str]]] = []
    for number, cells in enumerate(_records(text, delimiter), 2 if named else 1):
        if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise BadInput(f"row {number} has more than {MAX_COLUMNS} columns")
        if any(len(cell) > MAX_CELL for cell in cells):
            problems.append(Problem(number, f"a cell has more than {MAX_CELL:,} characters: is a quote never closed?"))
        cells = [_clean(cell[:MAX_CELL]) for cell in cells[:MAX_COLUMNS]]
        if any(cells):
            lines.append((number, cells))
        if len(lines) > MAX_ROWS + 1:
            raise BadInput(f"a table has {MAX_ROWS:,} rows at most")
    if not lines:
        raise BadInput("the table is empty")
    has_header = _is_header(lines[0][1], [cells for _, cells in lines[1:_SAMPLE]])
    if not has_header and len(lines) > MAX_ROWS:
        raise BadInput(f"a table has {MAX_ROWS:,} rows at most")
    columns = _columns(lines[0][1] if has_header else [], lines)
    rows, numbers = [], []
    for number, cells in lines[1:] if has_header else lines:
        if any(cells[len(columns) :]):
            problems.append(Problem(number, f"it has more cells than the {len(columns)} columns"))
        rows.append((*cells, *[""] * (len(columns) - len(cells)))[: len(columns)])
        numbers.append(number)
    return Table(columns, tuple(rows), tuple(problems[:MAX_PROBLEMS]), tuple(numbers), has_header)


def guess(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Which column is probably which field: `email`, `name` (or `first_name` and `last_name`), `interest`, `affiliation`; a field that no
    column seems to be, is left out. By the columns' names first, then by what is in them."""
    named = [_folded(column) for column in columns]
    found: dict[str, int] = {}
    sample = rows[:_SAMPLE]
    addresses = [_share(sample, place, _ADDRESS.fullmatch) for place in range(len(columns))]
    for field in ("email", "first_name", "last_name", "name", "interest", "affiliation"):
        place = _by_name(named, WORDS[field], taken=set(found.values()))
        if place is not None:
            found[field] = place
    if "email" not in found or addresses[found["email"]] == 0:
        best = max(range(len(columns)), key=lambda place: addresses[place], default=None)
        if best is not None and addresses[best] >= 0.5:
            found = {field: place for field, place in found.items() if place != best} | {"email": best}
    return _with_name(found, sample, len(columns))


def fits(column: str, word: str) -> bool:
    """Whether a column and a word (the name of a placeholder) are called the same, signs and case apart."""
    return bool(_folded(word)) and _folded(column) == _folded(word)


# --- reading


def _decoded(content: bytes) -> str:
    if not content.strip():
        raise BadInput("the table is empty")
    for start, because in _NO_TABLES.items():
        if content.startswith(start):
            raise BadInput(f"this is no table of separated values: {because}")
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None) or _guessed(content)
    text = content.decode(encoding, "replace").lstrip("\ufeff")
    sample = text[:10_000]
    if sum(character < " " and character not in "\r\n\t" for character in sample) * 20 > len(sample):
        raise BadInput("this is no table of separated values: it is not text")
    return text


def _guessed(content: bytes) -> str:
    """The encoding of octets that do not say it."""
    head = content[:4_000]
    for encoding, zeros, letters in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if zeros and zeros.count(0) * 2 > len(zeros) and letters.count(0) * 10 < len(letters):
            return encoding
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _named_delimiter(text: str) -> tuple[str, str]:
    """What spreadsheets write in front of the table, `sep=;`, and the rest."""
    line = text[:10].partition("\n")[0]
    found = re.fullmatch(r'"?sep=([,;|:~\t])"?\r?', line, re.IGNORECASE)
    return ("", text) if found is None else (found[1], text[len(line) + 1 :])


def _delimiter_of(text: str) -> str:
    """The one that cuts most rows into the same number of cells, and into more than one."""
    best, score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        try:
            widths = Counter(len(cells) for cells in islice(_records(text, delimiter), _SAMPLE) if any(cells))
        except BadInput:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
        found = (round(count / widths.total(), 1), width) if width > 1 else (0.0, 0)
        if found > score:
            best, score = delimiter, found
    return best


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            yield cells
    except csv.Error:  # a field beyond csv.field_size_limit, 131,072 characters
        raise BadInput(f"row {number + 1} cannot be read: a quote that is opened there is never closed") from None


def _clean(cell: str) -> str:
    return _CONTROLS.sub(" ", cell.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _is_header(first: list[str], rest: list[list[str]]) -> bool:
    if any(_ADDRESS.search(cell) for cell in first):
        return False
    known = {word for words in WORDS.values() for word in words}
    if any(_folded(cell) in known for cell in first):
        return True
    if not rest:
        return False
    for place in range(len(first)):
        if _share(rest, place, _ADDRESS.fullmatch) > 0.5:  # it is a column of addresses, and this is none
            return True
    filled = [cell for cell in first if cell]
    return len(filled) == len(set(filled)) and all(_LABEL.fullmatch(cell) for cell in filled)


def _columns(header: list[str], lines: list[tuple[int, list[str]]]) -> tuple[str, ...]:
    if header:
        while header and not header[-1]:
            header = header[:-1]
        width = len(header)
    else:
        width = max(max((place for place, cell in enumerate(cells, 1) if cell), default=1) for _, cells in lines)
    found: list[str] = []
    for place in range(width):
        name = " ".join((header[place] if header else "").split())[:MAX_HEADER] or f"Column {place + 1}"
        again = 2
        while name.casefold() in {each.casefold() for each in found}:
            name, again = f"{name.removesuffix(f' {again - 1}')} {again}", again + 1
        found.append(name)
    return tuple(found)


# --- guessing


def _folded(text: str) -> str:
    """A word as the table of words has it."""
    flat = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in flat if character.isalnum())


def _by_name(named: Sequence[str], words: Sequence[str], *, taken: set[int]) -> int | None:
    for word in words:
        for place, name in enumerate(named):
            if name == word and place not in taken:
                return place
    return None


def _with_name(found: dict[str, int], sample: Sequence[Sequence[str]], width: int) -> dict[str, int]:
    """One way to say a name: one column, or two, as names stand in columns that may be called anything."""
    if "first_name" in found and "last_name" not in found and "name" in found:
        if _share(sample, found["name"], _is_name) >= 0.5:
            del found["first_name"]
            return found
        found["last_name"] = found.pop("name")  # German tables: "Name" beside "Vorname"
    if "first_name" in found and "last_name" in found:
        if "name" in found and _share(sample, found["name"], _is_name) < 0.5:
            del found["name"]
        if "name" not in found:
            return found
    lone = found.pop("first_name", None), found.pop("last_name", None)
    if "name" not in found:
        left = [place for place in range(width) if place not in found.values()]
        given = next((place for place in lone if place is not None), None)
        named = [place for place in left if _share(sample, place, _is_name) > 0.5]
        place = given if given is not None else named[0] if named else None
        if place is not None:
            found["name"] = place
    return found


def _is_name(cell: str) -> bool:
    words = cell.split()
    return (
        _WORDS_OF_A_NAME <= len(words) <= 6
        and not any(character.isdigit() or character in "@/:!?;" for character in cell)
        and sum(word[0].isupper() for word in words) >= _WORDS_OF_A_NAME
    )


def _share(rows: Sequence[Sequence[str]], place: int, test: Callable[[str], object]) -> float:
    """Of the cells of a column that are not empty, how many pass."""
    cells = [row[place] for row in rows if place < len(row) and row[place]]
    return sum(bool(test(cell)) for cell in cells) / len(cells) if cells else 0.0
