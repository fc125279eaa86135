"""The directory of a person: whom their words may mean by name.

Asked by an agent's work step when the owner's words ask for something that reaches people, for `monitor.learned`. In it are the people
of the owner's tenant and those to whom the owner has written of their own accord; who has only written to the owner is not, nor
who only got an answer: anybody can write, under any name, and a mail program puts that name into the answer.
"""

from __future__ import annotations

from mailwright.agents.policy.knowledge import Person
from mailwright.codecs.mime import is_robot
from mailwright.storage import Tx, correspondence, mailboxes
from mailwright.storage.accounts import Account

MAX_COLLEAGUES = 2_000
MAX_LETTERS = 1_000  # of the owner's newest


def directory(tx: Tx, owner: Account) -> list[Person]:
    """Colleagues, then those written to, each address with each name it goes by."""
    found = {
        (email.lower(), name): Person(email, name)
        for name, email in correspondence.colleagues(tx, owner.tenant_id, MAX_COLLEAGUES)
        if email != owner.email
    }
    sent = mailboxes.by_role(tx, owner.id, "sent")
    if sent is not None:
        for headers, _ in correspondence.newest_headers(tx, sent.id, MAX_LETTERS):
            if headers.get("in_reply_to"):
                continue
            for name, email in (pair for part in ("to", "cc") for pair in headers.get(part, ())):
                if not is_robot(email.partition("@")[0]):
                    found.setdefault((email.lower(), name), Person(email, "" if "@" in name else name[:200]))
    return list(found.values())
