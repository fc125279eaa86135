"""What Email/query and SearchSnippet/get find by words: with an index, before it has caught up, and without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailwright.core.indexing import Indexer
from mailwright.domain import clock
from mailwright.storage import events
from mailwright.storage.database import Mark
from mailwright.storage.messages import Flag
from mailwright.storage.search.folder import SearchFolder
from tests.core.search.conftest import believe
from tests.protocols.jmap.conftest import Client, MethodFailed, letter

LETTERS = {
    "budget": (
        "From: Ada Lovelace <ada@example.org>\nTo: Chen <chen@example.net>\nCc: Dora <dora@example.net>\n"
        "Subject: The third quarter\nList-Id: <money.example.org>\n\nThe budget is 50% <higher> & fine.\n"
    ),
    "invoice": (
        "From: Bashir <bashir@example.net>\nTo: ada@mailwright.test\nBcc: Secret <hidden@example.com>\n"
        "Subject: =?utf-8?q?Caf=C3=A9_invoices?=\nX-List-Id: other\n\nQuarter of an hour, third floor.\n"
    ),
    "page": (
        "From: Eve <eve@example.org>\nTo: Ada <ada@mailwright.test>\nReply-To: Chen <chen@example.net>\n"
        "Subject: Page\nContent-Type: text/html\n\n<p class=budgetary>Hello <b>wor</b>ld</p><style>invoice {}</style>\n"
    ),
    "file": (
        "From: Eve <eve@example.org>\nTo: Ada <ada@mailwright.test>\nSubject: A file\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee there.\n"
        "--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=report.pdf\n\nx\n--b--\n"
    ),
}

QUESTIONS: list[tuple[dict[str, Any], set[str]]] = [
    ({"from": "lovelace"}, {"budget"}),
    ({"from": "ADA@example.org"}, {"budget"}),
    ({"from": "chen"}, set()),  # who is only in Reply-To did not write it
    ({"to": "chen@example.net"}, {"budget"}),
    ({"to": "dora"}, set()),
    ({"cc": "dora"}, {"budget"}),
    ({"cc": "chen"}, set()),
    ({"bcc": "hidden"}, {"invoice"}),
    ({"subject": "cafe"}, {"invoice"}),
    ({"subject": "invoice"}, {"invoice"}),  # the beginning of a word
    ({"subject": '"invoice"'}, set()),  # a phrase is whole words
    ({"subject": "quarter third"}, {"budget"}),
    ({"subject": '"quarter third"'}, set()),
    ({"subject": "'third quarter'"}, {"budget"}),
    ({"text": "third quarter"}, {"budget", "invoice"}),
    ({"text": '"third quarter"'}, {"budget"}),
    ({"text": "???"}, set()),
    ({"text": " "}, {"budget", "invoice", "page", "file"}),
    ({"body": "budget"}, {"budget"}),
    ({"body": "hello world"}, {"page"}),
    ({"body": "invoice"}, set()),  # neither a style sheet nor a subject is body
    ({"text": "invoice"}, {"invoice"}),
    ({"header": ["List-Id"]}, {"budget"}),
    ({"header": ["list-id", "MONEY"]}, {"budget"}),
    ({"header": ["Subject", "café inv"]}, {"invoice"}),
    ({"header": ["Reply-To", ""]}, {"page"}),
    ({"header": ["X-None"]}, set()),
    ({"text": "from:eve has:attachment"}, {"file"}),
    ({"text": "from:eve -has:attachment"}, {"page"}),
    ({"text": "budget OR subject:page"}, {"budget", "page"}),
    ({"text": "is:unread third"}, {"budget"}),
    ({"text": "in:inbox third"}, {"invoice"}),
    ({"text": "in:nowhere"}, set()),
    ({"text": "filename:report"}, {"file"}),
    ({"operator": "NOT", "conditions": [{"text": "quarter"}]}, {"page", "file"}),
    (
        {"operator": "OR", "conditions": [{"from": "eve", "hasAttachment": True}, {"hasKeyword": "$seen"}]},
        {"file", "invoice"},
    ),
    ({"from": "eve", "subject": "page", "body": "hello"}, {"page"}),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchFolder]:
    folder = SearchFolder(tmp_path / "search")
    folder.begin()
    folder.finish()
    yield folder
    folder.close()


async def _fill(ada: Client) -> dict[str, str]:
    archive = await ada.role("archive")
    found = {}
    for number, (name, text) in enumerate(LETTERS.items()):
        found[name] = await ada.file(
            text.replace("\n", "\r\n").encode(),
            mailbox_id=archive if name == "budget" else None,
            flags=Flag.SEEN if name == "invoice" else Flag(0),
            received_at=clock.now() - number * clock.DAY,
        )
    return found


async def _index_now(ada: Client, index: SearchFolder) -> None:
    indexer = Indexer(ada.core, index, gather_seconds=0.0)
    mark: Mark = events.START
    while True:
        found = await ada.core.read(lambda tx, mark=mark: events.read(tx, "index", mark, 500))  # type: ignore[misc]
        if not found.events:
            return
        await ada.core.write(await indexer.on_events([event for _, event in found.events]))
        mark = found.end


async def _check(ada: Client, ids: dict[str, str]) -> None:
    for filter, expected in QUESTIONS:
        answer = await ada.call("Email/query", filter=filter)
        assert {key for key, each in ids.items() if each in answer["ids"]} == expected, filter
        assert len(answer["ids"]) == len(expected)


async def test_words_are_found_in_what_is_indexed(ada: Client, index: SearchFolder) -> None:
    ada.core.search = index
    believe(ada.core, index)
    ids = await _fill(ada)
    await _index_now(ada, index)
    await _check(ada, ids)


async def test_a_message_is_found_the_moment_it_is_there(ada: Client, index: SearchFolder) -> None:
    ada.core.search = index
    believe(ada.core, index)
    ids = await _fill(ada)
    await _check(ada, ids)


async def test_a_text_file_is_looked_through_before_it_is_indexed(ada: Client, index: SearchFolder) -> None:
    ada.core.search = index
    believe(ada.core, index)
    text = LETTERS["file"].replace("application/pdf", "text/plain").replace("\nx\n", "\nZucchini at last\n")
    message_id = await ada.file(text.replace("\n", "\r\n").encode())
    for name in ("text", "body"):
        answer = await ada.call("Email/query", filter={name: "zucchini"})
        assert answer["ids"] == [message_id], name


async def test_without_an_index_the_rows_are_looked_through(ada: Client) -> None:
    ids = await _fill(ada)
    for filter, expected in QUESTIONS:
        if "filename" not in str(filter):
            answer = await ada.call("Email/query", filter=filter)
            assert {key for key, each in ids.items() if each in answer["ids"]} == expected, filter


async def test_a_removed_message_is_not_found_though_the_index_still_has_it(ada: Client, index: SearchFolder) -> None:
    ada.core.search = index
    believe(ada.core, index)
    ids = await _fill(ada)
    await _index_now(ada, index)
    await ada.call("Email/set", destroy=[ids["budget"]])
    assert (await ada.call("Email/query", filter={"text": "budget"}))["ids"] == []


async def test_pages_of_a_search_agree(ada: Client, index: SearchFolder) -> None:
    ada.core.search = index
    believe(ada.core, index)
    for number in range(12):
        await ada.file(letter(f"Meeting {number}", message_id=f"<{number}@example.org>"))
    question = {"filter": {"text": "meeting"}, "collapseThreads": True}
    whole = (await ada.call("Email/query", **question))["ids"]
    pages = [(await ada.call("Email/query", **question, position=start, limit=5))["ids"] for start in range(0, 12, 5)]
    assert [each for page in pages for each in page] == whole
    assert len(whole) == 12


# --- snippets -------------------------------------------------------------------------------------------------------


async def test_a_snippet_shows_what_was_looked_for(ada: Client) -> None:
    ids = await _fill(ada)
    found = await _snippets(ada, {"text": "third"}, *ids.values(), "nobody", ada.id)
    assert found[ids["budget"]] == {"subject": "The <mark>third</mark> quarter", "preview": None}
    assert found[ids["invoice"]]["preview"] == "Quarter of an hour, <mark>third</mark> floor."
    assert found[ids["page"]] == {"subject": None, "preview": None}
    answer = await ada.call("SearchSnippet/get", emailIds=[ids["page"]], filter={"text": "third"})
    assert answer["notFound"] is None


async def test_a_snippet_is_safe_to_show_as_html(ada: Client) -> None:
    ids = await _fill(ada)
    found = await _snippets(ada, {"body": "higher fine"}, ids["budget"])
    assert found[ids["budget"]]["preview"] == "The budget is 50% &lt;<mark>higher</mark>&gt; &amp; <mark>fine</mark>."
    hostile = await ada.file(letter("<script>alert(1)</script> budget", message_id="<9@example.org>"))
    shown = (await _snippets(ada, {"subject": "budget script"}, hostile))[hostile]["subject"]
    assert "<script" not in shown
    assert shown.count("<mark>") == shown.count("</mark>") == 3


async def test_a_snippet_has_at_most_255_octets(ada: Client) -> None:
    for text in ("& < > " * 30, "日本語 " * 80, "ß" * 300 + " ", "word " * 100):
        mail = await ada.file(letter(extra="Content-Type: text/plain; charset=utf-8\n", body=f"{text}needle {text}"))
        preview = (await _snippets(ada, {"text": "needle"}, mail))[mail]["preview"]
        assert "<mark>needle</mark>" in preview
        assert len(preview.encode()) <= 255
    everywhere = await ada.file(letter(body="needle & " * 60))
    preview = (await _snippets(ada, {"text": "needle"}, everywhere))[everywhere]["preview"]
    assert 0 < len(preview.encode()) <= 255


async def test_what_was_not_looked_for_is_not_marked(ada: Client) -> None:
    mail = await ada.file(letter("A draft", body="The draft of a budget."))
    filter = {
        "operator": "AND",
        "conditions": [{"text": "budget"}, {"operator": "NOT", "conditions": [{"text": "draft"}]}],
    }
    assert await _snippets(ada, filter, mail) == {
        mail: {"subject": None, "preview": "The draft of a <mark>budget</mark>."}
    }
    assert await _snippets(ada, {"from": "eve"}, mail) == {mail: {"subject": None, "preview": None}}
    assert await _snippets(ada, None, mail) == {mail: {"subject": None, "preview": None}}


async def test_snippets_of_too_many_messages_are_refused(ada: Client) -> None:
    with pytest.raises(MethodFailed) as failed:
        await ada.call("SearchSnippet/get", emailIds=[f"x{number}" for number in range(1001)], filter={"text": "a"})
    assert failed.value.type == "requestTooLarge"


async def _snippets(ada: Client, filter: Any, *ids: str) -> dict[str, dict[str, Any]]:
    answer = await ada.call("SearchSnippet/get", emailIds=list(ids), filter=filter)
    return {each["emailId"]: {"subject": each["subject"], "preview": each["preview"]} for each in answer["list"]}
