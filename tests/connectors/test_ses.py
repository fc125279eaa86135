"""Sending through Amazon SES: moto takes the mail, and everything that can go wrong with a service goes wrong before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from mailwright.codecs import mime
from mailwright.connectors.ses import MAX_OCTETS, Ses, with_reference
from mailwright.domain.addresses import Address
from mailwright.domain.ids import new_id
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, TemporaryFailure, Unavailable
from tests.servers.ports import free_port
from tests.servers.ses import ACCESS, REGION, SECRET, SesService, Trouble

CHEN = Address.parse("chen@example.net")
LETTER = (
    b"From: Ada <ada@mailwright.test>\r\nTo: someone@example.org\r\nSubject: Figures\r\n"
    b"Message-ID: <1@mailwright.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe.\r\n"
)


@pytest.fixture(scope="module")
def service() -> Iterator[SesService]:
    with SesService() as made:
        yield made


@pytest.fixture
async def way(service: SesService) -> AsyncIterator[Ses]:
    service.trouble.clear()
    service.calls.clear()
    service.backend.sent_messages.clear()
    made = Ses(REGION, access_key_id=ACCESS, secret_access_key=SECRET, url=service.url, seconds=5)
    yield made
    await made.close()


async def send(way: Ses, raw: bytes = LETTER, key: str = "") -> str:
    return await way.send(None, CHEN, raw, message_id="<1@mailwright.test>", idempotency_key=key or new_id())


async def test_a_message_goes_to_the_envelopes_recipient_as_it_was_written(service: SesService, way: Ses) -> None:
    receipt = await send(way)
    [mail] = service.taken
    assert receipt == f"200 taken by SES as {mail.id}"
    assert str(CHEN) in mail.destinations
    assert mail.raw_data.encode().replace(b"References: <1@mailwright.test>\r\n", b"") == LETTER


async def test_our_message_id_is_among_the_references_since_ses_writes_another(service: SesService, way: Ses) -> None:
    await send(way, LETTER.replace(b"Subject", b"References: <0@example.org>\r\n <00@example.org>\r\nSubject"))
    parsed = mime.parse(service.taken[0].raw_data.encode())
    assert parsed.references == ("<0@example.org>", "<00@example.org>", "<1@mailwright.test>")
    assert parsed.subject == "Figures"


@pytest.mark.parametrize("message_id", ["", "no id", "<not @ legal"])
def test_what_has_no_message_id_is_left_alone(message_id: str) -> None:
    assert with_reference(LETTER, message_id) == LETTER


def test_a_reference_that_stands_there_is_not_repeated() -> None:
    once = with_reference(LETTER, "<1@mailwright.test>")
    assert with_reference(once, "<1@mailwright.test>") == once


async def test_a_sender_that_is_not_verified_is_rejected_and_not_tried_again(service: SesService, way: Ses) -> None:
    with pytest.raises(PermanentFailure) as failed:
        await send(way, LETTER.replace(b"ada@mailwright.test", b"eve@example.org"))
    assert failed.value.code == "5.7.1"
    assert "MessageRejected" in failed.value.reply
    assert service.taken == []


async def test_a_message_that_is_too_large_is_not_offered(service: SesService, way: Ses) -> None:
    with pytest.raises(PermanentFailure) as failed:
        await send(way, LETTER + b"x" * MAX_OCTETS)
    assert failed.value.code == "5.3.4"
    assert service.calls == []


@pytest.mark.parametrize(
    ("status", "name", "is_unsure"),
    [
        (429, "TooManyRequestsException", False),
        (400, "LimitExceededException", False),
        (400, "SendingPausedException", False),
        (400, "AccountSuspendedException", False),
        (403, "InvalidSignatureException", False),
        (403, "AccessDeniedException", False),
        (503, "ServiceUnavailable", False),
        (500, "InternalFailure", True),
        (502, "", True),
    ],
)
async def test_a_service_in_trouble_stops_everything_after_one_call(
    service: SesService, way: Ses, status: int, name: str, is_unsure: bool
) -> None:
    service.trouble.append(Trouble(status, name))
    with pytest.raises(Unavailable) as failed:
        await send(way)
    assert failed.value.is_unsure is is_unsure
    assert len(service.calls) == 1  # Amazon's library would try again by itself
    assert SECRET not in f"{failed.value.text}{failed.value.reply}{way!r}"


async def test_a_sender_whose_domain_is_not_set_up_may_be_later(service: SesService, way: Ses) -> None:
    service.trouble.append(Trouble(400, "MailFromDomainNotVerifiedException"))
    with pytest.raises(TemporaryFailure):
        await send(way)


@pytest.mark.parametrize("taken", [False, True])
async def test_without_an_answer_nobody_knows(service: SesService, way: Ses, taken: bool) -> None:
    service.trouble.append(Trouble(taken=taken))
    with pytest.raises(OutcomeUnknown):
        await send(way)
    assert len(service.calls) == 1
    assert len(service.taken) == int(taken)


async def test_a_service_that_is_not_there_took_nothing() -> None:
    nowhere = Ses(
        REGION, access_key_id=ACCESS, secret_access_key=SECRET, url=f"http://127.0.0.1:{free_port()}", seconds=2
    )
    with pytest.raises(Unavailable, match="cannot be reached") as failed:
        await send(nowhere)
    assert not failed.value.is_unsure
    await nowhere.close()


async def test_without_credentials_everything_waits_and_the_reason_says_where_to_look(
    service: SesService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere"),
        ("AWS_CONFIG_FILE", "/nowhere"),
    ):
        monkeypatch.setenv(name, value)
    way = Ses(REGION, url=service.url)
    with pytest.raises(Unavailable, match="ses_access_key_id"):
        await send(way)
    await way.close()
