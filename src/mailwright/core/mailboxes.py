"""Mailboxes: making, renaming, removing and subscribing to them.

Called by IMAP and the command line, later by every client protocol. A mailbox has a whole path as its name (`Work/2026`);
parents need not exist. Promises: a name that was used before is another mailbox for every client (its UIDVALIDITY is higher);
removing is one small transaction, what was inside goes afterwards (`empty_removed`), and a crash in between loses no disk space.
"""

from __future__ import annotations

from mailwright.core import Core, access
from mailwright.core.access import OTHERS, SEPARATOR, Reached
from mailwright.core.expunge import expunge
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, accounts, audit, messages
from mailwright.storage import mailboxes as rows
from mailwright.storage.accounts import Account
from mailwright.storage.mailboxes import Mailbox

ROLES = frozenset({"drafts", "sent", "trash", "junk", "archive"})
"""What a mailbox can be for (RFC 6154 §2), one of each in an account; the inbox is there from the start."""
MAX_NAME_OCTETS = 1000  # of a whole path; clients keep names in files and rows of their own
MAX_DEPTH = 20
MAX_MAILBOXES = 5_000  # of an account: every LIST reads them all
SLICE = 500  # messages removed in one transaction


def create(tx: Tx, account: Account, name: str, *, role: str | None = None) -> Mailbox:
    """Make a mailbox. Raises BadInput, AlreadyExists, NotPermitted, NotFound (somebody else's, and no right `k` there)."""
    owner_id, tenant_id, inner = _place(tx, account, name)
    if role is not None and role not in ROLES:
        raise BadInput(f"a mailbox cannot be for {role!r} here")
    if role is not None and rows.by_role(tx, owner_id, role) is not None:
        raise AlreadyExists(f"there is a mailbox for {role} already")
    if len(rows.of_user(tx, owner_id)) >= MAX_MAILBOXES:
        raise NotPermitted(f"an account has at most {MAX_MAILBOXES} mailboxes")
    mailbox_id = rows.add(tx, tenant_id, owner_id, inner, role)
    if mailbox_id is None:
        raise AlreadyExists(f"there is a mailbox {name} already")
    _told(tx, account, owner_id, "mailbox.created", inner)
    made = rows.by_id(tx, mailbox_id)
    assert made is not None
    return made


def rename(tx: Tx, account: Account, name: str, new_name: str) -> None:
    """Rename a mailbox and all below it. INBOX stays, and its messages go to the new name (RFC 9051 §6.3.6).

    Raises NotFound, AlreadyExists, BadInput, NotPermitted.
    """
    owner_id, _, inner = _place(tx, account, new_name)
    source = _find_tree(tx, account, name)
    if source[0].mailbox.user_id != owner_id:
        raise NotPermitted("a mailbox stays with its owner; move the messages instead")
    for each in source:
        access.need(each, "x")
    old = _own_part(name)
    if inner == old:
        raise AlreadyExists(f"it is called {new_name} already")
    if inner.startswith(old + SEPARATOR):
        raise BadInput("a mailbox cannot be put into itself")
    if old == "INBOX":
        _empty_inbox_into(tx, account, source[0].mailbox, inner)
        return
    for each in source:
        target = inner + each.mailbox.name[len(old) :]
        check_name(target)
        if rows.by_name(tx, owner_id, target) is not None:
            raise AlreadyExists(f"there is a mailbox {target} already")
        rows.rename(tx, each.mailbox.id, target, each.mailbox.role)
    _told(tx, account, owner_id, "mailbox.renamed", f"{old} to {inner}")


def remove(tx: Tx, account: Account, name: str) -> Mailbox:
    """Remove a mailbox with its messages; those below it stay. Raises NotFound, NotPermitted, BadInput (INBOX)."""
    reached = access.by_name(tx, account, name)
    access.need(reached, "x")
    mailbox = reached.mailbox
    if mailbox.role == "inbox":
        raise BadInput("INBOX cannot be deleted")  # RFC 9051 §6.3.5
    rows.rename(tx, mailbox.id, rows.REMOVED + mailbox.id, None)
    _told(tx, account, mailbox.user_id, "mailbox.removed", mailbox.name)
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


def is_subscribed(tx: Tx, account: Account, reached: Reached) -> bool:
    """Whether the account's programs show the mailbox."""
    if reached.own:
        return bool(reached.mailbox.subscribed)
    return access.SUBSCRIBED in rows.metadata_of(tx, reached.mailbox.id, account.id)


def with_role(tx: Tx, account: Account, role: str) -> Mailbox:
    """The account's mailbox for `role`, made anew when it was deleted."""
    found = rows.by_role(tx, account.id, role)
    if found is not None:
        return found
    title = role.capitalize()
    existing = rows.by_name(tx, account.id, title)
    if existing is not None and existing.role is None:
        rows.rename(tx, existing.id, existing.name, role)
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


def _place(tx: Tx, account: Account, name: str) -> tuple[str, str, str]:
    """Whose mailbox that would be: owner, tenant, and its name there."""
    wanted = access.normal(name)
    # RFC 9051 §6.3.4: a trailing separator only says that there will be mailboxes below.
    wanted = wanted[:-1] if wanted.endswith(SEPARATOR) else wanted
    check_name(wanted)
    if wanted != OTHERS and not wanted.startswith(OTHERS + SEPARATOR):
        return account.id, account.tenant_id, wanted
    _, _, rest = wanted.partition(SEPARATOR)
    email, _, inner = rest.partition(SEPARATOR)
    parents = [
        each for each in access.reachable(tx, account) if not each.own and wanted.startswith(each.name + SEPARATOR)
    ]
    if not inner or not parents:
        raise NotPermitted(f"{OTHERS} is where others' mailboxes are; {email or 'it'} gave you no room there")
    nearest = max(parents, key=lambda each: len(each.name))
    access.need(nearest, "k")
    return nearest.mailbox.user_id, nearest.mailbox.tenant_id, inner


def _find_tree(tx: Tx, account: Account, name: str) -> list[Reached]:
    """The mailbox of that name and those below it; a name that only has mailboxes below it counts too."""
    wanted = access.normal(name)
    found = [
        each
        for each in access.reachable(tx, account)
        if each.name == wanted or (wanted != "INBOX" and each.name.startswith(wanted + SEPARATOR))
    ]
    if not found:
        raise NotFound(f"there is no mailbox {name}")
    return found


def _own_part(name: str) -> str:
    """A name without the namespace of others and their address."""
    wanted = access.normal(name)
    if wanted.startswith(OTHERS + SEPARATOR):
        return wanted.split(SEPARATOR, 2)[2] if wanted.count(SEPARATOR) >= 2 else wanted
    return wanted


def _empty_inbox_into(tx: Tx, account: Account, inbox: Mailbox, name: str) -> None:
    from mailwright.core import moving  # which works with mailboxes too

    target = create(tx, account, name)
    moving.move_all(tx, inbox, target)


def _empty(tx: Tx, mailbox: Mailbox) -> bool:
    found = messages.in_mailbox(tx, mailbox.id, SLICE)
    if not found:
        rows.remove(tx, mailbox.id)
        return False
    expunge(tx, found, because="its mailbox was deleted")
    return True


def _told(tx: Tx, account: Account, owner_id: str, action: str, resource: str) -> None:
    audit.record(tx, actor=account.email, action=action, resource=resource, tenant_id=account.tenant_id)
    accounts.next_modseq(tx, owner_id)
    access.announce(tx, owner_id)
    if owner_id != account.id:
        access.announce(tx, account.id)
