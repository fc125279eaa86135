"""Every specimen in tests/messages against what specimens_table.py expects of it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from mailwright.codecs import mime
from mailwright.domain.clock import to_iso

FOLDER = Path(__file__).parents[2] / "messages"


def _table() -> dict[str, dict[str, Any]]:
    spec = importlib.util.spec_from_file_location("specimens_table", Path(__file__).with_name("specimens_table.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[str, dict[str, Any]] = module.SPECIMENS
    return table


SPECIMENS = _table()


def _pairs(mailboxes: tuple[mime.Mailbox, ...]) -> list[tuple[str, str]]:
    return [(mailbox.name, mailbox.address) for mailbox in mailboxes]


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_specimen_is_read_as_expected(name: str) -> None:
    raw = (FOLDER / f"{name}.eml").read_bytes()
    parsed = mime.parse(raw)
    html = mime.body_html(raw, parsed)
    seen = {
        "parts": tuple(f"{part.number} {part.media_type}" for part in parsed.root.walk()),
        "subject": parsed.subject,
        "from": _pairs(parsed.from_),
        "sender": _pairs(parsed.sender),
        "reply_to": _pairs(parsed.reply_to),
        "to": _pairs(parsed.to),
        "cc": _pairs(parsed.cc),
        "bcc": _pairs(parsed.bcc),
        "date": None if parsed.date is None else to_iso(parsed.date),
        "message_id": parsed.message_id,
        "in_reply_to": parsed.in_reply_to,
        "references": parsed.references,
        "hops": parsed.hops,
        "preview": parsed.preview,
        "text": mime.body_text(raw, parsed),
        "html": html,
        "attachments": [part.filename for part in parsed.attachments],
        "automatic": mime.is_automatic(parsed.header),
        "defects": parsed.defects,
    }
    expected = SPECIMENS[name]
    assert {key: seen[key] for key in expected} == expected


def test_every_specimen_has_its_expectation() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == set(SPECIMENS)
