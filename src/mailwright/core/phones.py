"""Phones: whose a number is. Who writes from one by WhatsApp is that person.

Called by the account pages (a code to send from the phone), by WhatsApp's hook (which sees from where it came), by administration and
the command line, which may set a number themselves.
Promises: a number belongs to one person. A code is good once, for a quarter of an hour, and one person has one at a time; a phone
that sends wrong ones is not listened to for a while. Whoever proves a number has it from then on, whoever had it before; every change
is audited.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from limits import RateLimitItemPerHour

from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, Instant
from mailwright.domain.refusals import BadInput, NotPermitted
from mailwright.domain.whatsapp import is_phone
from mailwright.storage import Tx, audit
from mailwright.storage import accounts as account_rows
from mailwright.storage import phones as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM, Actor

VALID = 15 * MINUTE
CODE_CHARACTERS = 8  # of thirty-two: nobody guesses one of a million million within its time
WRONG_CODES = RateLimitItemPerHour(10)  # of one phone
WORD = "link"
ROLES = ("user", "support", "admin", "guest")  # agents have no phone

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without what looks like something else
_SAID = re.compile(rf"({WORD}[\s:]+)?([0-9A-Z]{{4}})[ -]?([0-9A-Z]{{4}})[.!]?", re.IGNORECASE)
_SPACING = re.compile(r"[\s().\u00a0/-]+")


@dataclass(frozen=True, slots=True)
class Code:
    """What is to be sent from the phone, as a person writes it, and until when."""

    code: str = field(repr=False)
    expires_at: Instant

    @property
    def words(self) -> str:
        """The whole message."""
        return f"{WORD} {self.code}"


def parse(text: str) -> str:
    """A number as people write it (`+49 151 1234-5678`, `0049…`), in the form of E.164. Raises BadInput."""
    number = _SPACING.sub("", text.strip())
    number = f"+{number[2:]}" if number.startswith("00") else number
    if not is_phone(number):
        raise BadInput(f"{text[:40]!r} is no phone number with its country, like +4915112345678")
    return number


def of_account(tx: Tx, account: Account) -> str | None:
    """A person's number."""
    return rows.of_user(tx, account.id)


def owner(tx: Tx, phone: str) -> Account | None:
    """Whose number that is."""
    user_id = rows.owner(tx, phone)
    return None if user_id is None else account_rows.by_id(tx, user_id)


def open_until(tx: Tx, account: Account) -> Instant | None:
    """Until when the person's code is good, when they have one."""
    return rows.open_until(tx, account.id, clock.now())


def link_code(tx: Tx, account: Account, *, client: str = "") -> Code:
    """A new code, shown this once; earlier ones are worth nothing any more. Raises NotPermitted."""
    _check_is_person(account)
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_CHARACTERS))
    made = Code(f"{letters[:4]}-{letters[4:]}", clock.now() + VALID)
    rows.add_link(tx, account.id, _digest(letters), made.expires_at)
    audit.record(tx, actor=account.email, action="phone.code-made", address=client, tenant_id=account.tenant_id)
    return made


def code_in(text: str) -> str | None:
    """The code that is all a message says, without its hyphen; None when it says anything else."""
    found = _said(text)
    return None if found is None else (found[2] + found[3]).upper()


def asks_to_link(text: str) -> bool:
    """Whether a message with a code says the word as well: only that is meant for nobody else."""
    found = _said(text)
    return found is not None and found[1] is not None  # "LinkedIn" has eight letters, too


async def prove(core: Core, phone: str, code: str, *, correlation_id: str = "") -> Account | None:
    """Somebody sent that code from that phone: whose it is from now on, or None when the code is wrong. Raises TryLater."""
    limiter, now = core.sign_in_failures, clock.now()
    if not await limiter.test(WRONG_CODES, "phone codes", phone):
        return None

    def write(tx: Tx) -> Account | None:
        user_id = rows.link_of(tx, _digest(code), now)
        account = None if user_id is None else account_rows.by_id(tx, user_id)
        if account is None or account.status != "active":
            return None
        _give(tx, account, phone, Actor(phone, "WhatsApp", correlation_id), "phone.proven")
        return account

    account = await core.write(write)
    if account is None:
        await limiter.hit(WRONG_CODES, "phone codes", phone)
    return account


def set_phone(tx: Tx, account: Account, phone: str | None, *, by: Actor = SYSTEM) -> str | None:
    """Give a person a number, or none: the number as it is kept. Raises BadInput, NotPermitted."""
    _check_is_person(account)
    number = None if phone is None else parse(phone)
    _give(tx, account, number, by, "phone.removed" if number is None else "phone.set")
    return number


def forget_expired(tx: Tx) -> int:
    """Remove codes that are not good any more. How many."""
    return rows.forget_expired(tx, clock.now())


def _give(tx: Tx, account: Account, phone: str | None, by: Actor, action: str) -> None:
    before = None if phone is None else owner(tx, phone)
    if before is not None and before.id != account.id:
        audit.note(tx, by, "phone.removed", resource=before.email, tenant_id=before.tenant_id)
    rows.set_for(tx, account.id, phone)
    rows.forget_links(tx, account.id)
    audit.note(tx, by, action, resource=account.email, tenant_id=account.tenant_id)


def _check_is_person(account: Account) -> None:
    if account.role not in ROLES:
        raise NotPermitted("only people have a phone")


def _said(text: str) -> re.Match[str] | None:
    return _SAID.fullmatch(text.strip()) if len(text) < 100 else None


def _digest(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()
