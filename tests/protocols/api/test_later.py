"""Routers that are made when they are first asked for: known by their paths, whole in the description, and made only then."""

import httpx
import pytest
from fastapi import APIRouter
from starlette.routing import BaseRoute

from mailwright.core import Core
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.api.later import Api, Later


def _paths(routes: list[BaseRoute]) -> set[str]:
    found: set[str] = set()
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            found.add(route.path)  # type: ignore[attr-defined]
        else:
            prefix = route.include_context.prefix  # type: ignore[attr-defined]
            found |= {prefix + path for path in _paths(inner.routes)}
    return found


def test_every_path_begins_as_its_router_was_announced(core: Core) -> None:
    api = create_api(core, ApiSettings(), metrics=lambda: b"")
    later = [route for route in api.router.routes if isinstance(route, Later)]
    assert later
    for route in later:
        assert all(path.startswith(route.paths) for path in _paths(list(route.routes)))


@pytest.fixture
def made() -> list[str]:
    return []


@pytest.fixture
def api(made: list[str]) -> Api:
    def make(name: str) -> APIRouter:
        made.append(name)
        router = APIRouter()

        @router.get(f"/{name}/{{number}}")
        def read(number: int) -> dict[str, int]:
            return {name: number}

        return router

    api = Api()
    api.later("/one", make=lambda: make("one"))
    api.later("/two", make=lambda: make("two"))
    return api


async def test_a_router_is_made_once_and_by_a_question_of_its_own(api: Api, made: list[str]) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://here") as http:
        assert (await http.get("/three")).status_code == 404
        assert made == []
        assert (await http.get("/two/7")).json() == {"two": 7}
        assert (await http.get("/two/x")).status_code == 422
        assert (await http.get("/two")).status_code == 404
        assert (await http.post("/two/7")).status_code == 405
        assert made == ["two"]


async def test_the_description_has_them_all(api: Api, made: list[str]) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://here") as http:
        document = (await http.get("/openapi.json")).json()
    assert sorted(document["paths"]) == ["/one/{number}", "/two/{number}"]
    assert made == ["one", "two"]
