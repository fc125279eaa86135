"""`mailwright triage` and `mailwright vip`: what the assistant made of people's mail, and what teaches it, with a shell on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import checked_id, person_named
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.domain.triage import Category, DraftState, MailKind

if TYPE_CHECKING:
    from mailwright.core.triageviews import Shown
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.triagerules import Rule

commands = group("triage", "Triage: what each mail is to its owner, and the rules that say so.")
rule_commands = group("rule", "Rules: a sender's mail, or one kind of it, is of a category.")
vip_commands = group("vip", "VIPs: whose mail the assistant looks at first.")
commands.add_typer(rule_commands)

CATEGORIES = (*(each.value for each in Category), "undecided")
DRAFTS = (*(each.value for each in DraftState), "waiting")
_KINDS = ", ".join(MailKind)

UserArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose assistant.")]
ItemArgument = Annotated[str, typer.Argument(metavar="ID", help="The mail: its id in `triage list`, or the message's.")]
SenderArgument = Annotated[str, typer.Argument(help="An address, or @domain.")]
CategoryArgument = Annotated[str, typer.Argument(help=f"{', '.join(Category)}.")]


@commands.command("list")
def list_(
    user: UserArgument,
    category: Annotated[str, typer.Option(help=f"Only those: {', '.join(CATEGORIES)}.")] = "",
    draft: Annotated[str, typer.Option(help=f"Only those with such a draft: {', '.join(DRAFTS)}.")] = "",
    sender: Annotated[str, typer.Option(metavar="ADDRESS", help="Only that sender's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a person's mails are, newest first."""
    for given, known in ((category, CATEGORIES), (draft, DRAFTS)):
        if given and given not in known:
            raise BadInput(f"{given!r} is none of {', '.join(known)}")
    with opened(data) as core:
        from mailwright.core import triageviews
        from mailwright.domain.addresses import Address

        key = Address.parse(sender).key if sender else ""

        def read(tx: Tx) -> list[Shown]:
            person = person_named(tx, user)
            return triageviews.listing(tx, person, category=category, draft=draft, sender=key, limit=limit)[0]

        found = core.database.read_now(read)
    if json:
        answer([_described(each) for each in found])
        return
    rows = [
        (
            each.item.id,
            to_iso(each.item.received_at)[:19],
            each.item.category or "undecided",
            f"{each.item.confidence:.2f}",
            each.item.draft_state,
            each.item.sender,
            each.item.subject,
        )
        for each in found
    ]
    show(["mail", "received", "is", "sure", "draft", "from", "subject"], rows, empty="No mail was looked at.")


@commands.command("show")
def show_(item_id: ItemArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one with its draft, what was checked in it, and what happened."""
    import asyncio

    with opened(data) as core:
        from mailwright.core import triage, triageviews

        owner = core.database.read_now(lambda tx: _owner(tx, item_id))
        found = asyncio.run(triageviews.whole(core, owner, item_id))
        rule = None if found.rule is None else triage.told(found.rule)
    item, task = found.shown.item, found.task
    reply = None if task is None else task.reply
    if json:
        answer(
            _described(found.shown)
            | {
                "owner": owner.email,
                "reply": reply,
                "claims": item.claims,
                "rule": rule,
                "task": None
                if task is None
                else {
                    "task_id": task.task.id,
                    "status": task.status,
                    "stage": task.stage,
                    "because": task.task.because,
                },
                "events": [
                    {"at": to_iso(each.created_at), "status": each.status.value, "stage": each.stage}
                    for each in found.history
                ],
            }
        )
        return
    say(
        f"{item.category or 'undecided'} ({item.confidence:.2f}), says {item.decided_by or 'nobody yet'}: {item.because}"
    )
    say(f"from:    {item.sender_name} <{item.sender}>")
    say(f"subject: {item.subject}")
    if item.corrected_from:
        say(f"was:     {item.corrected_from}, until {owner.email} said otherwise")
    if rule:
        say(f"rule:    {rule}")
    if task is not None:
        say(f"task:    {task.task.id} is {task.status}, {task.stage}; {task.task.because}")
    if item.draft_state:
        say(f"draft:   {item.draft_state}; {item.draft_because}")
    for claim in item.claims:
        say(f"claim:   {claim.get('kind')} {claim.get('text')!r}: {claim.get('support') or 'not supported'}")
    if reply:
        say(f"\n{reply}")


@commands.command("correct")
def correct(
    item_id: ItemArgument, category: CategoryArgument, data: DataOption = None, json: JsonOption = False
) -> None:
    """Say what a mail is, for its owner; it is remembered for its sender's mail of that kind."""
    with opened(data) as core:
        from mailwright.core import triage, triageviews
        from mailwright.storage.audit import SYSTEM

        def write(tx: Tx) -> Shown:
            owner = _owner(tx, item_id)
            triage.correct(tx, core, user_id=owner.id, item_id=item_id, category=category, by=SYSTEM)
            return triageviews.shown(tx, owner, item_id)

        corrected = core.database.write_now(write)
    if json:
        answer(_described(corrected))
    else:
        say(f"{item_id} is {corrected.item.category}")


@rule_commands.command("list")
def rules(user: UserArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show what a person wrote, and what was learned from corrections."""
    with opened(data) as core:
        from mailwright.core import triage

        found = core.database.read_now(lambda tx: triage.rules(tx, person_named(tx, user).id))
        sentences = [triage.told(each) for each in found]
    if json:
        answer([_rule(each) for each in found])
        return
    rows = [
        (each.id, sentence, each.made_by, each.used, "" if each.enabled else "off")
        for each, sentence in zip(found, sentences, strict=True)
    ]
    show(["rule", "says", "made by", "used", ""], rows, empty="There is no rule yet.")


@rule_commands.command("add")
def add_rule(
    user: UserArgument,
    sender: SenderArgument,
    category: CategoryArgument,
    kind: Annotated[str, typer.Option(help=f"Only that kind of mail: {_KINDS}.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write a rule for a person; the one there is for that sender and kind becomes this one."""
    with opened(data) as core:
        from mailwright.core import triage
        from mailwright.storage.audit import SYSTEM

        def write(tx: Tx) -> Rule:
            person = person_named(tx, user)
            return triage.add_rule(tx, person.id, sender=sender, category=category, kind=kind, by=SYSTEM)

        made = core.database.write_now(write)
        sentence = triage.told(made)
    if json:
        answer(_rule(made))
    else:
        say(f"{sentence} ({made.id})")


@rule_commands.command("remove")
def remove_rule(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Forget a rule."""
    with opened(data) as core:
        from mailwright.core import triage
        from mailwright.storage import triagerules
        from mailwright.storage.audit import SYSTEM

        known = checked_id(rule_id, "rule")

        def write(tx: Tx) -> Rule:
            found = triagerules.by_id(tx, known)
            if found is None:
                raise NotFound(f"there is no rule {rule_id}")
            return triage.remove_rule(tx, found.user_id, known, by=SYSTEM)

        gone = core.database.write_now(write)
        sentence = triage.told(gone)
    if json:
        answer(_rule(gone))
    else:
        say(f"forgotten: {sentence}")


@vip_commands.command("list")
def vips(user: UserArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show a person's VIPs."""
    with opened(data) as core:
        from mailwright.core import triage

        found = core.database.read_now(lambda tx: triage.vips(tx, person_named(tx, user).id))
    if json:
        answer(found)
    else:
        show(["sender"], [(each,) for each in found], empty="There are no VIPs.")


@vip_commands.command("add")
def add_vip(user: UserArgument, sender: SenderArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Let a sender's mail go first."""
    with opened(data) as core:
        from mailwright.core import triage
        from mailwright.storage.audit import SYSTEM

        made = core.database.write_now(lambda tx: triage.add_vip(tx, person_named(tx, user).id, sender, by=SYSTEM))
    if json:
        answer({"sender": made})
    else:
        say(f"for {user} the mail of {made} goes first")


@vip_commands.command("remove")
def remove_vip(user: UserArgument, sender: SenderArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Let a sender's mail go first no more."""
    with opened(data) as core:
        from mailwright.core import triage
        from mailwright.storage.audit import SYSTEM

        core.database.write_now(lambda tx: triage.remove_vip(tx, person_named(tx, user).id, sender, by=SYSTEM))
    if json:
        answer({"sender": sender})
    else:
        say(f"for {user} the mail of {sender} goes first no more")


def _owner(tx: Tx, item_id: str) -> Account:
    """Whose mail it is. Raises NotFound."""
    from mailwright.storage import accounts, triage

    item = triage.by_id(tx, checked_id(item_id, "mail"))
    owner = None if item is None else accounts.by_id(tx, item.user_id)
    if owner is None:
        raise NotFound(f"no assistant has looked at mail {item_id}")
    return owner


def _described(shown: Shown) -> dict[str, Any]:
    item = shown.item
    return {
        "id": item.id,
        "source": shown.source,
        "sender": item.sender,
        "subject": item.subject,
        "kind": item.mail_kind,
        "category": item.category,
        "confidence": item.confidence,
        "because": item.because,
        "decided_by": item.decided_by,
        "corrected_from": item.corrected_from,
        "vip": item.vip,
        "draft_state": item.draft_state,
        "draft_because": item.draft_because,
        "draft_id": item.draft_id,
        "task_id": item.task_id,
        "received_at": to_iso(item.received_at),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "sender": rule.sender,
        "kind": rule.mail_kind,
        "category": rule.category,
        "made_by": rule.made_by,
        "times": rule.times,
        "used": rule.used,
        "enabled": rule.enabled,
    }
