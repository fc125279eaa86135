"""Routers that are made when something of theirs is first asked for: a process begins sooner, and holds only what it is used for.

Most of an application's time to start goes into its routes, of which a process may never be asked for most (administration, the agents'
pages). A router is named with the beginnings of its paths, by which it is known before it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_FOUND = "mailwright.route"


class Later(BaseRoute):
    """The router that `make` gives, for paths that begin with one of `paths`. All of its paths have to."""

    def __init__(self, paths: tuple[str, ...], make: Callable[[], APIRouter]) -> None:
        self.paths = paths
        self._make = make
        self._routes: Sequence[BaseRoute] | None = None

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """What the router consists of; made at the first call."""
        if self._routes is None:
            self._routes = self._make().routes
        return self._routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See `BaseRoute`."""
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(self.paths):
            return Match.NONE, {}
        partial: tuple[Match, Scope] | None = None
        for route in self.routes:
            match, child = route.matches(scope)
            if match == Match.FULL:
                return match, {**child, _FOUND: route}
            if match == Match.PARTIAL and partial is None:
                partial = match, {**child, _FOUND: route}
        return partial or (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `BaseRoute`; after `matches`."""
        await scope[_FOUND].handle(scope, receive, send)


class Api(FastAPI):
    """An application whose description also has the routers that were not asked for yet."""

    def later(self, *paths: str, make: Callable[[], APIRouter]) -> None:
        """Add the router that `make` gives, whose paths begin with one of `paths`."""
        self.router.routes.append(Later(paths, make))

    def now(self, router: APIRouter) -> None:
        """Add a router without prefix or dependencies. Unlike `include_router` it does not make every route twice."""
        self.router.routes.extend(router.routes)

    def openapi(self) -> dict[str, Any]:
        """The description of everything, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=list(_all(self.routes))
            )
        return self.openapi_schema


def _all(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        if isinstance(route, Later):
            yield from route.routes
        else:
            yield route
