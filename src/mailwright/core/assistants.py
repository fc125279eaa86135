"""Assistants: switching the reply assistant on and off for a person, and what its owner chose.

Called by the assistant (whether it serves, and how), its API, its pages and the command line. The row is an assignment of the agent
`assistant`; what was chosen stays when it is switched off, and is there again when it is switched on.
Promises: whoever switches or chooses is in the audit trail; what was chosen is checked here, whoever asked; an agent's own mailbox
is never looked after by another agent.
Does not: look after mail (`agents.assistant`), or keep accounts elsewhere (`core.connections`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import Any, Final

from mailwright.core import Core
from mailwright.core.messages import storable
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.events import TRIAGE_CHANGED
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, assignments, audit, events, model_calls, triage
from mailwright.storage import tasks as rows
from mailwright.storage.accounts import Account
from mailwright.storage.assignments import Assignment
from mailwright.storage.audit import Actor

AGENT: Final = "assistant"
"""The agent's name in assignments, tasks and workflow ids."""
GRANTS: Final = ("read", "organise", "draft")
"""What a new assistant may do; `agents.policy.ASSISTANT_GRANTS` says the same in its own words. To send is not among them."""
LANGUAGES: Final = ("en", "de", "fr", "es", "it")

MAX_FACTS = 10_000  # characters: prices, hours and addresses of a small firm; they go to the model with every draft
MAX_KEPT_DAYS = 3_650
SLICE = 500  # texts that one transaction forgets


@dataclass(frozen=True, slots=True)
class Options:
    """What an owner chose.

    `own_mailbox`: the mailbox here is looked after (accounts elsewhere have a switch of their own). `threshold`: from this
    confidence that a reply is due one is drafted; None is the installation's. `drafts`: replies are drafted at all. `facts`: what may
    be said in the owner's name, in plain words: prices, hours, addresses. `languages`: the only ones to draft in; none named, the
    mail's own. `move_spam`: spam in the mailbox here is moved to Junk. `learn_style`: how the owner writes is learned from what was
    sent. `kept_days`: how long what was gathered and drafted is kept; None is the installation's.
    """

    own_mailbox: bool = True
    threshold: float | None = None
    drafts: bool = True
    facts: str = ""
    languages: tuple[str, ...] = ()
    move_spam: bool = False
    learn_style: bool = True
    kept_days: int | None = None

    def as_values(self) -> dict[str, Any]:
        """For the row, and for answers of APIs."""
        return asdict(self) | {"languages": list(self.languages)}


@dataclass(frozen=True, slots=True)
class Assistant:
    """One person's assistant. While it is not `enabled` nothing of theirs is looked after."""

    id: str
    tenant_id: str
    user_id: str
    enabled: bool
    grants: tuple[str, ...]
    options: Options


def of(tx: Tx, user_id: str) -> Assistant | None:
    """A person's assistant, on or off; None: there never was one."""
    found = assignments.of_user(tx, AGENT, user_id)
    return _assistant(found) if found is not None else None


def serving(tx: Tx, user_id: str) -> Assistant | None:
    """A person's assistant while it is on."""
    found = assignments.serving(tx, AGENT, user_id)
    return _assistant(found) if found is not None else None


def all_serving(tx: Tx, user_ids: Sequence[str]) -> dict[str, Assistant]:
    """`serving` for many; those who have none are missing."""
    return {user_id: _assistant(found) for user_id, found in assignments.all_serving(tx, AGENT, user_ids).items()}


def switch_on(tx: Tx, core: Core, account: Account, *, by: Actor, **chosen: Any) -> Assistant:
    """Switch it on, with options by their names; what was chosen before stays. Twice is as once.

    Raises BadInput, NotPermitted (an agent's mailbox).
    """
    if account.role == "agent":
        raise NotPermitted(f"{account.email} is an agent's mailbox: agents do not look after each other")
    known = of(tx, account.id)
    if known is None:
        # A guest has no mailbox here; what they have elsewhere they may connect.
        options = _checked(Options(own_mailbox=account.has_mailbox), account, chosen)
        assignments.add(tx, account.tenant_id, AGENT, account.id, grants=GRANTS, settings=options.as_values())
    else:
        if chosen:
            _keep(tx, known, _checked(known.options, account, chosen))
        assignments.set_enabled(tx, known.id, enabled=True)
    if known is None or not known.enabled:
        _note(tx, by, account, "assistant.switched-on")
    made = of(tx, account.id)
    assert made is not None
    return made


def switch_off(tx: Tx, core: Core, account: Account, *, by: Actor) -> bool:
    """Switch it off: nothing of the person's is looked after any more, drafts and labels stay. False: it was off."""
    known = of(tx, account.id)
    if known is None or not known.enabled:
        return False
    assignments.set_enabled(tx, known.id, enabled=False)
    _note(tx, by, account, "assistant.switched-off")
    return True


def change(tx: Tx, core: Core, account: Account, *, by: Actor, **chosen: Any) -> Assistant:
    """Choose options by their names, on or off. Raises NotFound (there is no assistant), BadInput."""
    known = of(tx, account.id)
    if known is None:
        raise NotFound("the assistant is not switched on")
    options = _checked(known.options, account, chosen)
    if options != known.options:
        _keep(tx, known, options)
        _note(tx, by, account, "assistant.changed")
    return replace(known, options=options)


async def forget(core: Core) -> int:
    """Delete what was gathered, asked and written longer ago than each owner wants it kept: the text of mail that stands beside the mail
    itself. Labels, drafts and what was decided stay. How many texts. Raises TryLater."""
    gone = 0
    for each in await core.read(lambda tx: assignments.listing(tx)):
        if each.agent != AGENT:
            continue
        days = _assistant(each).options.kept_days
        kept = core.settings.assistant_kept if days is None else days * DAY
        if core.settings.redact_after is not None:  # no longer than the mail has its text
            kept = min(kept, core.settings.redact_after)
        before = clock.now() - kept
        for delete in (rows.forget_snapshots, model_calls.forget_transcripts_of_agent):
            while count := await core.write(partial(_forget, delete, each.user_id, before)):
                gone += count
        await core.write(partial(triage.forget_claims, user_id=each.user_id, before=before))
    return gone


def _forget(delete: Callable[[Tx, str, str, Instant, int], int], user_id: str, before: Instant, tx: Tx) -> int:
    return delete(tx, AGENT, user_id, before, SLICE)


def _keep(tx: Tx, known: Assistant, options: Options) -> None:
    assignments.set_settings(tx, known.id, options.as_values())


def _note(tx: Tx, by: Actor, account: Account, action: str) -> None:
    audit.note(tx, by, action, resource=account.email, tenant_id=account.tenant_id)
    events.append(tx, TRIAGE_CHANGED, account.id, {"user_id": account.id, "item_ids": []})


def _checked(options: Options, account: Account, chosen: dict[str, Any]) -> Options:
    """The options as they are with what was chosen. Raises BadInput."""
    unknown = chosen.keys() - {field.name for field in fields(Options)}
    if unknown:
        raise BadInput(f"the assistant has no option {min(unknown)[:50]!r}")
    for name in ("own_mailbox", "drafts", "move_spam", "learn_style"):
        if not isinstance(chosen.get(name, False), bool):
            raise BadInput(f"{name} is true or false")
    if chosen.get("own_mailbox") and not account.has_mailbox:
        raise BadInput(f"{account.email} has no mailbox here")
    threshold, kept = chosen.get("threshold"), chosen.get("kept_days")
    if threshold is not None and (not isinstance(threshold, int | float) or not 0 <= threshold <= 1):
        raise BadInput("threshold is a number from 0 to 1")
    if kept is not None and (not isinstance(kept, int) or isinstance(kept, bool) or not 1 <= kept <= MAX_KEPT_DAYS):
        raise BadInput(f"kept_days is a number from 1 to {MAX_KEPT_DAYS}")
    if "facts" in chosen:
        facts = chosen["facts"]
        if not isinstance(facts, str) or len(facts) > MAX_FACTS:
            raise BadInput(f"facts is a text of at most {MAX_FACTS} characters")
        chosen = chosen | {"facts": storable(facts).strip()}
    if "languages" in chosen:
        languages = tuple(dict.fromkeys(chosen["languages"] or ()))
        if any(each not in LANGUAGES for each in languages):
            raise BadInput(f"languages are of {', '.join(LANGUAGES)}")
        chosen = chosen | {"languages": languages}
    return replace(options, **chosen)


def _assistant(found: Assignment) -> Assistant:
    known = {field.name for field in fields(Options)}
    values = {name: value for name, value in found.settings.items() if name in known}
    if "languages" in values:
        values["languages"] = tuple(values["languages"])
    return Assistant(found.id, found.tenant_id, found.user_id, found.enabled, found.grants, Options(**values))
