"""The vacation response: an answer while somebody is away, set in a form instead of a script (RFC 8621 §8).

Set by JMAP and the webmail; given by rule delivery, as if the person's rules ended in RFC 5230's `vacation`: `vacation` knows whom
not to answer. Promises: only what arrives between its dates is answered, each correspondent once in a week; other words are another
answer, which everybody may get.
"""

from __future__ import annotations

from dataclasses import replace

from mailwright.codecs import mime, ownhtml, sieve
from mailwright.codecs.mime import Mailbox
from mailwright.codecs.sieve.limits import VACATION_DAYS
from mailwright.core import announcing
from mailwright.core.messages import storable
from mailwright.domain.clock import DAY, SECOND, Instant
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadInput
from mailwright.storage import Tx, accounts, audit
from mailwright.storage import vacation_responses as rows
from mailwright.storage.accounts import Account
from mailwright.storage.vacation_responses import VacationResponse as VacationResponse

MAX_SUBJECT = 250  # characters
MAX_BODY = 64 * 1024  # characters of each
SUBJECT = "Automated reply"  # RFC 8621 §8: when neither the person nor the mail has one
TEXT = "I am away at the moment and will read your message when I am back."

_MARK = b"MIME-Version: 1.0\r\n"


def load(tx: Tx, account: Account) -> VacationResponse:
    """The account's."""
    return rows.of_user(tx, account.id)


def change(tx: Tx, account: Account, wanted: VacationResponse) -> VacationResponse:
    """Say that from now on. Raises BadInput. Then call `rules.changed`."""
    if (
        len(wanted.subject or "") > MAX_SUBJECT
        or max(len(wanted.text_body or ""), len(wanted.html_body or "")) > MAX_BODY
    ):
        raise BadInput(f"a subject has at most {MAX_SUBJECT} characters, a text {MAX_BODY}")
    if wanted.from_at is not None and wanted.to_at is not None and wanted.from_at > wanted.to_at:
        raise BadInput("it ends before it begins")
    accounts.hold(tx, account.id)
    kept = replace(
        wanted,
        subject=None if wanted.subject is None else storable(wanted.subject),
        text_body=None if wanted.text_body is None else storable(wanted.text_body),
        html_body=None if wanted.html_body is None else storable(ownhtml.clean(wanted.html_body)),
        modseq=accounts.next_modseq(tx, account.id),
    )
    rows.put(tx, account.id, kept)
    audit.record(
        tx,
        actor=account.email,
        action="vacation.enabled" if kept.enabled else "vacation.disabled",
        resource=account.email,
        tenant_id=account.tenant_id,
    )
    announcing.account_changed(tx, account.id, "VacationResponse")
    return kept


def answer_to(response: VacationResponse, parsed: mime.Parsed, received_at: Instant) -> sieve.Answer | None:
    """What to answer to a message that came then; None when it is not the time."""
    if not response.enabled:
        return None
    if response.from_at is not None and received_at < response.from_at:
        return None
    if response.to_at is not None and received_at >= response.to_at:
        return None
    asked = parsed.header.get("Subject")
    own = (response.subject or "").strip()
    return sieve.Answer(
        reason=response.text_body or TEXT if response.html_body is None else _entity(response),
        subject=own or (f"Auto: {asked}" if asked else SUBJECT),  # as RFC 5230 §5.3 has it
        from_=None,
        addresses=(),
        mime=response.html_body is not None,
        handle=derived_token("vacation-response", own, response.text_body or "", response.html_body or ""),
        seconds=VACATION_DAYS * DAY // SECOND,
    )


def _entity(response: VacationResponse) -> str:
    """Text and HTML as a MIME entity."""
    html = response.html_body or ""
    nobody = Mailbox("", "nobody@localhost")
    raw = mime.compose(
        from_=nobody,
        to=[nobody],
        subject="",
        text=response.text_body or mime.html_to_text(html, limit=MAX_BODY),
        html=html,
        message_id="<vacation@localhost>",  # what is before the mark is not used, but for the boundary
        date=0,
    )
    return raw[raw.index(_MARK) + len(_MARK) :].decode()
