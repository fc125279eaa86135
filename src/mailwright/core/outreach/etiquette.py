"""Etiquette: what stands below an outreach mail, and in its header, so that its recipient knows who writes and how to be left alone.

Called by `sending` and `drafts`. Pure, but for the link's seal.
Promises: every mail says in its own language how to be left alone, and has its owner's note above that. What is sent to many has
List-Unsubscribe as mail programs look for it, and the one click of it where our pages are reached by TLS.
Does not: judge whether writing is lawful. That is its owner's to know (docs/howto/outreach-etiquette.md).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from mailwright.core import Core
from mailwright.core.outreach import unsubscribing
from mailwright.core.outreach.etiquette_table import LINES
from mailwright.domain.addresses import Address

SEPARATOR = "-- "  # RFC 3676 §4.3: programs set a signature apart by it, and leave it out of answers


def link(core: Core, tenant_id: str, recipient: Address) -> str:
    """Where the recipient says that they want no more; empty when our pages cannot be reached from elsewhere. Raises TryLater."""
    url = core.settings.public_url
    if not _is_reachable(urlsplit(url).hostname or ""):
        return ""
    return f"{url}{unsubscribing.PATH}{unsubscribing.token_for(core, tenant_id, str(recipient))}"


def below(language: str, note: str, url: str) -> str:
    """What stands below the text."""
    clicked, answered = LINES.get(language.partition("-")[0].lower(), LINES["en"])
    line = clicked.format(url=url) if url else answered
    return f"{SEPARATOR}\n" + "\n\n".join(each for each in (note.strip(), line) if each)


def header_fields(owner: Address, url: str) -> list[tuple[str, str]]:
    """The fields of a mail that is one of many."""
    answer = f"<mailto:{_quoted(owner)}?subject=unsubscribe>"
    if not url:
        return [("List-Unsubscribe", answer)]  # RFC 2369 §3.2
    fields = [("List-Unsubscribe", f"<{url}>, {answer}")]
    if url.startswith("https://"):
        fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))  # RFC 8058 §3.1
    return fields


def _quoted(address: Address) -> str:
    """RFC 6068 §2: what has a meaning in an URL is written as its octets."""
    return "".join(
        each
        if each.isascii() and (each.isalnum() or each in "-._~@!$'*+")
        else "".join(f"%{octet:02X}" for octet in each.encode())
        for each in str(address)
    )


def _is_reachable(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".localhost", ".local", ".internal"))
