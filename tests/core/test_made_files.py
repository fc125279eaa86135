"""What a run of an agent made: new versions beside what people sent, once however often the run is repeated."""

from __future__ import annotations

import pytest

from mailwright.core import Core, accounts, madefiles, tasks, workspaces
from mailwright.core.madefiles import MadeFile
from mailwright.core.workspaces import Entry, NewFile
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage import Tx
from mailwright.storage.accounts import Account
from mailwright.storage.tasks import Task

THREAD, MESSAGE = new_id(), new_id()


async def begun(core: Core) -> tuple[Account, Task]:
    """Ada's thread has a report.pdf, and a task works on it."""
    ada = await core.read(lambda tx: accounts.find(tx, "ada@mailwright.test"))
    await workspaces.keep(
        core,
        tenant_id=ada.tenant_id,
        user_id=ada.id,
        thread_id=THREAD,
        message_id=MESSAGE,
        files=[NewFile(0, "report.pdf", "application/pdf", b"hers")],
        entries=[Entry(MESSAGE, "Ada <ada@mailwright.test>", 1_772_791_200_000_000, "Work", "Please.")],
    )

    def open_task(tx: Tx) -> Task:
        task = tasks.create(
            tx,
            tenant_id=ada.tenant_id,
            agent="employee",
            assignment_id=new_id(),
            message_id=MESSAGE,
            correspondent=ada.email,
            user_id=ada.id,
            thread_id=THREAD,
        )
        return tasks.start_attempt(tx, task.id, Stage.GATHER, attempt=1)

    return ada, await core.write(open_task)


def pdf(content: bytes, name: str = "report.pdf", *, attached: bool = True) -> MadeFile:
    return MadeFile(name, "application/pdf", content, attached)


async def contents(core: Core, user_id: str) -> dict[str, bytes]:
    files = await core.read(lambda tx: workspaces.files_of(tx, user_id, THREAD))
    return {file.path: await core.blobs.read(file.blob_id) for file in files if file.path != workspaces.THREAD_FILE}


async def test_what_a_run_makes_is_a_new_version_of_what_was_sent(core: Core) -> None:
    ada, task = await begun(core)
    kept = await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"better")])
    assert [(file.path, file.version, file.task_id) for file in kept] == [("attachments/report_v1.pdf", 1, task.id)]
    assert await contents(core, ada.id) == {
        "attachments/report.pdf": b"hers",
        "attachments/report_v1.pdf": b"better",
    }


async def test_a_run_that_is_repeated_leaves_its_files_once(core: Core) -> None:
    ada, task = await begun(core)
    first = await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"same"), pdf(b"old", "sums.csv")])
    again = await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"same"), pdf(b"new", "sums.csv")])
    assert again[0] == first[0]
    assert await contents(core, ada.id) == {
        "attachments/report.pdf": b"hers",
        "attachments/report_v1.pdf": b"same",
        "attachments/sums.csv": b"new",
    }
    assert await madefiles.keep(core, user_id=ada.id, task=task, files=[]) == []
    assert list(await contents(core, ada.id)) == ["attachments/report.pdf"]


async def test_asking_for_a_task_again_makes_further_versions_and_attaches_only_those(core: Core) -> None:
    ada, task = await begun(core)
    await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"first")])

    def again(tx: Tx) -> Task:
        tasks.finish(tx, task.id, TaskStatus.SKIPPED, because="a test")
        return tasks.requeue(tx, task.id)

    second = await core.write(again)
    await madefiles.keep(core, user_id=ada.id, task=second, files=[pdf(b"second")])
    assert (await contents(core, ada.id))["attachments/report_v1.pdf"] == b"first"
    assert [file.path for file in await core.read(lambda tx: madefiles.made(tx, task.id))] == [
        "attachments/report_v2.pdf"
    ]


async def test_what_is_not_for_the_answer_stays_in_the_workspace(core: Core) -> None:
    ada, task = await begun(core)
    await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"a", "draft.csv", attached=False), pdf(b"b")])
    assert "files/draft.csv" in await contents(core, ada.id)
    assert [file.path for file in await core.read(lambda tx: madefiles.made(tx, task.id))] == [
        "attachments/report_v1.pdf"
    ]


async def test_a_later_attachment_never_takes_the_name_of_a_made_file(core: Core) -> None:
    ada, task = await begun(core)
    await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"a", "draft.csv", attached=False)])
    await workspaces.keep(
        core,
        tenant_id=ada.tenant_id,
        user_id=ada.id,
        thread_id=THREAD,
        message_id=new_id(),
        files=[NewFile(0, "draft.csv", "text/csv", b"sent")],
        entries=[],
    )
    assert (await contents(core, ada.id))["attachments/draft_v1.csv"] == b"sent"


async def test_too_many_or_too_large_files_are_refused(core: Core) -> None:
    ada, task = await begun(core)
    with pytest.raises(BadInput):
        await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"x", f"{n}.pdf") for n in range(11)])
    with pytest.raises(BadInput):
        await madefiles.keep(core, user_id=ada.id, task=task, files=[pdf(b"x" * (madefiles.MAX_ATTACHED_BYTES + 1))])


async def test_what_was_made_for_a_stranger_is_let_go_after_it_was_sent(core: Core) -> None:
    _, task = await begun(core)
    bashir = await core.read(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    await madefiles.keep(core, user_id=bashir.id, task=task, files=[pdf(b"for a stranger")])
    assert len(await core.read(lambda tx: madefiles.made(tx, task.id))) == 1
    assert await core.write(lambda tx: madefiles.let_go(tx, task.id, bashir.id)) == 1
    assert await core.read(lambda tx: madefiles.made(tx, task.id)) == []
    assert await contents(core, bashir.id) == {}
