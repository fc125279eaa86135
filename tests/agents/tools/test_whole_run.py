"""A whole run: a model uses its tools, and what it made and found out comes back with the answer, from the mail to the outbox."""

from __future__ import annotations

import io
import json
from typing import Any

import pypdfium2
from openpyxl import load_workbook
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from mailwright.agents import employee
from mailwright.agents.employee.parts import Reach
from mailwright.agents.models import Models
from mailwright.agents.models.toolbox import schema
from mailwright.agents.tools import Workshop
from mailwright.codecs import mime
from tests.agents.conftest import Office
from tests.agents.tools.conftest import Sit, mail

LIST = b"name,sum\nAda,3\nChen,4\n"


def call(name: str, /, **arguments: Any) -> ModelResponse:
    return ModelResponse([ToolCallPart(name, arguments)])


def model(*turns: ModelResponse, seen: list[str]) -> FunctionModel:
    """Plays its turns, and notes what tools told it."""
    waiting = list(turns)

    async def play(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        seen[:] = [str(part.content) for each in messages for part in each.parts if isinstance(part, ToolReturnPart)]
        return waiting.pop(0)

    return FunctionModel(play)


async def test_a_run_computes_makes_files_and_sends_them_back(office: Office, shop: Workshop) -> None:
    seen: list[str] = []
    plot = {"name": "c.png", "form": "bar", "labels": ["Ada", "Chen"], "series": [{"values": [3, 4]}], "attach": False}
    turns = [
        call("read_table", name="sums.csv"),
        call("run_python", code="print(sum(row[1] for row in read_table('sums.csv')['rows']))"),
        call("make_table", name="sums.xlsx", columns=["name", "sum"], rows=[["Ada", 3], ["Chen", 4], ["Total", 7]]),
        call("make_chart", **plot),
        call(
            "make_document",
            name="sums.pdf",
            blocks=[{"type": "heading", "text": "Sums"}, {"type": "picture", "name": "c.png"}],
        ),
        call("final_result", text="The total is 7; table and report are attached."),
    ]
    models = Models({"judge": ("rules",), "work": ("scripted:one",)}, given={"scripted:one": model(*turns, seen=seen)})
    employee.configure(office.core, models, reach=Reach(shop=shop))
    text = "Please total the attached list and send me a spreadsheet and a PDF with a chart."
    message_id = await office.receive(
        "", raw=mail(text, ("sums.csv", "text/csv", LIST)), sender="ada@mailwright.test", account="ada"
    )
    assert await office.run(message_id) == "complete"
    assert any("\n7\n" in each for each in seen), seen
    ((row, parsed),) = await office.sent()
    raw = await office.core.blobs.read(row.blob_id)
    assert "The total is 7" in mime.body_text(raw, parsed)
    files = {part.filename: mime.decode_body(raw, part) for part in parsed.attachments}
    assert list(files) == ["sums.xlsx", "sums.pdf"]
    sheet = load_workbook(io.BytesIO(files["sums.xlsx"])).active
    assert [cell.value for cell in sheet[4]] == ["Total", 7]
    assert "Sums" in pypdfium2.PdfDocument(files["sums.pdf"])[0].get_textpage().get_text_bounded()


async def test_every_tool_has_a_schema_that_a_model_can_read(sit: Sit) -> None:
    desk = await sit()
    assert set(desk.tools) == {
        "list_files",
        "make_chart",
        "make_document",
        "make_table",
        "read_file",
        "read_table",
        "read_thread",
        "run_python",
        "send_mail",
        "write_file",
    }
    for tool in desk.tools.values():
        made = schema(tool)
        assert made["type"] == "object"
        assert len(json.dumps(made)) < 6_000
        assert 20 < len(tool.description) < 800
