"""Drafting: the mail that its owner wanted to have ready. Written by the model for drafts, from the follow-up's own words and the mail it is
about; nothing is sent.

Called by `reminding`. A draft that cannot be written in time is left out: the reminder says so and comes on time.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass

import structlog

from mailwright.agents import policy
from mailwright.agents.concierge import prompts
from mailwright.agents.concierge.drafts_table import DRAFTS
from mailwright.agents.concierge.parts import parts
from mailwright.agents.employee import contents
from mailwright.agents.models import Asker, Draft, ModelFailed, Question
from mailwright.codecs import mime
from mailwright.codecs.mime import Mailbox
from mailwright.codecs.redaction import Placeholders
from mailwright.core import Core, styles
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress, DamagedBlob, NotFound
from mailwright.pipeline import step
from mailwright.storage import Tx, followups, messages, model_calls, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.followups import Followup
from mailwright.storage.preferences import Preferences

log = structlog.get_logger(__name__)

MAX_SOURCE = 6_000  # characters of the mail it is about
MAX_SUBJECT = 120


@dataclass(frozen=True, slots=True)
class _Material:
    known: Followup
    person: Account
    likes: Preferences
    style: str
    blob_id: str


@step(name="followup.draft", attempts=1)
async def draft(followup_id: str) -> str:
    """The id of what was written; nothing when it could not be. Raises TryLater."""
    core = parts().core
    try:
        material = await core.read(lambda tx: _gather(tx, followup_id))
        source = await _source(core, material.blob_id)
        hidden = Placeholders(parts().options.recognisers)
        question = Question(
            purpose="draft",
            instructions=prompts.instructions("draft"),
            material=await asyncio.to_thread(_told, material, source, hidden),
            answer=Draft,
            by_rules=lambda: by_rules(material.known, material.person.display_name),
        )
        known = material.known
        reply = await parts().models.ask(question, who=Asker(known.tenant_id, known.user_id, known.id))
    except (ModelFailed, NotFound) as failure:
        log.warning("concierge.no_draft", error=type(failure).__name__)
        if isinstance(failure, ModelFailed):
            calls = failure.calls
            await core.write(lambda tx: model_calls.add_all(tx, calls, task_id=followup_id))
        return ""
    text = policy.outgoing(hidden.show(reply.value.text)).strip()

    def keep(tx: Tx) -> str:
        model_calls.add_all(tx, reply.calls, task_id=followup_id)
        written = Draft(text=text, because=reply.value.because)
        return task_rows.add_snapshot(tx, followup_id, written.model_dump_json(), clock.now())

    return await core.write(keep) if text else ""


def load(tx: Tx, draft_id: str) -> str:
    """The text that was written; nothing when it is gone."""
    content = task_rows.snapshot(tx, draft_id)
    return Draft.model_validate_json(content).text if content is not None else ""


def by_rules(known: Followup, writer: str) -> Draft:
    """What the built-in rules model writes: the matter in a frame, and nothing it does not know."""
    says = DRAFTS.get(known.language, DRAFTS["en"])
    name = " ".join(known.who.split())
    fits = 1 < len(name) <= 60 and all(c.isalpha() or c in " .'’-" for c in name) and name[:1].isupper()
    lines = [
        says["hello"].format(name=name) if fits else says["hello_nobody"],
        says["asks" if known.waits_for else "matter"].format(what=known.what),
        *([known.context] if known.context else []),
        says["question"],
        f"{says['ending']}\n{' '.join(writer.split())}".strip(),
    ]
    return Draft(text="\n\n".join(lines), because="by rules: the matter in a frame")


def compose(core: Core, known: Followup, person: Account, text: str) -> bytes:
    """The draft as a message for its owner's Drafts. To whom is left to the owner, unless one is waited for."""
    to = []
    with contextlib.suppress(BadAddress):
        to = [Mailbox("", str(Address.parse(known.waits_from)))] if known.waits_from else []
    header_id = f"<{derived_token('followup-draft', known.id, str(known.generation), str(known.occurrence))}@{core.settings.hostname}>"
    return mime.compose(
        from_=Mailbox(person.display_name, person.email),
        to=to,
        subject=" ".join(known.what.split())[:MAX_SUBJECT],
        text=text,
        message_id=header_id,
        date=clock.now(),
        in_reply_to=known.waits_for or None,
        references=(known.waits_for,) if known.waits_for else (),
        headers=[("X-Mailwright-Draft", f"followup {known.id}")],
    )


def _gather(tx: Tx, followup_id: str) -> _Material:
    known = followups.by_id(tx, followup_id)
    person = account_rows.by_id(tx, known.user_id) if known is not None else None
    if known is None or person is None:
        raise NotFound("the follow-up is gone")
    source = messages.by_id(tx, known.source_id) if known.source_id else None
    mine = source is not None and source.user_id in (known.user_id, known.agent_user_id)
    return _Material(
        known,
        person,
        preferences.of_user(tx, person.id),
        styles.of(tx, person.id).said,
        source.blob_id if source is not None and mine else "",
    )


async def _source(core: Core, blob_id: str) -> str:
    if not blob_id:
        return ""
    try:
        read = await asyncio.to_thread(contents.read, await core.blobs.read(blob_id), with_files=False)
    except (NotFound, DamagedBlob):  # redacted or removed since, or unreadable
        return ""
    return "\n".join(each for each in (read.split.new, read.split.forwarded) if each)[:MAX_SOURCE]


def _told(material: _Material, source: str, hidden: Placeholders) -> str:
    return prompts.to_draft(
        material.known,
        writer=material.person.display_name or material.person.email,
        tone=material.likes.tone,
        style=material.style,
        source=source,
        marker=secrets.token_hex(16),
        hide=hidden.hide,
    )
