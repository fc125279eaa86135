"""Unsubscribing: the link below an outreach mail by which its recipient says that they want no more.

Called by `etiquette` (makes the links) and by the page behind them. The token holds the tenant and the address, sealed, so that a link
works as long as the installation has its key, whatever became of the mail, and so that nobody reads an address out of a log.
Promises: a token opens for nobody without our key; whoever has one can do that one thing with it, as often as they like.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass

from mailwright.core import Core
from mailwright.core.outreach import refusals
from mailwright.core.secrets import FORM
from mailwright.domain.refusals import BadAddress, TryLater
from mailwright.storage import Tx, administration
from mailwright.storage.audit import Actor

PATH = "/unsubscribe/"
PURPOSE = "outreach unsubscribe"
MAX_TOKEN = 600  # characters
ID_OCTETS = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants no more mail, and from which tenant."""

    tenant_id: str
    address: str


def token_for(core: Core, tenant_id: str, address: str) -> str:
    """What stands in the link. Raises TryLater."""
    content = uuid.UUID(tenant_id).bytes + address.encode()
    sealed = core.secrets.seal(content, purpose=PURPOSE).removeprefix(FORM)
    return base64.urlsafe_b64encode(base64.b64decode(sealed)).decode().rstrip("=")


def read(core: Core, token: str) -> Wish | None:
    """What a token says; None when it is none of ours."""
    if not 0 < len(token) <= MAX_TOKEN or not token.isascii():
        return None
    try:
        octets = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        content = core.secrets.open(FORM + base64.b64encode(octets).decode(), purpose=PURPOSE)
        address = refusals.key_of(content[ID_OCTETS:].decode())
        return Wish(str(uuid.UUID(bytes=content[:ID_OCTETS])), address)
    except (ValueError, TryLater, BadAddress):
        return None


def unsubscribe(tx: Tx, core: Core, wish: Wish, *, client: str, correlation_id: str = "") -> bool:
    """Do it. False when it was done before, or the tenant is gone."""
    if administration.tenant(tx, wish.tenant_id) is None:
        return False
    by = Actor("unsubscribe link", client, correlation_id)
    return refusals.add(tx, core, wish.tenant_id, wish.address, because=refusals.WANTS_NONE, by=by)
