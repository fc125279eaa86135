"""Names: ways to write one, and other people of the family."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.agents.scribe.names import Form, Name, mentions, plainly, same_person


@pytest.mark.parametrize(
    ("recipient", "text", "form"),
    [
        ("Ada Byron", "Ada Byron said", "full"),
        ("Prof. Dr. Ada Byron", "Byron, Ada, chemist", "full"),
        ("Ada Byron, PhD", "A. Byron and others", "initials"),
        ("Ada Byron", "Ada K. Byron said", "full"),
        ("Ada K. Byron", "Ada M. Byron said", "other"),
        ("Ada Byron", "Bertha Byron said", "other"),
        ("Ada Byron", "B. Byron said", "other"),
        ("Ada Byron", "Ada Byron-King said", "other"),
        ("Ada Byron", "as Byron said", "family"),
        ("Ada Byron", "Dr. Byron said", "family"),
        ("Ada Byron", "they met Chen. Byron said", "family"),
        ("Ada Byron", "Byron, Bertha and Chen", "other"),
        ("Ada Byron", "the Byron Prize", "other"),
        ("Jean-Luc Müller", "Jean Luc Mueller said", "full"),
        ("Jean-Luc Müller", "J.-L. Muller said", "initials"),
        ("Anna-Lena van den Berg", "Archivist A.-L. van den Berg said", "initials"),
        ("Ada van der Berg", "Peter A. van der Berg said", "other"),
        ("José García", "Jose Garcia said", "full"),
        ("Søren Łukasz", "Soren Lukasz said", "full"),
        ("Chen Wei", "Wei Chen said", "full"),
        ("Chen Wei", "Dr Wei Chenoweth said", "other"),
        ("Ada L. Byron", "A. L. Byron said", "initials"),
        ("陈伟", "作者陈伟先生", "full"),
    ],
)
def test_a_name_is_found_as_it_is_written_and_no_other(recipient: str, text: str, form: Form) -> None:
    assert [each.form for each in mentions(Name.parse(recipient), text)] == [form]


@pytest.mark.parametrize(
    ("recipient", "author", "form"),
    [
        ("John Ashby", "John R. Ashby", "full"),
        ("John R. Ashby", "John M. Ashby", None),
        ("John Ashby", "J. Ashby", "initials"),
        ("John Ashby", "K. Ashby", None),
        ("John Ashby", "Joan Ashby", None),
        ("Wei Chen", "Chen Wei", "full"),
        ("John Ashby Jr.", "John Ashby Sr.", None),
    ],
)
def test_authors_of_papers_are_the_recipient_or_not(recipient: str, author: str, form: Form | None) -> None:
    assert same_person(Name.parse(recipient), author) == form


def test_a_service_is_asked_for_a_plain_name() -> None:
    assert plainly("Prof. Dr. Ada Byron, PhD") == "Ada Byron"
    assert plainly("Byron, Ada") == "Ada Byron"


@given(st.text(max_size=200), st.text(max_size=400))
def test_nothing_that_is_called_a_name_breaks_the_reader(name: str, text: str) -> None:
    read = Name.parse(name)
    for each in mentions(read, text):
        assert 0 <= each.start <= each.end <= len(text)
    same_person(read, text)
    plainly(name)
