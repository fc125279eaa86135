"""The mail both servers are given in the differential tests: our specimens, structures that are hard to describe, and letters.

Everything is made from a seed and ends its lines with CRLF, as Dovecot would convert it anyway.
"""

from __future__ import annotations

import random
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

SPECIMENS = Path(__file__).parents[1] / "messages"
BEGINNING = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)


def specimens() -> dict[str, bytes]:
    """Every message of tests/messages, by name."""
    return {path.stem: _crlf(path.read_bytes()) for path in sorted(SPECIMENS.glob("*.eml")) if path.stat().st_size}


def structures() -> dict[str, bytes]:
    """Messages whose BODYSTRUCTURE is hard, by what is hard in them."""
    leaf = "Content-Type: text/plain; charset=us-ascii\n\nleaf\n"
    deep = leaf
    for level in range(12):
        deep = f'Content-Type: multipart/mixed; boundary="l{level}"\n\n--l{level}\n{deep}\n--l{level}--\n'
    forwarded = _HEAD + "\nthe innermost\n"
    for level in range(4):
        forwarded = f"{_HEAD}X-Level: {level}\nContent-Type: message/rfc822\n\n{forwarded}"
    picture = b64encode(bytes(range(256)) * 4).decode()
    found = {
        "twelve deep": _HEAD + deep,
        "forwarded four times": forwarded,
        "signed": _multi(
            'signed; protocol="application/pgp-signature"; micalg=pgp-sha256',
            'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe\n',
            'Content-Type: application/pgp-signature; name="signature.asc"\nContent-Description: OpenPGP digital signature\n'
            "Content-Disposition: attachment; filename=signature.asc\n\n-----BEGIN PGP SIGNATURE-----\n",
        ),
        "calendar": _multi(
            "alternative",
            leaf,
            "Content-Type: text/calendar; charset=utf-8; method=REQUEST; component=VEVENT\n\nBEGIN:VCALENDAR\n",
        ),
        "pictures in related in alternative in mixed": _multi(
            "mixed",
            _multi(
                "alternative",
                leaf,
                _multi(
                    'related; type="text/html"; start="<root@x>"',
                    "Content-Type: text/html; charset=utf-8\nContent-ID: <root@x>\n\n<img src=cid:a>\n",
                    "Content-Type: image/png; name=a.png\nContent-ID: <a>\nContent-Location: http://example.org/a.png\n"
                    f"Content-Transfer-Encoding: base64\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\n\n{picture}\n",
                    head="",
                    boundary="inner",
                ),
                head="",
                boundary="middle",
            ),
            'Content-Type: application/pdf\nContent-Disposition: inline; filename="a b.pdf"; size=12\n'
            "Content-Transfer-Encoding: base64\nContent-Language: en, de\n\naGVsbG8gd29ybGQ=\n",
            leaf + "no end of line",
        ),
        "empty parts": _multi("mixed", "\n", "\n\n", "Content-Type: text/plain\n\n", "X: y\n\n"),
        "no parts": _HEAD + "Content-Type: multipart/mixed; boundary=a\n\n--a--\n",
        "only a preamble": _HEAD + "Content-Type: multipart/mixed; boundary=a\n\npreamble\n",
        "epilogue": _multi("mixed", leaf) + "an epilogue\nof two lines\n",
        "message in digest": _multi("digest", "\n" + _HEAD + "\none\n", "\n" + _HEAD + "\ntwo\n\n"),
        "partial and external": _multi(
            "mixed",
            'Content-Type: message/partial; id="a@x"; number=1; total=2\n\nhalf\n',
            "Content-Type: message/external-body; access-type=anon-ftp; name=f\n\nContent-Type: image/gif\n\n",
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n\nAction: failed\n",
        ),
        "mime header without type": _multi("mixed", "Content-Description: a nice =?utf-8?q?thing=C3=A9?=\n\nhi\n"),
        "parameters of all kinds": _multi(
            "mixed",
            'Content-Type: text/plain; CHARSET=UTF-8; format=Flowed; delsp=yes; x="q\\"uo\\\\te"\n'
            'Content-Disposition: attachment; filename="semi;colon.txt"; creation-date="Wed, 12 Feb 1997 16:29:51 -0500"\n'
            "\nhi\n",
            'Content-Type: text/plain; charset = us-ascii (a comment); x=""\n\nhi\n',
            'Content-Type: TEXT/HTML;\n charset="iso-8859-1";\n name=folded.html\nContent-Transfer-Encoding: 7BIT\n\nhi\n',
        ),
        "lines that look like boundaries": _multi("mixed", leaf + "--bb\n-- b\n --b\n", leaf),
        "a long header": _HEAD + "X-Long: " + "\n ".join(["word"] * 400) + "\nSubject2: x\n\nbody\n",
        "groups": _HEAD.replace(
            "To: ada@mailwright.test", "To: A Group: ada@mailwright.test, Bashir <b@x.test>;, c@d.test"
        )
        + "Cc: undisclosed-recipients:;\n\nbody\n",
        "body without a header": "\nbody only\n",
        "quoted names": _HEAD.replace("Chen <", '"Chen, \\"the\\" \\\\ Tester" <')
        + 'Reply-To: "x" <x@y.test>, z@y.test\nSender: "S" <s@y.test>\nIn-Reply-To: <1@x>\n\nbody\n',
        "no line end": _HEAD + "\nno line end",
    }
    return {name: _crlf(text.encode()) for name, text in found.items()}


@dataclass(frozen=True)
class Letter:
    """A message with what an APPEND says beside it."""

    raw: bytes
    flags: tuple[str, ...]
    date: datetime


def letters(count: int = 120, seed: int = 7) -> list[Letter]:
    """Letters of a few people in a few languages, many of them answers, for searching, sorting and threading."""
    dice = random.Random(seed)
    made: list[Letter] = []
    known: list[tuple[str, str, str]] = []  # message id, references, subject
    for number in range(count):
        language = dice.choice(_LANGUAGES)
        sent = BEGINNING + timedelta(hours=dice.randrange(24 * 60), minutes=dice.randrange(60))
        zone = dice.choice((0, 0, 60, -300, 345))
        subject = f"{dice.choice(_SUBJECTS[language])} {dice.randrange(6)}"
        references = ""
        if known and dice.random() < 0.6:
            parent, above, subject = dice.choice(known)
            references = f"{above} <{parent}>".strip()
            subject = dice.choice(("Re: ", "RE: ", "Fwd: ", "Re[2]: ", "[list] Re: ", "")) + subject
        message_id = f"{number}.{dice.randrange(10**6)}@example.org"
        known.append((message_id, references, subject))
        people = dice.sample(_PEOPLE, 4)
        header = [
            f"From: {_person(people[0])}",
            f"To: {_person(people[1])}" + (f",\n {_person(people[2])}" if dice.random() < 0.4 else ""),
            f"Subject: {_encoded(subject)}",
            f"Date: {_shifted(sent, zone)}",
            f"Message-ID: <{message_id}>",
        ]
        if dice.random() < 0.3:
            header.append(f"Cc: {_person(people[3])}")
        if references and dice.random() < 0.8:
            header.append("References: " + references.replace(" ", "\n "))
        elif references:
            header.append(f"In-Reply-To: {references.split()[-1]}")
        if dice.random() < 0.2:
            header.append(f"X-Priority: {dice.randrange(1, 6)}")
        if dice.random() < 0.1:
            header.append("List-Id: <tests.example.org>")
        body = "\n".join(dice.choice(_BODIES[language]) for _ in range(dice.randrange(1, 6))) + "\n"
        raw = "\n".join(header) + "\nMIME-Version: 1.0\n" + _typed(dice, body)
        flags = tuple(flag for flag in _FLAGS if dice.random() < 0.25)
        made.append(Letter(_crlf(raw.encode()), flags, sent + timedelta(hours=dice.randrange(-30, 60))))
    return made


_HEAD = (
    "From: Chen <chen@example.org>\nTo: ada@mailwright.test\nSubject: hard\nDate: Fri, 20 Nov 2026 10:00:00 +0100\n"
    "Message-ID: <hard@example.org>\nMIME-Version: 1.0\n"
)
_FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "$Forwarded", "work", "Later")
_LANGUAGES = ("english", "german", "japanese", "greek")
_SUBJECTS = {
    "english": ("Meeting", "lunch on friday", "Invoice", "the report"),
    "german": ("Grüße aus Köln", "Straße", "ÄRGER", "Besprechung"),
    "japanese": ("会議のお知らせ", "昼ごはん", "請求書"),
    "greek": ("Καλημέρα", "ΣΟΦΟΣ", "έκθεση"),
}
_BODIES = {
    "english": (
        "Please find the report attached.",
        "See you at lunch!",
        "The quick brown fox = 100% jumps.",
        "From here.",
    ),
    "german": (
        "Schöne Grüße von der Straße.",
        "Wir treffen uns am Dienstag in Zürich.",
        "ÜBER ALLES ärgerlich.",
        "Fuß",
    ),
    "japanese": ("会議は明日です。", "ありがとうございます", "東京 タワー で 会いましょう。"),
    "greek": ("Καλημέρα σας.", "ο σοφός μίλησε", "Αθήνα και Θεσσαλονίκη"),
}
_PEOPLE = (
    ("Ada", "ada@mailwright.test"),
    ("Bashir", "bashir@mailwright.test"),
    ("Chen", "chen@example.org"),
    ("Jürgen Müller", "jm@example.net"),
    ("田中", "tanaka@example.net"),
    ("", "robot@example.org"),
    ("Comma, Person", "comma@example.net"),
)


def _person(person: tuple[str, str]) -> str:
    name, address = person
    if not name:
        return address
    return f"{_encoded(name)} <{address}>" if not name.isascii() else f'"{name}" <{address}>'


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=70).encode(linesep="\n")


def _shifted(moment: datetime, minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    local = moment + timedelta(minutes=minutes)
    zone = f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    return format_datetime(local).replace("+0000", zone)


def _typed(dice: random.Random, body: str) -> str:
    match dice.randrange(4):
        case 0 if body.isascii():
            return f"Content-Type: text/plain; charset=us-ascii\n\n{body}"
        case 1:
            coded = b64encode(body.encode()).decode()
            lines = "\n".join(re.findall(".{1,76}", coded))
            return f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{lines}\n"
        case 2:
            inner = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}"
            html = "".join(f"<p>{line}</p>\n" for line in body.splitlines())
            return _multi("alternative", inner, f"Content-Type: text/html; charset=utf-8\n\n{html}", head="")
        case _:
            return f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}"


def _multi(subtype: str, *parts: str, head: str | None = None, boundary: str = "b") -> str:
    start = _HEAD if head is None else head
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'{start}Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{inner}--{boundary}--\n'


def _crlf(raw: bytes) -> bytes:
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)
