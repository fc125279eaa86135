"""Making a stranger's HTML fit to be shown in a page of ours: elements, styles, pictures and links, each judged by its list.

Called by the web's view of a message. Two passes: nh3 parses as browsers do and writes only what `allowed_table` has; its output,
which has one spelling for everything, is then read tag by tag to judge pictures and links. Pure; takes as long as the input is.
Promises: nothing in the result runs, submits, moves over other things or refers to another machine, but links (which open elsewhere)
and pictures the caller has given an address of ours; doing it twice changes nothing more.
Does not: fetch, or decide what is shown (the caller's `picture` and `part` do).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import nh3

from mailwright.codecs.htmlmail import declarations, links, stylesheets, tracking_table
from mailwright.codecs.htmlmail.allowed_table import ATTRIBUTES, HIDDEN, TAGS
from mailwright.codecs.htmlmail.outline import outline
from mailwright.codecs.htmlmail.stylesheets import OUR_MARKS
from mailwright.codecs.mime.htmltext import to_text as html_to_text

MAX_CHARACTERS = 2 * 1024 * 1024  # of a message's HTML; what is longer is cut, and the longest newsletters have 200 KiB
MAX_READINGS = 5  # until what is written is read the same; elements that may not stand in each other need two or three
MAX_PICTURES = 500  # of one message
MAX_CLASSES = 20  # of one element
MAX_LABEL = 500  # characters of a text shown instead of a picture

Source = Callable[[str], str | None]

_SIZE = re.compile(r"[0-9]{1,4}(?:\.[0-9]+)?(?:%|px)?")
_PLAIN = re.compile(r"[A-Za-z0-9 #.,%()+/_-]{0,200}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_INLINE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp|avif);base64,[A-Za-z0-9+/]+={0,2}", re.IGNORECASE)
_TOKEN = re.compile(r"""<(/?)([a-z0-9]+)((?: [^\s=<>"'/]+="[^"]*")*)>|([^<]+)""")
_ATTRIBUTE = re.compile(r""" ([^\s=]+)="([^"]*)\"""")
_BODY = re.compile(r"<body(?=\s)", re.IGNORECASE)
_BODY_TAG = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*'){0,2000}""")
_BODY_ATTRIBUTE = re.compile(r"""(?:^|\s)(style|bgcolor)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_TINY = re.compile(r"(?:^|;)(?:max-)?(width|height):[01](?:\.\d+)?(?:px)?(?:!important)?(?=;|\Z)")
_UNSEEN = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)(?:!important)?(?=;|\Z)")


@dataclass(frozen=True, slots=True)
class Clean:
    """What may be shown. `remote_pictures` counts those on other machines, without the `tracking_pixels`, which are gone.

    `misleading_links` are those whose text names another host than they lead to; they are marked.
    """

    body: str
    styles: str
    remote_pictures: int
    tracking_pixels: int
    misleading_links: int


def sanitise(source: str, *, picture: Source, part: Source) -> Clean:
    """Clean a message's HTML. `picture` gives our address for a picture elsewhere, `part` for the part of a Content-ID (or None).

    Never raises for anything a stranger wrote.
    """
    source = source[:MAX_CHARACTERS].replace("\x00", "").replace("\ufeff", "")
    shallow = outline(source)
    fragment = _as_text(source) if shallow is None else _parsed(_around_body(shallow))
    reading = _Reading(picture, part)
    return Clean(
        body=reading.read(fragment),
        styles=stylesheets.of_html(source),
        remote_pictures=reading.remote_pictures,
        tracking_pixels=reading.tracking_pixels,
        misleading_links=reading.misleading_links,
    )


def document(clean: Clean) -> str:
    """The page around it, for a frame of its own; its links open in new windows."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><title>Message</title><base target="_blank">'
        f"<style>{_READER_STYLES}</style><style>{clean.styles}</style><style>{_OWN_STYLES}</style></head>"
        f"<body>{clean.body}</body></html>"
    )


# --- the first pass: structure and attributes -------------------------------------------------------------------------


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value an attribute keeps, or None when it goes."""
    if name == "style":
        return declarations.filtered(value) or None
    if name == "href":
        return links.target(value)
    if name == "class":
        words = [word for word in value.split() if _WORD.fullmatch(word) and OUR_MARKS not in word.lower()]
        return " ".join(words[:MAX_CLASSES]) or None
    if name in ("width", "height"):
        return value.strip() if _SIZE.fullmatch(value.strip()) else None
    if name in ("alt", "title", "abbr", "summary"):
        return value[:MAX_LABEL]
    if name == "role":
        return value if value in ("presentation", "none") else None
    if name == "src":
        return "".join(value.split()) if value.lstrip()[:5].lower() == "data:" else value.strip()
    return value if _PLAIN.fullmatch(value) else None


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(HIDDEN),
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    strip_comments=True,
    link_rel=None,  # the second pass writes it
    url_schemes={"http", "https", "mailto", "cid", "data"},
)


def _parsed(source: str) -> str:
    """What is allowed of the source, in a spelling that is read as it was meant: some trees of HTML read otherwise once written."""
    fragment = _CLEANER.clean(source)
    for _ in range(MAX_READINGS):
        again = _CLEANER.clean(fragment)
        if again == fragment:
            return fragment
        fragment = again
    return _as_text(fragment)


def _around_body(source: str) -> str:
    """The source with the colours and styles of its <body>, which a fragment has not, on an element around all."""
    begin = _BODY.search(source)
    found = _BODY_TAG.match(source, begin.end()) if begin else None
    if found is None:
        return source
    values = {name.lower(): one or two or three for name, one, two, three in _BODY_ATTRIBUTE.findall(found[0])}
    style = declarations.filtered(html.unescape(values.get("style", "")))
    colour = html.unescape(values.get("bgcolor", "")).strip()
    if colour and _PLAIN.fullmatch(colour):
        style = declarations.filtered(f"background-color:{colour};{style}")
    return f'<div style="{html.escape(style)}">{source}</div>' if style else source


def _as_text(source: str) -> str:
    """What is nested too deeply to be parsed, as text."""
    return f"<pre>{html.escape(html_to_text(source), quote=False)}</pre>"


# --- the second pass: pictures and links ------------------------------------------------------------------------------


class _Reading:
    """One walk over what nh3 wrote. Whatever it did not write like that is text."""

    def __init__(self, picture: Source, part: Source) -> None:
        self._picture = picture
        self._part = part
        self._out: list[str] = []
        self._link: tuple[int, dict[str, str]] | None = (
            None  # where the open link's tag is in `_out`, and its attributes
        )
        self._link_text: list[str] = []
        self.remote_pictures = 0
        self.tracking_pixels = 0
        self.misleading_links = 0

    def read(self, fragment: str) -> str:
        position = 0
        while position < len(fragment):
            token = _TOKEN.match(fragment, position)
            if token is None:
                self._out.append("&lt;")
                position += 1
                continue
            position = token.end()
            closing, tag, attributes, text = token.groups()
            if text is not None:
                self._out.append(text.replace(">", "&gt;") if ">" in text else text)
                if self._link is not None:
                    self._link_text.append(text)
            elif tag == "img" and not closing:
                self._out.append(self._judged_picture(_values(attributes)))
            elif tag == "a":
                self._end_link()
                if closing:
                    self._out.append("</a>")
                else:
                    values = _values(attributes)
                    self._link, self._link_text = (len(self._out), values), []
                    self._out.append(_tag("a", values))
            else:
                self._out.append(token[0] if closing else _tag(tag, _values(attributes)))
        self._end_link()
        return "".join(self._out)

    def _end_link(self) -> None:
        if self._link is None:
            return
        place, values = self._link
        self._link = None
        address = values.get("href", "")
        if not address:
            self._out[place] = _tag(
                "a", {name: value for name, value in values.items() if name not in ("target", "rel")}
            )
            return
        if links.claims_another("".join(self._link_text), address):
            self.misleading_links += 1
            classes = f"{values.get('class', '')} {OUR_MARKS}elsewhere".strip()
            warning = f"This link leads to {links.host_of(address)}"
            values.update({"class": classes, "title": warning})
        self._out[place] = _tag("a", values)

    def _judged_picture(self, values: dict[str, str]) -> str:
        source = values.pop("src", "")
        found: str | None = None
        if source.lower().startswith("cid:"):
            found = self._part(source[4:])  # RFC 2392 §2
        elif _INLINE.fullmatch(source):
            found = source
        elif (address := links.target(f"https:{source}" if source.startswith("//") else source)) is not None:
            if address.startswith("mailto:"):
                return ""
            if _reports_only(address, values):
                self.tracking_pixels += 1
                return ""
            self.remote_pictures += 1
            found = self._picture(address) if self.remote_pictures <= MAX_PICTURES else None
        if found is not None:
            return _tag("img", {**values, "src": found})
        classes = f"{values.get('class', '')} {OUR_MARKS}withheld".strip()
        return _tag("img", {"alt": "", **values, "class": classes})


def _reports_only(address: str, values: dict[str, str]) -> bool:
    """A picture that nobody can see, or whose address is that of a tracker."""
    style = values.get("style", "")
    tiny = {name for name in ("width", "height") if values.get(name, "").rstrip("px") in ("0", "1")}
    tiny |= set(_TINY.findall(style))
    lowered = address.lower()
    return len(tiny) == 2 or bool(_UNSEEN.search(style)) or any(sign in lowered for sign in tracking_table.ADDRESSES)


def _values(attributes: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}


def _tag(name: str, values: dict[str, str]) -> str:
    return (
        f"<{name}{''.join(f' {key}={chr(34)}{html.escape(value)}{chr(34)}' for key, value in sorted(values.items()))}>"
    )


_READER_STYLES = (
    "html{color-scheme:light}body{margin:0;padding:16px;background:#fff;color:#1e293b;"
    "font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere}"
    "img{max-width:100%}table{max-width:100%}pre{white-space:pre-wrap}a{color:#1d4ed8}"
    "blockquote{margin:0 0 0 8px;padding-left:12px;border-left:2px solid #cbd5e1}"
)
# Behind the mail's own, and stronger: no mail may hide our marks.
_OWN_STYLES = (
    f"img.{OUR_MARKS}withheld{{display:inline-block!important;visibility:visible!important;opacity:1!important;box-sizing:border-box;"
    "min-width:16px;min-height:16px;border:1px dashed #94a3b8!important;background:#f1f5f9!important;color:#64748b!important;"
    "font:12px/1.4 system-ui,sans-serif!important}"
    f"a.{OUR_MARKS}elsewhere{{outline:2px solid #b45309!important;outline-offset:2px}}"
)
