"""Looking at a message: made safe, only by who may read it, its pictures by signed addresses of ours, its way without its words."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from mailwright.codecs import mime
from mailwright.core import Core, access, accounts, domains, mailview, messages
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.envelope import Origin
from mailwright.domain.ids import new_id
from mailwright.domain.pictures import NoPicture, Picture
from mailwright.storage import Tx, audit
from tests.protocols.api.people import Browser, MakeBrowser

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
HTML = """<p onclick="alert(1)">Dear Ada</p><script>alert(1)</script><img src="cid:logo@x"><img src="cid:page@x">
<img src="https://pictures.example/a.png" width="100" height="50"><img src="https://pictures.example/p" width="1" height="1">
<a href="https://evil.example/">bank.example</a>"""
RAW = (
    "From: Eve <eve@example.org>\r\nTo: ada@mailwright.test\r\nSubject: Plugh\r\nMessage-ID: <1@example.org>\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    + HTML.replace("\n", "\r\n")
    + "\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "iVBORw0KGgoAAAAAAAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "--b\r\nContent-Type: image/png\r\nContent-ID: <page@x>\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n"
).encode()
PLAIN = b"From: Eve <eve@example.org>\r\nSubject: Hi\r\n\r\nOnly text <b>here</b>.\r\n"


def file_message(core: Core, email: str, raw: bytes = RAW) -> str:
    def write(tx: Tx) -> str:
        account = accounts.find(tx, email)
        blob = core.blobs.stage_now(account.tenant_id, raw)
        core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            role="inbox",
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.STRANGER, new_id()),
            received_at=clock.now(),
            enforce_quota=False,
        )

    return core.database.write_now(write)


@pytest.fixture
def message(core: Core) -> str:
    return file_message(core, ADA)


@pytest.fixture
async def ada(browser: MakeBrowser) -> Browser:
    made = browser(pictures=fetch)
    await made.sign_in(ADA)
    return made


async def fetch(address: str) -> Picture:
    if address != "https://pictures.example/a.png":
        raise NoPicture("what is there is no picture")
    return Picture("image/png", PNG)


def pictures(text: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<img[^>]* src="([^"]+)"', text)]


async def test_the_document_is_safe_and_has_a_policy_of_its_own(ada: Browser, message: str) -> None:
    answer = await ada.get(f"/api/mail/{message}/html")
    assert answer.status_code == 200
    assert "<p>Dear Ada</p>" in answer.text
    assert "alert" not in answer.text
    assert "pictures.example" not in answer.text
    assert 'title="This link leads to evil.example"' in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    counted = [answer.headers[f"X-{name}"] for name in ("Remote-Pictures", "Tracking-Pixels", "Misleading-Links")]
    assert counted == ["1", "1", "1"]


async def test_what_there_is_to_show_is_counted(ada: Browser, core: Core, message: str) -> None:
    body = (await ada.get(f"/api/mail/{message}/view")).json()
    assert (body["has_html"], body["remote_pictures"], body["tracking_pixels"]) == (True, 1, 1)
    assert "Dear Ada" in body["text"]
    plain = file_message(core, ADA, PLAIN)
    body = (await ada.get(f"/api/mail/{plain}/view")).json()
    assert (body["has_html"], body["text"]) == (False, "Only text <b>here</b>.")
    assert (await ada.get(f"/api/mail/{plain}/html")).status_code == 404


async def test_a_picture_of_the_mail_comes_by_its_address_without_a_cookie(
    ada: Browser, browser: MakeBrowser, message: str
) -> None:
    first, second = pictures((await ada.get(f"/api/mail/{message}/html")).text)
    stranger = browser()
    answer = await stranger.get(first)
    assert (answer.status_code, answer.headers["content-type"], answer.content[:8]) == (200, "image/png", PNG[:8])
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert (await stranger.get(second)).status_code == 404, "what only says that it is a picture is none"


async def test_a_picture_elsewhere_comes_through_us_when_its_reader_asks(ada: Browser, message: str) -> None:
    proxied = [
        each
        for each in pictures((await ada.get(f"/api/mail/{message}/html?images=proxied")).text)
        if "/picture?" in each
    ]
    assert len(proxied) == 1
    answer = await ada.get(proxied[0])
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("pictures.example", "evil.example"),
        lambda url: re.sub(r"&s=[^&]+", "&s=x", url),
        lambda url: re.sub(r"&e=\d+", "&e=999999", url),
        lambda url: re.sub(r"&e=\d+", "&e=1", url),
        lambda url: re.sub(r"&a=[^&]+", "&a=" + new_id(), url),
        lambda url: re.sub(r"&a=[^&]+", "&a=%00", url),
        lambda url: re.sub(r"&s=[^&]+", "&s=%F0%9F%98%80", url),
        lambda _url: "/api/mail/picture",
        lambda _url: "/api/mail/picture?u=http://127.0.0.1/&a=x&e=x&s=x",
    ],
)
async def test_an_address_that_is_not_ours_fetches_nothing(
    browser: MakeBrowser, message: str, change: Callable[[str], str]
) -> None:
    asked: list[str] = []

    async def never(address: str) -> Picture:
        asked.append(address)
        return Picture("image/png", PNG)

    ada = browser(pictures=never)
    await ada.sign_in(ADA)
    url = next(
        each
        for each in pictures((await ada.get(f"/api/mail/{message}/html?images=proxied")).text)
        if "picture?" in each
    )
    assert (await ada.get(change(url))).status_code == 404
    assert asked == []


async def test_an_address_of_a_part_is_for_that_part_only(ada: Browser, core: Core, message: str) -> None:
    url = pictures((await ada.get(f"/api/mail/{message}/html")).text)[0]
    other = file_message(core, ADA)
    assert (await ada.get(url.replace(message, other))).status_code == 404
    assert (await ada.get(url.replace("/inline/2", "/inline/1"))).status_code == 404


async def test_addresses_end_with_the_right_to_read(ada: Browser, core: Core, message: str) -> None:
    url = pictures((await ada.get(f"/api/mail/{message}/html")).text)[0]
    core.database.write_now(lambda tx: tx.execute("UPDATE users SET status = 'blocked' WHERE email = ?", (ADA,)))
    assert (await ada.get(url)).status_code == 404


@pytest.mark.parametrize("what", ["html", "view", "trace"])
async def test_nobody_else_sees_a_message(browser: MakeBrowser, core: Core, message: str, what: str) -> None:
    nobody, bashir = browser(), browser()
    assert (await nobody.get(f"/api/mail/{message}/{what}")).status_code == 401
    await bashir.sign_in(BASHIR)
    answer = await bashir.get(f"/api/mail/{message}/{what}")
    assert answer.status_code == 404
    assert "Plugh" not in answer.text
    for other in ("x", "%00", "..%2F..", new_id(), "0" * 36):
        assert (await bashir.get(f"/api/mail/{other}/{what}")).status_code == 404


async def test_another_tenant_sees_nothing_even_of_what_anyone_may_read(core: Core, message: str) -> None:
    def other(tx: Tx) -> bool:
        domains.add(tx, "other.test", tenant="other")
        chen = accounts.add_user(tx, core, "chen@other.test")
        ada = accounts.find(tx, ADA)
        access.set_acl(tx, ada, access.by_name(tx, ada, "INBOX"), "anyone", "lr")
        bashir = accounts.find(tx, BASHIR)
        assert mailview.readable(tx, bashir, message).owner == ADA
        with pytest.raises(mailview.NotFound):
            mailview.readable(tx, chen, message)
        return True

    assert core.database.write_now(other)


async def test_reading_is_in_the_audit_trail(ada: Browser, core: Core, message: str) -> None:
    await ada.get(f"/api/mail/{message}/html")
    await core.trail.flush()
    found = [entry for _, entry in core.database.read_now(lambda tx: audit.listing(tx, actor=ADA))]
    assert [entry.resource for entry in found if entry.action == "mail.read"] == [f"{ADA}:{message}"]


async def test_the_way_of_a_message_is_told_without_its_words(ada: Browser, message: str) -> None:
    answer = await ada.get(f"/api/mail/{message}/trace")
    assert answer.json()["summary"] == "filed (INBOX)"
    assert set(answer.json()["steps"][0]) == {"at", "stage", "detail", "because"}
    assert "Plugh" not in answer.text
    assert "Dear" not in answer.text
