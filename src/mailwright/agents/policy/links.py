"""Links as they may leave: what some reader would show as one address while it leads to another is written out as both.

Called by the filter of outgoing text. Knows the ways in which texts are marked up as links (Markdown, HTML, BBCode, wikis, chats,
reStructuredText, AsciiDoc, Textile): a mail is plain text, but the mail program, the list archive or the next agent may think otherwise.
Promises: bounded work on hostile text; what is left holds none of the forms it knows, also not by what it took out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

PASSES = 8  # what is taken out may leave a new one behind; more than a few layers is somebody's game

# Possessive: what is repeated is never given back, so that each opening costs a walk and not a search.
_PICTURE = re.compile(r"!\[([^\]\n]{0,300}+)\]\(\s*+<?+[^)\s]{1,2000}+[^)\n]{0,300}+\)")
_MARKDOWN = re.compile(
    r"(?<!!)\[([^\]\n]{1,300}+)\]\(\s*+<?+([a-zA-Z][a-zA-Z0-9+.-]{1,20}+:[^)\s>]{1,2000}+)>?+[^)\n]{0,300}+\)"
)
_TAG = re.compile(
    r"<(?:img|script|style|iframe|object|embed|link|meta|svg|video|audio|base|form|input|button)\b[^>]{0,2000}+>",
    re.IGNORECASE,
)
_OPEN_TAG = re.compile(r"<(?=(?:img|script|style|iframe|object|embed|svg|video|audio)\b)", re.IGNORECASE)
_ANCHOR = re.compile(
    r"<a\b[^>]{0,300}?\bhref\s{0,5}+=\s{0,5}+[\"']?+(?P<to>[^\"'\s>]{1,1000}+)[^>]{0,500}+>(?P<shown>.{0,300}?)(?:</a\s{0,5}+>|(?=\n\n)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_FORMS = (
    _ANCHOR,
    re.compile(
        r"\[url=[\"']?+(?P<to>[^\]\"'\n]{1,1000}+)[\"']?+\](?P<shown>.{0,300}?)\[/url\]", re.IGNORECASE | re.DOTALL
    ),
    re.compile(r"<(?P<to>(?:https?|mailto):[^|>\s]{1,1000}+)\|(?P<shown>[^>\n]{1,300}+)>", re.IGNORECASE),
    re.compile(r"`(?P<shown>[^`<\n]{1,300}+)<(?P<to>https?://[^>`\n]{1,1000}+)>`(?:__?+)?+", re.IGNORECASE),
    re.compile(r"\"(?P<shown>[^\"\n]{1,200}+)\":(?P<to>https?://[^\s\"]{1,1000}+)", re.IGNORECASE),
    re.compile(r"(?P<to>https?://[^\s\[\]()<>]{1,1000}+)\[(?P<shown>[^\]\n]{1,300}+)\]", re.IGNORECASE),
    re.compile(r"\[(?P<to>https?://[^\s\]|]{1,1000}+)[ |](?P<shown>[^\]\n]{1,300}+)\]", re.IGNORECASE),
)
_REFERENCE = re.compile(r"\[([^\]\[\n]{1,300}+)\] ?\[([^\]\[\n]{0,100}+)\]")
_DEFINED = re.compile(r"^[ \t]{0,3}\[([^\]\[\n]{1,100}+)\]:[ \t]{0,9}+<?+([^\s>]{1,1000}+)", re.MULTILINE)
_STILL_A_LINK = re.compile(r"\](?=\(\s{0,20}+<?+(?:[a-z][a-z0-9+.-]{1,20}+:|//))", re.IGNORECASE)
_USERINFO = re.compile(r"(https?:[/\\]{1,4})[^\s/\\?#@\"'<>]{0,500}+@(?=[^\s/@])", re.IGNORECASE)
_ADDRESS_LIKE = re.compile(
    r"(?:https?:|www\.|mailto:)|[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.[^\W\d_]{2,24}(?![\w@])|@", re.IGNORECASE
)
_INNER_TAG = re.compile(r"<[^<>]{0,300}+>")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]{0,20}:)?/{0,2}(?:[^/@\s]{0,300}@)?([^/?#\s:]{1,255})", re.IGNORECASE)


def written_out(text: str) -> str:
    """The text with every link that may mislead written as what it shows and, in brackets, where it leads. Pictures and what loads
    things are taken out."""
    for _ in range(PASSES):
        before = text
        text = _once(text)
        if text == before:
            return text
    return text.replace("<", "‹").replace("](", "] (").replace("][", "] [")


def _once(text: str) -> str:
    text = _PICTURE.sub(lambda found: f"[picture: {found[1][:100].strip() or 'without a name'}]", text)
    text = _MARKDOWN.sub(lambda found: found[2] if found[1].strip() == found[2] else f"{found[1]} ({found[2]})", text)
    text = _OPEN_TAG.sub("‹", _TAG.sub("", text))  # one that is never closed is closed by the end of the page
    for form in _FORMS:
        text = form.sub(_plain, text)
    text = _STILL_A_LINK.sub(
        "] ", text
    )  # brackets within brackets, line ends: no link any more, and every letter is there
    text = _USERINFO.sub(r"\1", text)
    targets = {name.casefold(): to for name, to in _DEFINED.findall(text)}
    return _REFERENCE.sub(_referred_to(targets), text) if targets else text


def _plain(found: re.Match[str]) -> str:
    shown = " ".join(_INNER_TAG.sub("", found["shown"]).split())
    return f"{shown} ({found['to']})" if _misleads(shown, found["to"]) else found[0]


def _referred_to(targets: dict[str, str]) -> Callable[[re.Match[str]], str]:
    def written(found: re.Match[str]) -> str:
        to = targets.get((found[2] or found[1]).casefold())
        return f"{found[1]} ({to})" if to is not None and _misleads(found[1], to) else found[0]

    return written


def _misleads(shown: str, to: str) -> bool:
    """Whether what is shown looks like an address, and not like the one it leads to."""
    return _ADDRESS_LIKE.search(shown) is not None and _host(shown) != _host(to)


def _host(text: str) -> str:
    found = _HOST.match(text.strip().lower())
    return found[1].removeprefix("www.") if found else ""
