"""Running Python in the sandbox. What the code may reach are the files of the run, through the same checks as every tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.tools.files import MAX_NAME, MAX_TEXT, text_of, write_text
from mailwright.agents.tools.tables import MAX_ALL_ROWS, MAX_COLUMNS, Cell, rows_of, write_rows

if TYPE_CHECKING:
    from mailwright.agents.tools.run import Run

MAX_CODE = 50_000  # characters
MAX_MADE_TEXT = 4 * MAX_TEXT  # characters of one file that code writes
DESCRIPTION = """\
Run Python in a sandbox: most of the language, and the modules json, csv, re, math, decimal, datetime, collections, itertools, functools, \
random, base64, hashlib. No network, no other modules, no files but by these functions: list_files() -> names; read_file(name) -> text; \
write_file(name, text, attach=True) -> name; read_table(name, sheet="") -> {"columns": [...], "rows": [[...], ...]}; \
write_table(name, columns, rows, attach=True) -> name. Only what is printed comes back. Ten seconds, 128 MB."""


class Arguments(BaseModel):
    """Of run_python."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=MAX_CODE, description="The program. Print what you want to know.")


class _Name(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME)


class _TableName(_Name):
    sheet: str = Field("", max_length=100)


class _Text(_Name):
    text: str = Field(max_length=MAX_MADE_TEXT)
    attach: bool = True


class _Rows(_Name):
    columns: list[str] = Field(min_length=1, max_length=MAX_COLUMNS)
    rows: list[list[Cell]] = Field(max_length=MAX_ALL_ROWS)
    attach: bool = True


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


A = TypeVar("A", bound=BaseModel)


def tools(run: Run) -> tuple[Tool, ...]:
    """run_python."""

    async def run_python(arguments: Arguments) -> str:
        await run.allow(Effect(Action.COMPUTE, "python"))
        functions = {
            "list_files": lambda args, named: _list_files(run, _bound(_Nothing, args, named)),
            "read_file": lambda args, named: _read_file(run, _bound(_Name, args, named)),
            "write_file": lambda args, named: _write_file(run, _bound(_Text, args, named)),
            "read_table": lambda args, named: _read_table(run, _bound(_TableName, args, named)),
            "write_table": lambda args, named: _write_table(run, _bound(_Rows, args, named)),
        }
        ran = await run.shop.sandbox.run(arguments.code, functions)
        said = ran.printed + ("\n[more was printed than is kept]" if ran.cut else "")
        if ran.error:
            # The end of a long output would be cut off: the error comes first.
            return f"It ended with an error:\n{ran.error}\nPrinted before that:\n{said}"
        return said or "It ran to its end and printed nothing."

    return (Tool("run_python", DESCRIPTION, Arguments, run_python),)


async def _list_files(run: Run, _arguments: _Nothing) -> list[str]:
    await run.allow(Effect(Action.READ, "files"))
    return [file.name for file in await run.folder.listed()]


async def _read_file(run: Run, arguments: _Name) -> str:
    return await text_of(run, arguments.name)


async def _write_file(run: Run, arguments: _Text) -> str:
    return await write_text(run, arguments.name, arguments.text, attached=arguments.attach)


async def _read_table(run: Run, arguments: _TableName) -> dict[str, Any]:
    table = await rows_of(run, arguments.name, arguments.sheet)
    if table.total > len(table.rows):
        raise ToolFailed(f"the table has {table.total} rows; {MAX_ALL_ROWS} can be read")
    return {"columns": [column["name"] for column in table.columns], "rows": table.rows}


async def _write_table(run: Run, arguments: _Rows) -> str:
    return (await write_rows(run, arguments.name, arguments.columns, arguments.rows, attached=arguments.attach))[0]


def _bound(model: type[A], args: tuple[Any, ...], named: dict[str, Any]) -> A:
    """The arguments of a call, by place and by name, checked. Raises ValueError."""
    names = list(model.model_fields)
    if len(args) > len(names) or set(names[: len(args)]) & set(named):
        raise ValueError(f"the arguments are: {', '.join(names) or 'none'}")
    try:
        return model.model_validate({**dict(zip(names, args, strict=False)), **named})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise ValueError(f"{'.'.join(str(each) for each in first['loc'][:3])}: {first['msg']}"[:300]) from None
