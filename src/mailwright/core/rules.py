"""Rules: the Sieve scripts that people keep, and which of them is at work.

Called by ManageSieve and the command line, and by filing (`active`) for every message of somebody with a mailbox.
Promises: only a script that can run is kept; a message of somebody without rules costs no query more.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from mailwright.codecs import sieve
from mailwright.core import Core
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, Refusal
from mailwright.storage import Tx, audit, vacation_responses
from mailwright.storage import sieve_scripts as rows
from mailwright.storage.accounts import Account
from mailwright.storage.sieve_scripts import StoredScript
from mailwright.storage.vacation_responses import VacationResponse

MAX_SCRIPTS = 30  # of one user; webmails keep one or two
MAX_NAME = 128  # characters; RFC 5804 §1.6: as many must be allowed
SEEN_SECONDS = 2.0  # how long a change of somebody's rules may take to be seen by every process
SEEN_USERS = 10_000
COMPILED = 256  # scripts kept ready to run in a process

# RFC 5804 §1.6: not in the name of a script.
_UNFIT = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)))


class BadScript(BadInput):
    """The script cannot run; the text has a line for each mistake."""

    code = "bad_script"

    def __init__(self, problems: Sequence[sieve.Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class TooManyScripts(Refusal):
    """One more script than a user may have."""

    code = "too_many_scripts"


class ScriptTooLarge(Refusal):
    """The script has more bytes than one may have."""

    code = "script_too_large"


class ScriptActive(Refusal):
    """That cannot be done with the script that is at work."""

    code = "script_active"


@dataclass(frozen=True, slots=True)
class Active:
    """The script at work for a user, ready to run; None when it is kept and cannot run any more.

    `away`: what they answer while they are away besides. `has_script` False: there is that alone.
    """

    script: sieve.Script | None
    zone: tzinfo
    away: VacationResponse | None = None
    has_script: bool = True


def check(content: bytes) -> sieve.Script:
    """The script, with warnings. Takes up to some 50 ms, so not inside a transaction. Raises BadScript, ScriptTooLarge."""
    if len(content) > sieve.MAX_SCRIPT_OCTETS:
        raise ScriptTooLarge(f"a script has at most {sieve.MAX_SCRIPT_OCTETS} bytes")
    try:
        return sieve.compile_script(content)
    except sieve.ScriptInvalid as error:
        raise BadScript(error.problems) from None


def listing(tx: Tx, account: Account) -> list[StoredScript]:
    """The account's scripts, by name."""
    return rows.listing(tx, account.id)


def load(tx: Tx, account: Account, name: str) -> str:
    """The text of a script. Raises NotFound."""
    found = rows.content(tx, account.id, _normal(name))
    if found is None:
        raise NotFound(f"there is no script {name}")
    return found


def may_put(tx: Tx, account: Account, name: str, size: int) -> None:
    """Whether a script of that name and size (octets) may be kept. Raises BadInput, TooManyScripts, ScriptTooLarge."""
    key = _checked(name)
    if size == 0:  # RFC 5804 §2.6: a script of zero length should be disallowed
        raise BadInput("a script without a word is none; to have no rules, put none to work")
    if size > sieve.MAX_SCRIPT_OCTETS:
        raise ScriptTooLarge(f"a script has at most {sieve.MAX_SCRIPT_OCTETS} bytes")
    known = rows.listing(tx, account.id)
    if len(known) >= MAX_SCRIPTS and all(script.name != key for script in known):
        raise TooManyScripts(f"a user has at most {MAX_SCRIPTS} scripts")


def put(tx: Tx, account: Account, name: str, content: bytes, *, client: str = "") -> None:
    """Keep a script that `check` found good, over the one of that name. It is at work when that one was.

    `client` is the asker's address. Raises BadInput, TooManyScripts, ScriptTooLarge.
    """
    if not account.has_mailbox or account.role == "agent":
        raise BadInput(f"{account.email} has no rules")
    may_put(tx, account, name, len(content))
    rows.put(tx, account.id, _normal(name), content.decode("utf-8"))
    _note(tx, account, "rules.put", name, client)


def activate(tx: Tx, account: Account, name: str | None, *, client: str = "") -> None:
    """Put one script to work, or none (None). Raises NotFound."""
    if not rows.activate(tx, account.id, None if name is None else _normal(name)):
        raise NotFound(f"there is no script {name}")
    _note(tx, account, "rules.activated", name or "", client)


def rename(tx: Tx, account: Account, name: str, new_name: str, *, client: str = "") -> None:
    """Give a script another name. Raises NotFound, AlreadyExists, BadInput."""
    load(tx, account, name)
    key = _checked(new_name)
    if rows.content(tx, account.id, key) is not None:
        raise AlreadyExists(f"there is a script {new_name} already")
    rows.rename(tx, account.id, _normal(name), key)
    _note(tx, account, "rules.renamed", f"{name} to {new_name}", client)


def remove(tx: Tx, account: Account, name: str, *, client: str = "") -> None:
    """Take a script away. Raises NotFound, and ScriptActive for the one at work (RFC 5804 §2.10)."""
    found = next((script for script in rows.listing(tx, account.id) if script.name == _normal(name)), None)
    if found is None:
        raise NotFound(f"there is no script {name}")
    if found.active:
        raise ScriptActive(f"{name} is the active script")
    rows.remove(tx, account.id, found.name)
    _note(tx, account, "rules.removed", name, client)


def changed(core: Core, account: Account) -> None:
    """This process looks at the account's rules anew; called after the transaction that changed them."""
    core.rules_seen.pop(account.id, None)


def active(tx: Tx, core: Core, user_id: str) -> Active | None:
    """What is at work for a user, or None; looked up again when it was seen SEEN_SECONDS ago."""
    seen = core.rules_seen.get(user_id)
    moment = time.monotonic()
    if seen is not None and seen[0] > moment:
        return seen[1]
    row = rows.at_work(tx, user_id)
    found = None
    if row is not None:
        script = None if row.content is None else _compiled(row.content)
        away = vacation_responses.of_user(tx, user_id) if row.is_away else None
        found = Active(script, _zone(row.time_zone), away, row.content is not None)
    if len(core.rules_seen) >= SEEN_USERS:
        core.rules_seen.clear()
    core.rules_seen[user_id] = (moment + SEEN_SECONDS, found)
    return found


@lru_cache(maxsize=COMPILED)
def _compiled(content: str) -> sieve.Script | None:
    try:
        return sieve.compile_script(content.encode())
    except sieve.ScriptInvalid:  # kept by a version that knew more, or written by hand
        return None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # a name nobody knows, or none at all
        return UTC


def _checked(name: str) -> str:
    key = _normal(name)
    if not key or len(key) > MAX_NAME or _UNFIT.intersection(key):
        raise BadInput(f"the name of a script has 1 to {MAX_NAME} characters, none of them a control")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise BadInput("the name of a script has half a character") from None
    return key


def _normal(name: str) -> str:
    """RFC 5804 §1.6: Net-Unicode, which is composed."""
    return unicodedata.normalize("NFC", name)


def _note(tx: Tx, account: Account, action: str, resource: str, client: str) -> None:
    audit.record(tx, actor=account.email, action=action, resource=resource, address=client, tenant_id=account.tenant_id)
