"""Postmark: what it posts to us, in its real form, and its API, which takes mail and keeps it here.

`inbound`, `bounce`, `complaint`, `delivery` and `change` are bodies as its developer documentation has them; `headers` is what its
servers write on top of a mail (as of 2025), above what the sender wrote. `PostmarkApi` is a server: `await start()`, then `url`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

TOKEN = "a token of the server"

EVIL = "203.0.113.66"  # evil.example sends from there, says `mailworld`
_HOST = "p-pm-inboundg01a-aws-useast1a"


def headers(*, client: str, sender: str, helo: str = "mx.example.org", spf: bool = True) -> list[dict[str, str]]:
    """The lines of Postmark's own for a mail that `client` brought from `sender`."""
    told = {
        "Name": "Received-SPF",
        "Value": f"pass (example.org: Sender is authorized to use '{sender}' in 'mfrom' identity) receiver={_HOST};"
        f' identity=mailfrom; envelope-from="{sender}"; helo={helo}; client-ip={client}',
    }
    return [
        {"Name": "Return-Path", "Value": f"<{sender}>"},
        {
            "Name": "Received",
            "Value": f"by {_HOST}.inbound.postmarkapp.com (Postfix, from userid 996)\tid 3C96F453B34;"
            " Sat, 24 May 2025 20:17:36 +0000 (UTC)",
        },
        {"Name": "X-Spam-Checker-Version", "Value": f"SpamAssassin 3.4.0 (2014-02-07) on\t{_HOST}"},
        {"Name": "X-Spam-Status", "Value": "No"},
        {"Name": "X-Spam-Score", "Value": "-0.1"},
        {"Name": "X-Spam-Tests", "Value": "DKIM_SIGNED,DKIM_VALID,HTML_MESSAGE,\tSPF_HELO_NONE,SPF_PASS"},
        *([told] if spf else []),
        {
            "Name": "Received",
            "Value": f"from {helo} (unknown [{client}])\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))"
            f"\t(No client certificate requested)\tby {_HOST}.inbound.postmarkapp.com (Postfix) with ESMTPS id 06A"
            "\tfor <ada@mailwright.test>; Sat, 24 May 2025 20:17:35 +0000 (UTC)",
        },
    ]


def null_path(lines: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same of a mail from nobody."""
    return [{"Name": "Return-Path", "Value": "<>"}, *lines[1:]]


def inbound(**changes: Any) -> dict[str, Any]:
    """A mail from Eve to Ada."""
    return {
        "FromName": "Eve",
        "MessageStream": "inbound",
        "From": "eve@example.org",
        "FromFull": {"Email": "eve@example.org", "Name": "Eve", "MailboxHash": ""},
        "To": "ada@mailwright.test",
        "ToFull": [{"Email": "ada@mailwright.test", "Name": "", "MailboxHash": ""}],
        "Cc": "",
        "CcFull": [],
        "Bcc": "",
        "BccFull": [],
        "OriginalRecipient": "ada@mailwright.test",
        "Subject": "Figures",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "ReplyTo": "",
        "MailboxHash": "",
        "Date": "Fri, 20 Nov 2026 10:00:00 +0000",
        "TextBody": "Please add these.",
        "HtmlBody": "",
        "StrippedTextReply": "",
        "Tag": "",
        "Headers": [{"Name": "Message-ID", "Value": "<figures@example.org>"}],
        "Attachments": [],
        **changes,
    }


def bounce(**changes: Any) -> dict[str, Any]:
    """A hard bounce of a mail from our domain to Chen."""
    return {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": "HardBounce",
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Tag": "",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {},
        "ServerID": 23,
        "MessageStream": "outbound",
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": "smtp;550 5.1.1 no such user",
        "Email": "chen@example.net",
        "From": "ada@mailwright.test",
        "BouncedAt": "2026-03-01T16:33:54.9070259Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "The figures",
        **changes,
    }


def complaint(**changes: Any) -> dict[str, Any]:
    """Chen complained of a mail from our domain."""
    said = {"Type": "SpamComplaint", "TypeCode": 512, "Name": "Spam complaint", "Description": "", "ID": 42}
    return bounce(RecordType="SpamComplaint", Details="Test spam complaint details", **said) | changes


def delivery(**changes: Any) -> dict[str, Any]:
    """A mail of ours was taken by Chen's server."""
    return {
        "RecordType": "Delivery",
        "ServerID": 23,
        "MessageStream": "outbound",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": "chen@example.net",
        "Tag": "",
        "DeliveredAt": "2026-03-01T16:33:54.9070259Z",
        "Details": "Test delivery webhook details",
        "Metadata": {},
        **changes,
    }


def change(**changes: Any) -> dict[str, Any]:
    """Chen's address was put on the list of those that get nothing."""
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": None,
        "ServerID": 23,
        "MessageStream": "outbound",
        "ChangedAt": "2026-03-01T10:53:34.416071Z",
        "Recipient": "chen@example.net",
        "Origin": "Customer",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "Tag": None,
        "Metadata": {},
        **changes,
    }


@dataclass
class PostmarkApi:
    """Its API on this machine. `taken` has the requests it took; `answers` what to say instead of what it would.

    An answer is (status, body); "take" before it means that the mail was taken nevertheless, "hang up" that there is no answer.
    """

    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    inactive: set[str] = field(default_factory=set)
    answers: deque[tuple[str, int, dict[str, Any] | None]] = field(default_factory=deque)
    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            body = await reader.readexactly(int(named.get("content-length", "0")))
            method, target, _ = lines[0].split()
            answer = self._answer(method, target, named, body)
            if answer is not None:
                status, said = answer
                content = json.dumps(said).encode()
                head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + content)
                await writer.drain()
        writer.close()

    def _answer(
        self, method: str, target: str, named: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]] | None:
        if named.get("x-postmark-server-token") != TOKEN:
            return 401, _error(10, "Request does not contain a valid Server token.")
        url = urlsplit(target)
        if (method, url.path) == ("GET", "/messages/outbound"):
            return self._search(dict(parse_qsl(url.query)))
        if (method, url.path) != ("POST", "/email"):
            return 404, {}
        mail = json.loads(body)
        how, status, said = self.answers.popleft() if self.answers else ("", 0, None)
        if how == "hang up":
            return None
        if status and not how.startswith("take"):
            return status, said or {}
        taken = self._take(mail)
        return None if how == "take, hang up" else ((status, said or {}) if status else taken)

    def _take(self, mail: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        missing = next((name for name in ("From", "To") if not mail.get(name)), None)
        if missing or not (mail.get("TextBody") or mail.get("HtmlBody")):
            return 422, _error(300, f"Zero recipients specified, or no {missing or 'body'}.")
        if any(len(value) > 80 or len(name) > 20 for name, value in mail["Metadata"].items()):
            return 422, _error(300, "Metadata is too long.")
        if any("\n" in each["Value"] or "\r" in each["Value"] for each in mail["Headers"]):
            return 422, _error(300, "Invalid header.")
        address = mail["To"].rpartition("<")[2].removesuffix(">")
        if address in self.inactive:
            said = f"You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: {address}."
            return 422, _error(406, said)
        self.taken.append({**mail, "MessageID": str(uuid4())})
        return 200, {
            "To": mail["To"],
            "SubmittedAt": "2026-03-01T09:30:00.0000000Z",
            "MessageID": self.taken[-1]["MessageID"],
            "ErrorCode": 0,
            "Message": "OK",
        }

    def _search(self, wanted: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(wanted)
        if not {"count", "offset"} <= wanted.keys():
            return 422, _error(701, "count and offset are required")
        given = {
            name.removeprefix("metadata_"): value for name, value in wanted.items() if name.startswith("metadata_")
        }
        found = [each for each in self.taken if given.items() <= each["Metadata"].items()]
        shown = [
            {"MessageID": each["MessageID"], "Status": "Sent", "Metadata": each["Metadata"], "Subject": each["Subject"]}
            for each in found[: int(wanted["count"])]
        ]
        return 200, {"TotalCount": len(found), "Messages": shown}


def _error(number: int, text: str) -> dict[str, Any]:
    return {"ErrorCode": number, "Message": text}
