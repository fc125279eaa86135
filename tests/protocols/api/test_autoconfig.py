"""What mail programs and other servers fetch first: the settings, and the MTA-STS policy; only of domains that are ours."""

from xml.etree import ElementTree

import httpx
import pytest

from mailwright.core import Core
from mailwright.core.dnsrecords import Doors
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.api.autoconfig import Place


@pytest.fixture
def asked(core: Core) -> httpx.AsyncClient:
    place = Place("mail.mailwright.test", Doors(2993, 2465, 2587, 4190))
    api = create_api(core, ApiSettings(place=place), metrics=lambda: b"")
    return httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://autoconfig.mailwright.test")


@pytest.mark.parametrize("path", ["/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"])
async def test_a_mail_program_is_told_where_the_servers_are(asked: httpx.AsyncClient, path: str) -> None:
    answer = await asked.get(path, params={"emailaddress": "nobody@mailwright.test"})
    provider = ElementTree.fromstring(answer.text).find("emailProvider")
    assert provider is not None
    found = [
        (server.get("type"), server.findtext("hostname"), server.findtext("port"), server.findtext("socketType"))
        for server in provider
        if server.tag.endswith("Server")
    ]
    assert found == [
        ("imap", "mail.mailwright.test", "2993", "SSL"),
        ("smtp", "mail.mailwright.test", "2465", "SSL"),
        ("smtp", "mail.mailwright.test", "2587", "STARTTLS"),
    ]


async def test_a_domain_that_is_not_ours_gets_nothing(asked: httpx.AsyncClient) -> None:
    answer = await asked.get("/mail/config-v1.1.xml", params={"emailaddress": "a@example.org"})
    assert answer.status_code == 404
    other = await asked.get("/.well-known/mta-sts.txt", headers={"Host": "mta-sts.example.org"})
    assert other.status_code == 404


async def test_other_servers_read_the_policy_at_its_own_host(asked: httpx.AsyncClient) -> None:
    answer = await asked.get("/.well-known/mta-sts.txt", headers={"Host": "mta-sts.mailwright.test"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "mx: mail.mailwright.test" in answer.text


@pytest.mark.parametrize(
    "named", ["a@\x00", "a@mailwright.test\x00", "a@x y", "a@" + "x" * 5000, "a@<b>&c", "a@[::1]", "x@ü\u200b"]
)
async def test_what_is_no_domain_is_not_found_either(asked: httpx.AsyncClient, named: str) -> None:
    answer = await asked.get("/mail/config-v1.1.xml", params={"emailaddress": named})
    assert answer.status_code == 404


@pytest.mark.parametrize("host", ["[", "[::1]:8080", "", "a b", "mailwright.test:x@y", "autoconfig."])
async def test_a_host_that_is_no_name_is_answered_politely(asked: httpx.AsyncClient, host: str) -> None:
    answer = await asked.get("/.well-known/mta-sts.txt", headers={"Host": host})
    assert answer.status_code in (200, 404)


async def test_a_domain_may_be_written_in_any_case(asked: httpx.AsyncClient) -> None:
    answer = await asked.get("/mail/config-v1.1.xml", params={"emailaddress": "Ada@MAILWRIGHT.Test"})
    assert answer.status_code == 200
    assert "<domain>mailwright.test</domain>" in answer.text
