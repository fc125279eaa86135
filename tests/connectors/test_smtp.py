"""Sending by SMTP to real sockets on loopback."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest

from mailwright.connectors import smtpsession
from mailwright.connectors.dns import MailHost
from mailwright.connectors.smtp import DirectMx, SmartHost, is_outside
from mailwright.domain.addresses import Address
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, SendFailure, TemporaryFailure, Unavailable
from tests.connectors.smtp_world import ADA, CHEN, LETTER, KnownHosts, Receiver, only, receiving, saying

HELLO = "250 mx.example.net"


def direct(port: int, resolver: KnownHosts | None = None, **options: Any) -> DirectMx:
    return DirectMx(
        resolver or KnownHosts(), helo="mx.mailwright.test", port=port, **{"allow_private": True, **options}
    )


async def send(
    way: DirectMx | SmartHost, raw: bytes = LETTER, *, sender: Address | None = ADA, recipient: Address = CHEN
) -> str:
    return await way.send(sender, recipient, raw, message_id="<1@mailwright.test>", idempotency_key="k")


# --- the message ----------------------------------------------------------------------------------------------------


async def test_an_exchanger_takes_the_message_and_its_words_are_the_receipt() -> None:
    async with receiving() as receiver:
        assert await send(direct(receiver.port)) == "250 2.0.0 taken as 4711"
    [envelope] = receiver.took
    assert (envelope.mail_from, envelope.rcpt_tos) == ("ada@mailwright.test", ["chen@example.net"])
    assert envelope.original_content == LETTER
    assert receiver.sessions[0].host_name == "mx.mailwright.test"


async def test_a_notice_leaves_with_the_null_reverse_path() -> None:
    async with receiving() as receiver:
        await send(direct(receiver.port), sender=None)
    assert receiver.took[0].mail_from == "<>"  # as aiosmtpd gives it


async def test_its_size_is_announced_and_a_message_too_large_is_not_sent() -> None:
    async with receiving(data_size_limit=200) as receiver:
        await send(direct(receiver.port))
        with pytest.raises(PermanentFailure) as refused:
            await send(direct(receiver.port), LETTER + b"x" * 300 + b"\r\n")
    assert refused.value.code == "5.3.4"
    assert f"SIZE={len(LETTER)}" in receiver.took[0].mail_options


@pytest.mark.parametrize(
    ("body", "arrives"),
    [
        (b"bare\nline feeds\n", b"bare\r\nline feeds\r\n"),
        (b"bare\rreturns\r", b"bare\r\nreturns\r\n"),
        (b"no end", b"no end\r\n"),
        (b".\r\n..\r\n.dots\r\n", b".\r\n..\r\n.dots\r\n"),
        (b"smuggled\n.\nMAIL FROM:<x@example.org>\r\n", b"smuggled\r\n.\r\nMAIL FROM:<x@example.org>\r\n"),
        (b"smuggled\r.\r\nMAIL FROM:<x@example.org>\r\n", b"smuggled\r\n.\r\nMAIL FROM:<x@example.org>\r\n"),
        (b"smuggled\n.\r\nMAIL FROM:<x@example.org>\r\n", b"smuggled\r\n.\r\nMAIL FROM:<x@example.org>\r\n"),
        (b"an empty end\r\n\r\n", b"an empty end\r\n\r\n"),
    ],
)
async def test_every_line_ends_in_crlf_and_no_dot_ends_the_message_early(body: bytes, arrives: bytes) -> None:
    head = b"Subject: Hello\r\n\r\n"
    async with receiving() as receiver:
        await send(direct(receiver.port), head + body)
    assert [envelope.original_content for envelope in receiver.took] == [head + arrives]


async def test_eight_bits_are_announced() -> None:
    async with receiving() as receiver:
        await send(direct(receiver.port), LETTER + "Grüße\r\n".encode())
    assert "BODY=8BITMIME" in receiver.took[0].mail_options


async def test_eight_bits_are_not_sent_to_a_server_that_does_not_take_them() -> None:
    async with saying("220 hi", HELLO, then="221 bye") as port:
        with pytest.raises(PermanentFailure) as refused:
            await send(direct(port), LETTER + "Grüße\r\n".encode())
    assert refused.value.code == "5.6.3"


async def test_an_international_address_is_sent_with_smtputf8() -> None:
    async with receiving() as receiver:
        await send(direct(receiver.port), recipient=Address.parse("чен@example.net"))
    assert receiver.took[0].rcpt_tos == ["чен@example.net"]
    assert "SMTPUTF8" in receiver.took[0].mail_options


async def test_an_international_address_cannot_go_to_a_server_without_smtputf8() -> None:
    async with receiving(enable_SMTPUTF8=False) as receiver:
        with pytest.raises(PermanentFailure) as refused:
            await send(direct(receiver.port), recipient=Address.parse("чен@example.net"))
    assert refused.value.code == "5.6.7"


async def test_an_international_domain_alone_needs_no_smtputf8() -> None:
    async with receiving(enable_SMTPUTF8=False) as receiver:
        await send(direct(receiver.port), recipient=Address.parse("chen@bücher.example"))
    assert receiver.took[0].rcpt_tos == ["chen@xn--bcher-kva.example"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", [b"\n", b"\r", b"\r\n", b".\r\n", b"\n.", b"x"])
def test_a_large_message_is_made_ready_without_a_list_of_its_lines(piece: bytes) -> None:
    raw = piece * (8_000_000 // len(piece))
    tracemalloc.start()
    body = smtpsession.with_line_ends(raw)
    content = smtpsession.with_dots(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 6 * len(raw) + 100_000
    assert body.endswith(b"\r\n")
    assert b"\r\n.\r\n" not in content


# --- refusals -------------------------------------------------------------------------------------------------------


async def test_an_unknown_user_is_a_permanent_failure_with_the_servers_words() -> None:
    async with receiving(Receiver(rcpt="550 5.1.1 no such user")) as receiver:
        with pytest.raises(PermanentFailure) as refused:
            await send(direct(receiver.port))
    failure = refused.value
    assert (failure.code, failure.reply, failure.host) == ("5.1.1", "550 5.1.1 no such user", "mx.example.net")


async def test_greylisting_is_a_temporary_failure() -> None:
    async with receiving(Receiver(rcpt="451 4.7.1 come back later")) as receiver:
        with pytest.raises(TemporaryFailure) as refused:
            await send(direct(receiver.port))
    assert refused.value.code == "4.7.1"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ("554 5.7.1 spam", PermanentFailure, "5.7.1"),
        ("552 too much", PermanentFailure, "5.0.0"),
        ("452 4.3.1 disk full", TemporaryFailure, "4.3.1"),
        ("451 5.1.1 of two minds", TemporaryFailure, "4.0.0"),
        ("299 huh", None, ""),
        ("199 huh", TemporaryFailure, "4.0.0"),
    ],
)
async def test_the_answer_to_the_message_decides(answer: str, kind: type[SendFailure] | None, code: str) -> None:
    async with saying("220 hi", HELLO, "250 ok", "250 ok", "354 go", answer, then="221 bye") as port:
        if kind is None:
            assert await send(direct(port)) == answer
            return
        with pytest.raises(kind) as refused:
            await send(direct(port))
    assert refused.value.code == code
    assert not isinstance(refused.value, OutcomeUnknown)


async def test_a_connection_lost_before_the_message_is_an_ordinary_temporary_failure() -> None:
    async with saying("220 hi", HELLO, "250 ok", "") as port:
        with pytest.raises(TemporaryFailure) as lost:
            await send(direct(port))
    assert not isinstance(lost.value, OutcomeUnknown)


async def test_a_connection_lost_after_the_message_leaves_the_outcome_unknown() -> None:
    async with saying("220 hi", HELLO, "250 ok", "250 ok", "354 go", "") as port:
        with pytest.raises(OutcomeUnknown):
            await send(direct(port))


async def test_a_server_that_says_nothing_after_the_message_leaves_the_outcome_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtpsession, "END_SECONDS", 0.1)

    async def forget(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in ("220 hi", HELLO, "250 ok", "250 ok", "354 go"):
            writer.write(answer.encode() + b"\r\n")
            await reader.readline()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(forget, "127.0.0.1", 0)
    with pytest.raises(OutcomeUnknown, match="too long"):
        await send(direct(server.sockets[0].getsockname()[1]))
    server.close()


@pytest.mark.parametrize("greeting", ["nonsense", "220", "\x00\xff", "999 no", "220-" + "x" * 50_000])
async def test_a_server_that_talks_nonsense_is_a_temporary_failure(greeting: str) -> None:
    async with saying(greeting, "nonsense", "nonsense") as port:
        with pytest.raises(TemporaryFailure):
            await send(direct(port))


async def test_a_reply_with_control_characters_is_kept_on_one_line() -> None:
    async with saying("220 hi", HELLO, "550 5.7.1 no\x1b[31m\tthanks", then="221 bye") as port:
        with pytest.raises(PermanentFailure) as refused:
            await send(direct(port))
    assert refused.value.reply == "550 5.7.1 no [31m thanks"


# --- which exchanger ------------------------------------------------------------------------------------------------


async def test_the_next_exchanger_has_its_turn_when_the_first_is_down() -> None:
    hosts = [MailHost("dead.example.net", 10), MailHost("mx.example.net", 20)]
    async with receiving() as receiver:
        way = direct(receiver.port, KnownHosts({"example.net": hosts}, {"dead.example.net": ["127.0.0.9"]}))
        await send(way)
    assert len(receiver.took) == 1


async def test_no_more_exchangers_are_looked_up_than_are_tried() -> None:
    asked: list[str] = []

    class Counting(KnownHosts):
        async def addresses(self, host: str) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

    hosts = [MailHost(f"mx{number}.example.net", number) for number in range(20)]
    with pytest.raises(TemporaryFailure):
        await send(direct(1, Counting({"example.net": hosts})))
    assert len(asked) == 6


async def test_all_exchangers_down_is_temporary() -> None:
    with pytest.raises(TemporaryFailure) as failed:
        await send(direct(1))
    assert (failed.value.code, failed.value.host) == ("4.4.1", "mx.example.net")


async def test_a_host_that_takes_no_mail_at_all_is_permanent_when_it_is_the_only_one() -> None:
    async with saying("554 no service here") as port:
        with pytest.raises(PermanentFailure) as failed:
            await send(direct(port))
    assert failed.value.code == "5.3.2"


async def test_a_closing_server_is_temporary() -> None:
    async with saying("421 4.3.2 shutting down") as port:
        with pytest.raises(TemporaryFailure):
            await send(direct(port))


async def test_a_server_that_knows_no_ehlo_is_greeted_with_helo() -> None:
    async with saying(
        "220 hi", "502 what?", "250 hello", "250 ok", "250 ok", "354 go", "250 old but fine", then="221"
    ) as port:
        assert await send(direct(port)) == "250 old but fine"


async def test_a_domain_that_takes_no_mail_fails_at_once() -> None:
    null = PermanentFailure("the domain does not accept mail", "5.1.10", reply="556 5.1.10 null MX")
    with pytest.raises(PermanentFailure):
        await send(direct(1, KnownHosts({"example.net": null})))


async def test_we_do_not_send_to_exchangers_behind_ourselves() -> None:
    hosts = [MailHost("first.example.net", 5), MailHost("mx.mailwright.test", 10), MailHost("last.example.net", 20)]
    async with receiving() as receiver:
        await send(direct(receiver.port, KnownHosts({"example.net": hosts}, {"last.example.net": []})))
    ours_first = KnownHosts({"example.net": hosts[1:]})
    with pytest.raises(PermanentFailure) as looped:
        await send(direct(1, ours_first))
    assert looped.value.code == "5.4.6"


async def test_exchangers_without_any_address_are_a_permanent_failure_and_unknown_ones_a_temporary() -> None:
    with pytest.raises(PermanentFailure) as nowhere:
        await send(direct(1, KnownHosts(at={"mx.example.net": []})))
    assert nowhere.value.code == "5.4.4"
    with pytest.raises(TemporaryFailure):
        await send(direct(1, KnownHosts(at={"mx.example.net": TemporaryFailure("no answer", "4.4.3")})))


async def test_mail_for_the_outside_never_connects_to_the_inside() -> None:
    async with receiving() as receiver:
        with pytest.raises(PermanentFailure) as refused:
            await send(direct(receiver.port, allow_private=False))
        with pytest.raises(PermanentFailure):
            await send(direct(receiver.port, allow_private=False), recipient=Address.parse("chen@[127.0.0.1]"))
    assert refused.value.code == "5.4.4"
    assert receiver.sessions == []


@pytest.mark.parametrize(
    "inside",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "fec0::1", "::127.0.0.1", "64:ff9b:1::7f00:1", "4000::1", "240.0.0.1",
    ],
)  # fmt: skip
def test_what_is_inside_is_known(inside: str) -> None:
    assert not is_outside(inside)


@pytest.mark.parametrize("outside", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_outside_is_known(outside: str) -> None:
    assert is_outside(outside)


async def test_an_address_literal_is_connected_to_as_it_is() -> None:
    async with receiving() as receiver:
        await send(direct(receiver.port), recipient=Address.parse("chen@[127.0.0.1]"))
    with pytest.raises(PermanentFailure):
        await send(direct(1), recipient=Address.parse("chen@[x400:nowhere]"))
    assert len(receiver.took) == 1


# --- TLS ------------------------------------------------------------------------------------------------------------


async def test_tls_is_used_when_an_exchanger_offers_it_whoever_signed_its_certificate(certificate: Any) -> None:
    async with receiving(tls=certificate.server) as receiver:
        await send(direct(receiver.port))
    assert receiver.sessions[0].ssl is not None


async def test_an_offer_of_tls_that_breaks_is_no_worse_than_none() -> None:
    offers = "250-mx.example.net\r\n250 STARTTLS"
    async with saying("220 hi", offers, "454 not today", then="250 plain") as port:
        with pytest.raises(TemporaryFailure):  # the script hands out 250 where 354 belongs: it got as far as DATA
            await send(direct(port))


async def test_a_smart_host_must_offer_starttls_when_the_settings_say_so() -> None:
    async with receiving() as receiver:
        with pytest.raises(Unavailable) as refused:
            await send(SmartHost("127.0.0.1", receiver.port))
    assert "STARTTLS" in refused.value.text
    assert receiver.took == []


async def test_a_smart_host_with_an_unknown_certificate_gets_nothing(certificate: Any) -> None:
    async with receiving(tls=certificate.server) as receiver:
        with pytest.raises(Unavailable):
            await send(SmartHost("localhost", receiver.port))
    assert receiver.took == []


@pytest.mark.parametrize("wrap", [False, True])
async def test_a_smart_host_is_signed_in_to_over_verified_tls(certificate: Any, wrap: bool) -> None:
    options: dict[str, Any] = {"authenticator": only("ada", "secret-word"), "auth_required": True}
    if wrap:
        options["auth_require_tls"] = False  # aiosmtpd does not count TLS from the first byte
    async with receiving(tls=certificate.server, wrap=wrap, **options) as receiver:
        host = SmartHost(
            "127.0.0.1",
            receiver.port,
            username="ada",
            password="secret-word",
            tls="tls" if wrap else "starttls",
            ca_file=certificate.ca_file,
        )
        assert await send(host) == "250 2.0.0 taken as 4711"
    assert receiver.sessions[0].authenticated


# --- the smart host as a service ------------------------------------------------------------------------------------


async def test_a_wrong_password_is_the_services_trouble_and_not_the_messages(certificate: Any) -> None:
    async with receiving(tls=certificate.server, authenticator=only("ada", "secret-word")) as receiver:
        host = SmartHost("127.0.0.1", receiver.port, username="ada", password="wrong", ca_file=certificate.ca_file)
        with pytest.raises(Unavailable) as refused:
            await send(host)
    assert "wrong" not in str(refused.value) + refused.value.reply
    assert "secret" not in repr(SmartHost("h", password="secret"))


async def test_a_smart_host_that_wants_a_sign_in_is_the_services_trouble() -> None:
    async with saying("220 hi", HELLO, "530 5.7.0 authentication required", then="221 bye") as port:
        with pytest.raises(Unavailable):
            await send(SmartHost("127.0.0.1", port, tls="none"))


@pytest.mark.parametrize(
    "script", [("421 later",), ("554 go away",), ("220 hi", "421 later"), ("220 hi", HELLO, "421 busy")]
)
async def test_a_smart_host_that_is_not_there_is_unavailable(script: tuple[str, ...]) -> None:
    async with saying(*script) as port:
        with pytest.raises(Unavailable):
            await send(SmartHost("127.0.0.1", port, tls="none"))


async def test_a_smart_host_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await send(SmartHost("127.0.0.1", 1, tls="none"))


async def test_a_smart_hosts_word_about_a_message_is_about_the_message() -> None:
    async with receiving(Receiver(rcpt="550 5.1.1 no such user")) as receiver:
        with pytest.raises(PermanentFailure):
            await send(SmartHost("127.0.0.1", receiver.port, tls="opportunistic"))
    async with receiving(Receiver(data="452 4.3.1 disk full")) as receiver:
        with pytest.raises(TemporaryFailure):
            await send(SmartHost("127.0.0.1", receiver.port, tls="opportunistic"))
