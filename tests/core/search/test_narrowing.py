"""SEARCH with an index answers as it does without one: for every key, over texts in any script."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.codecs.imap import criteria
from mailwright.codecs.imap.criteria import Key
from mailwright.codecs.imap.evaluate import Around, matches
from mailwright.codecs.imap.searchtext import body_text, header_text
from mailwright.codecs.search import document
from mailwright.codecs.search.document import Filed
from mailwright.core import Core, access, retention
from mailwright.core.moving import copy, move
from mailwright.core.narrowing import Answer, answers, settle, settled, text_keys
from mailwright.domain.ids import new_id
from mailwright.storage import Tx
from mailwright.storage import messages as rows
from mailwright.storage.search.folder import SearchFolder
from tests.core.search.conftest import Desk


@dataclass
class View:
    """A message as `evaluate` sees it, read from its bytes."""

    raw: bytes
    uid: int
    seq: int = 1
    flags: int = 0
    keywords: Sequence[str] = ()
    size: int = 0
    received_at: int = 0
    sent_at: int | None = None
    saved_at: int = 0
    modseq: int = 1
    email_id: str = ""
    thread_id: str | None = None

    def __post_init__(self) -> None:
        self.root = mime.parse(self.raw).root
        self.fields = mime.Header.parse(self.raw[self.root.header_start : self.root.body_start])

    def header(self, name: str) -> Sequence[str]:
        return self.fields.all(name)

    def header_text(self) -> str:
        return header_text(self.fields)

    def body_text(self) -> str:
        return body_text(lambda start, end: self.raw[start:end], self.root)


async def views(core: Core, mailbox_id: str) -> list[View]:
    found = await core.read(lambda tx: rows.in_mailbox(tx, mailbox_id, 1_000))
    return [View(await core.blobs.read(one.blob_id), one.uid) for one in found]


def judged(key: Key, seen: Sequence[View]) -> set[int]:
    around = Around(0, len(seen), max((view.uid for view in seen), default=0))
    return {view.uid for view in seen if matches(key, view, around)}


async def check(desk: Desk, mailbox_id: str, keys: Sequence[Key]) -> None:
    seen = await views(desk.core, mailbox_id)
    for key in keys:
        expected = judged(key, seen)
        assert judged(await settle(desk.core, desk.index, mailbox_id, key), seen) == expected, key
        for leaf, answer in (await answers(desk.core, desk.index, mailbox_id, text_keys(key))).items():
            truth = judged(leaf, seen)
            assert answer.sure <= truth
            assert answer.maybe is None or truth <= answer.sure | answer.maybe


TEXTS = [
    "The budget of Müller, straße 4711",
    "昨日東京都へ行きました。サウル 서울에서",
    "ΟΔΟΣ Ёлка مُحَمَّد हिन्दी \u0130stanbul ﬁnal ½",
    "base64 QUFBQUFBQUFB end-of-line\r\nnext line of it",
    "ab a b 12 12345",
]
NEEDLES = [
    *("budget", "UDG", "müller", "mu", "u\u0308ller", "MULLER", "strasse", "4711", "11", "1", "", " ", "l", "ü"),
    *(
        "東京",
        "京",
        "東",
        "へ行",
        "犬",
        "서울",
        "울",
        "ウル",
        "οδος",
        "ёлка",
        "محمد",
        "हिन्दी",
        "हि",
        "istanbul",
        "final",
        "1/2",
    ),
    *(
        "QUFBQUFB",
        "end-of",
        "line next",
        "line",
        "a b",
        "ab",
        "12345",
        "eve@example.org",
        "Eve <eve",
        "subject: ",
        "hello",
    ),
]


def keys_for(needle: str) -> list[Key]:
    return [
        criteria.TextHas(needle),
        criteria.BodyHas(needle),
        criteria.SubjectHas(needle),
        criteria.AddressHas("from", needle),
        criteria.HeaderHas("x-odd", needle),
        criteria.Not(criteria.TextHas(needle)),
        criteria.Or(
            criteria.BodyHas(needle), criteria.And((criteria.Not(criteria.SubjectHas("hello")), criteria.All()))
        ),
    ]


async def test_every_key_matches_what_it_matches_without_an_index(desk: Desk) -> None:
    for text in TEXTS:
        await desk.put(text, subject=text.split("\r\n")[0][:40], extra="X-Odd: =?utf-8?q?k=C3=A4se?=\r\n")
    await desk.index_now()
    mailbox_id = desk.mailbox_id()
    await check(desk, mailbox_id, [key for needle in [*NEEDLES, "Käse"] for key in keys_for(needle)])


async def test_what_is_not_indexed_yet_is_looked_at(desk: Desk) -> None:
    await desk.put("budget one")
    await desk.index_now()
    await desk.put("budget two")
    mailbox_id = desk.mailbox_id()
    found = await answers(desk.core, desk.index, mailbox_id, [criteria.BodyHas("budget"), criteria.BodyHas("zebra")])
    assert found[criteria.BodyHas("budget")] == Answer(frozenset({1}), frozenset({2}))
    assert found[criteria.BodyHas("zebra")] == Answer(frozenset(), frozenset({2}))
    await desk.index_now()
    found = await answers(desk.core, desk.index, mailbox_id, [criteria.BodyHas("budget")])
    assert found[criteria.BodyHas("budget")] == Answer(frozenset({1, 2}), frozenset())


async def test_a_copy_a_move_and_a_redaction_are_looked_at_until_they_are_indexed(desk: Desk) -> None:
    for number in range(3):
        await desk.put(f"budget {number}")
    await desk.index_now()
    ada = desk.account()

    def rearrange(tx: Tx) -> None:
        inbox, archive = access.by_name(tx, ada, "INBOX"), access.by_name(tx, ada, "Archive")
        copy(tx, desk.core, inbox, archive, [1])
        move(tx, desk.core, inbox, archive, [2])

    desk.core.database.write_now(rearrange)
    inbox = desk.mailbox_id()
    (left,) = await desk.core.read(lambda tx: rows.in_mailbox(tx, inbox, 1))
    assert left.uid == 3
    await retention.redact(desk.core, left.id)
    needles = ("budget", "retention policy", "zebra")
    for _ in range(2):
        for name in ("INBOX", "Archive"):
            await check(desk, desk.mailbox_id(name), [key for needle in needles for key in keys_for(needle)])
        await desk.index_now()


async def test_a_message_that_could_not_be_indexed_is_always_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(*_: object, **__: object) -> None:
        raise ValueError("an odd message")

    await desk.put("budget")
    with monkeypatch.context() as broken:
        broken.setattr(document, "of", stumbles)
        await desk.index_now()
    mailbox_id = desk.mailbox_id()
    found = await answers(desk.core, desk.index, mailbox_id, [criteria.BodyHas("zebra")])
    assert found[criteria.BodyHas("zebra")] == Answer(frozenset(), frozenset({1}))
    missing = await desk.core.read(lambda tx: tx.all("SELECT because FROM search_missing"))
    assert missing == [("it cannot be read (ValueError)",)]


async def test_without_an_index_a_key_stays_as_it_is(desk: Desk) -> None:
    key = criteria.And((criteria.TextHas("budget"), criteria.HasFlag("\\Seen")))
    assert await settle(desk.core, None, desk.mailbox_id(), key) == key
    desk.index.close()
    desk.index = SearchFolder(desk.index._root / "nowhere")
    assert await settle(desk.core, desk.index, desk.mailbox_id(), key) == key


def test_uids_come_to_the_top_of_a_key() -> None:
    leaf = criteria.TextHas("x")
    key = settled(criteria.And((criteria.All(), leaf)), {leaf: Answer(frozenset(), frozenset({3}))})
    assert isinstance(key, criteria.And)
    assert any(isinstance(one, criteria.Uids) for one in key.keys)


WORDS = st.text(alphabet="aAbBéÉßſİ東京かがガ서울हिन्दीΣσς.-_ \u0301\u3099ﬁ½12", min_size=0, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(WORDS, min_size=1, max_size=5), seed=st.integers(0, 2**32))
def test_no_substring_of_a_text_is_ever_missed(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], seed: int
) -> None:
    index = SearchFolder(tmp_path_factory.mktemp("index"))
    index.begin()
    index.finish()
    user, chance = new_id(), random.Random(seed)
    seen: dict[str, View] = {}
    for number, text in enumerate(texts):
        raw = f"Subject: {text}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n{text[::-1]}\r\n".encode()
        message_id = new_id()
        seen[message_id] = View(raw, number)
        index.apply([document.of(Filed(message_id, user, 0, len(raw)), raw, seen[message_id].root)], [])
    needles = [text[chance.randint(0, 3) :][: chance.randint(0, 6)] for text in texts] + ["a", "京"]
    for needle in needles:
        if not needle:
            continue
        truth = {one for one, view in seen.items() if matches(criteria.TextHas(needle), view, Around(0, 0, 0))}
        holding = index.holding(user, ("header", "text"), needle)
        assert holding.sure <= truth
        assert holding.maybe is None or truth <= holding.sure | holding.maybe
    index.close()


async def test_searches_while_mail_comes_in_miss_nothing(desk: Desk) -> None:
    mailbox_id = desk.mailbox_id()
    done = False

    async def pour() -> None:
        nonlocal done
        for number in range(40):
            await desk.put(f"budget {number}")
            await desk.index_now()
        done = True

    task = asyncio.create_task(pour())
    while not done:
        before = await views(desk.core, mailbox_id)
        key = await settle(desk.core, desk.index, mailbox_id, criteria.BodyHas("budget"))
        assert judged(key, before) == {view.uid for view in before}
        await asyncio.sleep(0)
    await task
