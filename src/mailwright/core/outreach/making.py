"""Making mails and batches: from what somebody wishes for to tasks that wait for their turn.

Called by the scribe's API and the command line.
Promises: the same key of the same person makes one mail, or one batch, however often it is asked for; a batch is made whole or not at
all; nobody has more mails written in a day than the installation allows, however many ask at once; a recipient stands in a batch once.
Does not: read files (whoever calls brings their text), or begin to write (`turns` does).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailwright.core import Core, tasks
from mailwright.core.outreach import days, templates, turns
from mailwright.core.outreach.wishes import Wish as Wish
from mailwright.core.outreach.wishes import bounded, checked, one_line
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.ids import first_id_at, is_id, new_id
from mailwright.domain.outreach import AGENT, MAX_FILE_TEXT, MAX_FILES, MAX_NAME
from mailwright.domain.refusals import BadAddress, BadInput, NotFound, TooManyRequests
from mailwright.storage import Tx, outreachfiles
from mailwright.storage import outreach as rows
from mailwright.storage.accounts import Account
from mailwright.storage.outreach import Batch, Outreach

MAX_KEY = 200  # characters of a caller's key


@dataclass(frozen=True, slots=True)
class FileGiven:
    """A file to be used. `because` says why there is no text, or not all of it."""

    name: str
    text: str
    because: str = ""


def make(tx: Tx, core: Core, account: Account, wish: Wish, *, key: str = "", correlation_id: str = "") -> Outreach:
    """A mail that waits for its turn; the one there is when the key was used before. Without a key each is a new one.

    Raises BadInput, NotFound (a template or file that is not the person's), TooManyRequests.
    """
    key = one_line("the key", key, MAX_KEY) or new_id()
    tx.lock(f"outreach {account.id}")
    known = rows.by_key(tx, account.id, key)
    if known is not None:
        return known
    ready = _ready(tx, account, wish)
    now = clock.now()
    check_room(tx, core, account.id, 1, now)
    (made,) = _make_all(tx, account, [(key, ready)], None, now, correlation_id)
    found = rows.by_id(tx, made)
    assert found is not None
    return found


def make_batch(
    tx: Tx,
    core: Core,
    account: Account,
    wishes: Sequence[Wish],
    *,
    name: str = "",
    key: str = "",
    correlation_id: str = "",
) -> Batch:
    """Mails that are asked for together, in their order; the batch there is when the key was used before.

    Raises BadInput (which says the number of the recipient that it is about, from 1), NotFound, TooManyRequests.
    """
    key = one_line("the key", key, MAX_KEY) or new_id()
    tx.lock(f"outreach {account.id}")
    known = rows.batch_by_key(tx, account.id, key)
    if known is not None:
        return known
    most = core.settings.outreach.batch
    if not wishes:
        raise BadInput("a batch needs recipients")
    if len(wishes) > most:
        raise BadInput(f"a batch has {most:,} recipients at most; these are {len(wishes):,}")
    ready = _all_ready(tx, account, wishes)
    now = clock.now()
    check_room(tx, core, account.id, len(ready), now)
    batch_id = new_id()
    title = one_line("the name of a batch", name, MAX_NAME)
    rows.insert_batch(
        tx,
        batch_id,
        tenant_id=account.tenant_id,
        user_id=account.id,
        key=key,
        name=title,
        total=len(ready),
        now=now,
    )
    keyed = [(f"{batch_id}:{number}", wish) for number, wish in enumerate(ready, 1)]
    _make_all(tx, account, keyed, batch_id, now, correlation_id)
    made = rows.batch(tx, batch_id)
    assert made is not None
    return made


def known(tx: Tx, core: Core, account: Account, key: str) -> Outreach | None:
    """The mail there is for the key, before anything is read for a new one; None when there may be one. Raises BadInput, TooManyRequests."""
    key = one_line("the key", key, MAX_KEY)
    found = rows.by_key(tx, account.id, key) if key else None
    if found is None:
        check_room(tx, core, account.id, 1, clock.now())
    return found


def known_batch(tx: Tx, core: Core, account: Account, key: str, wanted: int) -> Batch | None:
    """The batch there is for the key, as `known`; `wanted` is how many recipients a new one has at least."""
    key = one_line("the key", key, MAX_KEY)
    found = rows.batch_by_key(tx, account.id, key) if key else None
    if found is None:
        check_room(tx, core, account.id, max(wanted, 1), clock.now())
    return found


def keep_files(tx: Tx, account: Account, files: Sequence[FileGiven]) -> tuple[str, ...]:
    """Keep the texts of files for mails that are about to be made; their ids. Those no mail uses are forgotten. Raises BadInput."""
    if len(files) > MAX_FILES:
        raise BadInput(f"a mail may use {MAX_FILES} files at most")
    now, kept = clock.now(), []
    for each in files:
        text = bounded("a file", each.text[: MAX_FILE_TEXT + 1][:MAX_FILE_TEXT], MAX_FILE_TEXT)
        because = each.because or ("only its beginning is used" if len(each.text) > MAX_FILE_TEXT else "")
        name = one_line("the name of a file", each.name[:MAX_NAME], MAX_NAME) or "file"
        id = outreachfiles.insert(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            name=name,
            text=text,
            because=because[:500],
            now=now,
        )
        kept.append(id)
    return tuple(kept)


def left_today(tx: Tx, core: Core, user_id: str, now: Instant) -> int:
    """How many more mails a person may have written today, in their time zone."""
    zone = days.zone(tx, user_id, now)
    midnight, _ = days.bounds(days.today(zone, now), zone)
    made = rows.made_since(tx, user_id, first_id_at(midnight // 1000))
    return max(core.settings.outreach.per_day - made, 0)


def check_room(tx: Tx, core: Core, user_id: str, wanted: int, now: Instant) -> None:
    """Raises TooManyRequests when a person cannot have so many more today."""
    left = left_today(tx, core, user_id, now)
    if wanted > left:
        most = core.settings.outreach.per_day
        raise TooManyRequests(f"you may have {most:,} mails written in a day; {left:,} are left today")


def same_recipient(wish: Wish) -> tuple[str, ...]:
    """What tells recipients apart: the address, or the name with the interest where there is none. Of a checked wish."""
    if wish.email:
        return (Address.parse(wish.email).key,)
    return (wish.name.casefold(), " ".join(wish.interest.casefold().split()))


def _ready(tx: Tx, account: Account, wish: Wish) -> Wish:
    text, template_id = templates.text_for(tx, account, wish.template, wish.template_id)
    ready = checked(replace(wish, template=text, template_id=template_id))
    _check_files(tx, account, ready.files)
    return ready


def _all_ready(tx: Tx, account: Account, wishes: Sequence[Wish]) -> list[Wish]:
    texts: dict[tuple[str, str | None], tuple[str, str | None]] = {}
    seen: dict[tuple[str, ...], int] = {}
    ready: list[Wish] = []
    for number, wish in enumerate(wishes, 1):
        asked = (wish.template, wish.template_id)
        if asked not in texts:
            texts[asked] = templates.text_for(tx, account, *asked)
        text, template_id = texts[asked]
        try:
            one = checked(replace(wish, template=text, template_id=template_id))
        except (BadInput, BadAddress) as refusal:
            raise BadInput(f"recipient {number}: {refusal}") from None
        first = seen.setdefault(same_recipient(one), number)
        if first != number:
            raise BadInput(f"recipients {first} and {number} are the same: {one.email or one.name}")
        ready.append(one)
    _check_files(tx, account, sorted({file for one in ready for file in one.files}))
    return ready


def _check_files(tx: Tx, account: Account, files: Sequence[str]) -> None:
    if not all(is_id(file) for file in files) or len(outreachfiles.of_user(tx, account.id, files)) != len(files):
        raise NotFound("a file that the mail is to use does not exist")


def _make_all(
    tx: Tx,
    account: Account,
    keyed: Sequence[tuple[str, Wish]],
    batch_id: str | None,
    now: Instant,
    correlation_id: str,
) -> list[str]:
    turns.join(tx, account.id, now)
    days.keep(tx, account.id, now)
    made = [(new_id(), new_id()) for _ in keyed]  # other tasks have the id of their message: here there is none
    tasks.create_all(
        tx,
        made,
        tenant_id=account.tenant_id,
        agent=AGENT,
        assignment_id=account.id,  # nobody is assigned: the person asks by themself
        correspondent=account.email,
        user_id=account.id,
        correlation_id=correlation_id,
    )
    rows.insert_all(
        tx,
        [
            (
                task_id,
                rows.New(
                    key=key,
                    name=wish.name,
                    email=wish.email,
                    interest=wish.interest,
                    fields=dict(wish.fields),
                    files=wish.files,
                    template=wish.template,
                    template_id=wish.template_id,
                ),
            )
            for (task_id, _), (key, wish) in zip(made, keyed, strict=True)
        ],
        tenant_id=account.tenant_id,
        user_id=account.id,
        batch_id=batch_id,
        now=now,
    )
    return [task_id for task_id, _ in made]
