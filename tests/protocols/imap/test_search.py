"""SEARCH, SORT and THREAD over the wire: exact answers from rows, headers and bodies, RETURN options and `$`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from mailwright.core.indexing import Indexer
from mailwright.storage import events
from mailwright.storage.database import Database
from mailwright.storage.search.folder import SearchFolder
from tests.core.search.conftest import believe
from tests.protocols.imap.sessions import House, Session, letter, open_house

DAY = 86_400_000_000


@pytest.fixture
async def house(database: Database, data_folder: Path) -> AsyncIterator[House]:
    async with open_house(database, data_folder) as opened:
        yield opened


@pytest.fixture
async def ada(house: House) -> Session:
    """Five letters: 1 seen; 2 flagged; 3 with a long body; 4 encoded; 5 from long ago."""
    await house.put(letter(1, subject="Budget for spring"), flags=1)
    await house.put(letter(2, subject="Minutes", body="The budget was discussed"), flags=4, keywords=("$Work",))
    await house.put(letter(3, subject="A long\n folded subject", body="word " * 5_000 + "needle"))
    await house.put(
        letter(4, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=", extra="Cc: Bashir <bashir@mailwright.test>\n", body="Hallo")
    )
    await house.put(
        letter(5, subject="Re: Minutes", extra="In-Reply-To: <2@example.org>\n"), date=1_000_000 * 1_000_000
    )
    return await house.selected()


async def _found(session: Session, query: str) -> list[int]:
    [line] = await session.good(f"SEARCH {query}")
    assert line.startswith(b"* SEARCH")
    return [int(word) for word in line.split()[2:]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ALL", [1, 2, 3, 4, 5]),
        ("SEEN", [1]),
        ("UNSEEN", [2, 3, 4, 5]),
        ("FLAGGED", [2]),
        ("KEYWORD $work", [2]),
        ("UNKEYWORD $Work UNSEEN", [3, 4, 5]),
        ("NEW", []),
        ("2:4 UNSEEN", [2, 3, 4]),
        ("UID 4:*", [4, 5]),
        ("2:9", [2, 3, 4, 5]),
        ("LARGER 5000", [3]),
        ("BEFORE 1-Feb-1970", [5]),
        ("SINCE 1-Feb-1970 NOT SEEN", [2, 3, 4]),
        ("SENTON 20-Nov-2026", [1, 2, 3, 4, 5]),
        ("SENTBEFORE 20-Nov-2026", []),
        ("SUBJECT budget", [1]),
        ("SUBJECT MINUTES", [2, 5]),
        ('SUBJECT "long folded"', [3]),
        ("TEXT budget", [1, 2]),
        ("BODY budget", [2]),
        ("BODY needle", [3]),
        ("FROM chen", [1, 2, 3, 4, 5]),
        ("CC bashir", [4]),
        ('HEADER In-Reply-To ""', [5]),
        ("OR SUBJECT budget BODY needle", [1, 3]),
        ("NOT BODY budget", [1, 3, 4, 5]),
        ("UNSEEN NOT SUBJECT minutes", [3, 4]),
        ("OR SEEN SUBJECT minutes", [1, 2, 5]),
        ("YOUNGER 3600", [1, 2, 3, 4]),
        ("OLDER 3600", [5]),
        ("SAVEDSINCE 1-Jan-2020", [1, 2, 3, 4, 5]),
    ],
)
async def test_a_search_finds(ada: Session, query: str, found: list[int]) -> None:
    assert await _found(ada, query) == found


async def test_umlauts_are_found_in_encoded_subjects(ada: Session) -> None:
    tag = ada.begin("SEARCH CHARSET UTF-8 SUBJECT {7+}\r\nGRÜSSE".encode())
    assert (await ada.finish(tag)).untagged == [b"* SEARCH 4\r\n"]
    assert b" NO [BADCHARSET" in (await ada.ask("SEARCH CHARSET KLINGON SUBJECT x")).tagged


async def test_uids_and_numbers_are_told_apart(ada: Session) -> None:
    await ada.good("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await ada.good("EXPUNGE")
    assert await ada.good("UID SEARCH UNSEEN") == [b"* SEARCH 2 3 4 5\r\n"]
    assert await ada.good("SEARCH UNSEEN") == [b"* SEARCH 1 2 3 4\r\n"]


async def test_return_options(ada: Session) -> None:
    tag = ada.begin("UID SEARCH RETURN (MIN MAX COUNT) UNSEEN")
    assert (await ada.finish(tag)).untagged == [b'* ESEARCH (TAG "%b") UID MIN 2 MAX 5 COUNT 4\r\n' % tag]
    tag = ada.begin("SEARCH RETURN () UNSEEN")
    assert (await ada.finish(tag)).untagged == [b'* ESEARCH (TAG "%b") ALL 2:5\r\n' % tag]
    tag = ada.begin("SEARCH RETURN (ALL) RECENT")
    assert (await ada.finish(tag)).untagged == [b'* ESEARCH (TAG "%b")\r\n' % tag]


async def test_what_was_saved_can_be_used_and_shrinks_with_the_mailbox(ada: Session) -> None:
    assert await ada.good("SEARCH RETURN (SAVE) UNSEEN") == []
    assert [line[:9] for line in await ada.good("FETCH $ (UID)")] == [
        b"* 2 FETCH",
        b"* 3 FETCH",
        b"* 4 FETCH",
        b"* 5 FETCH",
    ]
    assert await _found(ada, "$ SUBJECT minutes") == [2, 5]
    await ada.good("STORE 3 +FLAGS.SILENT (\\Deleted)")
    await ada.good("EXPUNGE")
    assert await ada.good("UID FETCH $ (UID)") == [
        b"* 2 FETCH (UID 2)\r\n",
        b"* 3 FETCH (UID 4)\r\n",
        b"* 4 FETCH (UID 5)\r\n",
    ]
    await ada.good("SEARCH RETURN (SAVE MIN) UNSEEN")
    assert await ada.good("FETCH $ (UID)") == [b"* 2 FETCH (UID 2)\r\n"]


async def test_modseqs_come_with_a_search_for_them(house: House, ada: Session) -> None:
    modseq = house.mailbox().mailbox.modseq
    await ada.good("STORE 2 +FLAGS.SILENT (\\Answered)")
    assert await ada.good(f"SEARCH MODSEQ {modseq + 1}") == [b"* SEARCH 2 (MODSEQ %d)\r\n" % (modseq + 1)]
    assert await ada.good(f"SEARCH MODSEQ {modseq + 9}") == [b"* SEARCH\r\n"]


async def test_with_an_index_the_answers_are_the_same_and_hardly_anything_is_read(
    house: House, ada: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = [
        "TEXT budget",
        "BODY udge",
        "SUBJECT minutes",
        "NOT TEXT budget",
        "OR BODY zzz FROM example",
        "UNSEEN BODY e",
    ]
    before = [await _found(ada, program) for program in programs]
    index = SearchFolder(tmp_path / "search")
    index.begin()
    index.finish()
    found = await house.core.read(lambda tx: events.read(tx, "index", events.START, 500))
    believe(house.core, index)
    commit = await Indexer(house.core, index, gather_seconds=0.0).on_events([event for _, event in found.events])
    await house.core.write(commit)
    house.core.search = index
    reads: list[int] = []
    read_many = house.core.blobs.read_many

    async def counted(wanted: Sequence[tuple[str, int, int]]) -> list[bytes | None]:
        reads.append(len(wanted))
        return await read_many(wanted)

    monkeypatch.setattr(type(house.core.blobs), "read_many", lambda _self, wanted: counted(wanted))
    try:
        assert [await _found(ada, program) for program in programs] == before
        reads.clear()
        assert await _found(ada, "TEXT nobodywrotethis") == []
        assert reads == []
    finally:
        index.close()


async def test_sort_and_its_return_options(ada: Session) -> None:
    assert await ada.good("SORT (SUBJECT) UTF-8 ALL") == [b"* SORT 3 1 4 2 5\r\n"]
    assert (await ada.good("UID SORT (REVERSE SIZE) US-ASCII UNSEEN"))[0].startswith(b"* SORT 3 ")
    assert await ada.good("SORT (ARRIVAL) UTF-8 ALL") == [b"* SORT 5 1 2 3 4\r\n"]
    tag = ada.begin("SORT RETURN (MIN COUNT) (ARRIVAL) UTF-8 ALL")
    assert (await ada.finish(tag)).untagged == [b'* ESEARCH (TAG "%b") MIN 5 COUNT 5\r\n' % tag]


async def test_thread_joins_answers(ada: Session) -> None:
    assert await ada.good("THREAD REFERENCES UTF-8 ALL") == [b"* THREAD (1)(2 5)(3)(4)\r\n"]
    assert await ada.good("UID THREAD ORDEREDSUBJECT UTF-8 2:5") == [b"* THREAD (2 5)(3)(4)\r\n"]


async def test_rev2_clients_get_esearch(house: House, ada: Session) -> None:
    rev2 = await house.selected("INBOX", "IMAP4rev2")
    tag = rev2.begin("SEARCH UNSEEN")
    assert (await rev2.finish(tag)).untagged == [b'* ESEARCH (TAG "%b") ALL 2:5\r\n' % tag]


async def test_a_search_ends_with_its_client(house: House, ada: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.protocols.imap.finding.BATCH_OCTETS", 1)  # one message at a time
    for _ in range(7):
        await ada.good("UID COPY 1:* INBOX")
    ada.begin("SEARCH BODY nowhere")
    await ada.writer.drain()
    await asyncio.sleep(0.02)
    [connection] = house.server._connections
    assert connection.task is not None
    ada.writer.transport.abort()
    async with asyncio.timeout(5):
        while connection.task is not None:
            await asyncio.sleep(0.01)
