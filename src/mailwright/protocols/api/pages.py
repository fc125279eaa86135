"""A small page: `/docs`, the API readably. It is whole in itself: no script, nothing fetched.

The usual viewers of OpenAPI load theirs from a content delivery network, which a mail server has no business asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

# Nothing but our own inline style may load or run, and no other site may frame the page.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
}
_CODE = re.compile("`([^`]*)`")
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin-bottom: .25rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
section { border-top: 1px solid #8884; padding: .5rem 0 1rem; }
code, .path { font-family: ui-monospace, monospace; } .path { font-weight: 600; }
.method { display: inline-block; min-width: 4rem; font-weight: 600; color: #2a6f97; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } td, th { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; }
.quiet { opacity: .7; }
"""
_METHODS = ("get", "post", "put", "patch", "delete")


def create_router(openapi: Callable[[], dict[str, Any]]) -> APIRouter:
    """The paths. `openapi` gives the description that `/docs` shows."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def reference() -> HTMLResponse:
        description = openapi()
        return _page(f"{description['info']['title']} API", "".join(_reference(description)))

    return router


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{body}</body></html>",
        headers=_HEADERS,
    )


def _reference(description: dict[str, Any]) -> Iterator[str]:
    info = description["info"]
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{_prose(info.get('description', ''))}</p>"
    yield '<p class="quiet">For programs: <a href="/openapi.json">openapi.json</a></p>'
    groups: dict[str, list[str]] = {}
    for path, methods in description["paths"].items():
        for method in _METHODS:
            if method in methods:
                tag = next(iter(methods[method].get("tags", [])), "other")
                groups.setdefault(tag, []).append(_operation(path, method, methods[method]))
    for tag, operations in groups.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    text = operation.get("description") or operation.get("summary", "")
    parts = [
        f'<section><span class="method">{method.upper()}</span> <span class="path">{escape(path)}</span>',
        f"<p>{_prose(text)}</p>",
        _table(
            "Parameters",
            [(one["name"], one["in"], one.get("description", "")) for one in operation.get("parameters", [])],
        ),
    ]
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, body in content.items():
        parts.append(_table(f"Body ({media_type})", list(_fields(body.get("schema", {})))))
    answers = [(code, "", one.get("description", "")) for code, one in operation.get("responses", {}).items()]
    return "".join([*parts, _table("Answers", answers), "</section>"])


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        kind = field.get("type", "") + ("" if name in required else ", optional")
        inner = field.get("items", {}).get("properties", {})
        text = field.get("description", "") or (f"each with {', '.join(inner)}" if inner else "")
        yield name, kind, text


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td class='quiet'>{escape(kind)}</td><td>{_prose(text)}</td></tr>"
        for name, kind, text in rows
    )
    return f"<table><tr><th colspan='3'>{escape(title)}</th></tr>{cells}</table>"


def _prose(text: str) -> str:
    """A description, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
