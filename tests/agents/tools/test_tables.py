"""Tables in and out: typed, bounded, and never calculated."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from mailwright.agents.models.tools import ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.tools import tables_child
from tests.agents.tools.conftest import Sit
from tests.core import files

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPTING = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", " =1", "＝1+1"]


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def test_a_table_is_told_with_types_and_rows(sit: Sit) -> None:
    data = "Name;Größe;Betrag;Tag;Telefon\nAda;3;1.234,50;2026-03-06;0049 30\nChen;4;2,5;2026-03-07;+49 30\n"
    desk = await sit("Read.", ("a.csv", "text/csv", data.encode("cp1252")))
    assert await desk.use("read_table", name="a.csv") == (
        'Columns: "Name" (text), "Größe" (number), "Betrag" (number with a decimal comma), "Tag" (date), "Telefon" (text)\n'
        "Rows: 2\nRows 0 to 1:\n"
        '["Ada", 3, "1.234,50", "2026-03-06", "0049 30"]\n["Chen", 4, "2,5", "2026-03-07", "+49 30"]'
    )
    assert Effect(Action.READ, "a.csv") in desk.monitor.effects


async def test_sheets_are_read_by_name_and_in_pieces(sit: Sit) -> None:
    data = workbook(First=[["n"], *[[number] for number in range(500)]], Second=[["x", "y"], [True, None], [1.5, "z"]])
    desk = await sit("Read.", ("a.xlsx", XLSX, data))
    said = await desk.use("read_table", name="a.xlsx", start=100, rows=2)
    assert (
        said
        == 'Sheets: ["First", "Second"]; this is "First".\nColumns: "n" (number)\nRows: 500\nRows 100 to 101:\n[100]\n[101]'
    )
    said = await desk.use("read_table", name="a.xlsx", sheet="second")
    assert said.endswith('Columns: "x" (mixed), "y" (text)\nRows: 2\nRows 0 to 1:\n[true, null]\n[1.5, "z"]')
    with pytest.raises(ToolFailed, match="no sheet of that name; there are: First, Second"):
        await desk.use("read_table", name="a.xlsx", sheet="Third")


async def test_odd_tables_are_read_as_far_as_they_go(sit: Sit) -> None:
    desk = await sit(
        "Read.",
        ("uneven.csv", "text/csv", b"\n\na,a,\n1,2,3,4\n5\n"),
        ("one.csv", "text/csv", b"only\nx\n"),
        ("tabs.tsv", "text/tab-separated-values", "a\tb\n1\t2\n".encode("utf-16")),
        ("empty.csv", "text/csv", b" \n"),
        ("garbage.xlsx", XLSX, b"PK\x03\x04nothing"),
    )
    said = await desk.use("read_table", name="uneven.csv")
    assert '"a" (number), "a (2)" (number), "column 3" (number), "column 4" (number)' in said
    assert "[5, null, null, null]" in said
    assert '"only" (text)' in await desk.use("read_table", name="one.csv")
    assert '"b" (number)' in await desk.use("read_table", name="tabs.tsv")
    for name in ("empty.csv", "garbage.xlsx"):
        with pytest.raises(ToolFailed, match="the table failed"):
            await desk.use("read_table", name=name)


async def test_tables_that_want_to_be_large_are_harmless(sit: Sit) -> None:
    bomb = files.zipped({"xl/worksheets/sheet1.xml": b"0" * (tables_child.UNPACKED + 1)})
    wide = workbook(Sheet=[["a"]])
    source = io.BytesIO(wide)
    with zipfile.ZipFile(source, "a") as archive:
        row = "".join(f'<row r="{number}"><c r="XFD{number}"><v>1</v></c></row>' for number in range(2, 20_000))
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
            f'<sheetData><row r="1"><c r="A1"><v>7</v></c></row>{row}<row r="1048576"><c r="A1048576"><v>9</v></c></row>'
            "</sheetData></worksheet>",
        )
    desk = await sit(
        "Read.",
        ("bomb.xlsx", XLSX, bomb),
        ("wide.xlsx", XLSX, source.getvalue()),
        ("long.csv", "text/csv", b"a,b\n" + b"1,2\n" * 400_000),
        ("line.csv", "text/csv", b'a,b\n"' + b"x" * 3_000_000),
    )
    with pytest.raises(ToolFailed, match="it unpacks to more than a file may"):
        await desk.use("read_table", name="bomb.xlsx")
    said = await desk.use("read_table", name="wide.xlsx", rows=3)
    assert "Rows: more than 500000" in said
    assert len(said) < 5_000
    assert "Rows: 400000" in await desk.use("read_table", name="long.csv")
    with pytest.raises(ToolFailed, match="cannot be used as a table"):
        await desk.use("read_table", name="line.csv")


async def test_entities_in_a_workbook_are_not_expanded(sit: Sit) -> None:
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "ha"}">' for i in range(12))
    source = io.BytesIO(workbook(Sheet=[["a"]]))
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<?xml version="1.0"?><!DOCTYPE x [{entities}<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
            '<c r="A1" t="inlineStr"><is><t>&a11;&e;</t></is></c></row></sheetData></worksheet>',
        )
    desk = await sit("Read.", ("evil.xlsx", XLSX, source.getvalue()))
    try:
        said = await desk.use("read_table", name="evil.xlsx")
    except ToolFailed as failed:
        said = str(failed)
    assert "root:" not in said
    assert len(said) < 1_000


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
async def test_a_table_that_was_made_reads_as_it_was_given(sit: Sit, name: str) -> None:
    desk = await sit()
    rows = [["Ada", 3, "2026-03-06", True], ["Größe 漢字", -2.5, "2026-03-07", None]]
    said = await desk.use("make_table", name=name, columns=["who", "n", "day", "yes"], rows=rows)
    assert f"Made {name}" in said
    assert "2 rows" in said
    told = await desk.use("read_table", name=name)
    assert '"n" (number), "day" (date)' in told
    assert '["Größe 漢字", -2.5, "2026-03-07", null]' in told


async def test_text_that_looks_like_a_formula_stays_text_in_excel(sit: Sit) -> None:
    desk = await sit()
    await desk.use("make_table", name="t.xlsx", columns=["=1+1", "b"], rows=[[text, -5] for text in TEMPTING])
    data = (await desk.files())["t.xlsx"]
    sheet = load_workbook(io.BytesIO(data)).active
    assert {cell.data_type for row in sheet.iter_rows(max_col=1) for cell in row} == {"s"}
    assert all(
        cell.quotePrefix for cell in [row[0] for row in sheet.iter_rows()] if not str(cell.value).startswith(" ")
    )
    assert sheet["B2"].value == -5
    assert b"<f>" not in b"".join(
        zipfile.ZipFile(io.BytesIO(data)).read(each) for each in zipfile.ZipFile(io.BytesIO(data)).namelist()
    )


async def test_text_that_looks_like_a_formula_stays_text_in_a_csv_file(sit: Sit) -> None:
    desk = await sit()
    await desk.use(
        "make_table", name="t.csv", columns=["a"], rows=[[text] for text in [*TEMPTING, "-5", "+49", "-1,5", -7]]
    )
    text = (await desk.files())["t.csv"].decode("utf-8-sig")
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert all(cell.startswith("'") for cell in cells[: len(TEMPTING)])
    assert cells[len(TEMPTING) :] == ["-5", "+49", "-1,5", "-7"]


async def test_a_table_with_too_much_in_it_or_another_name_is_refused(sit: Sit) -> None:
    desk = await sit()
    for arguments, told in (
        ({"name": "a.txt", "columns": ["a"], "rows": []}, "ends in .csv or .xlsx"),
        ({"name": "a.csv", "columns": ["a"], "rows": [[1, 2]]}, "more values than there are columns"),
    ):
        with pytest.raises(ToolFailed, match=told):
            await desk.use("make_table", **arguments)
    desk.monitor.deny(Action.WRITE)
    with pytest.raises(ToolFailed, match="not allowed"):
        await desk.use("make_table", name="a.csv", columns=["a"], rows=[])
