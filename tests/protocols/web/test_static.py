"""The application's files: nothing outside of their folder, kept by browsers as long as they are good."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from mailwright.protocols.web import static

SCRIPT = "console.log('hello');\n" * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build = tmp_path / "app"
    (build / "assets").mkdir(parents=True)
    (build / ".vite").mkdir()
    (build / "index.html").write_text("<!doctype html><title>App</title>")
    (build / "sw.js").write_text("self.x = 1;")
    (build / "assets" / "index-C1IKy9np.js").write_text(SCRIPT)
    (build / ".vite" / "manifest.json").write_text("{}")
    (build / "odd.exe").write_text("x")
    (build / "way-out.js").symlink_to("/etc/passwd")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "app-secret").mkdir()
    (tmp_path / "app-secret" / "x.txt").write_text("secret")
    return build


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    api = FastAPI()
    api.include_router(static.create_router(folder))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://mailwright.test") as made:
        yield made


async def test_a_file_with_a_hash_is_kept_for_ever(client: httpx.AsyncClient) -> None:
    answer = await client.get("/app/assets/index-C1IKy9np.js")
    assert answer.text == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/app/", "/app/mail/inbox", "/app/search/a.b@example.org", "/app/index.html"])
async def test_any_other_path_is_a_page_of_the_application(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>App</title>")
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_folder_without_its_slash_leads_to_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/app")
    assert (answer.status_code, answer.headers["location"]) == (308, "/app/")


async def test_a_script_of_yesterday_is_not_a_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/app/assets/gone-12345678.js")).status_code == 404


async def test_what_a_browser_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/app/sw.js")
    again = await client.get("/app/sw.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_text_is_packed_for_who_takes_that(client: httpx.AsyncClient) -> None:
    path = "/app/assets/index-C1IKy9np.js"
    packed = await client.get(path, headers={"Accept-Encoding": "br, gzip;q=0.8"})
    plain = await client.get(path, headers={"Accept-Encoding": "gzip;q=0, br"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", SCRIPT)
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] != plain.headers["etag"]
    assert plain.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 5, mtime=0))


async def test_head_is_the_same_without_the_body(client: httpx.AsyncClient) -> None:
    got, asked = await client.get("/app/sw.js"), await client.head("/app/sw.js")
    assert asked.content == b""
    assert asked.headers["content-length"] == got.headers["content-length"]
    assert asked.headers["etag"] == got.headers["etag"]


async def test_a_new_build_is_served_at_once(client: httpx.AsyncClient, folder: Path) -> None:
    await client.get("/app/sw.js")
    (folder / "sw.js").write_text("self.x = 22;")
    assert (await client.get("/app/sw.js")).text == "self.x = 22;"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "..%2Fsecret.txt",
        "%2e%2e/secret.txt",
        "assets/../../secret.txt",
        "assets/..%2f..%2fsecret.txt",
        "..%5Csecret.txt",
        "%2fetc/passwd",
        "//etc/passwd",
        "../app-secret/x.txt",
        "way-out.js",
        "sw.js%00.txt",
        "%c0%ae%c0%ae/x",
        ".vite/manifest.json",
        "odd.exe",
        "assets",
        "a" * 5000,
        "a/" * 500,
        "~root",
        "C:%5Cx.txt",
        "index.html/",
    ],
)
async def test_nothing_else_is_ever_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/app/{path}")
    assert answer.status_code in (200, 404)
    assert "secret" not in answer.text
    assert "root:" not in answer.text
    assert answer.status_code == 404 or "<title>App</title>" in answer.text


async def test_without_a_build_a_page_says_how_to_make_one(tmp_path: Path) -> None:
    api = FastAPI()
    api.include_router(static.create_router(tmp_path / "none"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://mailwright.test") as client:
        answer = await client.get("/app/")
    assert answer.status_code == 503
    assert "make demo" in answer.text
