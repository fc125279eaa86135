"""What the settings make of the web: who searches, and when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailwright.connectors.websearch import Brave, Exa, NoSearch, Searxng
from mailwright.settings import Settings, load
from mailwright.webs import web_of
from tests.servers.searchservices import KEY, SearchServices


def settings(folder: Path, **values: Any) -> Settings:
    return load(data=folder, **values)


async def test_without_settings_there_is_no_web(tmp_path: Path) -> None:
    assert web_of(settings(tmp_path)) is None


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"web_search": "exa", "exa_api_key": "k"}, Exa),
        ({"web_search": "searxng", "searxng_url": "http://127.0.0.1:1"}, Searxng),
        ({"web_search": "brave", "brave_api_key": "k"}, Brave),
        ({"web_allowed_hosts": ("example.org",)}, NoSearch),
    ],
)
async def test_the_settings_choose_who_searches(tmp_path: Path, values: dict[str, Any], kind: type[object]) -> None:
    web = web_of(settings(tmp_path, **values))
    assert web is not None
    assert isinstance(web._searching, kind)
    await web.close()


async def test_what_was_set_is_asked(tmp_path: Path) -> None:
    services = SearchServices([("a", "https://example.org/", "b")])
    await services.start()
    web = web_of(settings(tmp_path, web_search="exa", exa_api_key=KEY, exa_url=services.url))
    assert web is not None
    assert [each.url for each in await web.search("words", 3)] == ["https://example.org/"]
    await web.close()
    await services.stop()
