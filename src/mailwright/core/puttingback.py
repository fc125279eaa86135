"""Putting back: single things out of a backup into a running system, adding what is missing and changing nothing else.

Called by `mailwright restore` for a tenant, a user, a mailbox or a message. Synchronous: it runs in a program of its own.
Promises: nothing is doubled, however often it runs or is killed; flags, keywords, dates and mailboxes are those of the backup; a
person who was removed is made again with address, password and settings; all that was made is told, so that it can be undone.
Nobody gets the mail of somebody else who had the address before: of another tenant never, and into an account that was made anew only
when a restore made it, or whoever asks says that it is the same person.
Does not: bring back tasks, follow-ups, or what agents did; wake an agent or a rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mailwright.core import Core, accounts, appending, domains, expunge, importing
from mailwright.core.accounts import Account
from mailwright.core.appending import Item, Prepared
from mailwright.core.backups import under_way
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import AlreadyExists, BadInput, ExceedsQuota, MailboxFull, MessageTooLarge, NotFound
from mailwright.storage import Tx, audit, mailboxes, views
from mailwright.storage import accounts as rows
from mailwright.storage import domains as tenants
from mailwright.storage.backup import puttingback as copy
from mailwright.storage.backup.opening import Opened
from mailwright.storage.backup.puttingback import Lost, Person
from mailwright.storage.backup.sealing import Damaged

BATCH_MESSAGES, BATCH_OCTETS = 100, 8 * 1024 * 1024
_BY = audit.Actor("restore")
_AGAIN = "user.made-again"  # in the audit trail; it names the account of the backup, and that of now

Made = Mapping[str, object]
"""Something that was made: `kind` (user, domain, mailbox, message) and where it is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to come back. `into` puts the mailboxes below one, so that they are seen apart; `same_person`: whoever has the address now,
    in an account made since, is who had it then.
    """

    tenant: str | None = None
    user: str | None = None
    mailbox: str | None = None
    message: str | None = None
    into: str = ""
    same_person: bool = False


@dataclass(slots=True)
class Report(importing.Failures):
    """What was done, or (in a dry run) would be."""

    users: int = 0
    mailboxes: int = 0
    messages: int = 0
    octets: int = 0
    there: int = 0


def run(
    core: Core,
    opened: Opened,
    wanted: Wanted,
    *,
    dry_run: bool = False,
    made: Callable[[Made], None] = lambda _: None,
    progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Put back what is missing. Raises NotFound when the backup has nothing of that kind, AlreadyExists while a backup is made."""
    found = _people(opened, wanted)
    report = Report()
    if dry_run:
        for person in found:
            _one(core, opened, wanted, person, report, dry_run, made, progress)
        return report
    if core.blobs.owner is not None:
        core.blobs.owner.check_writable()
    with under_way(core.database, "restore", ""):
        for person in found:
            _one(core, opened, wanted, person, report, dry_run, made, progress)
    return report


def undo(core: Core, made: Iterable[Made]) -> int:
    """Remove the messages that a run had made, where they still are where it put them; how many.

    By their ids: after a whole restore, or a recovery, other messages are given the same numbers.
    """
    places: dict[str, dict[int, str]] = {}
    for each in made:
        if each.get("kind") == "message":
            places.setdefault(str(each["mailbox_id"]), {})[int(str(each["uid"]))] = str(each["id"])
    count = 0
    for mailbox_id, ids in places.items():
        uids = sorted(ids)
        for start in range(0, len(uids), expunge.AT_ONCE):
            part = {uid: ids[uid] for uid in uids[start : start + expunge.AT_ONCE]}
            count += core.database.write_now(lambda tx, m=mailbox_id, p=part: _take_out(tx, m, p))  # type: ignore[misc]
    return count


def _take_out(tx: Tx, mailbox_id: str, ids: Mapping[int, str]) -> int:
    ours = [uid for uid, found in views.rows(tx, mailbox_id, list(ids), ("id",)) if found == ids[uid]]
    return len(expunge.remove_uids(tx, mailbox_id, ours, because="its restoration was undone"))


def _people(opened: Opened, wanted: Wanted) -> list[Person]:
    email = None if wanted.user is None else Address.parse(wanted.user).key
    if wanted.mailbox is not None and email is None:
        raise BadInput("a mailbox is one of a user's: --user is missing")
    if wanted.message is not None and email is None:
        owners = copy.owner_of(opened, wanted.message)
        if len(owners) > 1:
            raise BadInput(f"several people have that message ({', '.join(owners[:10])}): name one with --user")
        if not owners:
            raise NotFound(f"the backup has no message {wanted.message}")
        email = owners[0]
    found = copy.people(opened, tenant=wanted.tenant, email=email)
    if not found:
        raise NotFound(f"the backup has no {f'user {email}' if email else f'tenant {wanted.tenant}'}")
    return found


def _one(
    core: Core,
    opened: Opened,
    wanted: Wanted,
    person: Person,
    report: Report,
    dry_run: bool,
    made: Callable[[Made], None],
    progress: Callable[[Report], None],
) -> None:
    account, refusal = core.database.read_now(lambda tx: _owner(tx, person, same_person=wanted.same_person))
    if refusal:
        report.fail(refusal)
        return
    if account is None:
        if person.role == "agent":
            report.fail(f"{person.email} was an agent's: make the agent first, then its mail comes back")
            return
        if not dry_run:
            try:
                account = _make(core, opened, person, report, made)
            except (AlreadyExists, BadInput, NotFound) as refused:
                report.fail(f"{person.email}: {refused}")
                return
        report.users += 1
    if account is not None and account.status == accounts.REMOVING:
        report.fail(f"{person.email} is being removed just now: try again when that is done")
        return
    wanted_places = copy.places(opened, person.id, wanted.mailbox)
    if wanted.mailbox is not None and not wanted_places:
        raise NotFound(f"the backup has no mailbox {wanted.mailbox} of {person.email}")
    if account is None:
        copy.compare(opened, ())
    else:
        # Anew at each run, so that what an interrupted one had put back is there.
        known = account
        core.database.read_now(lambda tx: copy.compare(opened, copy.of_today(tx, known.id)))
    lost = copy.lost(opened, person.id, [each.id for each in wanted_places], wanted.message)
    if dry_run or account is None:
        for each in lost:
            _count(report, each)
        return
    places = _Places(core, account, wanted.into, report, made)
    if wanted.message is None:
        for place in wanted_places:
            places.find(place.name, place.role)
    try:
        for batch in _batches(core, opened, account, lost, report):
            _file(core, account, batch, places, report, made)
            progress(report)
    except MailboxFull as refusal:
        report.fail(f"{person.email}: {refusal}")


def _count(report: Report, lost: Lost | None) -> None:
    if lost is None:
        report.there += 1
    else:
        report.messages += 1
        report.octets += lost.size


def _home(tx: Tx, person: Person) -> tuple[str | None, str]:
    """The tenant of somebody, today: its id (None when it has to be made) and its name."""
    name = tenants.tenant_name(tx, person.tenant_id)
    if name is not None:
        return person.tenant_id, name
    return tenants.tenant_named(tx, person.tenant), person.tenant


def _owner(tx: Tx, person: Person, *, same_person: bool) -> tuple[Account | None, str]:
    """Who has somebody's address now, or why nothing of them comes back."""
    account = rows.with_mailbox(tx, person.email)
    home, _ = _home(tx, person)
    if account is None:
        domain = tenants.named(tx, Address.parse(person.email).domain)
        if domain is not None and domain.tenant_id != home:
            return None, f"{person.email}: the domain is another tenant's now"
        return None, ""
    if account.tenant_id != home:
        return None, f"{person.email} is somebody of another tenant now"
    if account.id != person.id and not same_person and account.id not in _made_again(tx, person.id):
        return None, (
            f"{person.email} was made anew since, and may be somebody else: --same-person, with --user, says that it is not"
        )
    return account, ""


def _made_again(tx: Tx, user_id: str) -> set[str]:
    """The accounts that restores have made of one, and of those again."""
    pairs = [resource.split(" as ", 1) for resource in audit.resources(tx, _BY.name, _AGAIN)]
    found, more = {user_id}, True
    while more:
        reached = found | {new for old, new in pairs if old in found}
        found, more = reached, reached != found
    return found


def _make(core: Core, opened: Opened, person: Person, report: Report, made: Callable[[Made], None]) -> Account:
    """The person again: address, aliases, password, settings. Raises AlreadyExists when the address is another's, BadInput, NotFound."""
    told: list[Made] = []
    taken: list[str] = []

    def write(tx: Tx) -> Account:
        told.clear()
        taken.clear()
        _, tenant = _home(tx, person)
        for name in copy.domains(opened, person.tenant):
            try:
                domains.add(tx, name, tenant=tenant, by=_BY)
                told.append({"kind": "domain", "name": name})
            except AlreadyExists:
                continue
        _, refusal = _owner(tx, person, same_person=False)
        if refusal:
            raise AlreadyExists(refusal)
        account = accounts.add_user(
            tx,
            core,
            person.email,
            display_name=person.display_name,
            role=person.role,
            quota_bytes=person.quota_bytes,
            by=_BY,
        )
        for alias in copy.aliases(opened, person):
            domain = tenants.named(tx, Address.parse(alias).domain)
            if domain is None or domain.tenant_id != account.tenant_id:
                taken.append(alias)
            elif rows.address(tx, alias) is None:
                rows.add_address(tx, account.tenant_id, alias, "user", user_id=account.id)
        copy.put_back(tx, opened, person, account.id)
        audit.note(tx, _BY, _AGAIN, resource=f"{person.id} as {account.id}", tenant_id=account.tenant_id)
        told.append({"kind": "user", "email": person.email, "id": account.id})
        return account

    account = core.database.write_now(write)
    for each in told:
        made(each)
    for alias in taken:
        report.fail(f"{alias}, of {person.email}: the domain is not of this tenant any more")
    return account


class _Places:
    """The mailboxes of today for those of the backup, made when they are missing."""

    def __init__(self, core: Core, account: Account, into: str, report: Report, made: Callable[[Made], None]) -> None:
        self._core, self._account, self._into = core, account, into
        self._report, self._made = report, made
        self._known: dict[str, str] = {}

    def find(self, name: str, role: str | None, *, anew: bool = False) -> str:
        """Its id; `anew` does not believe what was found before."""
        if anew or name not in self._known:
            database = self._core.database
            before = database.read_now(lambda tx: set(mailboxes.ids_of_user(tx, self._account.id)))
            found = database.write_now(lambda tx: importing.mailbox_for(tx, self._account, name, role, self._into))
            self._known[name] = found
            if found not in before:
                self._report.mailboxes += 1
                self._made({"kind": "mailbox", "user": self._account.email, "id": found, "was": name})
        return self._known[name]


_Ready = tuple[Lost, Item, Prepared]


def _batches(
    core: Core, opened: Opened, account: Account, lost: Iterator[Lost | None], report: Report
) -> Iterator[list[_Ready]]:
    batch: list[_Ready] = []
    octets = 0
    for each in lost:
        if each is None:
            report.there += 1
            continue
        try:
            raw = opened.blob(each.blob_id)
            ready = appending.prepare_now(core, account.tenant_id, raw)
        except (NotFound, Damaged, MessageTooLarge) as problem:
            report.fail(f"message {each.id} in {each.mailbox}: {problem}")
            continue
        batch.append((each, Item(b"", each.flags, tuple(json.loads(each.keywords)), each.received_at), ready))
        octets += len(raw)
        if len(batch) >= BATCH_MESSAGES or octets >= BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


def _file(
    core: Core,
    account: Account,
    batch: list[_Ready],
    places: _Places,
    report: Report,
    made: Callable[[Made], None],
    *,
    anew: bool = False,
) -> None:
    """One transaction for all; if one of them is refused for itself, each alone."""
    targets = [places.find(lost.mailbox, lost.role, anew=anew) for lost, _, _ in batch]

    def write(tx: Tx) -> list[tuple[int, str]]:
        done = [
            appending.file_all(tx, core, account, target, [item], [ready])
            for (_, item, ready), target in zip(batch, targets, strict=True)
        ]
        return [(each.uids[0], each.message_ids[0]) for each in done]

    try:
        placed = core.database.write_now(write)
    except NotFound:  # its owner deleted the mailbox meanwhile
        if anew:
            raise
        _file(core, account, batch, places, report, made, anew=True)
        return
    except (BadInput, ExceedsQuota, MailboxFull) as refusal:
        if len(batch) > 1:
            for one in batch:
                _file(core, account, [one], places, report, made)
            return
        if isinstance(refusal, MailboxFull):
            raise
        report.fail(f"message {batch[0][0].id}: {refusal}")
        return
    for (lost, _, _), target, (uid, message_id) in zip(batch, targets, placed, strict=True):
        _count(report, lost)
        made(
            {
                "kind": "message",
                "user": account.email,
                "mailbox": lost.mailbox,
                "mailbox_id": target,
                "uid": uid,
                "id": message_id,
                "was": lost.id,
            }
        )
