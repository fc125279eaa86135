"""A walk with IMAPClient: what a script does with its mailboxes, over STARTTLS."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

imapclient = pytest.importorskip("imapclient")

from mailwright.protocols.imap import ImapSettings  # noqa: E402  (only where IMAPClient is installed)
from mailwright.protocols.tls import self_signed_context  # noqa: E402
from mailwright.storage.database import Database  # noqa: E402
from tests.protocols.imap.house import PASSWORD, house_of, letter, trusting  # noqa: E402


async def test_imapclient_walks_through_the_mailboxes(database: Database, data_folder: Path) -> None:
    context = self_signed_context(data_folder, ["mx.mailwright.test"])
    async with house_of(database, data_folder, ImapSettings(tls=context)) as house:
        await house.put(3)
        await asyncio.to_thread(_walk, house.server.port)


def _walk(port: int) -> None:
    client = imapclient.IMAPClient("127.0.0.1", port, ssl=False, timeout=20)
    assert client.has_capability("LOGINDISABLED")
    with pytest.raises(imapclient.exceptions.IMAPClientError):
        client.login("ada@mailwright.test", PASSWORD)
    client.starttls(trusting())
    client.login("ada@mailwright.test", PASSWORD)
    assert b"Mailwright" in client.id_()[0]
    assert [name for _, _, name in client.list_folders()] == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]
    assert client.find_special_folder(b"\\Trash") == "Trash"
    assert client.namespace().personal == (("", "/"),)
    client.create_folder("Größe/Mai")
    client.rename_folder("Größe/Mai", "Größe/Juni")
    client.unsubscribe_folder("Größe/Juni")
    assert "Größe/Juni" not in [name for _, _, name in client.list_sub_folders()]
    assert client.folder_exists("Größe/Juni")
    moment = datetime(2026, 7, 17, 2, 44, 25, tzinfo=UTC)
    assert b"APPENDUID" in client.append("Größe/Juni", letter(1), flags=[b"\\Seen", b"$Work"], msg_time=moment)
    client.multiappend("Größe/Juni", [letter(2), {"msg": letter(3), "flags": [b"\\Flagged"]}])
    assert client.folder_status("Größe/Juni", ["MESSAGES", "UNSEEN"]) == {b"MESSAGES": 3, b"UNSEEN": 2}
    assert client.getacl("INBOX") == [(b"ada@mailwright.test", b"lrswipkxteacd")]
    client.setacl("INBOX", "bashir@mailwright.test", "lr")
    assert (b"bashir@mailwright.test", b"lr") in client.getacl("INBOX")
    [quota] = client.get_quota()
    assert (quota.resource, quota.limit) == ("STORAGE", 97)
    client.enable("CONDSTORE")
    chosen = client.select_folder("Größe/Juni")
    assert chosen[b"EXISTS"] == 3
    assert client.search("FLAGGED") == [3]
    fetched = client.fetch([1], ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[]"])
    assert set(fetched[1][b"FLAGS"]) == {b"\\Seen", b"$Work"}
    assert fetched[1][b"BODY[]"] == letter(1)
    client.add_flags([2], [imapclient.DELETED])
    client.expunge()
    client.move([3], "Trash")
    client.close_folder()
    assert client.folder_status("Trash", ["MESSAGES"]) == {b"MESSAGES": 1}
    client.delete_folder("Größe/Juni")
    assert not client.folder_exists("Größe/Juni")
    client.logout()
