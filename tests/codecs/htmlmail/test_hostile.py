"""Hostile HTML: whatever a mail tries, nothing executable and no reference to another machine is left but links."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.codecs.htmlmail.hostile_table import VECTORS

from mailwright.codecs.htmlmail import Clean, document, sanitise
from mailwright.codecs.htmlmail.allowed_table import ATTRIBUTES, PROPERTIES, TAGS

_GIVEN = {"target", "rel", "class", "title"}
_STYLE_WORDS = re.compile(r"url|expression|behavior|binding|import|position|@font|javascript|\\|<|//", re.IGNORECASE)


class Reader(HTMLParser):
    """What a parser that is not the one we clean with finds in the result."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"<?{data}>")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        shown = f"{tag}.{name}={value!r}"
        if name not in ATTRIBUTES.get(tag, set()) | ATTRIBUTES["*"] | _GIVEN:
            self.wrong.append(shown)
        if name == "href" and not re.match(r"(https?://[^/@\\]+|mailto:)", value):
            self.wrong.append(shown)
        if name == "src" and not re.match(r"data:image/(png|jpe?g|gif|webp|bmp|avif);base64,", value):
            self.wrong.append(shown)
        if name == "style":
            names = {each.partition(":")[0] for each in value.split(";")}
            if _STYLE_WORDS.search(value) or not names <= PROPERTIES:
                self.wrong.append(shown)
        if name == "target" and value != "_blank":
            self.wrong.append(shown)


def clean(source: str) -> Clean:
    return sanitise(source, picture=lambda _address: None, part=lambda _content_id: None)


def faults(result: Clean) -> list[str]:
    """Everything in the result that should not be there."""
    reader = Reader()
    reader.feed(result.body)
    reader.close()
    return reader.wrong + _STYLE_WORDS.findall(result.styles.replace("@media", ""))


@pytest.mark.parametrize("name", VECTORS)
def test_nothing_runs_and_nothing_is_fetched(name: str) -> None:
    result = clean(VECTORS[name])
    assert faults(result) == []
    assert "alert(1)</script" not in result.body
    assert clean(result.body).body == result.body, "a second time changes nothing"


@pytest.mark.parametrize("name", VECTORS)
def test_neither_inside_other_elements(name: str) -> None:
    for around in (
        "<table><tr><td>{}</td></tr></table>",
        "<p title='{}'>x",
        '<a href="https://a.example">{}',
        "<ul><li>{}",
    ):
        assert faults(clean(around.replace("{}", VECTORS[name]))) == []


def test_all_of_it_at_once() -> None:
    assert faults(clean("".join(VECTORS.values()))) == []


def test_the_page_around_it_refers_to_nothing() -> None:
    page = document(clean("<p>Hello</p>"))
    assert "http" not in page.replace('http-equiv="', "")
    assert '<base target="_blank">' in page


_PIECES = st.sampled_from(
    [
        *"<>\"'=/&;! \n\t-`{}:@\\",
        *(
            "<script>",
            "</script>",
            "<style>",
            "</style>",
            "<svg>",
            "<math>",
            "<table>",
            "<img src=",
            "<a href=",
            "onerror=",
        ),
        *(
            "style=",
            "javascript:",
            "data:",
            "https://evil.example",
            "url(",
            "<!--",
            "-->",
            "<!",
            "&#",
            "&lt;",
            "position:fixed",
        ),
        *(
            "<p>",
            "</p>",
            "<td>",
            "<title>",
            "<textarea>",
            "<noscript>",
            "<template>",
            "<b",
            "alert(1)",
            "]]>",
            "<?",
            "color:red",
        ),
        *(
            "<mglyph>",
            "<mtext>",
            "<foreignObject>",
            "<body ",
            "bgcolor=",
            "class=",
            "@media x{",
            "\x00",
            "\ufeff",
            "ſ",
            "\u2028",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=4)), max_size=40).map("".join))
def test_random_html_leaves_nothing_forbidden_and_is_clean_at_once(source: str) -> None:
    result = clean(source)
    assert faults(result) == []
    assert clean(result.body).body == result.body
