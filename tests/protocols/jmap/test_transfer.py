"""Uploads, downloads and Blob/copy (RFC 8620 §6)."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.core import Core, retention, uploads
from mailwright.domain import clock
from mailwright.protocols.jmap import blobs
from mailwright.protocols.jmap.dispatch import Call
from tests.protocols.jmap.conftest import Client, MakeClient, MethodFailed, letter, share

ADA = "ada@mailwright.test"
MIXED = (
    b"From: Eve <eve@example.org>\r\nTo: ada@mailwright.test\r\nSubject: Files\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
    b"--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="r\xc3\xa9sum\xc3\xa9.pdf"\r\n\r\nJVBERi0xLjQK\r\n--x--\r\n'
)


async def test_what_is_uploaded_can_be_downloaded(any_core: Core, jmap: MakeClient) -> None:
    ada = jmap(any_core, "ada")
    for data in (b"", b"\x00\xff some octets", b"x" * 400_000):
        answer = await ada.http.post(
            f"/jmap/upload/{ada.id}/", content=data, headers={"Content-Type": "text/plain; charset=x"}
        )
        assert answer.status_code == 201
        found = answer.json()
        assert (found["accountId"], found["size"], found["type"]) == (ada.id, len(data), "text/plain; charset=x")
        back = await ada.http.get(f"/jmap/download/{ada.id}/{found['blobId']}/a.txt?type=text/plain")
        assert back.status_code == 200
        assert back.content == data


async def test_downloads_of_one_person_are_counted_until_they_have_left(
    ada: Client, bashir: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = await ada.upload(b"x" * 300_000)
    theirs = await bashir.upload(b"y")
    counted: list[tuple[asyncio.Event, asyncio.Event]] = [(asyncio.Event(), asyncio.Event()) for _ in range(32)]
    waiting = iter(counted)
    read = blobs.read

    async def slow(call: Call, found: blobs.Located) -> blobs.Content:
        if call.account.email == ADA:
            began, may_end = next(waiting)
            began.set()
            await may_end.wait()
        return await read(call, found)

    monkeypatch.setattr(blobs, "read", slow)
    url = f"/jmap/download/{ada.id}/{blob}/a"
    going = [asyncio.create_task(ada.http.get(url)) for _ in counted]
    await asyncio.gather(*(began.wait() for began, _ in counted))
    refused = await ada.http.get(url)
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:ietf:params:jmap:error:limit")
    assert (await bashir.http.get(f"/jmap/download/{bashir.id}/{theirs}/b")).content == b"y"
    for _, may_end in counted:
        may_end.set()
    assert {(each.status_code, len(each.content)) for each in await asyncio.gather(*going)} == {(200, 300_000)}


async def test_an_upload_is_its_uploaders_alone(core: Core, ada: Client, bashir: Client) -> None:
    share(core, bashir, ADA, "lrswi", "INBOX")
    answer = await ada.http.post(f"/jmap/upload/{bashir.id}/", content=b"x")
    assert answer.status_code == 201
    blob = answer.json()["blobId"]
    assert (await ada.http.get(f"/jmap/download/{bashir.id}/{blob}/x")).status_code == 200
    assert (await bashir.http.get(f"/jmap/download/{bashir.id}/{blob}/x")).status_code == 404


async def test_a_message_and_its_parts_can_be_downloaded_decoded(ada: Client) -> None:
    message = await ada.file(MIXED)
    whole = await ada.http.get(f"/jmap/download/{ada.id}/m{message}/mail.eml?type=message/rfc822")
    assert whole.content == MIXED
    assert whole.headers["content-type"] == "message/rfc822"
    part = await ada.http.get(f"/jmap/download/{ada.id}/m{message}_2")
    assert part.content == b"%PDF-1.4\n"
    assert "filename*=UTF-8''r%C3%A9sum%C3%A9.pdf" in part.headers["content-disposition"]
    for blob in (f"m{message}_3", f"m{message}_", f"m{message}.2", f"m{message}x", "m", "b", "x" * 300, f"b{message}"):
        assert (await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x")).status_code == 404


async def test_reading_a_message_is_on_record(core: Core, ada: Client) -> None:
    message = await ada.file(MIXED)
    await ada.http.get(f"/jmap/download/{ada.id}/m{message}_2/x")
    await core.trail.flush()
    rows = await core.read(
        lambda tx: tx.all("SELECT resource, address FROM audit_events WHERE action = 'jmap.download'")
    )
    assert rows == [(f"{ADA}:{message}", "192.0.2.7")]


async def test_what_is_shared_can_be_read_as_long_as_it_is(core: Core, ada: Client, bashir: Client) -> None:
    message = await bashir.file(letter())
    path = f"/jmap/download/{bashir.id}/m{message}/x"
    assert (await ada.http.get(path)).status_code == 404
    share(core, bashir, ADA, "l", "INBOX")
    assert (await ada.http.get(path)).status_code == 404
    share(core, bashir, ADA, "lr", "INBOX")
    assert (await ada.http.get(path)).status_code == 200
    share(core, bashir, ADA, "", "INBOX")
    assert (await ada.http.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("text/plain", "text/plain"),
        ("text/plain;charset=utf-8", "text/plain; charset=utf-8"),
        ("image/PNG", "image/png"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("text/css", "application/octet-stream"),
        ("text/plain\r\nX-Evil: 1", "application/octet-stream"),
        ("text/plain; charset=utf-8; x=y", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
async def test_the_type_is_as_asked_where_that_is_harmless(ada: Client, asked: str, told: str) -> None:
    blob = await ada.upload(b"<script>alert(1)</script>", "text/html")
    answer = await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x", params={"type": asked, "inline": "1"})
    assert answer.headers["content-type"] == told
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    shown = told.split(";")[0] in ("text/plain", "image/png")
    assert answer.headers["content-disposition"].startswith("inline" if shown else "attachment")
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("type=application/ld+json", "application/ld+json"),
        ("type=application%2Fld%2Bjson", "application/ld+json"),
        ("type=image/svg+xml", "application/octet-stream"),
        ("type=text/plain+;charset=utf-8", "text/plain; charset=utf-8"),
        ("type=text/plain;+charset=utf-8", "text/plain; charset=utf-8"),
    ],
)
async def test_jmap_jam_writes_a_plus_as_it_is(ada: Client, query: str, told: str) -> None:
    blob = await ada.upload(b"{}", "application/ld+json")
    answer = await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x?{query}")
    assert answer.headers["content-type"] == told


async def test_nothing_is_shown_in_place_unless_that_is_asked(ada: Client) -> None:
    blob = await ada.upload(b"x")
    answer = await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x.png?type=image/png")
    assert answer.headers["content-disposition"] == 'attachment; filename="x.png"'


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("..%2F..%2Fetc%2Fpasswd", 'attachment; filename="passwd"'),
        ("a%5Cb%5C..%5Cc.exe", 'attachment; filename="c.exe"'),
        ("../secret", None),
        ("a%22b%3B.txt", "attachment; filename=\"a_b;.txt\"; filename*=UTF-8''a%22b%3B.txt"),
        ("%0d%0aX-Evil:1", None),
        ("%E2%80%AEgpj.exe", 'attachment; filename="gpj.exe"'),
        ("Gr%C3%BC%C3%9Fe.txt", "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt"),
        ("", "attachment"),
    ],
)
async def test_a_file_name_says_nothing_of_folders_and_breaks_out_of_nothing(
    ada: Client, name: str, told: str | None
) -> None:
    blob = await ada.upload(b"x")
    answer = await ada.http.get(f"/jmap/download/{ada.id}/{blob}/{name}")
    if told is None:
        assert answer.status_code == 404  # it is no path of ours
        return
    assert answer.headers["content-disposition"] == told
    assert "x-evil" not in answer.headers


async def test_a_browser_need_not_fetch_twice(ada: Client) -> None:
    blob = await ada.upload(b"x")
    answer = await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x")
    assert answer.headers["cache-control"] == "private, immutable, max-age=31536000"
    again = await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_a_file_that_is_too_large_is_refused_by_name(core: Core, ada: Client) -> None:
    answer = await ada.http.post(f"/jmap/upload/{ada.id}/", content=b"x" * (core.settings.max_message_bytes + 1))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["limit"] == "maxSizeUpload"

    async def stream() -> object:
        for _ in range(20):
            yield b"x" * 100_000

    answer = await ada.http.post(f"/jmap/upload/{ada.id}/", content=stream())  # type: ignore[arg-type]
    assert answer.status_code == 413


async def test_too_many_uploads_take_the_oldest_along(core: Core, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 8620 §6: when there is no room, the oldest that nothing uses go first."""
    monkeypatch.setattr(uploads, "MOST", 3)
    made = [await ada.upload(f"{number}".encode()) for number in range(5)]
    there = [(await ada.http.get(f"/jmap/download/{ada.id}/{each}/x")).status_code for each in made]
    assert there == [404, 404, 200, 200, 200]
    monkeypatch.setattr(uploads, "MOST_MESSAGES", 1)
    large = await ada.upload(b"x" * core.settings.max_message_bytes)
    assert (await ada.http.get(f"/jmap/download/{ada.id}/{large}/x")).status_code == 200
    assert (await ada.http.get(f"/jmap/download/{ada.id}/{made[-1]}/x")).status_code == 404


async def test_an_upload_is_kept_for_its_time_and_collected_then(
    any_core: Core, jmap: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = jmap(any_core, "ada")
    blob = await ada.upload(b"x")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + uploads.KEPT - clock.HOUR)
    await uploads.sweep(any_core)
    await retention.sweep(any_core)
    assert (await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x")).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: now + uploads.KEPT + clock.SECOND)
    assert await uploads.sweep(any_core) == 1
    await retention.sweep(any_core)
    assert (await ada.http.get(f"/jmap/download/{ada.id}/{blob}/x")).status_code == 404
    assert await any_core.read(lambda tx: tx.scalar("SELECT count(*) FROM blobs WHERE id = ?", (blob[1:],))) == 0


async def test_blobs_are_copied_from_one_account_to_another(core: Core, ada: Client, bashir: Client) -> None:
    share(core, bashir, ADA, "lrswi", "INBOX")
    message = await ada.file(MIXED)
    upload = await ada.upload(b"x")
    wanted = [upload, f"m{message}_2", "nothing"]
    answer = await ada.call("Blob/copy", fromAccountId=ada.id, accountId=bashir.id, blobIds=wanted)
    assert set(answer["copied"]) == set(wanted[:2])
    assert answer["notCopied"]["nothing"]["type"] == "blobNotFound"
    copied = await ada.http.get(f"/jmap/download/{bashir.id}/{answer['copied'][wanted[1]]}/x")
    assert copied.content == b"%PDF-1.4\n"


@pytest.mark.parametrize(
    ("source", "kind"), [("own", "invalidArguments"), ("bashir", "fromAccountNotFound"), (None, "invalidArguments")]
)
async def test_a_copy_from_nowhere_is_refused(ada: Client, bashir: Client, source: str | None, kind: str) -> None:
    account = {"own": ada.id, "bashir": bashir.id, None: None}[source]
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Blob/copy", fromAccountId=account, accountId=ada.id, blobIds=[])
    assert caught.value.type == kind
