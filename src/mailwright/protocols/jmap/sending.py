"""EmailSubmission/set: an Email is sent, at once or later, taken back, or its record forgotten; and what that means for the Email.

RFC 8621 §7.5. Sending later is SMTP's FUTURERELEASE (RFC 4865): HOLDFOR or HOLDUNTIL among the parameters of `mailFrom`. Who is
killed between the sending and its onSuccess finds the submission made and the Email as it was, and a client that asks again within
a minute gets the same submission, and its onSuccess (see `core.emailsubmissions`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailwright.codecs.jmap import dates, patches
from mailwright.core import emailsubmissions, identities
from mailwright.core.emailsubmissions import Prepared, Wish
from mailwright.domain.clock import DAY, Instant, now
from mailwright.domain.refusals import BadInput, MessageTooLarge, NotFound, Refusal, SenderNotAllowed
from mailwright.protocols.jmap import submissions
from mailwright.protocols.jmap.capabilities import SUBMISSION
from mailwright.protocols.jmap.changing import SetError, Setting, begin, invalid_properties
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails.set import set_emails
from mailwright.protocols.jmap.standard import id_list, invalid, is_reference
from mailwright.storage import Tx
from mailwright.storage.email_submissions import EmailSubmission

MAX_RECIPIENTS = 10_000  # looked at in a request; how many one may write to is core's to say

_GIVEN = frozenset({"identityId", "emailId", "envelope"})
# RFC 1870, RFC 6152, RFC 6531, RFC 3461: what these say is found out, or done, here without being told.
_IGNORED = frozenset({"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID"})
_IGNORED_OF_RECIPIENTS = frozenset({"NOTIFY", "ORCPT"})


async def set_submissions(call: Call, arguments: Arguments) -> list[tuple[str, Arguments]]:
    """Answer EmailSubmission/set; the implicit Email/set comes after it."""
    update_on_success, destroy_on_success = _on_success(arguments)
    setting = await begin(
        call, arguments, extra=("onSuccessUpdateEmail", "onSuccessDestroyEmail"), capability=SUBMISSION
    )
    emails: dict[str, str] = {}  # of each submission that something was done about, the Email

    async def create(given: dict[str, Any]) -> dict[str, Any]:
        made = await _create(call, setting, given)
        emails[made["id"]] = made["emailId"]
        return {name: value for name, value in made.items() if name not in ("identityId", "emailId")}

    async def update(submission_id: str, patch: dict[str, Any]) -> None:
        emails[submission_id] = await setting.apply(lambda tx, _within: _update(tx, call, submission_id, patch))

    async def destroy(submission_id: str) -> None:
        def run(tx: Tx) -> str:
            found = emailsubmissions.load(tx, call.account, submission_id)
            emailsubmissions.destroy(tx, call.account.id, submission_id)
            return found.message_id

        emails[submission_id] = await setting.apply(lambda tx, _within: run(tx))
        call.note("jmap.submission.destroy", submission_id)

    await setting.run(create=create, update=update, destroy=destroy)
    responses = [("EmailSubmission/set", setting.answer())]
    wanted: Arguments = {
        "accountId": setting.scope.id,
        "update": {emails[key]: patch for key, patch in _named(call, emails, update_on_success.items())},
        "destroy": list(
            dict.fromkeys(emails[key] for key, _ in _named(call, emails, ((each, {}) for each in destroy_on_success)))
        ),
    }
    if wanted["update"] or wanted["destroy"]:
        try:
            responses.append(("Email/set", await set_emails(call, wanted)))
        except MethodError as error:
            responses.append(("error", error.to_json()))
    return responses


def _named(
    call: Call, emails: dict[str, str], asked: Iterable[tuple[str, dict[str, Any]]]
) -> Iterable[tuple[str, dict[str, Any]]]:
    """Those that name a submission with which all went well."""
    for reference, patch in asked:
        submission_id = call.resolve(reference)
        if submission_id in emails:
            yield submission_id, patch


def _on_success(arguments: Arguments) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Raises MethodError invalidArguments."""
    update = arguments.get("onSuccessUpdateEmail")
    if update is None:
        update = {}
    if not isinstance(update, dict) or not all(
        is_reference(key) and isinstance(patch, dict) for key, patch in update.items()
    ):
        raise invalid("onSuccessUpdateEmail", "it maps ids of submissions to patches")
    return update, id_list(arguments.get("onSuccessDestroyEmail") or [], "onSuccessDestroyEmail")


async def _create(call: Call, setting: Setting, given: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(given) - _GIVEN):
        raise invalid_properties("these are not for a client to set", *unknown)
    wish = await _wish(call, given)
    try:
        prepared = await emailsubmissions.prepare(
            call.core, call.account, wish, client=call.caller.client, correlation_id=call.correlation_id
        )
        return await setting.apply(lambda tx, _within: _make(tx, call, prepared))
    except Refusal as refusal:
        raise _set_error(call, refusal) from None


def _make(tx: Tx, call: Call, prepared: Prepared | EmailSubmission) -> dict[str, Any]:
    made = (
        prepared
        if isinstance(prepared, EmailSubmission)
        else emailsubmissions.make(tx, call.core, call.account, prepared)
    )
    return submissions.record(tx, made)


def _update(tx: Tx, call: Call, submission_id: str, patch: dict[str, Any]) -> str:
    """Take it back, if that is what is asked for; the id of its Email. Raises NotFound, BadPatch, SetError."""
    found = emailsubmissions.load(tx, call.account, submission_id)
    before = submissions.record(tx, found)
    after = patches.apply(before, patch)
    changed = sorted(name for name in patches.touched(patch) if name not in before or after.get(name) != before[name])
    if others := [name for name in changed if name != "undoStatus"]:
        raise invalid_properties("only the undoStatus of a submission can be changed", *others)
    if changed:
        if after.get("undoStatus") != "canceled":
            raise invalid_properties("undoStatus can be made canceled", "undoStatus")
        try:
            emailsubmissions.cancel(
                tx, call.account, submission_id, client=call.caller.client, correlation_id=call.correlation_id
            )
        except emailsubmissions.CannotUnsend as refusal:
            raise SetError("cannotUnsend", str(refusal)) from None
    return found.message_id


def _set_error(call: Call, refusal: Refusal) -> SetError | Refusal:
    """RFC 8621 §7.5: the errors that only sending has; others as they are."""
    match refusal:
        case emailsubmissions.NoRecipients():
            return SetError("noRecipients", str(refusal))
        case emailsubmissions.InvalidRecipients():
            return SetError("invalidRecipients", str(refusal), invalidRecipients=refusal.addresses)
        case emailsubmissions.TooManyRecipients():
            return SetError("tooManyRecipients", str(refusal), maxRecipients=refusal.most)
        case emailsubmissions.InvalidEmail():
            return SetError("invalidEmail", str(refusal), properties=refusal.properties)
        case emailsubmissions.ForbiddenMailFrom():
            return SetError("forbiddenMailFrom", str(refusal))
        case SenderNotAllowed():
            return SetError("forbiddenFrom", str(refusal))
        case MessageTooLarge():
            return SetError("tooLarge", str(refusal), maxSize=call.core.settings.max_message_bytes)
        case NotFound():
            return invalid_properties("there is no such Email", "emailId")
        case _:
            return refusal


async def _wish(call: Call, given: dict[str, Any]) -> Wish:
    """What is asked for, read. Raises SetError."""
    email_id = call.resolve(given["emailId"]) if isinstance(given.get("emailId"), str) else None
    identity_id = call.resolve(given["identityId"]) if isinstance(given.get("identityId"), str) else None
    if email_id is None or identity_id is None:
        wrong = [name for name, value in (("emailId", email_id), ("identityId", identity_id)) if value is None]
        raise invalid_properties("an Email and an Identity are named by their ids", *wrong)
    try:
        identity = await call.core.read(lambda tx: identities.load(tx, call.account, identity_id))
    except NotFound:
        raise invalid_properties("there is no such Identity", "identityId") from None
    envelope = given.get("envelope")
    if envelope is None:
        return Wish(identity.id, identity.email, email_id)
    if not isinstance(envelope, dict) or set(envelope) != {"mailFrom", "rcptTo"}:
        raise invalid_properties("an envelope has mailFrom and rcptTo", "envelope")
    recipients = envelope["rcptTo"]
    if not isinstance(recipients, list) or len(recipients) > MAX_RECIPIENTS:
        raise invalid_properties("rcptTo is a list of addresses", "envelope/rcptTo")
    sender, parameters = _address(envelope["mailFrom"], "envelope/mailFrom")
    hold_until = _hold_until(parameters)
    addresses: list[str] = []
    for index, each in enumerate(recipients):
        address, ignored = _address(each, f"envelope/rcptTo/{index}")
        if unknown := set(ignored) - _IGNORED_OF_RECIPIENTS:
            raise invalid_properties(f"there is no parameter {min(unknown)[:50]}", f"envelope/rcptTo/{index}")
        addresses.append(address)
    return Wish(identity.id, identity.email, email_id, sender, tuple(addresses), hold_until, envelope)


def _address(value: Any, path: str) -> tuple[str, dict[str, str | None]]:
    """An Address object: the address, and the parameters by their names in capitals."""
    if isinstance(value, dict) and isinstance(value.get("email"), str) and not set(value) - {"email", "parameters"}:
        parameters = value.get("parameters") or {}
        if isinstance(parameters, dict) and all(isinstance(each, str | None) for each in parameters.values()):
            return value["email"], {name.upper(): each for name, each in parameters.items()}
    raise invalid_properties("an address has an email, and parameters that are texts", path)


def _hold_until(parameters: dict[str, str | None]) -> Instant | None:
    """RFC 4865 §4.2: HOLDFOR has seconds, HOLDUNTIL a moment, and there is one of them."""
    path = "envelope/mailFrom/parameters"
    if unknown := set(parameters) - _IGNORED - {"HOLDFOR", "HOLDUNTIL"}:
        raise invalid_properties(f"there is no parameter {min(unknown)[:50]}", path)
    seconds, moment = parameters.get("HOLDFOR"), parameters.get("HOLDUNTIL")
    if "HOLDFOR" in parameters and "HOLDUNTIL" in parameters:
        raise invalid_properties("HOLDFOR and HOLDUNTIL exclude each other", path)
    try:
        if "HOLDFOR" in parameters:
            if seconds is None or not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 9):
                raise BadInput("HOLDFOR has seconds")
            return emailsubmissions.held_for(int(seconds))
        if "HOLDUNTIL" in parameters:
            until = dates.parse(moment)
            if until is None or not now() <= until <= now() + emailsubmissions.MAX_HELD:
                most = emailsubmissions.MAX_HELD // DAY
                raise BadInput(f"HOLDUNTIL is a moment to come, like 2026-11-23T08:00:00Z, at most {most} days ahead")
            return until
    except BadInput as refusal:
        raise invalid_properties(str(refusal), path) from None
    return None


METHODS = {"EmailSubmission/set": Method(set_submissions, SUBMISSION)}
