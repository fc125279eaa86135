"""Templates: a person's library, which of them is the default one, and how the person uses the scribe.

Called by the scribe's API and the command line, and by `making` for the text of a mail.
Promises: everybody reaches their own only; at most MOST that are not deleted; a deleted one can be had back for as long as `keeping` keeps
it, and while MOST others were not deleted after it; mails that were made of one keep its text, whatever becomes of it.
"""

from __future__ import annotations

from mailwright.core.outreach.wishes import bounded, checked_template, one_line
from mailwright.domain import clock
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.outreach import MAX_NAME
from mailwright.domain.refusals import BadInput, NotFound, TooManyRequests
from mailwright.storage import Tx, audit, scribes
from mailwright.storage import outreachtemplates as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import Actor
from mailwright.storage.outreachtemplates import Template
from mailwright.storage.scribes import Scribe

MOST = 200  # templates of one person
MAX_NOTE = 600  # characters of who one is and where
ORIGINS = ("own", "generated")


def listing(tx: Tx, account: Account, *, deleted: bool = False) -> list[Template]:
    """One's own, the newest first."""
    return rows.of_user(tx, account.id, deleted=deleted)


def own(tx: Tx, account: Account, template_id: str, *, deleted: bool = False) -> Template:
    """One of one's own. Raises NotFound, also for a deleted one, unless those are wanted."""
    found = rows.by_id(tx, template_id) if is_id(template_id) else None
    if found is None or found.user_id != account.id or (found.deleted_at is not None and not deleted):
        raise NotFound("there is no such template")
    return found


def add(tx: Tx, account: Account, *, name: str, text: str, origin: str = "own", by: Actor) -> Template:
    """Keep one more. Raises BadInput, TooManyRequests."""
    if origin not in ORIGINS:
        raise BadInput(f"a template's origin is one of {', '.join(ORIGINS)}")
    name, text = _name(name), checked_template(text)
    tx.lock(f"outreach {account.id}")
    _check_room(tx, account)
    now, id = clock.now(), new_id()
    rows.insert(tx, id, tenant_id=account.tenant_id, user_id=account.id, name=name, text=text, origin=origin, now=now)
    scribes.count(tx, account.id, templates=1, now=now)
    _note(tx, by, account, "added", id)
    return own(tx, account, id)


def change(
    tx: Tx, account: Account, template_id: str, *, name: str | None = None, text: str | None = None, by: Actor
) -> Template:
    """Another name or text; None leaves it. Raises BadInput, NotFound."""
    known = own(tx, account, template_id)
    changes: dict[str, str] = {}
    if name is not None:
        changes["name"] = _name(name)
    if text is not None:
        changes["text"] = checked_template(text)
    if not changes:
        return known
    rows.update(tx, known.id, now=clock.now(), **changes)
    _note(tx, by, account, "changed", known.id)
    return own(tx, account, known.id)


def remove(tx: Tx, account: Account, template_id: str, *, by: Actor) -> None:
    """Delete one, so that it can be had back; was it the default one, there is none. Raises NotFound."""
    known, now = own(tx, account, template_id), clock.now()
    rows.update(tx, known.id, now=now, deleted_at=now)
    rows.forget_oldest(tx, account.id, keep=MOST)
    if scribes.of_user(tx, account.id).template_id == known.id:
        scribes.update(tx, account.id, now=now, template_id=None)
    _note(tx, by, account, "removed", known.id)


def restore(tx: Tx, account: Account, template_id: str, *, by: Actor) -> Template:
    """Have a deleted one back. Raises NotFound, TooManyRequests."""
    known = own(tx, account, template_id, deleted=True)
    if known.deleted_at is not None:
        tx.lock(f"outreach {account.id}")
        _check_room(tx, account)
        rows.update(tx, known.id, now=clock.now(), deleted_at=None)
        _note(tx, by, account, "restored", known.id)
    return own(tx, account, known.id)


def text_for(tx: Tx, account: Account, text: str, template_id: str | None) -> tuple[str, str | None]:
    """The text a mail is made of, and of which template it is: as given, or that template's, or the default one's.

    Raises BadInput (there is none), NotFound.
    """
    if template_id is not None:
        known = own(tx, account, template_id)
        return (text if text.strip() else known.text), known.id
    if text.strip():
        return text, None
    chosen = scribes.of_user(tx, account.id).template_id
    if chosen is None:
        raise BadInput("a mail needs a template: none was given, and you have no default one")
    return own(tx, account, chosen).text, chosen


# --- how a person uses the scribe


def settings(tx: Tx, account: Account) -> Scribe:
    """What they have seen and chosen, and how much was written for them."""
    return scribes.of_user(tx, account.id)


def change_settings(
    tx: Tx,
    account: Account,
    *,
    onboarded: bool | None = None,
    template_id: str | None = None,
    no_template: bool = False,
    note: str | None = None,
    by: Actor,
) -> Scribe:
    """Change some of it; None leaves it, `no_template` takes the default template away. Raises BadInput, NotFound."""
    changes: dict[str, bool | str | None] = {}
    if onboarded is not None:
        changes["onboarded"] = onboarded
    if no_template:
        changes["template_id"] = None
    elif template_id is not None:
        changes["template_id"] = own(tx, account, template_id).id
    if note is not None:
        changes["note"] = bounded("the note", note, MAX_NOTE)
    if changes:
        scribes.update(tx, account.id, now=clock.now(), **changes)
        audit.note(tx, by, "scribe.changed", resource=", ".join(changes), tenant_id=account.tenant_id)
    return scribes.of_user(tx, account.id)


def _name(name: str) -> str:
    name = one_line("the name of a template", name, MAX_NAME)
    if not name:
        raise BadInput("a template needs a name")
    return name


def _check_room(tx: Tx, account: Account) -> None:
    if rows.count(tx, account.id) >= MOST:
        raise TooManyRequests(f"you have {MOST} templates; delete some of them first")


def _note(tx: Tx, by: Actor, account: Account, what: str, template_id: str) -> None:
    audit.note(tx, by, f"template.{what}", resource=template_id, tenant_id=account.tenant_id)
