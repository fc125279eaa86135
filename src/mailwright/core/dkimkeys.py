"""DKIM keys of our domains: made when a domain is added (or at first need), exchanged in two steps.

Called by the command line, and by `signing` for every message that leaves.
Promises: every domain of ours has an RSA and an Ed25519 key; the private halves are sealed. A new pair waits until it is
activated, so that DNS has its public half before anybody looks for it; the old pair's records stay in use until mail signed
with it has arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.codecs import dkim
from mailwright.codecs.dkim import Algorithm, SigningKey
from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput
from mailwright.storage import Tx, audit, domains
from mailwright.storage import dkim_keys as rows
from mailwright.storage.audit import SYSTEM, Actor
from mailwright.storage.dkim_keys import DkimKey
from mailwright.storage.domains import Domain

MAX_LABELS = 8  # of a domain name that are looked at


@dataclass(frozen=True, slots=True)
class Keys:
    """A domain's keys by what they are for: `active` sign, `waiting` are next, `retired` are only still looked up."""

    active: tuple[DkimKey, ...]
    waiting: tuple[DkimKey, ...]
    retired: tuple[DkimKey, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A new key, sealed, that no domain has yet."""

    algorithm: Algorithm
    sealed: str
    public: str


def prepare(core: Core, name: str) -> tuple[Prepared, ...]:
    """New keys for the domain of that name. Takes some tenths of a second: in a thread, and never in a transaction."""
    made = []
    for algorithm in dkim.ALGORITHMS:
        private = dkim.generate(algorithm)
        sealed = core.secrets.seal(dkim.to_pem(private), purpose=_purpose(name))
        made.append(Prepared(algorithm, sealed, dkim.public_text(private)))
    return tuple(made)


def add(tx: Tx, domain: Domain, prepared: Sequence[Prepared]) -> Keys:
    """Give the domain its first keys, active at once. Those it has when somebody was faster."""
    tx.lock(f"dkim keys of {domain.id}")
    if not of_domain(tx, domain).active:
        _insert(tx, domain, prepared, active=True)
    return of_domain(tx, domain)


def of_domain(tx: Tx, domain: Domain) -> Keys:
    """What the domain has now."""
    known = rows.of_domain(tx, domain.id)
    active = tuple(key for key in known if key.active)
    since = max((key.created_at for key in active), default=0)
    return Keys(
        active,
        tuple(key for key in known if not key.active and key.created_at > since),
        tuple(key for key in known if not key.active and key.created_at <= since),
    )


def begin_rotation(tx: Tx, domain: Domain, prepared: Sequence[Prepared], *, by: Actor = SYSTEM) -> Keys:
    """Give the domain new keys that wait for `end_rotation`; those retired before are forgotten. Once: again changes nothing."""
    tx.lock(f"dkim keys of {domain.id}")
    known = of_domain(tx, domain)
    if not known.waiting:
        rows.remove(tx, known.retired)
        _insert(tx, domain, prepared, active=not known.active)
        _audit(tx, by, domain, "dkim.rotation-begun")
    return of_domain(tx, domain)


def end_rotation(tx: Tx, domain: Domain, *, by: Actor = SYSTEM) -> Keys:
    """Sign with the waiting keys from now on. Raises BadInput when none wait."""
    tx.lock(f"dkim keys of {domain.id}")
    known = of_domain(tx, domain)
    if not known.waiting:
        raise BadInput(f"no new keys of {domain.name} are waiting: begin with `mailwright domain rotate-dkim`")
    rows.set_active(tx, known.active, active=False)
    rows.set_active(tx, known.waiting, active=True)
    _audit(tx, by, domain, "dkim.rotated")
    return of_domain(tx, domain)


async def signing_keys(core: Core, name: str) -> tuple[SigningKey, ...]:
    """The keys to sign with for a domain or one below it, made when there are none; nothing when it is not ours.

    Raises TryLater.
    """
    found = await core.read(lambda tx: _active(tx, name))
    if found is None:
        return ()
    domain, active = found
    if not active:
        prepared = await asyncio.to_thread(prepare, core, domain.name)
        active = (await core.write(lambda tx: add(tx, domain, prepared))).active
    return tuple(_opened(core, domain.name, key) for key in active)


def _active(tx: Tx, name: str) -> tuple[Domain, tuple[DkimKey, ...]] | None:
    # RFC 7489 §3.1.1: a signature of the domain above counts too; our host name is often below one of our domains.
    labels = name.split(".")[-MAX_LABELS:]
    for start in range(len(labels) - 1):
        domain = domains.named(tx, ".".join(labels[start:]))
        if domain is not None:
            return domain, of_domain(tx, domain).active
    return None


def _opened(core: Core, name: str, key: DkimKey) -> SigningKey:
    private = dkim.from_pem(core.secrets.open(key.secret, purpose=_purpose(name)))
    return SigningKey(name, key.selector, "rsa" if key.algorithm == "rsa" else "ed25519", private)


def _insert(tx: Tx, domain: Domain, prepared: Sequence[Prepared], *, active: bool) -> None:
    moment = clock.now()
    taken = {key.selector for key in rows.of_domain(tx, domain.id)}
    for new in prepared:
        stem = f"{new.algorithm[0]}{clock.to_datetime(moment):%Y%m%d}"
        selector = next(
            name for name in (stem, *(f"{stem}-{number}" for number in range(2, 1000))) if name not in taken
        )
        rows.add(tx, DkimKey(new_id(), domain.id, selector, new.algorithm, new.sealed, new.public, active, moment))


def _purpose(name: str) -> str:
    return f"dkim key of {name}"


def _audit(tx: Tx, by: Actor, domain: Domain, action: str) -> None:
    audit.note(tx, by, action, resource=domain.name, tenant_id=domain.tenant_id)
