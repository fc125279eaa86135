"""The reader of pages: a job of a confined process (core/confined_child.py), asked by core/pagetext.py.

Everything it is given was written by strangers. Heads have the `kind` (html, in UTF-8, or pdf), the `url` and the characters wanted
(`limit`); the answer is JSON with text, title, author, site and published. What a reader of the page would not see is taken out first: a
passage that is hidden was written for somebody else.
"""

import importlib.util
import json
import os
import re
from typing import Any

CPU_SECONDS = 12
DEEPEST = 200  # elements in one another; a page that people read has thirty
ELEMENTS = 100_000
SHORT = 3_000  # characters of a body that is taken whole: of homepages and lists of staff, what looks for articles leaves too little
BLOCKS = (
    "address article aside blockquote br dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li main ol p pre section summary table td th tr "
    "ul"
)
UNREAD = "head script style noscript template iframe object embed svg canvas form nav footer select button dialog"

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?<![-\w])opacity\s*:\s*0*(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0*(?:\.\d+)?\s*(?:px|pt|em|rem|%)?\s*(?:;|!|$)|(?<![-\w])(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top|right|bottom)\s*:\s*-\d{3,}|clip-path\s*:\s*inset\(\s*(?:50|100)%|clip\s*:\s*rect\(",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([^;!]{1,40})", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{1,40})", re.IGNORECASE)
_WHITE = re.compile(r"\s*(?:white|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255\b.*|transparent)\s*\Z", re.IGNORECASE)
_RULE = re.compile(r"([^{}]{1,200})\{([^{}]{0,1000})\}")
_CLASS = re.compile(r"\s*([.#])([\w-]{1,80})\s*\Z")
_SPACES = re.compile(r"[ \t\f\v]+")
_LINES = re.compile(r"\s*\n\s*")
_WRAPPED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-öø-ÿ])")
_UNNAMED = frozenset(["untitled", "anonymous", "(anonymous)", "unspecified", "(unspecified)"])
_PARAGRAPH = re.compile(r"\n[ \t]*\n+")


def answer(head: dict[str, Any], data: bytes) -> tuple[bytes, str]:
    """What a page says, as JSON, and why it is not more."""
    limit = int(head["limit"])
    try:
        told = _pdf(data, limit) if head["kind"] == "pdf" else _html(data.decode("utf-8", "replace"), head["url"])
    except MemoryError:
        return b"", "it needs more memory than a page may"
    except Exception as error:
        return b"", f"it cannot be read ({type(error).__name__})"
    because = "" if told["text"].strip() else "there is no text on it"
    if len(told["text"]) > limit:
        because = "only its beginning was read"
    told["text"] = told["text"][:limit]
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), because


# --- HTML ---------------------------------------------------------------------------------------------------------------


def _html(source: str, url: str) -> dict[str, str]:
    from lxml import html
    from trafilatura import bare_extraction

    parser = html.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    root = html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    _check_size(root)
    told = _labels(root, url)
    _take_out_unseen(root)
    body = _body(root)
    text = body
    if len(body) > SHORT:
        found = bare_extraction(
            html.tostring(root, encoding="unicode"),
            url=url or None,
            include_comments=False,
            include_tables=True,
            favor_recall=True,
            with_metadata=False,
        )
        main = str(getattr(found, "text", "") or "")
        text = main if len(main) >= len(body) // 4 else body
    heading = _SPACES.sub(" ", " ".join(root.xpath("string((//h1)[1])").split()))[:300]
    told["text"] = text if not heading or heading in text[:1_000] else f"{heading}\n{text}"
    return told


def _check_size(root: Any) -> None:
    """Raises ValueError for a tree that nobody wrote by hand or saw on a screen."""
    waiting, count = [(root, 1)], 0
    while waiting:
        element, depth = waiting.pop()
        count += 1
        if count > ELEMENTS:
            raise ValueError("too many elements")
        if depth > DEEPEST:
            raise ValueError("too deep")
        waiting += [(child, depth + 1) for child in element]


def _labels(root: Any, url: str) -> dict[str, str]:
    from trafilatura.metadata import extract_metadata

    try:
        found = extract_metadata(
            root,
            default_url=url or None,
            extensive=False,
            date_config={"original_date": False, "extensive_search": False},
        )
    except Exception:  # what a page says of itself is a hint; a library that trips over it costs only that
        return {"title": "", "author": "", "site": "", "published": ""}
    named = root.findtext(".//title") or ""
    return {
        "title": str(found.title or named).strip(),
        "author": str(found.author or ""),
        "site": str(found.sitename or ""),
        "published": str(found.date or ""),
    }


def _take_out_unseen(root: Any) -> None:
    classes, ids = _hidden_by_style(root)
    unread = set(UNREAD.split())
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.tag in ("html", "body"):
            continue
        if element.tag in unread:
            element.drop_tree()
            continue
        names = set((element.get("class") or "").split())
        hidden = (
            element.get("hidden") is not None
            or (element.get("aria-hidden") or "").strip().lower() == "true"
            or (element.tag == "input" and element.get("type") == "hidden")
            or names & classes
            or (element.get("id") or "") in ids
            or _hides(element.get("style") or "")
        )
        if hidden and element.getparent() is not None:
            element.drop_tree()


def _hidden_by_style(root: Any) -> tuple[set[str], set[str]]:
    """Classes and ids that a style sheet of the page hides."""
    classes: set[str] = set()
    ids: set[str] = set()
    for sheet in root.iter("style"):
        for selectors, declared in _RULE.findall((sheet.text or "")[:200_000]):
            if not _hides(declared):
                continue
            for selector in selectors.split(","):
                named = _CLASS.match(selector)
                if named is not None:
                    (classes if named[1] == "." else ids).add(named[2])
    return classes, ids


def _hides(style: str) -> bool:
    if not style:
        return False
    if _HIDING.search(style):
        return True
    colour, ground = _COLOUR.search(style), _GROUND.search(style)
    if colour is None or not _WHITE.match(colour[1]):
        return False
    return ground is None or bool(_WHITE.match(ground[1]))


def _body(root: Any) -> str:
    """Everything that is to be read on the page, block by block."""
    blocks = set(BLOCKS.split())
    pieces: list[str] = []

    def walk(element: Any) -> None:
        if not isinstance(element.tag, str):
            return
        if element.tag in blocks:
            pieces.append("\n")
        pieces.append(_SPACES.sub(" ", (element.text or "").replace("\n", " ")))
        for child in element:
            walk(child)
            pieces.append(_SPACES.sub(" ", (child.tail or "").replace("\n", " ")))
        if element.tag in blocks:
            pieces.append("\n")

    walk(root)
    return _LINES.sub("\n", "".join(pieces)).strip()


# --- PDF ----------------------------------------------------------------------------------------------------------------


def _pdf(data: bytes, limit: int) -> dict[str, str]:
    """Its text, in paragraphs, without words cut in two by the end of a line."""
    text = str(_files().read(".pdf", data, limit, None))
    pieces = (_LINES.sub(" ", each).strip() for each in _PARAGRAPH.split(_WRAPPED.sub("", text)))
    title, author = _pdf_labels(data)
    return {"text": "\n\n".join(filter(None, pieces)), "title": title, "author": author, "site": "", "published": ""}


def _pdf_labels(data: bytes) -> tuple[str, str]:
    """What it calls itself. Its dates are those of the file: what it tells may be years older."""
    import pypdfium2

    told = pypdfium2.PdfDocument(data).get_metadata_dict(skip_empty=True)
    title, author = str(told.get("Title", "")), str(told.get("Author", ""))
    return ("" if title.lower() in _UNNAMED else title), ("" if author.lower() in _UNNAMED else author)


def _files() -> Any:
    """The reader of files beside this one: PDFs are read in one way."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "extraction_child.py")
    spec = importlib.util.spec_from_file_location("files", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
