"""HTML that people write to be sent: a signature, a vacation answer. Cleaned before it is kept, since pages of ours show it too.

Called by core. Promises: what comes out has no script, no form, no frame and no style that could move over a page; cleaning it again
changes nothing; it is not much longer than what was written. What others wrote is `htmlmail`'s.
"""

from __future__ import annotations

import html

import nh3

from mailwright.codecs.htmlmail.outline import outline

MAX_GROWTH = 4  # times the length: closing and escaping what was not; a parser may make a thousandfold of some input
ROOM = 1_000  # characters, for what is short

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "center", "code", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "align", "valign", "dir", "lang", "title", "bgcolor"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "width", "height", "border"},
    "ol": {"start", "type"},
    "table": {"width", "border", "cellpadding", "cellspacing"},
    "td": {"width", "height", "colspan", "rowspan"},
    "th": {"width", "height", "colspan", "rowspan"},
}
_PROPERTIES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-right",
    "border-top", "color", "font", "font-family", "font-size", "font-style", "font-weight", "height", "line-height", "list-style-type",
    "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "padding", "padding-bottom", "padding-left",
    "padding-right", "padding-top", "text-align", "text-decoration", "vertical-align", "white-space", "width",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}


def clean(source: str) -> str:
    """The HTML with nothing in it but text, its looks, links and pictures; as text where it is no HTML that could be shown."""
    cleaned = _cleaned(source) if outline(source) is not None else None
    if cleaned is None or len(cleaned) > MAX_GROWTH * len(source) + ROOM:
        return html.escape(source.replace("\x00", ""), quote=False)
    return cleaned


def _cleaned(source: str) -> str:
    return nh3.clean(
        source,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math"},
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        filter_style_properties=_PROPERTIES,
        link_rel=None,
        strip_comments=True,
    )
