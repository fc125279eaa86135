"""Tables: reading CSV and Excel files as rows, and writing them. The files are opened and made in a confined process.

`rows_of` and `write_rows` serve the sandbox's functions, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.tools.files import MAX_NAME, kept, opened
from mailwright.core.confined import Confined, Stopped

if TYPE_CHECKING:
    from mailwright.agents.tools.run import Run

SECONDS = 40.0  # for one table
IDLE_SECONDS = 60.0
MAX_FILE = 20 * 1024 * 1024  # octets of a table that is opened
MAX_ANSWER = 64 * 1024 * 1024
MAX_ROWS = 5_000  # that a model writes in one table
MAX_ALL_ROWS = 50_000  # that code in the sandbox reads or writes
MAX_ALL_CELLS = 500_000
MAX_COLUMNS = 200
MAX_SHOWN = 100  # rows in one answer
TYPES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Cell: TypeAlias = bool | int | float | Annotated[str, StringConstraints(max_length=32_767)] | None


class ReadArguments(BaseModel):
    """Of read_table."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME, description="A CSV or Excel file, as list_files tells it.")
    sheet: str = Field("", max_length=100, description="The sheet of an Excel file; the first when empty.")
    start: int = Field(0, ge=0, le=1_000_000, description="The first row wanted, counted from 0 below the heading.")
    rows: int = Field(20, ge=1, le=MAX_SHOWN, description="How many rows.")


class WriteArguments(BaseModel):
    """Of make_table."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME, description="A name that ends in .csv or .xlsx.")
    columns: list[Annotated[str, StringConstraints(max_length=200)]] = Field(min_length=1, max_length=MAX_COLUMNS)
    rows: list[list[Cell]] = Field(
        max_length=MAX_ROWS, description="Values in the order of the columns; numbers as numbers, days as 2026-03-06."
    )
    sheet: str = Field("Table", max_length=31, description="The name of the sheet.")
    attach: bool = Field(True, description="Whether the file goes out with the answer.")


@dataclass(frozen=True, slots=True)
class Table:
    """A piece of a table that was read. `more`: there are more rows than were counted."""

    sheets: list[str]
    sheet: str
    columns: list[dict[str, str]]
    rows: list[list[Any]]
    total: int
    more: bool


def confined() -> Confined:
    """The process tables are read and made in."""
    job = Path(__file__).with_name("tables_child.py")
    return Confined(job, seconds=SECONDS, idle_seconds=IDLE_SECONDS, scratch=True)


def tools(run: Run) -> tuple[Tool, ...]:
    """read_table, make_table."""

    async def read_table(arguments: ReadArguments) -> str:
        return _told(
            await rows_of(run, arguments.name, arguments.sheet, arguments.start, arguments.rows), arguments.start
        )

    async def make_table(arguments: WriteArguments) -> str:
        name, size = await write_rows(
            run, arguments.name, arguments.columns, arguments.rows, sheet=arguments.sheet, attached=arguments.attach
        )
        return f"{kept(name, size, attached=arguments.attach)} It has {len(arguments.rows)} rows."

    return (
        Tool(
            "read_table",
            "Read a CSV or Excel file as a table: its columns with their types, how many rows there are, and some rows.",
            ReadArguments,
            read_table,
        ),
        Tool(
            "make_table",
            "Write a table as a CSV or Excel file. Values only: a text that begins with = stays a text.",
            WriteArguments,
            make_table,
        ),
    )


async def rows_of(run: Run, name: str, sheet: str = "", start: int = 0, rows: int = MAX_ALL_ROWS) -> Table:
    """A piece of a table. Raises ToolFailed."""
    file = await opened(run, name)
    if len(file.content) > MAX_FILE:
        raise ToolFailed(f"the table is larger than {MAX_FILE // 1024**2} MB")
    is_workbook = file.content.startswith(b"PK") or file.content_type == TYPES[".xlsx"]
    head = {
        "kind": "read",
        "extension": ".xlsx" if is_workbook else ".csv",
        "sheet": sheet,
        "start": start,
        "rows": min(rows, MAX_ALL_ROWS),
    }
    return Table(**json.loads(await asked(run.shop.tables, head, file.content, what="the table")))


async def write_rows(
    run: Run, name: str, columns: list[str], rows: list[list[Any]], *, sheet: str = "Table", attached: bool = True
) -> tuple[str, int]:
    """Write a table; the name it has got, and its octets. Raises ToolFailed."""
    ending = next((each for each in TYPES if name.lower().strip().endswith(each)), None)
    if ending is None:
        raise ToolFailed("the name of a table ends in .csv or .xlsx")
    if len(rows) > MAX_ALL_ROWS or sum(len(row) for row in rows) > MAX_ALL_CELLS:
        raise ToolFailed(f"a table may have {MAX_ALL_ROWS} rows and {MAX_ALL_CELLS} cells")
    if any(len(row) > len(columns) for row in rows):
        raise ToolFailed(f"a row has more values than there are columns ({len(columns)})")
    await run.allow(Effect(Action.WRITE, name))
    table = {"format": ending[1:], "sheet": sheet, "columns": columns, "rows": rows}
    content = await asked(run.shop.tables, {"kind": "write"}, json.dumps(table).encode(), what="the table")
    return await run.folder.write(name, content, TYPES[ending], attached=attached), len(content)


async def asked(process: Confined, head: dict[str, Any], data: bytes, *, what: str) -> bytes:
    """What a confined process makes of it. Raises ToolFailed."""
    try:
        answer = await process.ask(head, data, limit=MAX_ANSWER)
    except Stopped as stopped:
        why = "it takes too long" if stopped.timed_out else "it needs more than a file may"
        raise ToolFailed(f"{what} was given up: {why}") from None
    if not answer.content:
        raise ToolFailed(f"{what} failed: {answer.because}")
    return answer.content


def _told(table: Table, start: int) -> str:
    out = []
    if len(table.sheets) > 1:
        out.append(
            f"Sheets: {json.dumps(table.sheets, ensure_ascii=False)}; this is {json.dumps(table.sheet, ensure_ascii=False)}."
        )
    columns = ", ".join(f"{json.dumps(each['name'], ensure_ascii=False)} ({each['type']})" for each in table.columns)
    out.append(f"Columns: {columns or 'none'}")
    out.append(f"Rows: {'more than ' if table.more else ''}{table.total}")
    if table.rows:
        out.append(f"Rows {start} to {start + len(table.rows) - 1}:")
        out += [json.dumps(row, ensure_ascii=False) for row in table.rows]
    return "\n".join(out)
