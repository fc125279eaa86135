"""`mailwright pipeline`: what would happen to a message, step by step, without anything happening.

The installation is only read. What would be filed, judged, decided and answered is done in a throw-away installation in a
temporary folder, by the same code: it has the recipient's address, the earlier messages of the thread, and the agent.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.email import HookOption, PostmarkOption, RawOption, described, given_message
from mailwright.cli.installation import DataOption, check_exists, settings_of
from mailwright.cli.terminal import answer, group, read_input
from mailwright.domain.clock import now
from mailwright.domain.refusals import BadInput, NotFound, Refusal

if TYPE_CHECKING:
    from mailwright.codecs import mime
    from mailwright.codecs.mailhook import HookMessage
    from mailwright.core import Core
    from mailwright.domain.addresses import Address
    from mailwright.settings import Settings
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.messages import StoredMessage

commands = group("pipeline", "The walk of a message, simulated.")


@commands.callback()
def _group() -> None:
    """Keeps `simulate` a command of its own: a group of one would take its place."""


@commands.command("simulate")
def simulate(
    file: Annotated[
        str, typer.Argument(help="A message (RFC 5322) or the JSON of a hook or of Postmark; - is standard input.")
    ] = "",
    postmark_json: PostmarkOption = "",
    hook_json: HookOption = "",
    raw: RawOption = "",
    to: Annotated[str, typer.Option(help="The recipient, when it is not the one in the message.")] = "",
    signed_in: Annotated[
        bool, typer.Option("--signed-in", help="As if the sender had signed in; else a stranger.")
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="Ask the built-in rules model instead of the one in the settings.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Nothing is kept or sent (it never is here).")] = True,
    data: DataOption = None,
) -> None:
    """Show the whole trace of one message: parsed, routed, threaded, judged, decided, and the answer that would be sent."""
    import asyncio

    handed, octets = _given(file, postmark_json, hook_json, raw)
    settings = settings_of(data, **({"model": "rules", "model_judge": "rules", "model_work": "rules"} if rules else {}))
    answer(asyncio.run(_simulate(settings, handed, octets, to=to, signed_in=signed_in)))


@dataclass(slots=True)
class _Installed:
    """What the real installation knows that matters to this message."""

    assumed: bool
    recipient: Account | None = None
    kind: str = ""
    serves: bool = False
    sender: Account | None = None
    refusal: Refusal | None = None
    thread_id: str | None = None
    earlier: list[tuple[StoredMessage, bytes]] = field(default_factory=list)


def _given(file: str, postmark_json: str, hook_json: str, raw: str) -> tuple[HookMessage | None, bytes]:
    if not file:
        return given_message(postmark_json, hook_json, raw)
    if postmark_json or hook_json or raw:
        raise BadInput("give one file")
    octets = read_input(file)
    if not octets.lstrip().startswith(b"{"):
        return None, octets
    from mailwright.codecs import mailhook, postmark

    body = mailhook.json_object(octets)
    handed = (postmark if "MessageID" in body else mailhook).to_message(body)
    return handed, handed.raw


async def _simulate(
    settings: Settings, handed: HookMessage | None, raw: bytes, *, to: str, signed_in: bool
) -> dict[str, Any]:
    from mailwright.codecs import mime

    parsed = mime.parse(raw)
    sender, recipient = _ends(parsed, handed, to)
    known = _look(settings, sender, recipient, parsed)
    trace: dict[str, Any] = {
        "dry_run": True,
        "parse": described(raw, parsed, handed),
        "route": _route(known, recipient),
        "thread": {
            "thread_id": known.thread_id,
            "new": known.thread_id is None,
            "earlier_messages": len(known.earlier),
        },
        "automatic": mime.is_automatic(parsed.header),
        "judge": None,
        "decision": None,
        "reply": None,
    }
    if known.refusal is None and known.serves:
        with tempfile.TemporaryDirectory(prefix="mailwright-simulation-") as folder:
            sandbox = settings.model_copy(
                update={
                    "data": Path(folder),
                    "database_url": f"sqlite:///{folder}/mailwright.db",
                    "blob_url": f"file://{folder}",
                }
            )
            trace |= await _play(settings, sandbox, known, sender, recipient, raw, signed_in=signed_in)
    return trace


def _ends(parsed: mime.Parsed, handed: HookMessage | None, to: str) -> tuple[Address, Address]:
    """Who writes to whom. Raises BadInput when the message does not say."""
    from mailwright.domain.addresses import Address

    if handed is not None:
        return handed.sender, Address.parse(to) if to else handed.recipients[0]
    if not parsed.from_:
        raise BadInput("the message has no From line")
    listed = [each.address for each in (*parsed.to, *parsed.cc) if each.address]
    if not to and not listed:
        raise BadInput("the message names no recipient: give --to")
    return Address.parse(parsed.from_[0].address), Address.parse(to or listed[0])


def _look(settings: Settings, sender: Address, recipient: Address, parsed: mime.Parsed) -> _Installed:
    """Ask the real installation, in one read transaction; without one, an employee at the recipient's address is assumed."""
    try:
        check_exists(settings)
    except NotFound:
        return _Installed(assumed=True, kind="agent", serves=True)
    from mailwright.core import messages
    from mailwright.storage import open_database, threads
    from mailwright.stores import blobs_of

    database = open_database(settings.database_url, direct=settings.database_direct_url)
    blobs = blobs_of(settings, database)

    def read(tx: Tx) -> tuple[_Installed, list[StoredMessage]]:
        found = _resolved(tx, sender, recipient)
        if found.recipient is None:
            return found, []
        candidates = messages.thread_candidates(parsed)
        own = [parsed.message_id] if parsed.message_id else []
        ids = threads.known(tx, found.recipient.id, [*candidates, *own])
        found.thread_id = next((ids[each] for each in [*candidates, *own] if each in ids), None)
        return found, messages.in_thread(tx, found.thread_id, found.recipient.id) if found.thread_id else []

    try:
        found, earlier = database.read_now(read)
        found.earlier = [
            (each, blobs.read_now(each.blob_id)) for each in earlier if each.message_id != parsed.message_id
        ]
        return found
    finally:
        database.close()


def _resolved(tx: Tx, sender: Address, recipient: Address) -> _Installed:
    from mailwright.agents.employee import AGENT
    from mailwright.core import routing
    from mailwright.domain.refusals import NoSuchRecipient, RelayDenied
    from mailwright.storage import accounts, assignments

    row = routing.resolve(tx, recipient)
    if row is None:
        if routing.is_local_domain(tx, recipient.domain):
            return _Installed(assumed=False, refusal=NoSuchRecipient(f"there is no {recipient} here"))
        return _Installed(assumed=False, refusal=RelayDenied(f"we do not take mail for {recipient.domain}"))
    owner = accounts.by_id(tx, row.user_id) if row.user_id else None
    return _Installed(
        assumed=False,
        recipient=owner,
        kind=row.kind,
        serves=owner is not None and assignments.serving(tx, AGENT, owner.id) is not None,
        sender=accounts.with_mailbox(tx, sender.key),
    )


def _route(known: _Installed, recipient: Address) -> dict[str, Any]:
    if known.refusal is not None:
        because = str(known.refusal)
    elif known.assumed:
        because = "there is no installation here: an employee at this address is assumed"
    elif known.serves:
        because = "an employee serves this mailbox"
    else:
        because = "no agent serves it: it is delivered, and nothing else happens"
    return {
        "recipient": str(recipient),
        "accepted": known.refusal is None,
        "code": None if known.refusal is None else known.refusal.code,
        "kind": known.kind or None,
        "mailbox": known.recipient.email if known.recipient else None,
        "agent": "employee" if known.serves else None,
        "because": because,
    }


async def _play(
    settings: Settings,
    sandbox: Settings,
    known: _Installed,
    sender: Address,
    recipient: Address,
    raw: bytes,
    *,
    signed_in: bool,
) -> dict[str, Any]:
    """File the message in the sandbox and let the employee answer it there."""
    from mailwright.agents import employee
    from mailwright.cli.agents import assign
    from mailwright.core import accept, accounts, domains
    from mailwright.domain.addresses import Address
    from mailwright.domain.envelope import Channel, Envelope, Origin, Verdict
    from mailwright.domain.ids import new_id
    from mailwright.installation import build_core
    from mailwright.staff import models_of, options_of

    core = build_core(sandbox)
    models = models_of(settings)
    agent = Address.parse(known.recipient.email) if known.recipient else recipient

    def furnish(tx: Tx) -> Account | None:
        domains.add(tx, agent.domain)
        assign(
            tx, core, agent.key, kind="employee", name=known.recipient.display_name if known.recipient else "Mini Mouse"
        )
        if not signed_in and known.sender is None:
            return None
        if sender.domain != agent.domain:
            domains.add(tx, sender.domain)
        name = known.sender.display_name if known.sender else ""
        return accounts.add_user(tx, core, sender.key, display_name=name)

    try:
        person = await core.write(furnish)
        for message, earlier in known.earlier:
            await _file_earlier(core, agent, message, earlier)
        verdict = Verdict()
        if signed_in and person is not None:
            verdict = Verdict(Origin.OWNER, person.id, f"{person.email} signed in")
        envelope = Envelope(Channel.SMTP, sender, (agent,), now(), new_id(), client="[127.0.0.1]", helo="simulation")
        receipt = await accept.accept(core, envelope, raw, verdict)
        message_id = await core.read(lambda tx: _filed_as(tx, agent, receipt.outcomes[0].inbound_id))
        employee.configure(core, models, options_of(settings))
        return await _answer(core, message_id)
    finally:
        await models.close()
        core.database.close()


def _filed_as(tx: Tx, agent: Address, inbound_id: str) -> str:
    from mailwright.core import accounts
    from mailwright.storage import mailboxes, messages

    inbox = mailboxes.by_role(tx, accounts.find(tx, agent.key).id, "inbox")
    assert inbox is not None
    return next(each.id for each in messages.in_mailbox(tx, inbox.id, 1_000) if each.inbound_id == inbound_id)


async def _file_earlier(core: Core, agent: Address, message: StoredMessage, raw: bytes) -> None:
    """Put an earlier message of the thread where it was: the agent's own into Sent, the others into its INBOX."""
    from mailwright.codecs import mime
    from mailwright.core import accounts, messages
    from mailwright.core.messages import Provenance

    parsed = mime.parse(raw)
    owner = await core.read(lambda tx: accounts.find(tx, agent.key))
    blob = await core.blobs.stage(owner.tenant_id, raw)

    def write(tx: Tx) -> None:
        core.blobs.put(tx, blob)
        messages.append(
            tx,
            tenant_id=owner.tenant_id,
            user_id=owner.id,
            role="sent" if message.sender.lower() == owner.email else "inbox",
            blob=blob,
            parsed=parsed,
            provenance=Provenance(message.origin, message.correlation_id),
            received_at=message.received_at,
            enforce_quota=False,
        )

    await core.write(write)


async def _answer(core: Core, message_id: str) -> dict[str, Any]:
    """The employee's steps, one by one, each leaving its line in the trace."""
    from mailwright.agents.employee.act import act
    from mailwright.agents.employee.begin import begin
    from mailwright.agents.employee.decide import Decision, decide, silence
    from mailwright.agents.employee.gather import gather
    from mailwright.agents.employee.snapshot import Facts, Verdict
    from mailwright.agents.employee.think import judge, load_advice
    from mailwright.agents.employee.working import work
    from mailwright.agents.models import ModelFailed
    from mailwright.cli.tasks import judged, reply_of
    from mailwright.core import tasks

    trace: dict[str, Any] = {}
    facts = Facts.of(await gather(message_id, 1))
    decision, advice_id = silence(facts), ""
    try:
        if decision is None:
            verdict = Verdict(**await judge(facts.task_id, facts.snapshot_id))
            advice_id = verdict.advice_id
            advice = await load_advice(advice_id)
            trace["judge"] = judged(advice.judgement, advice.judged_by, facts.threshold)
            decision = decide(facts, verdict)
            if decision.action == "reply":
                decision = Decision(**await begin(facts.as_values(), asdict(decision)))
            if decision.action == "reply":
                advice_id = await work(facts.as_values(), advice_id)
    except ModelFailed as failure:
        return trace | {"failed": f"no model gave an answer: {failure.text}"}
    trace["decision"] = asdict(decision)
    trace["status"] = await act(facts.as_values(), decision.as_values(), advice_id)
    task = await core.read(lambda tx: tasks.get(tx, facts.task_id))
    trace["reply"] = await reply_of(core, task)
    return trace
