"""The vacation response (RFC 8621 §8): whom it answers, when, and with what."""

from __future__ import annotations

import pytest

from mailwright.codecs import mime
from mailwright.core import Core, accept, accounts, rules, vacationresponse
from mailwright.core.vacationresponse import VacationResponse
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.envelope import Authentication, Verdict
from mailwright.domain.refusals import BadInput
from mailwright.storage import Tx
from tests.core.test_rule_delivery import ADA, drain, kept, send, set_rules

from .conftest import envelope, letter


async def _away(core: Core, **said: object) -> None:
    def write(tx: Tx) -> None:
        vacationresponse.change(tx, accounts.find(tx, ADA), VacationResponse(**{"enabled": True, **said}))  # type: ignore[arg-type]

    await core.write(write)
    rules.changed(core, core.database.read_now(lambda tx: accounts.find(tx, ADA)))


async def _answers(core: Core) -> list[mime.Parsed]:
    return [mime.parse(raw) for sender, to, raw in await drain(core) if to == "eve@example.org" and not sender]


async def test_who_writes_while_somebody_is_away_is_answered_and_the_mail_kept(core: Core) -> None:
    await _away(core, subject="Away", text_body="Back on Monday.")
    await send(core, letter("Hello"))
    assert [each.subject for each in kept(core)] == ["Hello"]
    (answer,) = await _answers(core)
    assert answer.subject == "Away"
    assert answer.from_[0].address == ADA
    assert answer.header.get("Auto-Submitted") == "auto-replied"
    assert answer.in_reply_to == ("<1@example.org>",)


async def test_nobody_is_answered_twice_in_a_week_unless_the_words_are_others(core: Core) -> None:
    await _away(core, text_body="Away.")
    for number in range(3):
        await send(core, letter(message_id=f"<{number}@example.org>"))
    assert len(await _answers(core)) == 1
    await core.write(lambda tx: tx.execute("UPDATE vacation_replies SET sent_at = sent_at - ?", (7 * DAY,)))
    await send(core, letter(message_id="<4@example.org>"))
    assert len(await _answers(core)) == 1
    await _away(core, text_body="Still away.")
    await send(core, letter(message_id="<5@example.org>"))
    assert len(await _answers(core)) == 1


@pytest.mark.parametrize(
    ("begins", "ends", "answered"),
    [(None, None, True), (-HOUR, HOUR, True), (HOUR, None, False), (None, -HOUR, False), (-2 * HOUR, -HOUR, False)],
)
async def test_only_between_its_dates(core: Core, begins: int | None, ends: int | None, answered: bool) -> None:
    now = clock.now()
    await _away(core, from_at=None if begins is None else now + begins, to_at=None if ends is None else now + ends)
    await send(core)
    assert len(await _answers(core)) == int(answered)
    assert len(kept(core)) == 1


async def test_not_when_it_is_disabled(core: Core) -> None:
    await _away(core, text_body="Away.")
    await _away(core, enabled=False, text_body="Away.")
    await send(core)
    assert await _answers(core) == []


@pytest.mark.parametrize(
    "extra",
    [
        "Auto-Submitted: auto-generated\n",
        "Precedence: bulk\n",
        "List-Id: <list.example.org>\n",
        "X-Auto-Response-Suppress: All\n",
    ],
)
async def test_automatic_mail_is_not_answered(core: Core, extra: str) -> None:
    await _away(core)
    await send(core, letter(extra=extra))
    assert await _answers(core) == []


async def test_notices_and_mail_to_others_are_not_answered(core: Core) -> None:
    await _away(core)
    await send(core, sent=envelope(ADA, sender=None))
    await send(core, letter(message_id="<2@x>").replace(b"To: ada@", b"To: team@"))
    assert await drain(core) == []
    assert len(kept(core)) == 2


async def test_junk_is_not_answered(core: Core) -> None:
    await _away(core)
    junk = Verdict(authentication=Authentication(junk=True))
    await accept.accept(core, envelope(ADA), letter(), junk)
    set_rules(core, 'require "fileinto"; fileinto "Junk";')
    await send(core, letter(message_id="<2@x>"))
    assert await _answers(core) == []
    assert len(kept(core, "Junk")) == 2


async def test_without_words_it_has_some_of_its_own(core: Core) -> None:
    await _away(core)
    await send(core, letter("Lunch?"))
    (answer,) = await _answers(core)
    assert answer.subject == "Auto: Lunch?"
    await _away(core, text_body="Other.")
    await send(core, letter("", message_id="<2@x>"))
    assert (await _answers(core))[0].subject == vacationresponse.SUBJECT


async def test_html_goes_with_its_text(core: Core) -> None:
    await _away(core, html_body="<p>Back on <b>Monday</b>.</p><script>1</script>")
    await send(core)
    raw = next(raw for _, to, raw in await drain(core) if to == "eve@example.org")
    parsed = mime.parse(raw)
    assert parsed.root.media_type == "multipart/alternative"
    assert mime.body_text(raw, parsed) == "Back on Monday."
    assert mime.body_html(raw, parsed) == "<p>Back on <b>Monday</b>.</p>\n"


async def test_a_script_of_ones_own_answers_first_and_discarded_mail_is_not_answered(core: Core) -> None:
    await _away(core, text_body="By form.")
    set_rules(core, 'require "vacation"; if header :contains "subject" "script" { vacation :subject "By script" "x"; }')
    await send(core, letter("script"))
    assert [each.subject for each in await _answers(core)] == ["By script"]
    await send(core, letter("else", message_id="<2@x>"))
    assert [each.subject for each in await _answers(core)] == ["Auto: else"]
    await _away(core, text_body="Again.")
    set_rules(core, "discard;")
    await send(core, letter("gone", message_id="<3@x>"))
    assert await _answers(core) == []


async def test_a_full_mailbox_refuses_and_nobody_is_answered(core: Core) -> None:
    await _away(core)
    core.database.write_now(lambda tx: tx.execute("UPDATE users SET quota_bytes = 1 WHERE email = ?", (ADA,)))
    assert (await send(core))[0] is not None
    assert await _answers(core) == []


async def test_what_it_cannot_be_is_refused(core: Core) -> None:
    for said in ({"subject": "x" * 251}, {"text_body": "x" * 70_000}, {"from_at": 2, "to_at": 1}):
        with pytest.raises(BadInput):
            await _away(core, **said)
