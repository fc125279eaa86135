"""HTML that people write themselves, made clean before it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import ownhtml


def test_a_plain_signature_stays_as_it_is() -> None:
    signature = '<p><b>Ada</b><br><a href="https://mailwright.test">site</a> <span style="color:red">!</span></p>'
    assert ownhtml.clean(signature) == signature


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
        "<svg><script>alert(1)</script></svg>",
        "<style>body{display:none}</style>",
        '<div style="position:fixed;top:0;background-image:url(https://example.org/x)">x</div>',
        '<iframe src="https://example.org"></iframe>',
        '<form action="https://example.org"><input name="p"></form>',
        "<!--[if mso]><b>x</b><![endif]-->",
    ],
)
def test_nothing_that_runs_moves_or_asks_is_left(hostile: str) -> None:
    found = ownhtml.clean(hostile).lower()
    for word in ("script", "onerror", "data:", "svg", "style>", "position", "url(", "iframe", "form", "input", "<!--"):
        assert word not in found


@given(st.text(max_size=200))
def test_cleaning_again_changes_nothing(text: str) -> None:
    once = ownhtml.clean(text)
    assert ownhtml.clean(once) == once


def test_what_is_not_closed_does_not_become_a_thousand_times_as_much() -> None:
    fonts = "".join(f"<font color=c{number}>" for number in range(300))
    for source in (f"<p>{fonts}" + "<p>x" * 15_000, f"<p>{fonts}" + "<p>x" * 500, "<table>" + "x<p>" * 15_000):
        once = ownhtml.clean(source)
        assert len(once) < 5 * len(source)
        assert ownhtml.clean(once) == once
