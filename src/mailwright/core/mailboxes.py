"""Mailboxes: making, renaming, removing and subscribing to them.

Called by IMAP and the command line, later by every client protocol. A mailbox has a whole path as its name (`Work/2026`);
parents need not exist. Promises: a name that was used before is another mailbox for every client (its UIDVALIDITY is higher);
removing is one small transaction, what was inside goes afterwards (`empty_removed`), and a crash in between loses no disk space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.core import Core, access
from mailwright.core.access import OTHERS, SEPARATOR, Reached
from mailwright.core.expunge import remove_uids
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, accounts, audit, removed, views
from mailwright.storage import mailboxes as rows
from mailwright.storage.accounts import Account
from mailwright.storage.mailboxes import Mailbox

ROLES = frozenset({"drafts", "sent", "trash", "junk", "archive", "snoozed"})
"""What a mailbox can be for (RFC 6154 §2), one of each in an account; the inbox is there from the start."""
MAX_NAME_OCTETS = 1000  # of a whole path; clients keep names in files and rows of their own
MAX_DEPTH = 20
MAX_MAILBOXES = 5_000  # of an account: every LIST reads them all
SLICE = 500  # messages removed in one transaction


def create(tx: Tx, account: Account, name: str, *, role: str | None = None) -> Mailbox:
    """Make a mailbox. Raises BadInput, AlreadyExists, NotPermitted, NotFound (somebody else's, and no right `k` there).

    Below somebody else's mailbox it is that person's, and shared as the mailbox above it is: else its maker would not see it.
    """
    place = _place(tx, account, name)
    owner_id = place.owner_id
    accounts.hold(tx, owner_id)
    if role is not None and role not in ROLES:
        raise BadInput(f"a mailbox cannot be for {role!r} here")
    if role is not None and rows.by_role(tx, owner_id, role) is not None:
        raise AlreadyExists(f"there is a mailbox for {role} already")
    if len(rows.of_user(tx, owner_id)) >= MAX_MAILBOXES:
        raise NotPermitted(f"an account has at most {MAX_MAILBOXES} mailboxes")
    mailbox_id = rows.add(tx, place.tenant_id, owner_id, place.name, role)
    if mailbox_id is None:
        raise AlreadyExists(f"there is a mailbox {name} already")
    if place.above is not None:
        for grantee, rights in rows.acl(tx, place.above.id).items():
            rows.set_acl(tx, mailbox_id, grantee, rights)
    modseq = _told(tx, account, owner_id, "mailbox.created", place.name, [mailbox_id], made=True)
    # What is below it has another mailbox above it now.
    rows.mark_changed(tx, rows.below(tx, owner_id, place.name), modseq)
    made = rows.by_id(tx, mailbox_id)
    assert made is not None
    return made


def rename(tx: Tx, account: Account, name: str, new_name: str) -> None:
    """Rename a mailbox and all below it. INBOX stays, and its messages go to the new name (RFC 9051 §6.3.6).

    Raises NotFound, AlreadyExists, BadInput, NotPermitted.
    """
    place = _place(tx, account, new_name)
    owner_id, inner = place.owner_id, place.name
    accounts.hold(tx, owner_id)
    old, seen = _find_tree(tx, account, name)
    if not old or any(each.mailbox.user_id != owner_id for each in seen.values()):
        raise NotPermitted("a mailbox stays with its owner; move the messages instead")
    if inner == old:
        raise AlreadyExists(f"it is called {new_name} already")
    if old == "INBOX":
        if owner_id != account.id:
            raise NotPermitted("an INBOX is renamed by its owner")
        _empty_inbox_into(tx, account, name, new_name)
        return
    if inner.startswith(old + SEPARATOR):
        raise BadInput("a mailbox cannot be put into itself")
    names = {each.name: each for each in rows.of_user(tx, owner_id)}
    tree = [each for each in names.values() if each.name == old or each.name.startswith(old + SEPARATOR)]
    if owner_id != account.id and any(each.id not in seen or "x" not in seen[each.id].rights for each in tree):
        raise NotPermitted(f"you may not rename {name} and everything below it")
    moved = {each.id for each in tree}
    for each in tree:
        target = inner + each.name[len(old) :]
        check_name(target)
        if target in names and names[target].id not in moved:
            raise AlreadyExists(f"there is a mailbox {target} already")
    for each in tree:  # those above first: what is below may take the name that one of them had
        rows.rename(tx, each.id, inner + each.name[len(old) :], each.role)
    modseq = _told(tx, account, owner_id, "mailbox.renamed", f"{old} to {inner}", [each.id for each in tree])
    rows.mark_changed(tx, rows.below(tx, owner_id, inner), modseq)


def remove(tx: Tx, account: Account, name: str) -> Mailbox:
    """Remove a mailbox with its messages; those below it stay. Raises NotFound, NotPermitted, BadInput (INBOX)."""
    reached = access.by_name(tx, account, name)
    access.need(reached, "x")
    accounts.hold(tx, reached.mailbox.user_id)
    mailbox = access.by_name(tx, account, name).mailbox  # as it is now that nobody changes it
    if mailbox.role == "inbox":
        raise BadInput("INBOX cannot be deleted")  # RFC 9051 §6.3.5
    rows.rename(tx, mailbox.id, rows.REMOVED + mailbox.id, None)
    modseq = _told(tx, account, mailbox.user_id, "mailbox.removed", mailbox.name, [mailbox.id])
    removed.add(tx, mailbox.user_id, "mailbox", mailbox.id, modseq)
    rows.mark_changed(tx, rows.below(tx, mailbox.user_id, mailbox.name), modseq)
    return mailbox


async def empty_removed(core: Core, limit: int = 100) -> int:
    """Take away what removed mailboxes still hold, and then them. How many went. Called after a removal and every night."""
    found = await core.read(lambda tx: rows.being_removed(tx, limit))
    for mailbox in found:
        while await core.write(lambda tx, mailbox=mailbox: _empty(tx, mailbox)):  # type: ignore[misc]
            pass
    return len(found)


def subscribe(tx: Tx, account: Account, name: str, *, on: bool) -> None:
    """Whether the account's programs show the mailbox. Raises NotFound."""
    reached = access.by_name(tx, account, name)
    if reached.own:
        rows.subscribe(tx, reached.mailbox.id, on)
    else:
        rows.set_metadata(tx, reached.mailbox.id, account.id, access.SUBSCRIBED, "yes" if on else None)
    access.changed(tx, reached.mailbox.user_id, [reached.mailbox.id])
    access.announce(tx, reached.mailbox.user_id)


def is_subscribed(tx: Tx, account: Account, reached: Reached) -> bool:
    """Whether the account's programs show the mailbox."""
    if reached.own:
        return bool(reached.mailbox.subscribed)
    return access.SUBSCRIBED in rows.metadata_of(tx, reached.mailbox.id, account.id)


def with_role(tx: Tx, account: Account, role: str) -> Mailbox:
    """The account's mailbox for `role`, made anew when it was deleted."""
    accounts.hold(tx, account.id)
    found = rows.by_role(tx, account.id, role)
    if found is not None:
        return found
    title = role.capitalize()
    existing = rows.by_name(tx, account.id, title)
    if existing is not None and existing.role is None:
        rows.rename(tx, existing.id, existing.name, role)
        access.changed(tx, account.id, [existing.id])
        return rows.by_role(tx, account.id, role) or existing
    return create(tx, account, title if existing is None else f"{title} ({role})", role=role)


def check_name(name: str) -> None:
    """Raises BadInput for a name that no mailbox of ours can have."""
    if not name or name.startswith(SEPARATOR) or name.endswith(SEPARATOR) or SEPARATOR * 2 in name:
        raise BadInput(f"{name[:100]!r} is not a mailbox name: every part of it needs a letter")
    if len(name.encode("utf-8", "replace")) > MAX_NAME_OCTETS or name.count(SEPARATOR) >= MAX_DEPTH:
        raise BadInput(f"a mailbox name has at most {MAX_NAME_OCTETS} bytes and {MAX_DEPTH} parts")
    # RFC 9051 §5.1: no control characters, and wildcards would never be found again. Halves of characters have no bytes.
    if any(
        character in "*%\x7f\u2028\u2029" or character < " " or "\ud800" <= character <= "\udfff" for character in name
    ):
        raise BadInput("a mailbox name has no control characters, * or %")


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose mailbox that would be, its name there, and below which mailbox of somebody else's (None: it is the asker's own)."""

    owner_id: str
    tenant_id: str
    name: str
    above: Mailbox | None


def _place(tx: Tx, account: Account, name: str) -> _Place:
    wanted = access.normal(name)
    # RFC 9051 §6.3.4: a trailing separator only says that there will be mailboxes below.
    wanted = wanted[:-1] if wanted.endswith(SEPARATOR) else wanted
    check_name(wanted)
    if wanted != OTHERS and not wanted.startswith(OTHERS + SEPARATOR):
        return _Place(account.id, account.tenant_id, wanted, None)
    parents = [
        each for each in access.reachable(tx, account) if not each.own and wanted.startswith(each.name + SEPARATOR)
    ]
    if not parents:
        raise NotPermitted(f"{OTHERS} is where others' mailboxes are; nobody gave you room for {name[:100]} there")
    nearest = max(parents, key=lambda each: len(each.name))
    access.need(nearest, "k")
    above = nearest.mailbox
    inner = above.name + wanted[len(nearest.name) :]
    check_name(inner)
    return _Place(above.user_id, above.tenant_id, inner, above)


def _find_tree(tx: Tx, account: Account, name: str) -> tuple[str, dict[str, Reached]]:
    """What its owner calls the mailbox of that name, and by id what the asker sees of it and of those below it.

    A name that only has mailboxes below it counts too; a part of the name that no owner chose (`Other Users`) is "".
    """
    wanted = access.normal(name)
    found = [
        each
        for each in access.reachable(tx, account)
        if each.name == wanted or (wanted != "INBOX" and each.name.startswith(wanted + SEPARATOR))
    ]
    if not found:
        raise NotFound(f"there is no mailbox {name}")
    before = len(found[0].name) - len(found[0].mailbox.name)  # the namespace and the owner's address
    return wanted[before:], {each.mailbox.id: each for each in found}


def _empty_inbox_into(tx: Tx, account: Account, name: str, new_name: str) -> None:
    from mailwright.core import moving  # which works with mailboxes too

    inbox = access.by_name(tx, account, name).mailbox
    moving.move_all(tx, inbox, create(tx, account, new_name))


def _empty(tx: Tx, mailbox: Mailbox) -> bool:
    accounts.hold(tx, mailbox.user_id)
    found = views.first_uids(tx, mailbox.id, SLICE)
    if not found:
        rows.remove(tx, mailbox.id)
        return False
    remove_uids(tx, mailbox.id, found, because="its mailbox was deleted")
    return True


def _told(
    tx: Tx,
    account: Account,
    owner_id: str,
    action: str,
    resource: str,
    mailbox_ids: Sequence[str] = (),
    *,
    made: bool = False,
) -> int:
    """Write down who did it, and tell the owner, the one who did it, and whoever has one of the mailboxes open. The modseq."""
    audit.record(tx, actor=account.email, action=action, resource=resource, tenant_id=account.tenant_id)
    modseq = access.changed(tx, owner_id, mailbox_ids, made=made)
    for key in dict.fromkeys((owner_id, account.id, *mailbox_ids)):
        access.announce(tx, key)
    return modseq
