"""Charts and documents: a job of a confined process (core/confined_child.py), asked by agents/tools/making.py.

The octets are JSON with a `kind`: `chart` gives a PNG, `docx` and `pdf` give documents. Texts come from a model that has read strangers'
mails: they are drawn and set as they are, never understood as markup, formulas, paths or addresses to fetch.
"""

import base64
import importlib.util
import io
import json
import mimetypes
import os
import re
import sys
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

CPU_SECONDS = 45
SCRATCH = True  # matplotlib keeps a list of fonts
PIXELS = 40_000_000  # of a picture: above it unpacks to more than the memory there is
DPI = 150
WIDTH, HEIGHT = 8.0, 5.0  # inches of a chart
PICTURE_WIDTH, PICTURE_HEIGHT = (
    6.0,
    8.0,
)  # inches of a picture in a document: what a page of A4 or Letter has between its margins
OPENS = tuple(dict.fromkeys([sys.prefix, sys.base_prefix, "/usr/lib", "/usr/share", "/usr/local/share", "/proc/self"]))

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STRONG = re.compile(r"\*\*(?=\S)(.{1,2000}?)(?<=\S)\*\*")
# DejaVu has no Han, Kana and Hangul; every reader of PDF has these by name.
_EASTERN = (
    (re.compile(r"[\u3040-\u30ff\u31f0-\u31ff]+"), "HeiseiKakuGo-W5"),
    (re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]+"), "HYGothic-Medium"),
    (re.compile(r"[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]+"), "STSong-Light"),
)


mimetypes.init([])  # libraries ask for types, and the lists of this machine may not be read


class Unusable(Exception):
    """Why it cannot be made: a sentence's end after "because"."""


def answer(head: dict[str, Any], data: bytes) -> tuple[bytes, str]:
    """What was made, or why not."""
    try:
        wanted = json.loads(data)
        make = {"chart": chart, "docx": docx, "pdf": pdf}[wanted["kind"]]
        return make(wanted), ""
    except Unusable as error:
        return b"", str(error)
    except MemoryError:
        return b"", "it needs more memory than a file may"
    except Exception as error:
        return b"", f"its library refused ({type(error).__name__})"


def chart(wanted: dict[str, Any]) -> bytes:
    """A chart as PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["text.parse_math"] = False  # a $ is money
    mpl.rcParams["font.family"] = ["DejaVu Sans"]
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    draw = {"bar": _bars, "line": _lines, "scatter": _points, "pie": _pie}[wanted["form"]]
    draw(axes, wanted)
    axes.set_title(_clean(wanted["title"]))
    if wanted["form"] != "pie":
        axes.set_xlabel(_clean(wanted["x_label"]))
        axes.set_ylabel(_clean(wanted["y_label"]))
        axes.grid(visible=True, axis="both" if wanted["form"] == "scatter" else "y", alpha=0.3)
        axes.set_axisbelow(True)
        if len(wanted["series"]) > 1:
            axes.legend()
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _bars(axes: Any, wanted: dict[str, Any]) -> None:
    labels = _labels(wanted)
    width = 0.8 / len(wanted["series"])
    for number, each in enumerate(wanted["series"]):
        places = [place + (number - (len(wanted["series"]) - 1) / 2) * width for place in range(len(labels))]
        axes.bar(places, [value or 0 for value in each["values"]], width, label=_label(each))
    _name_ticks(axes, labels)


def _lines(axes: Any, wanted: dict[str, Any]) -> None:
    labels = _labels(wanted)
    for each in wanted["series"]:
        values = [float("nan") if value is None else value for value in each["values"]]
        axes.plot(range(len(labels)), values, marker="o" if len(labels) <= 60 else None, label=_label(each))
    _name_ticks(axes, labels)


def _points(axes: Any, wanted: dict[str, Any]) -> None:
    for each in wanted["series"]:
        if len(each["x"] or []) != len(each["values"]):
            raise Unusable("a series of a scatter chart needs as many x as values")
        pairs = [(x, y) for x, y in zip(each["x"], each["values"], strict=True) if x is not None and y is not None]
        axes.scatter([x for x, _ in pairs], [y for _, y in pairs], label=_label(each), alpha=0.8)


def _pie(axes: Any, wanted: dict[str, Any]) -> None:
    values = [value or 0 for value in wanted["series"][0]["values"]]
    if any(value < 0 for value in values) or not sum(values):
        raise Unusable("a pie needs values above zero")
    axes.pie(values, labels=_labels(wanted), autopct="%1.1f%%", startangle=90, counterclock=False)
    axes.axis("equal")


def _labels(wanted: dict[str, Any]) -> list[str]:
    longest = max(len(each["values"]) for each in wanted["series"])
    if any(len(each["values"]) != longest for each in wanted["series"]):
        raise Unusable("every series needs as many values as the others")
    labels = [_clean(each)[:60] for each in wanted["labels"]] or [str(number) for number in range(1, longest + 1)]
    if len(labels) != longest:
        raise Unusable(f"there are {len(labels)} labels for {longest} values")
    return labels


def _name_ticks(axes: Any, labels: list[str]) -> None:
    step = max(1, len(labels) // 24)  # more names would run into each other
    places = list(range(0, len(labels), step))
    turned = max((len(labels[place]) for place in places), default=0) * len(places) > 90
    axes.set_xticks(
        places, [labels[place] for place in places], rotation=45 if turned else 0, ha="right" if turned else "center"
    )


def _label(series: dict[str, Any]) -> str:
    # A label that begins with _ is left out of the legend.
    return _clean(series["name"])[:60].lstrip("_")


def docx(wanted: dict[str, Any]) -> bytes:
    """A document for Word."""
    from docx import Document
    from docx.enum.text import WD_BREAK
    from docx.shared import Inches

    document = Document()
    document.core_properties.title = _clean(wanted["title"])[:200]
    document.core_properties.author = ""
    document.core_properties.comments = ""
    if wanted["title"]:
        document.add_heading(_clean(wanted["title"]), 0)
    for block in wanted["blocks"]:
        match block["type"]:
            case "heading":
                document.add_heading(_clean(block["text"]), block["level"])
            case "paragraph":
                _runs(document.add_paragraph(), block["text"])
            case "list":
                style = "List Number" if block["numbered"] else "List Bullet"
                for item in block["items"]:
                    _runs(document.add_paragraph(style=style), item)
            case "table":
                _word_table(document, block)
            case "picture":
                width, height, picture = _picture(block["content"])
                document.add_picture(io.BytesIO(picture), width=Inches(_shown(width, height)))
                if block["caption"]:
                    document.add_paragraph(_clean(block["caption"]), style="Caption")
            case _:
                document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _runs(paragraph: Any, text: str) -> None:
    for piece, strong in _pieces(text):
        paragraph.add_run(piece).bold = True if strong else None


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """A text in pieces, and whether each stands between two stars."""
    text = _clean(text)
    after = 0
    for found in _STRONG.finditer(text):
        yield text[after : found.start()], False
        yield found[1], True
        after = found.end()
    yield text[after:], False


def _word_table(document: Any, block: dict[str, Any]) -> None:
    table = document.add_table(rows=1, cols=len(block["columns"]))
    table.style = "Light Grid Accent 1"
    for cell, name in zip(table.rows[0].cells, block["columns"], strict=True):
        cell.text = _clean(name)
    for row in block["rows"]:
        cells = table.add_row().cells
        for cell, value in zip(cells, row, strict=False):
            cell.text = _cell(value)
    document.add_paragraph()


def pdf(wanted: dict[str, Any]) -> bytes:
    """A PDF with its fonts in it."""
    from reportlab.lib import colors
    from reportlab.lib.enums import TA_LEFT
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import inch, mm
    from reportlab.platypus import Image, ListFlowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

    _load_fonts()
    plain = ParagraphStyle("plain", fontName="DejaVuSans", fontSize=10, leading=14, spaceAfter=6, alignment=TA_LEFT)
    sizes = {0: 20, 1: 16, 2: 13, 3: 11}
    heads = {
        level: ParagraphStyle(
            f"h{level}",
            parent=plain,
            fontName="DejaVuSans-Bold",
            fontSize=size,
            leading=size * 1.3,
            spaceBefore=size * 0.6,
            keepWithNext=1,
        )
        for level, size in sizes.items()
    }
    small = ParagraphStyle("small", parent=plain, fontSize=8, leading=10, spaceAfter=0)
    story: list[Any] = [Paragraph(_markup(wanted["title"]), heads[0])] if wanted["title"] else []
    for block in wanted["blocks"]:
        match block["type"]:
            case "heading":
                story.append(Paragraph(_markup(block["text"]), heads[block["level"]]))
            case "paragraph":
                story.append(Paragraph(_markup(block["text"]), plain))
            case "list":
                items = [Paragraph(_markup(item), plain) for item in block["items"]]
                story.append(
                    ListFlowable(
                        items,
                        bulletType="1" if block["numbered"] else "bullet",
                        bulletFontName="DejaVuSans",
                        bulletFontSize=10,
                        leftIndent=18,
                    )
                )
            case "table":
                heading = [Paragraph(f"<b>{_markup(name)}</b>", small) for name in block["columns"]]
                blank = [""] * len(block["columns"])
                lines = [
                    [Paragraph(_markup(_cell(value)), small) for value in (row + blank)[: len(heading)]]
                    for row in block["rows"]
                ]
                grid = [
                    ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ]
                top = [("VALIGN", (0, 0), (-1, -1), "TOP")]
                story += [Table([heading, *lines], repeatRows=1, style=[*grid, *top], hAlign="LEFT"), Spacer(1, 4 * mm)]
            case "picture":
                width, height, picture = _picture(block["content"])
                shown = _shown(width, height) * inch
                story.append(Image(io.BytesIO(picture), width=shown, height=shown * height / width))
                if block["caption"]:
                    story.append(Paragraph(_markup(block["caption"]), small))
                story.append(Spacer(1, 4 * mm))
            case _:
                story.append(PageBreak())
    out = io.BytesIO()
    margin = 22 * mm
    made = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
        title=_clean(wanted["title"])[:200], author="", creator="", producer="", invariant=1,
    )  # fmt: skip
    made.build(story or [Spacer(1, 1)], onFirstPage=_page_number, onLaterPages=_page_number)
    return out.getvalue()


def _page_number(canvas: Any, document: Any) -> None:
    canvas.setFont("DejaVuSans", 8)
    canvas.drawRightString(document.pagesize[0] - document.rightMargin, 30, str(document.page))


def _load_fonts() -> None:
    """DejaVu lies beside matplotlib: Latin, Greek, Cyrillic and more, put into the file."""
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    folder = os.path.join(os.path.dirname(spec.origin), "mpl-data", "fonts", "ttf")
    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, os.path.join(folder, f"{name}.ttf")))
    for bold in (0, 1):
        for italic in (0, 1):
            addMapping("DejaVuSans", bold, italic, "DejaVuSans-Bold" if bold else "DejaVuSans")
    for _, name in _EASTERN:
        pdfmetrics.registerFont(UnicodeCIDFont(name))
        for bold in (0, 1):
            addMapping(name, bold, 0, name)


def _markup(text: str) -> str:
    """A text for reportlab's paragraphs: nothing in it is a tag but what is put there here."""
    return "".join(
        f"<b>{_eastern(escape(piece))}</b>" if strong else _eastern(escape(piece)) for piece, strong in _pieces(text)
    ).replace("\n", "<br/>")


def _eastern(text: str) -> str:
    for letters, font in _EASTERN:
        text = letters.sub(rf'<font name="{font}">\g<0></font>', text)
    return text


def _picture(content: str) -> tuple[int, int, bytes]:
    """Width, height and octets of a picture, written anew: what else was in the file is gone."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS // 2  # above it warns, and raises above the double
    with Image.open(io.BytesIO(base64.b64decode(content)), formats=("PNG", "JPEG")) as image:
        out = io.BytesIO()
        image.convert("RGB").save(out, "PNG")
        return image.width, image.height, out.getvalue()


def _shown(width: int, height: int) -> float:
    """How wide a picture of so many pixels is shown, in inches: as it is, within the margins."""
    return min(PICTURE_WIDTH, width / 96, PICTURE_HEIGHT * width / height)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else _clean(str(value))[:2_000]


def _clean(text: str) -> str:
    return _CONTROLS.sub("", text).encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
