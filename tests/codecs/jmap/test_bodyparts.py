"""Which parts are text and which attached, by the examples of RFC 8621 and by messages of every shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.codecs.jmap import bodyparts
from mailwright.codecs.jmap.bodyparts import Source, Wishes
from mailwright.codecs.mime import Part, decode_body

SPECIMENS = sorted((Path(__file__).parents[2] / "messages").glob("*.eml"))


class Kit:
    """Makes messages of parts that hold one letter each."""

    def __init__(self) -> None:
        self.boundaries = 0

    @staticmethod
    def part(media_type: str, letter: str, disposition: str = "", extra: str = "") -> str:
        shown = f"Content-Disposition: {disposition}\r\n" if disposition else ""
        return f"Content-Type: {media_type}\r\n{shown}{extra}\r\n{letter}"

    def multi(self, subtype: str, *parts: str) -> str:
        self.boundaries += 1
        boundary = f"b{self.boundaries}x"
        inside = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
        return f"Content-Type: multipart/{subtype}; boundary={boundary}\r\n\r\n{inside}--{boundary}--\r\n"


def _sorted(text: str) -> tuple[str, str, str, bool]:
    raw = f"Subject: x\r\n{text}".encode()
    root = mime.parse(raw).root
    shown = ["".join(decode_body(raw, part).decode()[-1] for part in each) for each in bodyparts.bodies(root)]
    return shown[0], shown[1], shown[2], bodyparts.has_attachment(root)


def test_the_example_of_the_rfc() -> None:
    """RFC 8621 §4.1.4: a list has put a header and a footer around a message with two alternatives."""
    kit = Kit()
    part = kit.part
    message = kit.multi(
        "mixed",
        part("text/plain", "A", "inline"),
        kit.multi(
            "mixed",
            kit.multi(
                "alternative",
                kit.multi(
                    "mixed",
                    part("text/plain", "B", "inline"),
                    part("image/jpeg", "C", "inline"),
                    part("text/plain", "D", "inline"),
                ),
                kit.multi("related", part("text/html", "E"), part("image/jpeg", "F")),
            ),
            part("image/jpeg", "G", "attachment"),
            part("application/x-excel", "H"),
            part("message/rfc822", "Subject: J\r\n\r\nJ"),
        ),
        part("text/plain", "K", "inline"),
    )
    assert _sorted(message) == ("ABCDK", "AEK", "CFGHJ", True)


def test_shapes_of_every_day() -> None:
    kit = Kit()
    part, multi = kit.part, kit.multi
    plain, page = part("text/plain", "P"), part("text/html", "H")
    picture = part("image/png", "I", extra="Content-ID: <i@x>\r\n")
    shapes = {
        plain: ("P", "P", "", False),
        page: ("H", "H", "", False),
        multi("alternative", plain, page): ("P", "H", "", False),
        multi("alternative", plain): ("P", "P", "", False),
        multi("alternative", plain, multi("related", page, picture)): ("P", "H", "I", False),
        multi("related", page, picture): ("H", "H", "I", False),
        multi("mixed", plain, part("application/pdf", "D")): ("P", "P", "D", True),
        multi("mixed", plain, part("image/png", "I", "attachment")): ("P", "P", "I", True),
        multi("mixed", plain, part("image/png", "I", "inline")): ("PI", "PI", "", False),
        multi("mixed", plain, part("text/plain; name=a.txt", "T")): ("P", "P", "T", True),
        multi("alternative", plain, page, part("text/calendar", "C")): ("P", "H", "C", False),
        multi("mixed", plain, part("application/pdf", "D", "inline; filename=a.pdf")): ("P", "P", "D", False),
        part("application/pdf", "D"): ("", "", "D", True),
        part("text/enriched", "E"): ("", "", "E", False),
        # Both kinds in one branch, and an alternative within one that is decided already.
        multi("alternative", multi("mixed", plain, page)): ("PH", "PH", "", False),
        multi("alternative", multi("mixed", page, multi("alternative", plain, page))): ("HH", "HH", "P", False),
    }
    for shape, expected in shapes.items():
        assert _sorted(shape) == expected, shape


@pytest.mark.parametrize("path", SPECIMENS, ids=lambda path: path.stem)
def test_every_part_is_somewhere_and_has_its_size(path: Path) -> None:
    raw = path.read_bytes()
    root = mime.parse(raw).root
    assert Part.from_json(root.to_json()) == root
    source = Source(lambda start, end: raw[start:end], lambda part: f"m_{part.number}")
    leaves = [part for part in bodyparts.parts_of(root) if not part.is_multipart]
    assert {id(part) for each in bodyparts.bodies(root) for part in each} == {id(part) for part in leaves}
    for part in bodyparts.parts_of(root):
        told = bodyparts.body_part(part, Wishes.of(sorted(bodyparts.PROPERTIES)), source)
        if not part.is_multipart:
            assert told["size"] == len(decode_body(raw, part))
        if part.type == "text":
            value = bodyparts.body_value(part, source, 40)
            assert len(value["value"].encode()) <= 40


@given(st.text(max_size=80), st.integers(1, 60), st.booleans())
def test_a_text_is_cut_between_characters(text: str, most: int, html: bool) -> None:
    text = text.encode("utf-8", "ignore").decode()
    shown = bodyparts.shortened(text, most, html=html)
    assert text.startswith(shown)
    assert len(shown.encode()) <= most or shown == text


@given(
    st.lists(
        st.sampled_from(["<p>", "<a href='x>y'>", '<i title="<">', "word ", "</p>", "<!-- > -->", "é", "&lt;"]),
        max_size=12,
    )
)
def test_html_is_cut_between_tags(pieces: list[str]) -> None:
    text = "".join(pieces)
    ends = {len("".join(pieces[:number])) for number in range(len(pieces) + 1)}
    inside_text = {
        position
        for number, piece in enumerate(pieces)
        if not piece.startswith("<")
        for position in range(len("".join(pieces[:number])), len("".join(pieces[: number + 1])) + 1)
    }
    for most in range(1, len(text.encode()) + 1):
        assert len(bodyparts.shortened(text, most, html=True)) in ends | inside_text
