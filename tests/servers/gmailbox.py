"""The mailbox of a Gmail account as `gmail.GmailService` serves it: messages in threads, labels, drafts, and the history of all that.

What happens there is a method: `receive` (others' mail comes in), `wrote` (the owner sent one), `relabel`, `remove`, `edit_draft`,
`send_draft`, `read`. Each writes history; `forget_history` lets Gmail have forgotten all of it (a 404). `rewrites_ids` gives drafts
a Message-ID of Gmail's own, as Gmail does with some.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

SYSTEM = ["INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "CATEGORY_UPDATES"]
STEP = 7  # history ids grow by more than one
PASSED = (
    "mx.google.com;\r\n       dkim=pass header.i=@{domain} header.s=s1 header.b=AbCdEfGh;\r\n       "
    "spf=pass (google.com: domain of {sender} designates 192.0.2.1 as permitted sender) smtp.mailfrom={sender};\r\n       "
    "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from={domain}"
)
"""Authentication-Results as Gmail writes it at the top of what came in."""


@dataclass
class Message:
    """One message."""

    id: str
    thread_id: str
    raw: bytes
    labels: set[str]
    received_ms: int
    history_id: int = 0
    header_id: str = ""
    refers: frozenset[str] = frozenset()


@dataclass
class Box:
    """One account. `changed` is called with its address and history id after each change."""

    address: str
    changed: Callable[[str, int], None] = lambda address, history_id: None
    rewrites_ids: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)  # id of the draft -> id of its message
    labels: dict[str, str] = field(default_factory=lambda: {name: name for name in SYSTEM})
    history: list[dict[str, Any]] = field(default_factory=list)
    history_id: int = 1000
    history_from: int = 0  # what is asked for before that was forgotten

    def __post_init__(self) -> None:
        self._numbers = count(0x18F0_0000_0000_0001, 0x1_0001)
        self._draft_numbers = count(7_001)
        self._label_numbers = count(1)
        self.lock = threading.RLock()

    # --- what happens there -----------------------------------------------------------------------------------------

    def receive(
        self, raw: bytes | None = None, *, labels: Sequence[str] = ("INBOX", "UNREAD"), passed: bool = True, **said: str
    ) -> Message:
        """A mail comes in: `raw`, or one of `letter(**said)`. With `passed` Gmail found its sender proven by DMARC."""
        raw = letter(to=self.address, **said) if raw is None else raw
        if passed:
            sender = re.sub(r".*<|>.*", "", str(message_from_bytes(raw, policy=policy.default)["From"]))
            told = PASSED.format(sender=sender, domain=sender.rpartition("@")[2])
            raw = b"Authentication-Results: " + told.encode() + b"\r\n" + raw
        return self.insert(raw, labels)

    def wrote(self, raw: bytes | None = None, **said: str) -> Message:
        """The owner sent one, with another program or on Gmail's page."""
        raw = letter(sender=self.address, **said) if raw is None else raw
        return self.insert(raw, ("SENT",))

    def insert(self, raw: bytes, labels: Iterable[str], thread_id: str | None = None) -> Message:
        """A message is there now."""
        with self.lock:
            header_id, refers = _ids(raw)
            made = f"{next(self._numbers):016x}"
            thread = thread_id or self._thread_of(refers) or made
            message = Message(
                made, thread, raw, set(labels), int(time.time() * 1000), header_id=header_id, refers=refers
            )
            self.messages[made] = message
            self._write("messagesAdded", message, {})
            return message

    def relabel(self, message_id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Message:
        """Labels are put on and taken off."""
        with self.lock:
            message = self.messages[message_id]
            fresh, gone = set(add) - message.labels, set(remove) & message.labels
            message.labels = (message.labels | fresh) - gone
            for kind, which in (("labelsAdded", fresh), ("labelsRemoved", gone)):
                if which:
                    self._write(kind, message, {"labelIds": sorted(which)})
            return message

    def read(self, message_id: str) -> None:
        """The owner read it."""
        self.relabel(message_id, remove=["UNREAD"])

    def remove(self, message_id: str) -> None:
        """It is deleted for good."""
        with self.lock:
            message = self.messages.pop(message_id)
            self.drafts = {draft: held for draft, held in self.drafts.items() if held != message_id}
            self._write("messagesDeleted", message, {})

    def add_draft(self, raw: bytes, thread_id: str | None) -> str:
        """A draft is there now; its id. Gmail puts it into the thread only when its references lead there."""
        with self.lock:
            if self.rewrites_ids:
                raw = re.sub(rb"(?im)^message-id:.*\r?\n(?:[ \t].*\r?\n)*", b"", raw)
                raw = b"Message-ID: <CAGmail%d@mail.gmail.com>\r\n" % next(self._draft_numbers) + raw
            _, refers = _ids(raw)
            fits = thread_id is not None and self._thread_of(refers) == thread_id
            message = self.insert(raw, ["DRAFT"], thread_id if fits else None)
            draft_id = f"r-{next(self._draft_numbers)}"
            self.drafts[draft_id] = message.id
            return draft_id

    def edit_draft(self, draft_id: str, raw: bytes) -> Message:
        """The owner changes it: the draft stays, its message is another one."""
        with self.lock:
            old = self.messages.pop(self.drafts[draft_id])
            self._write("messagesDeleted", old, {})
            message = self.insert(raw, ["DRAFT"], old.thread_id)
            self.drafts[draft_id] = message.id
            return message

    def send_draft(self, draft_id: str) -> Message:
        """The owner sends it."""
        with self.lock:
            old = self.messages[self.drafts[draft_id]]
            self.remove(old.id)
            return self.insert(old.raw, ["SENT"], old.thread_id)

    def add_label(self, name: str) -> str:
        """A label of the owner's; its id."""
        with self.lock:
            label_id = f"Label_{next(self._label_numbers)}"
            self.labels[label_id] = name
            return label_id

    def forget_history(self) -> None:
        """What was before now is forgotten."""
        with self.lock:
            self.history.clear()
            self.history_from = self.history_id

    # --- what is asked of it ----------------------------------------------------------------------------------------

    def names_on(self, message_id: str) -> set[str]:
        """The names of a message's labels."""
        return {self.labels[each] for each in self.messages[message_id].labels}

    def thread(self, thread_id: str) -> list[Message]:
        """A conversation, oldest first."""
        return [each for each in self.messages.values() if each.thread_id == thread_id]

    def found(self, query: str, labels: Iterable[str] = (), *, everywhere: bool = False) -> list[Message]:
        """What matches, the newest first. The query's words are Gmail's: rfc822msgid, from, to, in, and plain words."""
        terms = query.split()
        everywhere = everywhere or "in:anywhere" in terms or {"SPAM", "TRASH"} & set(labels) != set()
        hits = []
        for each in self.messages.values():
            hidden = not everywhere and each.labels & {"SPAM", "TRASH"}
            if not hidden and set(labels) <= each.labels and all(_matches(each, term) for term in terms):
                hits.append(each)
        return hits[::-1]

    def _thread_of(self, refers: frozenset[str]) -> str | None:
        return next((each.thread_id for each in reversed(self.messages.values()) if each.header_id in refers), None)

    def _write(self, kind: str, message: Message, more: dict[str, Any]) -> None:
        self.history_id += STEP
        message.history_id = self.history_id
        plain = {"id": message.id, "threadId": message.thread_id}
        entry = {"message": {**plain, "labelIds": sorted(message.labels)}, **more}
        self.history.append({"id": str(self.history_id), "messages": [plain], kind: [entry]})
        self.changed(self.address, self.history_id)


def letter(
    sender: str = "Bashir <bashir@example.org>",
    to: str = "ada@gmail.example",
    subject: str = "Lunch",
    text: str = "Shall we have lunch on Friday?",
    header_id: str = "",
    answers: str = "",
    **fields: str,
) -> bytes:
    """A mail. `answers` is the Message-ID of what it answers; `fields` are more header fields, `_` for `-`."""
    made = EmailMessage(policy=policy.SMTP)
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"] = header_id or f"<{time.time_ns():x}@example.org>"
    if answers:
        made["In-Reply-To"] = made["References"] = answers
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def _ids(raw: bytes) -> tuple[str, frozenset[str]]:
    """The Message-ID, and those it refers to."""
    head = message_from_bytes(raw, policy=policy.compat32)
    found = re.findall(r"<[^<>\s]+>", f"{head['In-Reply-To'] or ''} {head['References'] or ''}")
    return str(head["Message-ID"] or "").strip(), frozenset(found)


def _matches(message: Message, term: str) -> bool:
    name, colon, value = term.partition(":")
    head = message_from_bytes(message.raw, policy=policy.compat32)
    if not colon:
        return term.lower().encode() in message.raw.lower()
    if name == "rfc822msgid":
        return message.header_id.strip("<>") == value.strip("<>\"'")
    if name in ("from", "to"):
        fields = [name] if name == "from" else ["to", "cc", "bcc"]
        return any(value.strip("\"'()").lower() in str(head[each] or "").lower() for each in fields)
    if name in ("in", "-in"):
        here = value == "anywhere" or {"drafts": "DRAFT", "draft": "DRAFT"}.get(value, value.upper()) in message.labels
        return here == (name == "in")
    raise AssertionError(f"the twin does not know {term!r}")
