"""Charts and documents: made as asked, and nothing in a text is anything but text."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from docx import Document
from PIL import Image

from mailwright.agents.models.tools import ToolFailed
from mailwright.agents.policy.effects import Action
from tests.agents.tools.conftest import Sit

SERIES: list[dict[str, Any]] = [{"name": "Ada", "values": [1, 2.5, None]}, {"name": "_Chen", "values": [3, 4, 5]}]


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("PNG",))


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


@pytest.mark.parametrize("form", ["bar", "line", "pie", "scatter"])
async def test_a_chart_of_each_form_is_a_picture(sit: Sit, form: str) -> None:
    desk = await sit()
    series = SERIES if form != "scatter" else [{"values": [1, 2], "x": [3, 4]}]
    labels = [] if form == "scatter" else ["März", "漢", "$x^2$"]
    said = await desk.use("make_chart", name="c.png", form=form, title="Sales in $", labels=labels, series=series)
    assert "Made c.png" in said
    drawn = picture((await desk.files())["c.png"])
    assert drawn.size == (1200, 750)
    assert len(drawn.convert("RGB").getcolors(1_000_000) or []) > 10


async def test_charts_that_cannot_be_drawn_say_why(sit: Sit) -> None:
    desk = await sit()
    for arguments, told in (
        ({"name": "c.gif", "form": "bar", "series": SERIES}, "ends in .png"),
        ({"name": "c.png", "form": "bar", "labels": ["a"], "series": SERIES}, "1 labels for 3 values"),
        ({"name": "c.png", "form": "pie", "series": [{"values": [-1, 2]}]}, "above zero"),
        ({"name": "c.png", "form": "scatter", "series": [{"values": [1], "x": [1, 2]}]}, "as many x"),
        ({"name": "c.png", "form": "line", "series": [{"values": [1]}, {"values": [1, 2]}]}, "as many values"),
    ):
        with pytest.raises(ToolFailed, match=told):
            await desk.use("make_chart", **arguments)
    desk.monitor.deny(Action.WRITE)
    with pytest.raises(ToolFailed, match="not allowed"):
        await desk.use("make_chart", name="c.png", form="bar", series=SERIES)


def blocks(picture_name: str) -> list[dict[str, Any]]:
    return [
        {"type": "heading", "text": "Überblick & <b>", "level": 2},
        {
            "type": "paragraph",
            "text": "Plain and **strong** Ελληνικά Русский\nnext line <img src='file:///etc/passwd'/>",
        },
        {"type": "list", "items": ["one", "two"], "numbered": True},
        {"type": "table", "columns": ["a", "b"], "rows": [[1, "=1+1"], [None, True], [2.5]]},
        {"type": "picture", "name": picture_name, "caption": "The chart"},
        {"type": "page"},
        {"type": "paragraph", "text": "The end"},
    ]


async def test_a_word_document_has_everything_that_was_asked_for(sit: Sit) -> None:
    desk = await sit()
    await desk.use("make_chart", name="c.png", form="bar", series=SERIES, attach=False)
    await desk.use("make_document", name="report.docx", title="Report", blocks=blocks("c.png"))
    document = Document(io.BytesIO((await desk.files())["report.docx"]))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert "Überblick & <b>" in texts
    assert "Plain and strong Ελληνικά Русский\nnext line <img src='file:///etc/passwd'/>" in texts
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["1", "=1+1"]
    assert len(document.inline_shapes) == 1
    assert document.core_properties.author == ""


async def test_a_pdf_has_its_fonts_and_everything_that_was_asked_for(sit: Sit) -> None:
    desk = await sit()
    await desk.use("make_chart", name="c.png", form="bar", series=SERIES, attach=False)
    await desk.use("make_document", name="report.pdf", title="Report", blocks=blocks("c.png"))
    data = (await desk.files())["report.pdf"]
    text = text_of(data)
    assert "Überblick & <b>" in text
    assert "Plain and strong Ελληνικά Русский" in text
    assert "<img src='file:///etc/passwd'/>" in text
    assert len(pypdfium2.PdfDocument(data)) == 2
    assert b"/FontFile2" in data
    await desk.run.save()


async def test_long_documents_and_tables_go_over_many_pages(sit: Sit) -> None:
    desk = await sit()
    rows = [[number, "word " * 20] for number in range(400)]
    await desk.use("make_document", name="l.pdf", blocks=[{"type": "table", "columns": ["n", "text"], "rows": rows}])
    assert len(pypdfium2.PdfDocument((await desk.files())["l.pdf"])) > 5


async def test_a_document_takes_pictures_and_nothing_else(sit: Sit, tmp_path: Path) -> None:
    huge = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(huge, "PNG")
    desk = await sit(
        "Put them in.",
        ("notes.txt", "text/plain", b"text"),
        ("huge.png", "image/png", huge.getvalue()),
        ("broken.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    )
    for name, told in (
        ("notes.txt", "only PNG and JPEG"),
        ("/etc/passwd", "there is no file"),
        ("huge.png", "its library refused"),
        ("broken.png", "its library refused"),
    ):
        with pytest.raises(ToolFailed, match=told):
            await desk.use("make_document", name="d.pdf", blocks=[{"type": "picture", "name": name}])
    desk.monitor.deny(Action.READ)
    with pytest.raises(ToolFailed, match="not allowed"):
        await desk.use("make_document", name="d.pdf", blocks=[{"type": "picture", "name": "huge.png"}])


@pytest.mark.parametrize("name", ["d.pdf", "d.docx"])
async def test_markup_controls_and_odd_signs_are_set_as_they_are(sit: Sit, name: str) -> None:
    desk = await sit()
    text = "<a href='file:///etc/passwd'>x</a> <font name='x'> &amp; \x00\x07 ** ** **a ]]> {{7*7}} 😀 العربية"
    await desk.use("make_document", name=name, title=text, blocks=[{"type": "paragraph", "text": text}])
    data = (await desk.files())[name]
    said = text_of(data) if name == "d.pdf" else "\n".join(each.text for each in Document(io.BytesIO(data)).paragraphs)
    assert "<a href='file:///etc/passwd'>x</a> <font name='x'> &amp;" in said
    assert "root:" not in said
