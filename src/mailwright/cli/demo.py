"""The demo of `mailwright up --demo`: people, an employee, a concierge, Ada's reply assistant, and the main job before one's eyes.

Uses what everybody uses: accounts are made as `mailwright user add` makes them, the sample task goes through the submission
port with STARTTLS and a password as Ada's mail program would send it. Starting it again on the same data changes nothing that
is there.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailwright.app import Application
from mailwright.cli.agents import assign
from mailwright.cli.watching import follow
from mailwright.codecs import mime
from mailwright.core import Core, accounts, domains, submission, tasks
from mailwright.core.passwords import generated_password
from mailwright.domain.addresses import Address
from mailwright.domain.clock import now
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.storage import accounts as rows

if TYPE_CHECKING:
    from rich.console import Console

    from mailwright.settings import Settings
    from mailwright.storage import Tx

HOSTNAME = "mailwright.test"  # RFC 6761 §6.2: a name that exists on no network
EMPLOYEE = f"main@{HOSTNAME}"
CONCIERGE = f"concierge@{HOSTNAME}"
ADA = f"ada@{HOSTNAME}"
BASHIR = f"bashir@{HOSTNAME}"
PEOPLE = (
    (f"admin@{HOSTNAME}", "Admin", "admin"),
    (ADA, "Ada", "user"),
    (BASHIR, "Bashir", "user"),
    (f"chen@{HOSTNAME}", "Chen", "user"),
)
QUESTION = "Hello Ada, could you send me the minutes of Thursday? Until when do you need my figures?"
WISH = "Follow up with the clinic next Friday morning about the test results."
ANSWER_SECONDS = 60  # how long the demo waits for the answer to its task
LOOK_SECONDS = 0.3  # how often it looks for steps of other tasks
SUBJECT = "Expenses of the workshop"
BODY = """Hello Mini Mouse,

please total the attached expenses and tell me which one is the largest.
We have to hand them in by 12 March 2027.

Thank you,
Ada
"""
EXPENSES = b"item,category,amount\ntrain,travel,48.20\nhotel,travel,262.00\nlunch,food,17.50\nroom,venue,340.00\ncoffee,food,31.80\n"


@dataclass(frozen=True, slots=True)
class Made:
    """Who was made now, with their new passwords; nobody who was there already."""

    passwords: dict[str, str]


async def run(settings: Settings, *, once: bool) -> int:
    """Start, show, and serve until told to stop (or `once`, until the answer came). The exit status."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    application = Application(settings)
    await application.open()
    try:
        made = await furnish(application.core, settings)
        _page(console, settings, application, made)
        await application.work()
        job = asyncio.create_task(_main_job(console, settings, application, made))
        stopping = asyncio.create_task(asked.wait())
        await asyncio.wait({job, stopping}, return_when=asyncio.FIRST_COMPLETED)
        answered = job.done() and job.result()
        if once or asked.is_set():
            job.cancel()
            return 0 if answered or not once else 1
        console.print("\n[dim]Steps of further tasks appear here. Ctrl-C ends it.[/]")
        tail = asyncio.create_task(_tail(application.core, console))
        await asked.wait()
        tail.cancel()
        return 0
    finally:
        await application.stop()


async def furnish(core: Core, settings: Settings) -> Made:
    """Make the domain, the people, the employee and the concierge that are missing; with a password in the settings, set it for all."""
    chosen = settings.demo_password.get_secret_value() if settings.demo_password else None
    there = await core.read(lambda tx: {account.email for account in rows.listing(tx)})
    wanted = [email for email, _, _ in PEOPLE if chosen or email not in there]
    passwords = {email: chosen or generated_password() for email in wanted}
    hashed = {email: await asyncio.to_thread(accounts.hash_password, word) for email, word in passwords.items()}

    def write(tx: Tx) -> None:
        try:
            domains.find(tx, HOSTNAME)
        except NotFound:
            domains.add(tx, HOSTNAME, tenant="demo")
        for email, name, role in PEOPLE:
            if email not in there:
                accounts.add_user(tx, core, email, display_name=name, role=role, operator=role == "admin")
            if email in hashed:
                accounts.set_password(tx, accounts.find(tx, email), hashed[email])
        assign(tx, core, EMPLOYEE, kind="employee", name="Mini Mouse")
        assign(tx, core, CONCIERGE, kind="concierge")
        if ADA not in there:  # who switched it off since wants it off
            assign(tx, core, ADA, kind="assistant")

    await core.write(write)
    return Made(passwords)


# --- the page -------------------------------------------------------------------------------------------------------


def _page(console: Console, settings: Settings, application: Application, made: Made) -> None:
    ports = {kind: server.port for kind, server in application.servers.items()}
    http = application.http.port if application.http else 0
    here = _reachable(settings.host)
    say = console.print
    say(f"\n[bold]Mailwright[/] is up after {_age():.1f} s. Your mail is in {_folder(settings.data)}\n")
    say(f"  [bold]{EMPLOYEE:25}[/]  Mini Mouse, the employee: mail it a task, the answer comes back in the thread")
    say(f"  [bold]{CONCIERGE:25}[/]  the concierge: mail it what is to be followed up and when, it reminds on time")
    for email, name, role in PEOPLE:
        what = "who looks after it" if role == "admin" else name
        word = "" if settings.demo_password else made.passwords.get(email, "")
        say(f"  {email:25}  {what:20}{f'password [bold]{word}[/]' if word else ''}".rstrip())
    if settings.demo_password:
        say("\n  The password of all four is the one in MAILWRIGHT_DEMO_PASSWORD.")
    elif len(made.passwords) == len(PEOPLE):
        say("\n  These passwords are random and shown this once.")
    else:
        say(
            f"\n  They were made before, with passwords shown then. A new one: {_command(settings, 'user', 'password', ADA)}"
        )
    page = f"http://{'localhost' if here == '127.0.0.1' else here}:{http}"
    say(
        f"\n  Open     [bold]{page}/app[/] in a browser and sign in as one of them: mail, dashboard, administration (admin)"
    )
    say(
        f"  Send     {here}:{ports['submission']} (submission, STARTTLS; {ports['submissions']} inside TLS), name and password, or {here}:{ports['smtp']} from outside (SMTP)"
    )
    say(
        f"  Read     {here}:{ports['imaps']} (IMAP inside TLS) or {here}:{ports['imap']} (STARTTLS), the same names and passwords"
    )
    programs = f"  ·  Programs  localhost:{ports['grpc']} (gRPC)" if "grpc" in ports else ""  # its port may be taken
    say(f"  Deliver  {here}:{ports['lmtp']} (LMTP)  ·  Rules  {here}:{ports['sieve']} (ManageSieve){programs}")
    say(f"  Look     {page}/ (the first page)  ·  /docs (REST)  ·  /jmap/session  ·  /readyz")
    say(f"  Thinks   {_thinker(settings)}")
    say("\n  The next task, from another terminal:\n")
    send = ("email", "send", "--wait", "--from", ADA, "--to", EMPLOYEE, "--subject", "Two numbers")
    say(f"    {_command(settings, *send, '--body', 'What is 17.5 % of 2340?')}\n", markup=False)
    say(
        "  Ada has the reply assistant: it says of each mail what it is to her and drafts the replies that are due; it sends"
    )
    say("  nothing. Write to her as Bashir, and look at the mail's label in her INBOX and at her Drafts:\n")
    ask = ("email", "send", "--from", BASHIR, "--to", ADA, "--subject", "Minutes", "--body", QUESTION)
    say(f"    {_command(settings, *ask)}", markup=False)
    say(f"    {_command(settings, 'triage', 'list', ADA)}\n", markup=False)
    say("  The concierge confirms a clear time and asks when one is not clear; answer it with your own words:\n")
    wish = ("email", "send", "--wait", "--from", ADA, "--to", CONCIERGE, "--subject", "Clinic")
    say(f"    {_command(settings, *wish, '--body', WISH)}\n", markup=False)
    say(
        f"  The scribe writes researched mail to one person at a time: open [bold]{page}/app/scribe[/] as Ada and press"
    )
    say("  “Fill in an example”. It sends nothing by itself.\n")
    say("  Ada's mail, as a mail program reads it (it asks for her password):\n")
    say(f"    curl -sk -u {ADA} 'imaps://{here}:{ports['imaps']}/INBOX;UID=1'\n", markup=False)


def _age() -> float:
    """Seconds since this process was started, Python's own start included (proc(5), stat: field 22)."""
    try:
        started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError):
        return time.process_time()  # not Linux: what we computed, which is nearly all of it


def _thinker(settings: Settings) -> str:
    names = settings.models_for("work")
    if names[0] == "rules":
        return "the built-in rules model: no key, no network (MAILWRIGHT_MODEL=provider:model for a real one)"
    return ", then ".join(names)


def _command(settings: Settings, *words: str) -> str:
    """A command to paste, working on the same data from the same folder."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        start = f"{sys.executable} -m mailwright"
    else:
        start = _folder(program.absolute()) if os.sep in sys.argv[0] else sys.argv[0]
    data = [] if settings.data == Path("data").absolute() else ["--data", str(settings.data)]
    return f"{start} {shlex.join([*words, *data])}"


def _folder(path: Path) -> str:
    with suppress(ValueError):
        return f"./{path.relative_to(Path.cwd())}" if not path.is_file() else str(path.relative_to(Path.cwd()))
    return str(path)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


# --- the main job ---------------------------------------------------------------------------------------------------


async def _main_job(console: Console, settings: Settings, application: Application, made: Made) -> bool:
    """Mail the sample task as Ada, tell the steps, show the answer. Whether it came."""
    console.print(f"[bold]Now Ada mails {EMPLOYEE} a task[/], with expenses.csv attached:\n")
    for line in BODY.strip().splitlines():
        console.print(f"  [dim]│[/] {line}")
    console.print()
    message_id = f"<{new_id()}@{settings.hostname}>"
    raw = mime.compose(
        from_=mime.Mailbox("Ada", ADA),
        to=[mime.Mailbox("Mini Mouse", EMPLOYEE)],
        subject=SUBJECT,
        text=BODY,
        attachments=[mime.Attachment("expenses.csv", EXPENSES, "text/csv")],
        message_id=message_id,
        date=now(),
    )
    watching = asyncio.create_task(
        follow(application.core, message_id, ADA, [EMPLOYEE], lambda text: _step(console, text), seconds=ANSWER_SECONDS)
    )
    try:
        if ADA in made.passwords:
            answer = await send_as(
                ADA,
                made.passwords[ADA],
                EMPLOYEE,
                raw,
                _reachable(settings.host).strip("[]"),
                application.servers["submission"].port,
            )
            _step(console, f"  0.00 s  submitted with STARTTLS and Ada's password: {answer}")
        else:
            await _hand_over(application.core, raw)
            _step(console, "  0.00 s  submitted on this machine: only Ada knows the password she was given")
        reply = await watching
    finally:
        watching.cancel()
    if reply is None:
        console.print(
            f"\n[bold red]No answer came within {ANSWER_SECONDS} s.[/] `mailwright doctor` looks for the reason."
        )
        return False
    _show_answer(console, reply)
    return True


async def send_as(name: str, password: str, recipient: str, raw: bytes, host: str, port: int) -> str:
    """Send through a submission port as a mail program does. The server's answer to the message."""
    import aiosmtplib

    client = aiosmtplib.SMTP(
        hostname=host,
        port=port,
        start_tls=True,
        validate_certs=False,  # the certificate is our own, on our own machine
        username=name,
        password=password,
        timeout=30,
    )
    async with client:
        _, said = await client.sendmail(name, [recipient], raw)
    return said


async def _hand_over(core: Core, raw: bytes) -> None:
    account = await core.read(lambda tx: accounts.find(tx, ADA))
    envelope = Envelope(
        channel=Channel.SUBMISSION,
        sender=Address.parse(ADA),
        recipients=(Address.parse(EMPLOYEE),),
        received_at=now(),
        correlation_id=new_id(),
        client="[127.0.0.1]",
        protocol="local",
    )
    await submission.submit(core, account, envelope, raw)


def _step(console: Console, text: str) -> None:
    from rich.text import Text

    console.print(Text(f"  {text}"))


def _show_answer(console: Console, reply: dict[str, Any]) -> None:
    from rich.text import Text

    console.print("\n[bold]The answer[/], in Ada's INBOX, in the same thread:\n")
    console.print(Text(f"  │ Subject: {reply['subject']}", style="dim"))
    for line in reply["text"].strip().splitlines():
        console.print(Text(f"  │ {line}"))


async def _tail(core: Core, console: Console) -> None:
    """Tell the steps of every further task."""
    told: dict[str, int] | None = None

    def look(tx: Tx) -> list[tuple[str, str, int, list[str]]]:
        found = []
        for task in reversed(tasks.listing(tx, limit=50)):
            history = tasks.history(tx, task.id)
            lines = [
                event.stage if not event.status.is_final and event.stage else event.status.value for event in history
            ]
            found.append((task.id, task.correspondent, len(history), lines))
        return found

    while True:
        with suppress(TryLater):
            seen = await core.read(look)
            if told is not None:
                for task_id, correspondent, count, lines in seen:
                    for line in lines[told.get(task_id, 0) : count]:
                        _step(console, f"{correspondent}: {line}")
            told = {task_id: count for task_id, _, count, _ in seen}
        await asyncio.sleep(LOOK_SECONDS)
