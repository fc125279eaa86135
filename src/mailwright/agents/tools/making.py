"""Making charts and documents: PNG, Word and PDF, in a confined process that knows neither network nor files of ours."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.tools.files import MAX_NAME, kept, opened
from mailwright.agents.tools.tables import asked
from mailwright.core.confined import Confined

if TYPE_CHECKING:
    from mailwright.agents.tools.run import Run

SECONDS = 75.0  # for one file: the first chart of a process takes some, a long document takes many
IDLE_SECONDS = 60.0
MAX_SERIES = 20
MAX_POINTS = 5_000  # of one series
MAX_BLOCKS = 500  # of a document: some hundred pages
MAX_DOCUMENT = 500_000  # characters of it
MAX_PICTURES = 20
MAX_PICTURE = 5 * 1024 * 1024  # octets
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

Short: TypeAlias = Annotated[str, StringConstraints(max_length=300)]
Long: TypeAlias = Annotated[str, StringConstraints(max_length=20_000)]
Number: TypeAlias = Annotated[float, Field(ge=-1e300, le=1e300, allow_inf_nan=False)] | None


class Series(BaseModel):
    """One line, one colour of bars, one cloud of points."""

    model_config = ConfigDict(extra="forbid")

    name: Short = ""
    values: list[Number] = Field(min_length=1, max_length=MAX_POINTS)
    x: list[Number] | None = Field(None, max_length=MAX_POINTS, description="For scatter: where each value stands.")


class ChartArguments(BaseModel):
    """Of make_chart."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME, description="A name that ends in .png.")
    form: Literal["bar", "line", "scatter", "pie"]
    title: Short = ""
    labels: list[Short] = Field(
        default_factory=list, max_length=MAX_POINTS, description="One for each value; not for scatter."
    )
    series: list[Series] = Field(min_length=1, max_length=MAX_SERIES)
    x_label: Short = ""
    y_label: Short = ""
    attach: bool = Field(True, description="Whether the picture goes out with the answer.")


class Heading(BaseModel):
    """A heading."""

    type: Literal["heading"]
    text: Short
    level: int = Field(1, ge=1, le=3)


class Paragraph(BaseModel):
    """A paragraph."""

    type: Literal["paragraph"]
    text: Long = Field(description="**Two stars** make words bold.")


class Points(BaseModel):
    """A list."""

    type: Literal["list"]
    items: list[Long] = Field(min_length=1, max_length=500)
    numbered: bool = False


class Rows(BaseModel):
    """A table."""

    type: Literal["table"]
    columns: list[Short] = Field(min_length=1, max_length=20)
    rows: list[list[bool | int | float | Long | None]] = Field(max_length=2_000)


class Picture(BaseModel):
    """A picture that is in the conversation or was made in this run."""

    type: Literal["picture"]
    name: str = Field(min_length=1, max_length=MAX_NAME, description="A PNG or JPEG file.")
    caption: Short = ""


class Break(BaseModel):
    """A new page."""

    type: Literal["page"]


Block: TypeAlias = Annotated[Heading | Paragraph | Points | Rows | Picture | Break, Field(discriminator="type")]


class DocumentArguments(BaseModel):
    """Of make_document."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME, description="A name that ends in .docx or .pdf.")
    title: Short = ""
    blocks: list[Block] = Field(min_length=1, max_length=MAX_BLOCKS)
    attach: bool = Field(True, description="Whether the file goes out with the answer.")


def confined() -> Confined:
    """The process files are made in."""
    job = Path(__file__).with_name("making_child.py")
    return Confined(job, seconds=SECONDS, idle_seconds=IDLE_SECONDS, scratch=True)


def tools(run: Run) -> tuple[Tool, ...]:
    """make_chart, make_document."""

    async def make_chart(arguments: ChartArguments) -> str:
        if not arguments.name.lower().strip().endswith(".png"):
            raise ToolFailed("the name of a chart ends in .png")
        await run.allow(Effect(Action.WRITE, arguments.name))
        wanted = arguments.model_dump(exclude={"name", "attach"}) | {"kind": "chart"}
        return await _made(run, arguments.name, wanted, "image/png", attached=arguments.attach)

    async def make_document(arguments: DocumentArguments) -> str:
        name = arguments.name.lower().strip()
        kind = "docx" if name.endswith(".docx") else "pdf" if name.endswith(".pdf") else None
        if kind is None:
            raise ToolFailed("the name of a document ends in .docx or .pdf")
        await run.allow(Effect(Action.WRITE, arguments.name))
        blocks = [await _block(run, block) for block in arguments.blocks]
        wanted = {"kind": kind, "title": arguments.title, "blocks": blocks}
        _check(arguments)
        content_type = DOCX if kind == "docx" else "application/pdf"
        return await _made(run, arguments.name, wanted, content_type, attached=arguments.attach)

    return (
        Tool("make_chart", "Draw a chart (bar, line, scatter, pie) as a PNG picture.", ChartArguments, make_chart),
        Tool(
            "make_document",
            "Write a document as Word (.docx) or PDF: headings, paragraphs, lists, tables, pictures, new pages.",
            DocumentArguments,
            make_document,
        ),
    )


async def _made(run: Run, name: str, wanted: dict[str, Any], content_type: str, *, attached: bool) -> str:
    content = await asked(run.shop.maker, {}, json.dumps(wanted).encode(), what="the file")
    called = await run.folder.write(name, content, content_type, attached=attached)
    return kept(called, len(content), attached=attached)


async def _block(run: Run, block: Block) -> dict[str, Any]:
    if not isinstance(block, Picture):
        return block.model_dump()
    file = await opened(run, block.name)
    if len(file.content) > MAX_PICTURE or not file.content.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff")):
        raise ToolFailed(
            f"only PNG and JPEG pictures of at most {MAX_PICTURE // 1024**2} MB can be put into a document"
        )
    return block.model_dump() | {"content": base64.b64encode(file.content).decode()}


def _check(arguments: DocumentArguments) -> None:
    """Bounds of the whole. Raises ToolFailed."""
    if len(arguments.model_dump_json()) > 2 * MAX_DOCUMENT:
        raise ToolFailed(f"a document may have {MAX_DOCUMENT} characters")
    if sum(isinstance(block, Picture) for block in arguments.blocks) > MAX_PICTURES:
        raise ToolFailed(f"a document may have {MAX_PICTURES} pictures")
