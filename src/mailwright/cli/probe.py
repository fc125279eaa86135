"""The checks of `mailwright doctor` that send something: one question to the models and to who searches, one task through the mail.

When a server runs on this data, the task goes through its ports, from a mailbox made for this and removed afterwards.
Otherwise an application of its own is started for it in a temporary folder, on ports of its own, with the built-in model.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mailwright.cli.installation import is_served
from mailwright.core.checkup import Check
from mailwright.domain.modelnames import PURPOSES
from mailwright.domain.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Protocol

    from mailwright.core import Core
    from mailwright.settings import Settings
    from mailwright.storage import Tx

    class _Closing(Protocol):
        async def close(self) -> None: ...


ROUND_TRIP_SECONDS = 60
TASK = "Please add 17.50, 24.50 and 300. This is a check of the server by its doctor."
WORDS = "electronic mail"  # looked for, to see whether anybody answers; they say nothing of us
TEMPORARY_DOMAIN = "doctor.test"  # RFC 6761 §6.2: exists on no network


async def ask_models(settings: Settings) -> list[Check]:
    """One question to each configured model."""
    from mailwright.agents.models import Material, Models
    from mailwright.cli.tasks import ask_judgement
    from mailwright.domain.clock import now
    from mailwright.staff import models_of

    found = []
    for name in dict.fromkeys(name for purpose in PURPOSES for name in settings.models_for(purpose)):
        models: Models = models_of(settings.model_copy(update={"model_judge": name, "model_work": name}))
        began = time.monotonic()
        try:
            reply, _ = await ask_judgement(models, Material(subject="A sum", text=TASK, sent_at=now()))
            found.append(
                Check("models", "ok", f"{name} answered within {time.monotonic() - began:.1f} s: {reply.kind}")
            )
        except Refusal as refusal:
            found.append(Check("models", "fail", f"{name}: {refusal}"))
        finally:
            await models.close()
    return found


async def ask_web(settings: Settings) -> list[Check]:
    """One question to whoever searches the web, and one to arXiv, where they are set."""
    from mailwright.connectors.arxiv import Arxiv
    from mailwright.webs import search_of

    searching = search_of(settings)
    if searching is None:
        return []
    found = [await _asked("web", settings.web_search, searching, lambda: searching.search(WORDS, 1))]
    if settings.arxiv_search:
        papers = Arxiv(url=settings.arxiv_url)
        found.append(await _asked("papers", "arXiv", papers, lambda: papers.papers("Ada Lovelace", 1)))
    return found


async def ask_issuer(settings: Settings) -> list[Check]:
    """For the keys of the one the settings name, where tokens of one are taken. One that signs with a shared secret alone may publish none."""
    from mailwright.signon import provider_of, row_of_settings

    row = row_of_settings(settings)
    if row is None:
        return []
    provider = provider_of(row, settings)
    try:
        keys = await provider.look()
    except Refusal as refusal:
        return [Check("tokens", "fail" if settings.oidc_shared_secret is None else "warn", f"no keys: {refusal}")]
    finally:
        await provider.close()
    return [
        Check("tokens", "ok", f"{settings.oidc_issuer} publishes {keys} key{'' if keys == 1 else 's'} that can be used")
    ]


async def _asked(name: str, who: str, service: _Closing, question: Callable[[], Awaitable[Sequence[object]]]) -> Check:
    began = time.monotonic()
    try:
        results = await question()
    except Refusal as refusal:
        return Check(name, "fail", str(refusal))
    finally:
        await service.close()
    many = f"{len(results)} result{'' if len(results) == 1 else 's'}"
    return Check(name, "ok", f"{who} answered within {time.monotonic() - began:.1f} s: {many}")


async def send_around(settings: Settings) -> Check:
    """A task by submission, and its answer in the sender's INBOX."""
    try:
        if is_served(settings):
            return await _through_the_server(settings)
        return await _through_our_own(settings)
    except (Refusal, OSError) as problem:
        return Check("round trip", "fail", str(problem))
    except Exception as problem:  # aiosmtplib's, and whatever else a broken installation makes: told, never a traceback
        return Check("round trip", "fail", f"{type(problem).__name__}: {problem}")


async def _through_our_own(settings: Settings) -> Check:
    from mailwright.app import Application
    from mailwright.cli.agents import assign
    from mailwright.core import domains

    with tempfile.TemporaryDirectory(prefix="mailwright-doctor-") as folder:
        own = settings.model_copy(
            update={
                "data": Path(folder),
                "database_url": f"sqlite:///{folder}/mailwright.db",
                "blob_url": f"file://{folder}",
                "host": "127.0.0.1",
                "smtp_port": 0,
                "submission_port": 0,
                "submissions_port": 0,
                "imap_port": 0,
                "imaps_port": 0,
                "sieve_port": 0,
                "lmtp_port": 0,
                "http_port": 0,
                "grpc_port": 0,
                "roles": ("all",),
                "model": "rules",
                "model_judge": None,
                "model_work": None,
            }
        )
        application = Application(own)
        await application.start()
        try:
            employee = f"main@{TEMPORARY_DOMAIN}"

            def furnish(tx: Tx) -> None:
                domains.add(tx, TEMPORARY_DOMAIN)
                assign(tx, application.core, employee, kind="employee", name="Mini Mouse")

            await application.core.write(furnish)
            port = application.servers["submission"].port
            return await _there_and_back(application.core, employee, "127.0.0.1", port, "in a server started for this")
        finally:
            await application.stop(grace=5)


async def _through_the_server(settings: Settings) -> Check:
    from mailwright.installation import build_core
    from mailwright.storage import accounts, assignments

    core = build_core(settings)

    def served(tx: Tx) -> str | None:
        for assignment in assignments.listing(tx):
            owner = accounts.by_id(tx, assignment.user_id)
            if assignment.agent == "employee" and assignment.enabled and owner is not None:
                return owner.email
        return None

    try:
        employee = await core.read(served)
        if employee is None:
            return Check("round trip", "warn", "no agent serves an address that could answer: mailwright agent add …")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
        return await _there_and_back(core, employee, host, settings.submission_port, "through the running server")
    finally:
        core.database.close()


async def _there_and_back(core: Core, employee: str, host: str, port: int, how: str) -> Check:
    """Make a mailbox, send from it, wait for the answer, and leave nothing behind."""
    from mailwright.cli.demo import send_as
    from mailwright.cli.watching import follow
    from mailwright.codecs import mime
    from mailwright.core import accounts
    from mailwright.core.passwords import generated_password
    from mailwright.domain.clock import now
    from mailwright.domain.ids import new_id

    domain = employee.rpartition("@")[2]
    probe, password = f"doctor-{new_id()}@{domain}", generated_password()
    hashed = accounts.hash_password(password)

    def prepare(tx: Tx) -> None:
        account = accounts.add_user(tx, core, probe, display_name="Doctor")
        accounts.set_password(tx, account, hashed)

    message_id = f"<{new_id()}@{core.settings.hostname}>"
    raw = mime.compose(
        from_=mime.Mailbox("Doctor", probe),
        to=[mime.Mailbox("", employee)],
        subject="A check of the server",
        text=TASK,
        message_id=message_id,
        date=now(),
    )
    await core.write(prepare)
    began = time.monotonic()
    try:
        await send_as(probe, password, employee, raw, host, port)
        reply = await follow(core, message_id, probe, [employee], lambda _: None, seconds=ROUND_TRIP_SECONDS)
    finally:
        await core.write(lambda tx: _clean_up(tx, probe, employee, message_id))
    if reply is None:
        return Check("round trip", "fail", f"{how}: no answer within {ROUND_TRIP_SECONDS} s")
    return Check(
        "round trip", "ok", f"{how}: a task was submitted, done and answered within {time.monotonic() - began:.1f} s"
    )


def _clean_up(tx: Tx, probe: str, employee: str, message_id: str) -> None:
    """The mailbox goes with its mail; so do the agent's copies of this thread."""
    from mailwright.core import accounts, messages
    from mailwright.core.expunge import expunge
    from mailwright.storage import messages as rows

    agent = accounts.find(tx, employee)
    for message in rows.with_message_id(tx, agent.id, message_id):
        expunge(tx, messages.in_thread(tx, message.thread_id, agent.id), because="a check of the server")
    accounts.remove_user(tx, probe)
