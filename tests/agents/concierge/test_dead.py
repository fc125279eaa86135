"""A workflow that died: what becomes of the message or the follow-up it was at work on."""

from __future__ import annotations

from typing import cast

from mailwright.agents import concierge
from mailwright.agents.concierge import gather
from mailwright.core import messages
from mailwright.core.followups import scanning
from mailwright.domain.clock import DAY
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Flows
from mailwright.storage import Tx, assignments, audit, dead_letters
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.followups import Followup
from tests.agents.concierge.conftest import Office


async def dies(office: Office, name: str, *args: object) -> DeadLetter:
    """Its dead letter is written, as the engine does."""

    def write(tx: Tx) -> DeadLetter:
        letter_id = dead_letters.add(
            tx,
            source="workflow",
            name=name,
            reference=":".join(map(str, (name, *args))),
            payload={"args": list(args)},
            error="it ended its process too often",
            attempts=3,
        )
        letter = dead_letters.find(tx, letter_id)
        concierge.on_dead(tx, letter)
        return letter

    return await office.core.write(write)


def no_flows() -> Flows:
    """What is due waits for the scan; nothing is handed off."""
    return cast(Flows, None)


async def others(letter: DeadLetter) -> None:
    raise AssertionError(letter.name)


async def due(office: Office, words: str) -> Followup:
    """Its time has come: it was taken by a scheduler and nobody works on it."""
    await office.tell(words)
    await office.said()
    office.clock.pass_(7 * DAY)
    [taken] = await scanning.take_due(office.core, office.clock.now())
    return taken


async def failures(office: Office, known: Followup) -> int:
    """How often its failing was audited."""
    found = await office.core.read(lambda tx: audit.listing(tx, limit=100))
    return len([each for _, each in found if each.action == "followup.failed" and each.resource == known.id])


async def test_a_dead_reminder_has_failed_which_is_audited_and_it_can_be_tried_again(office: Office) -> None:
    known = await due(office, "Remind me tomorrow at 9 to call the dentist")
    await dies(office, "followup", known.id, known.generation, known.occurrence)
    assert (await office.followup()).status is FollowupStatus.FAILED
    assert await failures(office, known) == 1


async def test_one_that_comes_again_does_so_after_a_reminder_that_died(office: Office) -> None:
    known = await due(office, "Remind me every Monday at 8 to water the plants")
    await dies(office, "followup", known.id, known.generation, known.occurrence)
    again = await office.followup()
    assert again.status is FollowupStatus.PENDING
    assert again.due_at == (known.due_at or 0) + 7 * DAY
    assert again.last_error
    assert await failures(office, known) == 1


async def test_offered_again_the_one_is_due_now_and_so_is_the_other_beside_its_next_time(office: Office) -> None:
    for words in ("Remind me tomorrow at 9 to call the dentist", "Remind me every Monday at 8 to water the plants"):
        known = await due(office, words)
        letter = await dies(office, "followup", known.id, known.generation, known.occurrence)
        [*_, failed] = await office.followups()
        await concierge.replayer(office.core, no_flows(), others)(letter)
        [*_, again] = await office.followups()
        assert (again.status, again.due_at) == (FollowupStatus.PENDING, office.clock.now())
        assert await office.scan() == ["sending"]
        await office.arrives(await office.only())
        [*_, done] = await office.followups()
        assert (done.status, done.due_at) in (
            (FollowupStatus.DONE, again.due_at),
            (FollowupStatus.PENDING, failed.due_at),
        )


async def test_what_died_of_an_earlier_occurrence_changes_nothing(office: Office) -> None:
    known = await due(office, "Remind me tomorrow at 9 to call the dentist")
    await dies(office, "followup", known.id, known.generation, known.occurrence - 1)
    await dies(office, "followup-question", known.id, 1)
    assert (await office.followup()).status is FollowupStatus.DUE
    assert await failures(office, known) == 0


async def test_a_dead_attempt_at_a_message_fails_its_task_but_no_follow_up_made_of_it(office: Office) -> None:
    message = await office.receive("Remind me tomorrow at 9 to call the dentist")

    def begun(tx: Tx) -> None:
        [serving] = assignments.all_serving(tx, "concierge", [office.agent_id]).values()
        gather.open_task(tx, messages.load(tx, message), serving.id)

    await office.core.write(begun)
    await dies(office, "concierge", message, 1)
    assert (await office.task(message)).status is TaskStatus.FAILED
    made = await office.receive("Remind me tomorrow at 10 to call mum")
    await concierge.attend(made, 1)
    await dies(office, "concierge", made, 1)
    assert (await office.followup()).status is FollowupStatus.PENDING
