"""The rules model's judgement on mail of several kinds and languages, with its because."""

from dataclasses import replace

import pytest

from mailwright.agents.models import Attached, Material
from mailwright.agents.models.rules import judge

SALES = (Attached("sales.csv", "text/csv", 20, "a,b\n1,2\n"),)


def of(text: str, subject: str = "", **options: object) -> Material:
    return Material(subject=subject, text=text, sent_at=0, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "material",
    [
        of("Please total the attached file by region.", attachments=SALES),
        of("I need a plan for the launch next week."),
        of("", "Please count the words in this"),
        of("Bitte fassen Sie das bis Freitag zusammen."),
        of("Könnten Sie die Liste sortieren?"),
        of("Pouvez-vous calculer le total ?"),
        of("¿Puedes traducir este texto?"),
        of("12 * 8 + 3"),
        of("see attached", attachments=SALES),
        of("Thanks for the last one! Could you also compare it with 2025?"),
        of("Thanks! Please send me the summary again."),
    ],
)
def test_work_is_a_task(material: Material) -> None:
    found = judge(material)
    assert found.kind == "task", found
    assert found.confidence >= 0.6


@pytest.mark.parametrize(
    "text", ["What is 12 * 3?", "Wie spät ist es?", "When does the office open?", "¿Cuándo abre la oficina?"]
)
def test_a_question_is_a_task_too(text: str) -> None:
    found = judge(of(text))
    assert (found.kind, found.confidence >= 0.6) == ("task", True)


@pytest.mark.parametrize(
    "material",
    [
        of("Thanks a lot!"),
        of("Danke!"),
        of("ok, sounds good"),
        of("Merci beaucoup"),
        of("Hi,\n\nThank you for your help.\n\nBest,\nAda"),
        of("Hello"),
        of(""),
        of("I'm out of the office until Monday. Please contact Bashir.", "Automatic reply: Work"),
        of("Ich bin bis Montag im Urlaub.", "Abwesenheitsnotiz"),
        of("Big sale! Click here. Unsubscribe."),
        of("The mail could not be delivered.", "Undeliverable: Work"),
    ],
)
def test_what_wants_nothing_is_no_task(material: Material) -> None:
    found = judge(material)
    assert found.kind == "neither", found


def test_the_reason_names_signals_and_never_words_of_the_mail() -> None:
    found = judge(of("Please total the swordfish by region.", attachments=SALES))
    assert found.because == "asks politely, names work, has an attachment (score 7)"


def test_the_subject_of_a_reply_does_not_count_as_a_request() -> None:
    assert judge(of("Great, thank you!", "Re: Please compute the total")).kind == "neither"


def test_what_follows_a_question_of_ours_is_its_answer_unless_it_asks_for_work() -> None:
    words = "The first of the two lists."
    assert judge(of(words)).kind == "neither"
    assert judge(replace(of(words), asked=True)).kind == "answer"
    assert judge(replace(of("Please total the first list."), asked=True)).kind == "task"
    assert judge(replace(of("Thanks!"), asked=True)).kind == "neither"
