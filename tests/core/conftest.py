"""A core on a fresh database of each kind, with Ada, Bashir and Chen in mailwright.test."""

from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.domain.addresses import Address
from mailwright.domain.clock import now
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.ids import new_id
from mailwright.storage import Database, Tx, open_blobs


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    made = Core(
        any_database,
        open_blobs(any_database, f"file://{tmp_path}"),
        CoreSettings(hostname="mail.mailwright.test", max_message_bytes=2 * 1024 * 1024),
    )

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        for name in ("ada", "bashir", "chen"):
            accounts.add_user(tx, made, f"{name}@mailwright.test", display_name=name.title())

    any_database.write_now(people)
    return made


def envelope(*recipients: str, sender: str | None = "eve@example.org", **options: object) -> Envelope:
    """An envelope as the SMTP server fills it."""
    return Envelope(
        channel=options.pop("channel", Channel.SMTP),  # type: ignore[arg-type]
        sender=None if sender is None else Address.parse(sender),
        recipients=tuple(Address.parse(recipient) for recipient in recipients),
        received_at=now(),
        correlation_id=new_id(),
        client="[192.0.2.1]",
        helo="mx.example.org",
        **options,  # type: ignore[arg-type]
    )


def letter(subject: str = "Hello", *, message_id: str = "<1@example.org>", extra: str = "", body: str = "Hi.") -> bytes:
    """A small message from Eve."""
    text = (
        f"From: Eve <eve@example.org>\nTo: ada@mailwright.test\nSubject: {subject}\nMessage-ID: {message_id}\n"
        f"Date: Fri, 20 Nov 2026 10:00:00 +0000\n{extra}\n{body}\n"
    )
    return text.replace("\n", "\r\n").encode()
