"""Tables of people: in every encoding and shape that programs export, and hostile ones."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import csvtable
from mailwright.codecs.csvtable import MAX_COLUMNS, MAX_OCTETS, MAX_ROWS, Table, guess, read
from mailwright.domain.refusals import BadInput

PEOPLE = "Name;E-Mail;Thema\r\nZoë Müller;zoe@uni.example;Gezeiten\r\nJosé Núñez;jose@uni.example;Häfen – und mehr\r\n"


def _cells(text: str) -> Table:
    return read(text.encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_same_table_is_read_in_every_encoding(encoding: str) -> None:
    table = read(PEOPLE.encode(encoding))
    assert table.columns == ("Name", "E-Mail", "Thema")
    assert table.rows == (
        ("Zoë Müller", "zoe@uni.example", "Gezeiten"),
        ("José Núñez", "jose@uni.example", "Häfen – und mehr"),
    )
    assert (table.problems, table.numbers, table.has_header) == ((), (2, 3), True)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_every_delimiter_and_line_end_is_found_out(delimiter: str, end: str) -> None:
    lines = [
        delimiter.join(("name", "email", "interest")),
        delimiter.join(("Ada Byron", "ada@uni.example", f'"engines{delimiter} and ""numbers"""')),
        delimiter.join(("Bo Lund", "bo@uni.example", "")),
    ]
    table = _cells(end.join(lines))
    assert table.rows[0] == ("Ada Byron", "ada@uni.example", f'engines{delimiter} and "numbers"')
    assert table.rows[1] == ("Bo Lund", "bo@uni.example", "")


def test_spreadsheets_may_say_the_delimiter_themselves() -> None:
    table = _cells("sep=|\r\nname|email\r\nAda, Countess|ada@uni.example\r\n")
    assert (table.columns, table.rows, table.numbers) == (
        ("name", "email"),
        (("Ada, Countess", "ada@uni.example"),),
        (3,),
    )


def test_rows_are_numbered_as_a_spreadsheet_does_and_empty_ones_are_passed_over() -> None:
    table = _cells('name,interest\n\n,,\n"Ada\nByron",engines\nBo Lund\nCy,maps,more\n')
    assert table.rows == (("Ada\nByron", "engines"), ("Bo Lund", ""), ("Cy", "maps"))
    assert table.numbers == (4, 5, 6)
    assert [(each.row, each.because) for each in table.problems] == [(6, "it has more cells than the 2 columns")]


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("ada@uni.example,Ada Byron\nbo@uni.example,Bo Lund", False),
        ("Ada Byron\nBo Lund", False),
        ("Ada Byron,engines\nBo Lund,maps", False),
        ("Sprecherin,Adresse\nAda Byron,ada@uni.example", True),
        ("speaker,talk_title\nAda Byron,Engines", True),
        ("Prénom,Nom\nAda,Byron", True),
        ("name,email", True),
        ("Ada Byron,ada@uni.example", False),
    ],
)
def test_a_header_is_told_from_a_first_row(text: str, has_header: bool) -> None:
    table = _cells(text)
    assert table.has_header is has_header
    assert len(table.rows) == len(text.split("\n")) - has_header
    if not has_header:
        assert table.columns[0] == "Column 1"


def test_columns_have_names_of_their_own_and_empty_ones_at_the_end_go() -> None:
    table = _cells("name,,Name,name,,\nAda,1,2,3,,\n")
    assert table.columns == ("name", "Column 2", "Name 2", "name 3")
    assert table.rows == (("Ada", "1", "2", "3"),)


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "Full name,Email address,Research interests,University",
            {"name": 0, "email": 1, "interest": 2, "affiliation": 3},
        ),
        ("First Name,Last Name,E-mail", {"first_name": 0, "last_name": 1, "email": 2}),
        ("Vorname;Nachname;E-Mail-Adresse;Fachgebiet", {"first_name": 0, "last_name": 1, "email": 2, "interest": 3}),
        ("Name;Vorname;Hochschule", {"last_name": 0, "first_name": 1, "affiliation": 2}),
        ("Nom;Prénom;Courriel;Établissement", {"last_name": 0, "first_name": 1, "email": 2, "affiliation": 3}),
        ("Nombre;Apellidos;Correo electrónico;Área", {"first_name": 0, "last_name": 1, "email": 2, "interest": 3}),
        ("Nome;Cognome;Indirizzo e-mail;Azienda", {"first_name": 0, "last_name": 1, "email": 2, "affiliation": 3}),
        ("Voornaam;Achternaam;E-mailadres;Vakgebied", {"first_name": 0, "last_name": 1, "email": 2, "interest": 3}),
        ("Nome completo;Endereço de e-mail;Instituição", {"name": 0, "affiliation": 2}),
        ("Naam;Onderwerp", {"name": 0, "interest": 1}),
        ("Nom;Sujet", {"name": 0, "interest": 1}),
    ],
)
def test_columns_are_guessed_by_their_names_in_seven_languages(header: str, fields: dict[str, int]) -> None:
    columns = header.replace(";", ",").split(",")
    assert guess(columns, [["x"] * len(columns)]) == fields


def test_columns_are_guessed_by_what_is_in_them_when_they_have_no_names() -> None:
    table = _cells("1,Ada Byron,ada@uni.example\n2,Bo Lund,bo@uni.example\n")
    assert guess(table.columns, table.rows) == {"name": 1, "email": 2}
    assert guess(["Mail", "Other"], [["yes", "ada@uni.example"], ["no", "bo@uni.example"]]) == {"email": 1}
    assert guess([], []) == {}


def test_cells_are_text_whatever_they_begin_with() -> None:
    table = _cells('name,email\n"=cmd|\' /C calc\'!A0",+1@uni.example\n@SUM(1),"-2\x00\x1b[31m"\n')
    assert table.rows == (("=cmd|' /C calc'!A0", "+1@uni.example"), ("@SUM(1)", "-2 [31m"))


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04rest of a workbook", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "compressed"),
        (bytes(range(32)) * 40, "not text"),
        (b"a" * (MAX_OCTETS + 1), "5 MB"),
        (b"name\n" + b"Ada Byron\n" * (MAX_ROWS + 1), "10,000 rows"),
        (b"Ada Byron\n" * (MAX_ROWS + 1), "10,000 rows"),
        (b",".join([b"x"] * (MAX_COLUMNS + 1)), "50 columns"),
        (b'name,email\n"Ada Byron,ada@uni.example\n' + b"Bo Lund,bo@uni.example\n" * 7_000, "never closed"),
    ],
    ids=[
        "nothing",
        "blank",
        "mark",
        "xlsx",
        "xls",
        "pdf",
        "gzip",
        "binary",
        "large",
        "long",
        "long-headless",
        "wide",
        "quote",
    ],
)
def test_what_is_no_table_or_too_much_of_one_is_refused_with_its_reason(content: bytes, because: str) -> None:
    with pytest.raises(BadInput, match=because):
        read(content)


def test_the_most_rows_there_may_be_are_read() -> None:
    assert len(read(b"name\n" + b"Ada Byron\n" * MAX_ROWS).rows) == MAX_ROWS


def test_a_quote_that_is_not_closed_for_long_is_a_problem_of_its_row() -> None:
    table = _cells('name,email\nBo Lund,bo@uni.example\n"Ada Byron,ada@uni.example\n' + "x" * 30_000)
    assert [each.row for each in table.problems] == [3]
    assert len(table.rows[1][0]) == csvtable.MAX_CELL


@given(st.binary(max_size=400))
def test_octets_of_any_kind_are_a_table_or_refused(content: bytes) -> None:
    try:
        table = read(content)
    except BadInput:
        return
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len(table.numbers) == len(table.rows)
    fields = guess(table.columns, table.rows)
    assert all(0 <= place < len(table.columns) for place in fields.values())


@given(
    st.lists(st.lists(st.text("ab ,;|\t\"'=@\nZß", max_size=8), min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
)
def test_what_a_program_writes_is_what_is_read(rows: list[list[str]], delimiter: str) -> None:
    target = io.StringIO()
    target.write(f"sep={delimiter}\n")
    writer = csv.writer(target, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["name", "email", "interest"])
    writer.writerows(rows)
    table = _cells(target.getvalue())
    wanted = [tuple(cell.strip() for cell in row) for row in rows]
    assert list(table.rows) == [row for row in wanted if any(row)]
