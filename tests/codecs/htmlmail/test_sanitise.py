"""Ordinary HTML mail stays readable; pictures, links and styles are judged one by one."""

import time

import pytest

from mailwright.codecs.htmlmail import Clean, links, sanitise
from mailwright.codecs.htmlmail.declarations import filtered
from mailwright.codecs.htmlmail.stylesheets import filtered as filtered_sheet

NEWSLETTER = """<!DOCTYPE html><html><head><title>March</title><style>
.wide{width:600px} .only-phone{display:none}
@media only screen and (max-width:620px){.wide{width:100%!important}.only-phone{display:block!important}}
</style></head><body bgcolor="#f6f6f6" style="margin:0;color:#333333"><center>
<table class="wide" width="600" cellpadding="0" cellspacing="0" border="0" align="center"><tr>
<td style="padding:24px;font-family:'Helvetica Neue',Arial,sans-serif;background-color:#ffffff" valign="top">
<h1 style="font-size:24px;line-height:1.3">News of March</h1>
<p>Prices fell by <strong>4&nbsp;%</strong> &ndash; <a href="https://shop.example/a?x=1&amp;y=2">read on</a>.</p>
<img src="https://cdn.example/march.png" alt="A chart" width="552" height="200">
</td></tr></table></center><img src="https://cdn.example/seen?id=7" width="1" height="1"></body></html>"""


def clean(source: str) -> Clean:
    return sanitise(
        source,
        picture=lambda address: f"/seen/{len(address)}",
        part=lambda name: f"/part/{name}" if name == "a@b" else None,
    )


def test_a_newsletter_keeps_its_layout() -> None:
    result = clean(NEWSLETTER)
    assert '<table align="center" border="0" cellpadding="0" cellspacing="0" class="wide" width="600">' in result.body
    assert (
        "padding:24px;font-family:&#x27;Helvetica Neue&#x27;,Arial,sans-serif;background-color:#ffffff" in result.body
    )
    assert "<strong>4&nbsp;%</strong> – " in result.body
    assert result.body.startswith('<div style="background-color:#f6f6f6;margin:0;color:#333333">')
    assert "@media only screen and (max-width:620px) {" in result.styles
    assert ".only-phone{display:block!important}" in result.styles
    assert "March" not in result.body.split("News of")[0]


def test_its_pictures_are_counted_and_its_pixel_is_gone() -> None:
    result = clean(NEWSLETTER)
    assert (result.remote_pictures, result.tracking_pixels) == (1, 1)
    assert '<img alt="A chart" height="200" src="/seen/29" width="552">' in result.body
    assert "seen?id=7" not in result.body


def test_a_picture_that_may_not_be_shown_leaves_its_text_and_its_place() -> None:
    result = sanitise(NEWSLETTER, picture=lambda _: None, part=lambda _: None)
    assert '<img alt="A chart" class="mw-withheld" height="200" width="552">' in result.body


def test_a_picture_inside_the_mail_gets_our_address() -> None:
    assert clean('<img src="cid:a@b">').body == '<img src="/part/a@b">'
    assert clean('<img src="CID:other">').body == '<img alt="" class="mw-withheld">'


def test_a_picture_written_into_the_text_stays_when_it_is_one() -> None:
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in clean('<img src="data:image/png;base64,iVBO\nRw0KGgo=">').body


@pytest.mark.parametrize(
    ("text", "address", "elsewhere"),
    [
        ("https://bank.example/login", "https://evil.example/", True),
        ("www.bank.example", "https://bank.example.evil.example/", True),
        ("bank.example", "https://www.bank.example/x", False),
        ("https://bank.example", "http://bank.example/a?b", False),
        ("login.bank.example", "https://bank.example/", False),
        ("Read more", "https://evil.example/", False),
        ("Read about bank.example here", "https://evil.example/", False),
        ("ada@bank.example", "https://evil.example/", True),
        ("https://user@bank.example/", "https://evil.example/", True),
        ("bücher.example", "https://xn--bcher-kva.example/", False),
        ("ｂａｎｋ.example", "https://evil.example/", True),
        ("bank.example", "mailto:ada@evil.example", False),
        ("\u200bbank.example", "https://evil.example/", True),
        ("ba\u00adnk.exam\u2060ple", "https://evil.example/", True),
        ("&#8203;bank.example", "https://evil.example/", True),
        ("Node.js", "https://nodejs.example/", False),
        ("report.pdf", "https://files.example/report", False),
        ("1. Step.Two of it", "https://evil.example/", False),
    ],
)
def test_a_link_that_claims_another_place_is_marked(text: str, address: str, elsewhere: bool) -> None:
    result = clean(f'<a href="{address}">{text}</a>')
    assert bool(result.misleading_links) is elsewhere
    assert ('class="mw-elsewhere"' in result.body) is elsewhere


def test_the_text_of_a_link_may_be_in_pieces() -> None:
    result = clean('<a href="https://evil.example/"><b>bank</b><i>.example</i></a>')
    assert result.misleading_links == 1
    assert 'title="This link leads to evil.example"' in result.body


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        (" HTTPS:\\\\example.org\\x", "https://example.org/x"),
        ("https://bank.example@evil.example/", "https://evil.example/"),
        ("http:example.org", "http://example.org"),
        ("mailto:Ada <ada@example.org>", "mailto:Ada<ada@example.org>"),
        ("https:", None),
        ("https:///", None),
        ("//example.org", None),
        ("java\nscript:alert(1)", None),
        ("https://[::1", None),
    ],
)
def test_an_address_is_written_as_browsers_read_it(given: str, written: str | None) -> None:
    assert links.target(given) == written


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("COLOR : Red ; width:10px", "color:Red;width:10px"),
        ("color:red!important", "color:red!important"),
        ("color:red /* ; */; height : 1em", "color:red;height:1em"),
        ("background:#fff url(x) no-repeat", ""),
        ("background:rgba(0, 0, 0, .5)", "background:rgba(0, 0, 0, .5)"),
        ("margin:-4px", ""),
        ("margin:0 auto -1em", ""),
        ("letter-spacing:-.02em", "letter-spacing:-.02em"),
        ("width:calc(100% - 20px)", ""),
        ("width:99999px", ""),
        ("color:#123456", "color:#123456"),
        ("font-family:'a;color:red'", ""),
        ("position:fixed;top:0;z-index:9", ""),
        ("mso-line-height-rule:exactly;line-height:20px", "line-height:20px"),
        ("width:min(1px,2px)", ""),
        ("unicode-bidi:bidi-override", ""),
    ],
)
def test_styles_keep_what_is_known(given: str, kept: str) -> None:
    assert filtered(given) == kept


def test_a_sheet_keeps_plain_rules_and_what_follows_a_broken_one() -> None:
    sheet = "@import url(x);@keyframes k{from{color:red}to{color:blue}} p , a[href]{color:red} } .x:hover{color:blue} @media (x{p{color:red}} b{color:green}"
    assert filtered_sheet(sheet) == "p{color:red}\n.x:hover{color:blue}\nb{color:green}"


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 100_000,
        "<div><object></div></object>" * 40_000,
        "<div></x><!--</div>-->" * 40_000,
        "<" * 1_000_000,
        "<style>" + "a{" * 100_000,
        "<body " * 200_000,
        "<!--" * 300_000,
        '<p a="' * 200_000,
    ],
)
def test_what_is_made_to_keep_a_parser_busy_is_read_quickly(source: str) -> None:
    began = time.thread_time()
    clean(source + "end")
    assert time.thread_time() - began < 10


def test_what_is_nested_too_deeply_is_shown_as_text() -> None:
    assert clean("<div>" * 600 + "Hello <script>x</script>").body == "<pre>Hello</pre>"


@pytest.mark.parametrize(
    "source",
    [
        "<p>{fonts}" + "<p>x" * 5_000,
        "{divs}x",
        "{fonts}<table><tr><td>" + "</font>" * 400 + "</table>" + "<p>x" * 5_000,
        "{fonts}<table><td><object></table>" + "</font>" * 400 + "<p>x" * 5_000,
        "{fonts}<td></td>" + "</font>" * 400 + "<p>x" * 5_000,
    ],
)
def test_what_is_not_closed_is_not_made_again_in_every_paragraph(source: str) -> None:
    fonts = "".join(f"<font data-x={number}>" for number in range(400))
    divs = "".join(f"<div><font data-x={number}></div>" for number in range(3_000))
    mail = source.format(fonts=fonts, divs=divs)
    began = time.thread_time()
    body = clean(mail).body
    assert body.count("x") >= 1
    assert len(body) < len(mail)
    assert time.thread_time() - began < 10


@pytest.mark.parametrize(
    "source", ["<table>{}", "<table><tr><td><svg></td></svg></td>{}", "<table><svg><td></svg>{}", "<table></td>{}"]
)
def test_what_stands_beside_the_cells_of_a_table_costs_little(source: str) -> None:
    began = time.thread_time()
    body = clean(source.format("x<p>" * 100_000)).body
    assert body.count("x") == 100_000
    assert time.thread_time() - began < 10


def test_a_table_with_many_cells_stays_one() -> None:
    row = "<tr>\n<td>1<p>2</td><th><div>3</div></th></tr>\n"
    body = clean(f"<table>\n<caption>All</caption><form>{row * 4_000}</form></table>").body
    assert body.count("<td>") == 4_000


def test_careless_newsletters_with_open_fonts_stay_what_they_are() -> None:
    row = "<tr><td><font face=Arial><b>4 %</b><a name=x>more</td></tr>"
    body = clean(f"<center><font size=2><table>{row * 150}</table><p>Yours<p>Ada").body
    assert body.startswith("<center><font")
    assert body.count("<b>4 %</b>") == 150


@pytest.mark.parametrize("value", ["9e9px", "1E6em", "1.5e+8px", "calc(1px + 1e7px)"])
def test_no_size_is_a_power_of_ten(value: str) -> None:
    assert filtered(f"padding-top:{value}") == ""
    assert filtered("color:#1e3a8a;width:12em") == "color:#1e3a8a;width:12em"
