"""The rules model's tables, against the csv module and Decimal."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.agents.models.rules import tables, tabletext

WORDS = st.text(alphabet="abcdefgh äöü,;\"'", min_size=1, max_size=12).filter(lambda text: text.strip() == text)
AMOUNTS = st.decimals(-(10**6), 10**6, places=2, allow_nan=False)


@given(
    st.lists(
        st.tuples(st.sampled_from(["North", "South", "East, West", 'The "Hub"']), AMOUNTS, WORDS),
        min_size=3,
        max_size=40,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
)
@settings(max_examples=150, deadline=None)
def test_sums_and_groups_are_those_of_decimal(rows: list[tuple[str, Decimal, str]], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["region", "amount", "remark"])
    writer.writerows(rows)
    table = tables.read(out.getvalue(), name="sales.csv")
    assert table is not None
    assert (len(table.rows), table.delimiter, table.has_header) == (len(rows), delimiter, True)
    amount = tables.column_named(table, "amount")
    region = tables.column_named(table, "region")
    assert amount is not None
    assert region is not None
    found = tables.summary(amount)
    values = [value for _, value, _ in rows]
    assert found is not None
    assert (found.count, found.total, found.smallest, found.largest) == (
        len(rows),
        sum(values),
        min(values),
        max(values),
    )
    assert found.mean == Fraction(sum(values)) / len(values)
    expected: dict[str, list[Decimal]] = {}
    for name, value, _ in rows:
        expected.setdefault(name, []).append(value)
    assert {name: (n, total) for name, n, total in tables.grouped(table, region, amount)} == {
        name: (len(each), sum(each)) for name, each in expected.items()
    }


@given(st.lists(AMOUNTS, min_size=2, max_size=30))
@settings(max_examples=100, deadline=None)
def test_decimal_commas_are_read_as_such(values: list[Decimal]) -> None:
    lines = ["Ort;Betrag"] + [
        f"Ort{i};{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") for i, value in enumerate(values)
    ]
    table = tables.read("\n".join(lines), name="betrag.csv")
    assert table is not None
    found = tables.summary(table.columns[1])
    assert found is not None
    assert found.total == sum(values)


@given(st.lists(st.fixed_dictionaries({"name": WORDS, "n": st.integers(0, 10**6)}), min_size=2, max_size=20))
@settings(deadline=None)
def test_a_json_list_is_a_table(records: list[dict[str, object]]) -> None:
    table = tables.read(json.dumps(records), name="x.json")
    assert table is not None
    column = tables.column_named(table, "n")
    assert column is not None
    assert sum(column.numbers) == sum(int(str(each["n"])) for each in records)


@given(st.text(max_size=500))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    for name in ("x.csv", "x.json", ""):
        table = tables.read(text, name=name)
        if table is not None:
            tabletext.describe(table, "total by region")


def test_a_last_line_that_is_a_total_is_not_counted_twice() -> None:
    table = tables.read("item,price\nTea,2.50\nCake,4\nMilk,1\nTotal,7.50\n", name="x.csv")
    assert table is not None
    assert tables.summary(table.columns[1]).total == Decimal("7.50")  # type: ignore[union-attr]
    assert table.left_out == ("the last row looks like a total and is not counted",)


def test_labels_and_years_are_not_totalled() -> None:
    table = tables.read("id,year,zip,amount\n1,2024,01067,5\n2,2025,20095,6\n3,2026,50667,7\n", name="x.csv")
    assert table is not None
    assert [column.name for column in table.columns if column.is_label] == ["id", "year", "zip"]


def test_money_and_accountants_brackets_are_read() -> None:
    table = tables.read(
        "what,amount\nsale,$1,200.50\nrefund,($200.50)\nsale,$10.00\n".replace("$1,200.50", '"$1,200.50"'), name="x.csv"
    )
    assert table is not None
    assert tables.summary(table.columns[1]).total == Decimal("1010.00")  # type: ignore[union-attr]
    assert table.columns[1].currency == "USD"


def test_a_cut_file_says_that_it_was_cut_and_drops_half_a_line() -> None:
    table = tables.read("a,b\n1,2\n3,4\n5,", name="x.csv", truncated=True)
    assert table is not None
    assert len(table.rows) == 2
    assert "only the first 2 rows" in table.left_out[0]


@pytest.mark.parametrize("text", ["Hello,\nplease do x,\nthanks, Ada", "one line only", "", "a\nb\nc"])
def test_letters_are_no_tables(text: str) -> None:
    assert tables.read(text) is None
    assert tabletext.pasted(text) is None


def test_a_table_pasted_into_the_letter_is_found() -> None:
    table = tabletext.pasted("Please total:\n\n| item | price |\n|---|---|\n| Tea | 2.50 |\n| Cake | 4.00 |\n\nThanks")
    assert table is not None
    assert tables.summary(table.columns[1]).total == Decimal("6.50")  # type: ignore[union-attr]


def test_the_largest_figure_is_named_by_its_row_when_there_is_one() -> None:
    table = tables.read("item,amount\ntrain,48.20\nhotel,262\nlunch,48.20\n", name="a.csv")
    assert table is not None
    amount = table.columns[1]
    assert tables.label_at(table, amount, Decimal(262)) == "hotel"
    assert tables.label_at(table, amount, Decimal("48.20")) == "", "two rows have it"


def test_subtotals_between_the_rows_are_not_counted_twice() -> None:
    table = tables.read("region,amount\nNorth,10\nNorth,20\nSubtotal,30\nSouth,5\nSubtotal,5\nGrand total,35\n")
    assert table is not None
    told = "\n".join(tabletext.describe(table, "sum by region"))
    assert "count 3, sum 35" in told
    assert "2 more rows look like subtotals" in told
    assert "- North: 2 rows, amount 30, mean 15" in told


def test_no_value_is_no_word_and_several_currencies_are_no_sum() -> None:
    table = tables.read("day,temperature,price\n1,1.5,€10\n2,n/a,$20\n3,-,$5\n")
    assert table is not None
    told = "\n".join(tabletext.describe(table, ""))
    assert "temperature: count 1, sum 1.5" in told
    assert "price: 3 values, not totalled (they are in several currencies)" in told


def test_a_mean_of_money_has_cents() -> None:
    table = tables.read("n,amount\na,$1\nb,$1\nc,$2\n")
    assert table is not None
    assert "mean ≈ 1.33 USD" in "\n".join(tabletext.describe(table, ""))
