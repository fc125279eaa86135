"""Signals: what the header of a mail, our own rows and a few plain words show, read once and kept without a word of the text.

Called by the step that gathers. Expects what only the caller knows (whose words it is, whether the owner has written to the sender).
Promises: never raises; a header is believed where it speaks against its sender (automatic, a list, junk) and nowhere else; who is
known, a VIP or the owner counts only when the origin is proven.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailwright.agents.assistant.snapshot import Signals
from mailwright.agents.models import Material, rules
from mailwright.agents.models.rules import signals_table
from mailwright.codecs import mime
from mailwright.codecs.mime import Header, Mailbox, Parsed
from mailwright.core import quoted
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import BadAddress
from mailwright.domain.triage import MailKind

MAX_TEXT = 20_000  # characters of a body that are looked at
MAX_RECIPIENTS = 200
MAX_TOLD = 200  # characters of a field that are kept

# RFC 2919, RFC 2369: what a list says of itself. RFC 8058: so does who sends to many.
_LIST_FIELDS = ("List-Id", "List-Post", "List-Unsubscribe", "List-Unsubscribe-Post", "X-Mailing-List", "X-BeenThere")
_BULK = frozenset({"bulk", "list", "junk"})
# Written by filters on the way. A stranger can write them as well, and only against himself.
_FLAGGED = re.compile(r"\s*yes\b", re.IGNORECASE)

_BILLS = re.compile(
    r"\b(?:(?:your|the) (?:order|purchase|payment|invoice|receipt|booking|reservation|statement|bill|parcel|package|shipment|delivery|ticket|subscription)|"
    r"(?:order|booking|payment|purchase|shipping|delivery|reservation) (?:confirm\w+|no\.?|number|#)|(?:receipt|invoice) (?:for|no|number|#|\d)|e-?ticket|on its way|"
    r"(?:ihre?|deine?) (?:\w+ )?(?:bestellung|rechnung|buchung|zahlung|sendung|lieferung|paket|reservierung|quittung|ticket|beleg)|"
    r"(?:bestell|buchungs|zahlungs|auftrags|versand|reservierungs)best[äa]tigung|kassenbeleg|(?:rechnung|quittung|beleg) (?:nr|zu|\d|vom|f[üu]r)|(?:bestellung|sendung|auftrag) \S*\d|"
    r"(?:votre|ta) (?:commande|facture|r[ée]servation|paiement|re[çc]u|colis|livraison|billet|achat)|confirmation de (?:votre )?(?:commande|paiement|r[ée]servation|achat)|facture (?:n|\d|du)|re[çc]u (?:n|\d|de)|"
    r"(?:su|tu) (?:pedido|factura|reserva|pago|recibo|paquete|env[ií]o|compra|billete|entrada)|confirmaci[óo]n de (?:(?:su|tu) )?(?:pedido|pago|reserva|compra)|(?:factura|recibo|pedido) (?:n|\d|de)|"
    r"(?:il (?:suo|tuo|vostro)|la (?:sua|tua|vostra)) (?:ordine|fattura|bolletta|prenotazione|pagamento|ricevuta|pacco|spedizione|acquisto|biglietto)|conferma (?:d'ordine|dell'ordine|di (?:pagamento|prenotazione|acquisto|spedizione))|"
    r"(?:fattura|ricevuta|ordine) (?:n|\d|di|del))",
    re.IGNORECASE,
)
"""What the subject of a receipt, an invoice or a ticket has."""
_OFFICES = re.compile(
    r"(?:orders?|billing|invoices?|receipts?|tickets?|bookings?|reservations?|payments?|shipping|delivery|tracking|accounts?|sales|shop|service|info|"
    r"bestell\w*|rechnung\w*|buchung\w*|versand|sendung\w*|zahlung\w*|kundenservice|commandes?|factur\w*|reserv\w*|paiements?|livraison|suivi|colis|clients?|"
    r"pedidos?|pagos?|env[ií]os?|compras?|ordin[ei]|fattur\w*|prenotazion[ei]|pagament[oi]|spedizion[ei]|acquisti|bigliett\w+|bollett[ae]|"
    r"notif\w*|news\w*|alerts?|updates?|status|calendar|voicemail|mailer|noti[cf]\w*|auto\w*|system)(?:[+._-].*)?",
    re.IGNORECASE,
)
"""Local parts behind which there is an office or a program rather than a person."""
_PROGRAMS = re.compile(
    r"(?:no[._-]?reply|do[._-]?not[._-]?reply|ne[._-]?pas[._-]?repondre|nicht[._-]?antworten|keine[._-]?antwort|no[._-]?responder|non[._-]?rispondere|"
    r"notif\w*|benachrichtigung\w*|meldung(?:en)?|avvis[oi]|avis|avisos?|allert[ae]|alertes?|alertas?|alerts?|status|calendar|kalender|voicemail|mailer\w*|auto\w*|system|daemon|robot|bot)(?:[+._-].*)?",
    re.IGNORECASE,
)


def read(
    parsed: Parsed,
    *,
    owner_addresses: Sequence[str],
    origin: Origin,
    text: str | None = None,
    junk: bool = False,
    bounce: bool = False,
    known: bool = False,
    in_thread_of_owner: bool = False,
    from_agent: bool = False,
    vip: bool = False,
) -> Signals:
    """The signals of a mail. `owner_addresses` are `Address.key`s; `text` is what is new in it (None: found here); `junk` and `bounce`
    are what else the caller knows of that (its mailbox or label, its envelope)."""
    header = parsed.header
    material = _material(parsed, _new_text(parsed) if text is None else text[:MAX_TEXT])
    proven = origin is not Origin.STRANGER
    own = frozenset(owner_addresses)
    to, cc = _keys(parsed.to), _keys(parsed.cc)
    sender = next(iter(_keys(parsed.from_[:1])), "")
    bounced = bounce or _is_bounce(header, parsed)
    automatic = "it is a report about delivery" if bounced else _automatic(header, parsed, material)
    listed = any(name in header for name in _LIST_FIELDS)
    bulk = (header.get("Precedence") or "").strip().lower() in _BULK
    return Signals(
        kind=_kind(parsed, material, automatic=automatic, listed=listed, bulk=bulk, bounced=bounced),
        automatic=automatic[:MAX_TOLD],
        list_id=(header.get("List-Id") or "")[:MAX_TOLD],
        unsubscribe="List-Unsubscribe" in header,
        bulk=bulk,
        bounce=bounced,
        junk=junk or _is_flagged(header),
        origin=origin,
        addressed=bool(own & to),
        copied=bool(own & cc) and not own & to,
        recipients=len(to | cc) or 1,
        known=known and proven,
        in_thread_of_owner=in_thread_of_owner,
        from_owner=sender in own and proven,
        own_name=sender in own and not proven,
        from_agent=from_agent and proven,
        vip=vip and proven,
        asks=rules.asks(material),
        scam=rules.scam(material, proven=proven),
    )


def _kind(parsed: Parsed, material: Material, *, automatic: str, listed: bool, bulk: bool, bounced: bool) -> MailKind:
    """What sort of mail it is. A receipt that also says how to end a subscription is a receipt."""
    if bounced:
        return MailKind.AUTOMATIC
    local = parsed.from_[0].address.rpartition("@")[0] if parsed.from_ else ""
    impersonal = bool(automatic) or bulk or listed or _OFFICES.fullmatch(local) is not None or mime.is_robot(local)
    if impersonal and "List-Id" not in parsed.header and _BILLS.search(material.subject[:MAX_TOLD]):
        return MailKind.RECEIPT
    if "List-Id" in parsed.header:
        return MailKind.LIST
    if listed or bulk:
        # What a program sends to one person may say that it is bulk, and how to end it; a list has a name.
        program = "Auto-Submitted" in parsed.header or _PROGRAMS.fullmatch(local) or rules.machine(material)
        return MailKind.AUTOMATIC if program else MailKind.LIST
    return MailKind.AUTOMATIC if automatic else MailKind.PERSON


def _automatic(header: Header, parsed: Parsed, material: Material) -> str:
    """What shows that a program wrote it: RFC 3834 fields first, then the address, then what programs write."""
    found = mime.is_automatic(header)
    # A list passes on what people write; a draft for one of them is no automatic answer to the list.
    if found and found != "Precedence: list" and not found.endswith("(a mailing list)"):
        return found
    local = parsed.from_[0].address.rpartition("@")[0] if parsed.from_ else ""
    if _PROGRAMS.fullmatch(local) or mime.is_robot(local):
        return f"From: {local[:60]}@…"
    if signals_table.BY_SUBJECT.match(material.subject[:MAX_TOLD].strip()):
        return "a subject that programs write"
    return rules.machine(material)


def _is_bounce(header: Header, parsed: Parsed) -> bool:
    """RFC 3464: a report about delivery, or what old servers send instead of one."""
    media_type = (header.get("Content-Type") or "").lower()
    if parsed.root.media_type == "multipart/report" and "delivery-status" in media_type:
        return True
    local = parsed.from_[0].address.rpartition("@")[0].lower() if parsed.from_ else ""
    null = (header.raw("Return-Path") or "x").replace(" ", "") == "<>"
    return local.startswith("mailer-daemon") or (null and local in ("postmaster", ""))


def _is_flagged(header: Header) -> bool:
    return any(_FLAGGED.match(header.get(name) or "") for name in ("X-Spam-Flag", "X-Spam-Status", "X-Spam"))


def _material(parsed: Parsed, text: str) -> Material:
    return Material(subject=parsed.subject, text=text, sent_at=0)


def _new_text(parsed: Parsed) -> str:
    text = mime.body_text(parsed.raw, parsed, limit=MAX_TEXT)
    if not text.strip():
        text = mime.html_to_text(mime.body_html(parsed.raw, parsed) or "", limit=MAX_TEXT)
    return quoted.split(text, subject=parsed.subject, is_reply=bool(parsed.in_reply_to or parsed.references)).new


def _keys(mailboxes: Sequence[Mailbox]) -> frozenset[str]:
    found = []
    for each in mailboxes[:MAX_RECIPIENTS]:
        try:
            found.append(Address.parse(each.address).key)
        except BadAddress:
            continue
    return frozenset(found)
