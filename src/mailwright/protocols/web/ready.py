"""Ready pages: HTML that is whole when it is sent, from the templates beside this file, in one style.

Used by the landing page and the page of an approval. Promises: whatever is put in is escaped; a page fetches nothing from elsewhere
and runs nothing but our own script, and submits a form only where it says so (`forms`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from mailwright.protocols.identity import Web

HERE = Path(__file__).parent


class ReadyPages:
    """The templates. `filters` are further ones for them."""

    def __init__(self, web: Web, filters: Mapping[str, Callable[..., str]]) -> None:
        self._web = web
        self._style = (HERE / "landing.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self._policy = (
            f"default-src 'none'; script-src 'self'; style-src 'sha256-{digest}'; img-src 'self'; connect-src 'self'; "
            "base-uri 'none'; frame-ancestors 'none'; form-action "
        )
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= filters

    def answer(
        self,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
        forms: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """A page."""
        text = self._templates.get_template(template).render(
            brand=self._web.brand,
            public_url=self._web.public_url,
            style=Markup(self._style),  # noqa: S704  our own file, whose digest the policy names
            **values,
        )
        policy = self._policy + ("'self'" if forms else "'none'")
        return HTMLResponse(
            text, status, {"Content-Security-Policy": policy, "Cache-Control": "no-cache", **(headers or {})}
        )
