"""The whole walk in seven languages with the rules model: a wish, its confirmation, another time by answer, its end."""

from __future__ import annotations

import pytest

from mailwright.domain.followups import FollowupStatus
from tests.agents.concierge.conftest import Office
from tests.agents.concierge.test_walk import at

WISHES = [
    ("en", "Remind me on 2 December at 15:00 to call the dentist", "Call the dentist", "noted", "make it Thursday", "cancel"),
    ("de", "Erinnere mich am 2. Dezember um 15 Uhr daran, den Zahnarzt anzurufen", "Den Zahnarzt anzurufen", "notiert", "mach Donnerstag draus", "stornieren"),
    ("fr", "Rappelle-moi le 2 décembre à 15h d'appeler le dentiste", "Appeler le dentiste", "c'est noté", "plutôt jeudi", "annuler"),
    ("es", "Recuérdame el 2 de diciembre a las 15:00 llamar al dentista", "Llamar al dentista", "anotado", "mejor el jueves", "cancelar"),
    ("it", "Ricordami il 2 dicembre alle 15 di chiamare il dentista", "Chiamare il dentista", "annotato", "meglio giovedì", "annulla"),
    ("pt", "Lembra-me no dia 2 de dezembro às 15h de ligar para o dentista", "Ligar para o dentista", "anotado", "melhor quinta-feira", "cancelar"),
    ("nl", "Herinner me op 2 december om 15 uur eraan de tandarts te bellen", "Tandarts te bellen", "genoteerd", "liever donderdag", "annuleren"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "wish", "what", "noted", "change", "cancel"), WISHES)
async def test_a_wish_is_planned_moved_and_cancelled(
    office: Office, language: str, wish: str, what: str, noted: str, change: str, cancel: str
) -> None:
    assert await office.tell(wish, subject="") == "waiting"
    said = await office.only()
    known = await office.followup()
    assert (known.language, known.what) == (language, what)
    assert (known.status, at(known.due_at)) == (FollowupStatus.PENDING, "2026-12-02T14:00")
    assert noted in said.text
    assert await office.tell(change, answers=said) == "complete"
    changed = await office.only()
    assert at((await office.followup()).due_at) == "2026-11-26T14:00"
    assert await office.tell(cancel, answers=changed) == "complete"
    assert (await office.followup()).status is FollowupStatus.CANCELLED


@pytest.mark.parametrize(
    "wish",
    [
        "Follow up with the clinic next week",
        "Nächste Woche bei der Klinik nachfassen",
        "Relancer la clinique la semaine prochaine",
        "Hacer seguimiento con la clínica la próxima semana",
        "Ricontattare la clinica la settimana prossima",
        "Fazer o acompanhamento com a clínica na próxima semana",
        "Volgende week de kliniek nabellen",
    ],
)
async def test_a_week_is_asked_about(office: Office, wish: str) -> None:
    await office.tell(wish, subject="")
    question = await office.only()
    assert (await office.followup()).status is FollowupStatus.CLARIFYING
    assert "  1. " in question.text
    assert "  2. " in question.text
    await office.tell("2", answers=question)
    assert at((await office.followup()).due_at) == "2026-11-27T08:00"


@pytest.mark.parametrize(
    "words",
    ["list", "Liste", "liste", "lista", "elenco", "lijst", "Was ist offen?", "mes rappels", "mis recordatorios", "i miei promemoria", "os meus lembretes"],
)  # fmt: skip
async def test_the_list_is_asked_for_in_every_language(office: Office, words: str) -> None:
    await office.tell(words, subject="")
    assert (await office.only()).text
    assert await office.followups() == []
