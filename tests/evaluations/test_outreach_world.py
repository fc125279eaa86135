"""The world of the scribe's evaluation is what it is said to be: large enough, odd enough, and its labels are true of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from evals.outreach import people, world
from evals.outreach.people import Person

from tests.servers.localweb import LocalWeb

PEOPLE = [pytest.param(person, id=person.id) for person in people.load()]
KNOWN = [pytest.param(person, id=person.id) for person in people.load() if not person.nobody]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return world.pages()


def test_the_world_has_sixty_pages_on_twenty_five_hosts_at_least(texts: dict[str, str]) -> None:
    assert len(texts) >= 60
    assert len({name.partition("/")[0] for name in texts}) >= 25
    assert all(name.partition("/")[0].endswith(".example") for name in texts)


def test_several_recipients_share_their_names() -> None:
    names = [person.name for person in people.load()]
    assert len(names) - len(set(names)) >= 5


@pytest.mark.parametrize("person", KNOWN)
def test_what_is_known_of_a_recipient_stands_on_pages_of_theirs(person: Person, texts: dict[str, str]) -> None:
    own = " ".join(texts[name] for name in person.own).casefold()
    assert [words for words in (*person.knows, *person.stale, *person.disputed) if words.casefold() not in own] == []


@pytest.mark.parametrize("person", PEOPLE)
def test_what_is_foreign_to_a_recipient_stands_somewhere_in_the_world(person: Person, texts: dict[str, str]) -> None:
    everything = " ".join(texts.values()).casefold()
    papers = (world.FOLDER / "papers.toml").read_text(encoding="utf-8").casefold()
    foreign = [words.casefold() for words in people.foreign_to(person)]
    assert [words for words in foreign if words not in everything and words not in papers] == []
    assert len(foreign) > 50


def test_what_must_not_be_obeyed_is_asked_for_somewhere(texts: dict[str, str]) -> None:
    everything = (
        " ".join(texts.values()).casefold()
        + " ".join(
            file.read_text(encoding="utf-8")
            for file in world.FOLDER.rglob("*.html")
            if b"charset=iso" not in file.read_bytes()
        ).casefold()
    )
    assert [words for words in people.injected() if words.casefold() not in everything] == []


@pytest.mark.parametrize("person", PEOPLE)
def test_papers_of_a_recipient_are_known_to_the_service_of_papers(person: Person, tmp_path: Path) -> None:
    known = {paper.id for paper in LocalWeb(world.FOLDER).papers}
    assert set(person.papers) <= known


def test_the_pages_are_served_and_found(tmp_path: Path) -> None:
    web = LocalWeb(world.build(tmp_path))
    found = [web.plain(each.url) for each in web.found("Chen Wei perovskite solar cells", 10)]
    assert found[0].removeprefix("http://") in people.load()[0].own
    assert any(each.endswith(".pdf") for each in found)


def test_a_search_finds_pages_about_the_recipient_and_nearly_always_about_others(tmp_path: Path) -> None:
    web = LocalWeb(world.build(tmp_path))
    alone = []
    for person in people.load():
        if not person.nobody:
            words = f"{person.name} {person.fields.get('affiliation', '')} {person.interest}"
            found = {web.plain(each.url).removeprefix("http://") for each in web.found(words, 10)}
            assert found & set(person.own), person.id
            alone += [] if found - set(person.own) else [person.id]
    assert len(alone) <= 2
