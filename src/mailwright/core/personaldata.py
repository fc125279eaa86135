"""One person's data: handed over as a ZIP, and erased.

Called by the administration and the command line, for what people may ask of who keeps their data. Guests (outside people an agent works
for) are people, too.

    about.json              what is in it
    data/<table>.jsonl      what is known of the person, a row a line; times are UTC
    data/history.jsonl      what happened to their tasks and follow-ups
    data/outreach_sources.jsonl   where what their outreach says was found
    mail/<mailbox>/<id>.eml, files/<thread>/<path>

Promises: memory is bounded whatever there is; secrets are not handed over; both are in the audit trail, by whom they were asked for. What
was erased is gone from tables and mailboxes when `erase` returns, also what the person and our agents wrote to each other; its bytes go
with the next nightly round.
Does not: reach backups, other people's mailboxes, or the audit trail, which expires by itself.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

from mailwright.core import Core, accounts, phones
from mailwright.core.accounts import Account
from mailwright.core.expunge import remove_uids
from mailwright.domain import clock
from mailwright.domain.refusals import DamagedBlob, NotFound, NotPermitted
from mailwright.domain.whatsapp import address_of
from mailwright.storage import Tx, audit, personal, whatsapp
from mailwright.storage import accounts as rows
from mailwright.storage.audit import Actor
from mailwright.storage.retention import START

PAGE = 500
_JSON = frozenset(
    {
        *("targets", "readings", "result", "display", "recipients", "learned", "measures", "reply_to", "bcc"),
        *("fields", "files", "sentences", "original", "metadata"),
    }
)
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')


@dataclass(slots=True)
class Exported:
    """What was handed over. `missing` are messages and files whose bytes were gone."""

    rows: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    files: int = 0
    missing: int = 0


def export(core: Core, account: Account, target: IO[bytes], *, by: Actor) -> Exported:
    """Write a person's data to `target` as a ZIP. For threads that may block. Raises TryLater, OSError."""
    done = Exported()
    core.database.write_now(
        lambda tx: audit.note(tx, by, "person.exported", resource=account.email, tenant_id=account.tenant_id)
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in personal.TABLES:
            done.rows[table] = _write_lines(archive, table, _rows(core, account, table))
        done.rows["history"] = _write_lines(archive, "history", _history(core, account))
        done.rows["outreach_sources"] = _write_lines(archive, "outreach_sources", _sources(core, account))
        _write_mail(core, account, archive, done)
        _write_files(core, account, archive, done)
        archive.writestr("about.json", json.dumps(_about(account, done), indent=2, ensure_ascii=False))
    return done


async def erase(core: Core, account: Account, *, by: Actor) -> int:
    """Take away the person, their mail, and what they and our agents wrote to each other; how many messages of the latter.

    What was interrupted is finished by doing it again, or (but for the mail of agents) by the nightly round.
    Raises NotPermitted (an agent is no person), TryLater.
    """
    if account.role == "agent":
        raise NotPermitted(f"{account.email} is an agent's mailbox: remove the agent")
    addresses = await core.read(lambda tx: sorted(_addresses(tx, account)))
    removed, after = 0, START
    while page := await core.read(partial(_said, user_id=account.id, addresses=addresses, after=after)):
        wanted = [(mailbox_id, uid) for _, mailbox_id, uid, theirs in page if theirs]
        removed += await core.write(partial(_remove, wanted=wanted))
        after = page[-1][0]
    await core.write(lambda tx: _close(tx, account, by))
    await accounts.finish_removal(core, account, by=by)
    return removed


def _addresses(tx: Tx, account: Account) -> set[str]:
    """All that are the person's, the one of their phone among them."""
    phone = phones.of_account(tx, account)
    return {*accounts.addresses_of(tx, account), account.email, *([address_of(phone).key] if phone is not None else ())}


def _close(tx: Tx, account: Account, by: Actor) -> None:
    personal.forget_snapshots(tx, account.id)
    phone = phones.of_account(tx, account)
    if phone is not None:
        whatsapp.forget_phone(tx, phone)
    if rows.by_id(tx, account.id) is not None:
        accounts.begin_removal(tx, account, by=by)
    audit.note(tx, by, "person.erased", resource=account.id, tenant_id=account.tenant_id)


def _said(tx: Tx, user_id: str, addresses: list[str], after: str) -> list[tuple[str, str, int, bool]]:
    return personal.said_with_agents(tx, user_id, addresses, after, PAGE)


def _remove(tx: Tx, wanted: list[tuple[str, int]]) -> int:
    count = 0
    for mailbox_id in sorted({mailbox_id for mailbox_id, _ in wanted}):
        uids = sorted(uid for each, uid in wanted if each == mailbox_id)
        count += len(remove_uids(tx, mailbox_id, uids, because="the person was erased"))
    return count


def _about(account: Account, done: Exported) -> dict[str, Any]:
    return {
        "person": account.email,
        "written_at": clock.to_iso(clock.now()),
        "rows": done.rows,
        "messages": done.messages,
        "files": done.files,
        "missing": done.missing,
        "left_out": dict(personal.LEFT_OUT),
    }


def _write_lines(archive: zipfile.ZipFile, name: str, lines: Iterator[dict[str, Any]]) -> int:
    count = 0
    with archive.open(f"data/{name}.jsonl", "w", force_zip64=True) as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            count += 1
    return count


def _rows(core: Core, account: Account, table: str) -> Iterator[dict[str, Any]]:
    offset = 0
    while page := core.database.read_now(partial(_page, table=table, user_id=account.id, offset=offset)):
        yield from map(_shown, page)
        offset += len(page)


def _page(tx: Tx, table: str, user_id: str, offset: int) -> list[dict[str, Any]]:
    return personal.rows_of(tx, table, user_id, offset, PAGE)


def _history(core: Core, account: Account) -> Iterator[dict[str, Any]]:
    names, after = ("id", "task_id", "status", "stage", "detail", "created_at"), 0
    while page := core.database.read_now(lambda tx, after=after: personal.task_history(tx, account.id, after, PAGE)):  # type: ignore[misc]
        yield from (_shown(dict(zip(names, row, strict=True))) for row in page)
        after = page[-1][0]


def _sources(core: Core, account: Account) -> Iterator[dict[str, Any]]:
    names = ("id", "mail", "number", "kind", "url", "title", "author", "published", "about", "because", "fetched_at")
    for row in _pages(core, lambda tx, after: personal.sources_of(tx, account.id, after, PAGE)):
        yield _shown(dict(zip(names, row, strict=True)))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row as people read it: times in words, JSON as JSON."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if name.endswith("_at") and isinstance(value, int) and name != "agenda_at":
        return clock.to_iso(value)
    if name in _JSON and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _write_mail(core: Core, account: Account, archive: zipfile.ZipFile, done: Exported) -> None:
    for id, mailbox, blob_id in _pages(core, lambda tx, after: personal.mail_of(tx, account.id, after, PAGE)):
        if _write(core, archive, f"mail/{_safe(mailbox)}/{id}.eml", blob_id, done):
            done.messages += 1


def _write_files(core: Core, account: Account, archive: zipfile.ZipFile, done: Exported) -> None:
    for _, thread_id, path, blob_id in _pages(core, lambda tx, after: personal.files_of(tx, account.id, after, PAGE)):
        if _write(core, archive, f"files/{thread_id}/{_safe(path)}", blob_id, done):
            done.files += 1


def _pages(core: Core, ask: Callable[[Tx, str], Sequence[tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
    after = START
    while page := core.database.read_now(lambda tx, after=after: ask(tx, after)):  # type: ignore[misc]
        yield from page
        after = page[-1][0]


def _write(core: Core, archive: zipfile.ZipFile, name: str, blob_id: str, done: Exported) -> bool:
    try:
        content = core.blobs.read_now(blob_id)
    except (NotFound, DamagedBlob):
        done.missing += 1
        return False
    archive.writestr(name, content)
    return True


def _safe(path: str) -> str:
    """A path that stays where it is put, on every machine."""
    parts = [_FORBIDDEN.sub("_", part).strip(". ") for part in path.split("/")]
    return "/".join(part[:120] or "_" for part in parts)
