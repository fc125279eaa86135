"""How mailers of several kinds and languages quote a history and pass a message on: specimens of each form.

What is passed on is never thrown away with the history, and what was written above, below or between it is what is new.
"""

from __future__ import annotations

import pytest

from mailwright.core.quoted import split

PAYLOAD = "are you open on the 2nd of November?"

FORWARDS = {
    "gmail en": (
        "Fwd: Hours",
        "---------- Forwarded message ---------\nFrom: Eve <eve@example.org>\nDate: Tue, 6 Oct 2026 at 14:03\nSubject: Hours\nTo: <office@example.com>\n\n",
    ),
    "gmail de": (
        "Fwd: Zeiten",
        "---------- Forwarded message ---------\nVon: Eve <eve@example.org>\nDate: Di., 6. Okt. 2026 um 14:03 Uhr\nSubject: Zeiten\nTo: <office@example.com>\n\n",
    ),
    "gmail fr": (
        "Fwd: Horaires",
        "---------- Forwarded message ---------\nDe : Eve <eve@example.org>\nDate: mar. 6 oct. 2026 à 14:03\nSubject: Horaires\nTo: <office@example.com>\n\n",
    ),
    "outlook en": (
        "FW: Hours",
        "________________________________\nFrom: Eve <eve@example.org>\nSent: Tuesday, October 6, 2026 2:03 PM\nTo: Office <office@example.com>\nSubject: Hours\n\n",
    ),
    "outlook en without a rule": (
        "FW: Hours",
        "From: Eve <eve@example.org>\nSent: Tuesday, October 6, 2026 2:03 PM\nTo: Office <office@example.com>\nSubject: Hours\n\n",
    ),
    "outlook de": (
        "WG: Zeiten",
        "Von: Eve <eve@example.org>\nGesendet: Dienstag, 6. Oktober 2026 14:03\nAn: Büro <office@example.com>\nBetreff: Zeiten\n\n",
    ),
    "outlook fr": (
        "TR : Horaires",
        "De : Eve <eve@example.org>\nEnvoyé : mardi 6 octobre 2026 14:03\nÀ : Bureau <office@example.com>\nObjet : Horaires\n\n",
    ),
    "outlook es": (
        "RV: Horario",
        "De: Eve <eve@example.org>\nEnviado el: martes, 6 de octubre de 2026 14:03\nPara: Oficina <office@example.com>\nAsunto: Horario\n\n",
    ),
    "outlook it": (
        "I: Orari",
        "Da: Eve <eve@example.org>\nInviato: martedì 6 ottobre 2026 14:03\nA: Ufficio <office@example.com>\nOggetto: Orari\n\n",
    ),
    "outlook nl": (
        "FW: Tijden",
        "Van: Eve <eve@example.org>\nVerzonden: dinsdag 6 oktober 2026 14:03\nAan: Kantoor <office@example.com>\nOnderwerp: Tijden\n\n",
    ),
    "outlook classic": (
        "FW: Hours",
        "-----Original Message-----\nFrom: Eve [mailto:eve@example.org]\nSent: Tuesday, October 06, 2026 2:03 PM\nTo: Office\nSubject: Hours\n\n",
    ),
    "outlook classic de": (
        "WG: Zeiten",
        "-----Ursprüngliche Nachricht-----\nVon: Eve\nGesendet: Dienstag, 6. Oktober 2026 14:03\nAn: Büro\nBetreff: Zeiten\n\n",
    ),
    "apple en": (
        "Fwd: Hours",
        "Begin forwarded message:\n\n> From: Eve <eve@example.org>\n> Subject: Hours\n> Date: 6 October 2026 at 14:03:11 BST\n> To: office@example.com\n> \n> ",
    ),
    "apple de": (
        "Fwd: Zeiten",
        "Anfang der weitergeleiteten Nachricht:\n\n> Von: Eve <eve@example.org>\n> Betreff: Zeiten\n> Datum: 6. Oktober 2026 um 14:03:11 MESZ\n> An: office@example.com\n> \n> ",
    ),
    "apple fr": (
        "Fwd: Horaires",
        "Début du message transféré :\n\n> De: Eve <eve@example.org>\n> Objet: Horaires\n> Date: 6 octobre 2026 à 14:03:11 UTC+2\n> À: office@example.com\n> \n> ",
    ),
    "apple es": (
        "Fwd: Horario",
        "Inicio del mensaje reenviado:\n\n> De: Eve <eve@example.org>\n> Asunto: Horario\n> Fecha: 6 de octubre de 2026, 14:03:11 CEST\n> Para: office@example.com\n> \n> ",
    ),
    "apple it": (
        "Fwd: Orari",
        "Inizio messaggio inoltrato:\n\n> Da: Eve <eve@example.org>\n> Oggetto: Orari\n> Data: 6 ottobre 2026 alle ore 14:03:11 CEST\n> A: office@example.com\n> \n> ",
    ),
    "apple nl": (
        "Fwd: Tijden",
        "Begin doorgestuurd bericht:\n\n> Van: Eve <eve@example.org>\n> Onderwerp: Tijden\n> Datum: 6 oktober 2026 om 14:03:11 CEST\n> Aan: office@example.com\n> \n> ",
    ),
    "thunderbird en": (
        "Fwd: Hours",
        "-------- Forwarded Message --------\nSubject: \tHours\nDate: \tTue, 6 Oct 2026 14:03:00 +0200\nFrom: \tEve <eve@example.org>\nTo: \toffice@example.com\n\n\n\n",
    ),
    "thunderbird de": (
        "Fwd: Zeiten",
        "-------- Weitergeleitete Nachricht --------\nBetreff: \tZeiten\nDatum: \tTue, 6 Oct 2026 14:03:00 +0200\nVon: \tEve <eve@example.org>\nAn: \toffice@example.com\n\n\n\n",
    ),
    "thunderbird fr": (
        "Fwd: Horaires",
        "-------- Message transféré --------\nSujet : \tHoraires\nDate : \tTue, 6 Oct 2026 14:03:00 +0200\nDe : \tEve <eve@example.org>\nPour : \toffice@example.com\n\n\n\n",
    ),
    "thunderbird es": (
        "Fwd: Horario",
        "-------- Mensaje reenviado --------\nAsunto: \tHorario\nFecha: \tTue, 6 Oct 2026 14:03:00 +0200\nDe: \tEve <eve@example.org>\nPara: \toffice@example.com\n\n\n\n",
    ),
    "thunderbird it": (
        "Fwd: Orari",
        "-------- Messaggio Inoltrato --------\nOggetto: \tOrari\nData: \tTue, 6 Oct 2026 14:03:00 +0200\nMittente: \tEve <eve@example.org>\nA: \toffice@example.com\n\n\n\n",
    ),
    "thunderbird nl": (
        "Fwd: Tijden",
        "-------- Doorgestuurd bericht --------\nOnderwerp: \tTijden\nDatum: \tTue, 6 Oct 2026 14:03:00 +0200\nVan: \tEve <eve@example.org>\nAan: \toffice@example.com\n\n\n\n",
    ),
}

REPLIES = {
    "gmail en": "On Tue, 6 Oct 2026 at 09:12, Main <main@mailwright.test> wrote:\n\n> old text\n> more of it\n",
    "gmail en folded": "On Tue, 6 Oct 2026 at 09:12, Main of the Harbour Authority <main@mailwright.test>\nwrote:\n\n> old text\n",
    "gmail de": "Am Di., 6. Okt. 2026 um 09:12 Uhr schrieb Main <main@mailwright.test>:\n\n> old text\n",
    "gmail fr": "Le mar. 6 oct. 2026 à 09:12, Main <main@mailwright.test> a écrit :\n\n> old text\n",
    "gmail es": "El mar, 6 oct 2026 a las 9:12, Main (<main@mailwright.test>) escribió:\n\n> old text\n",
    "gmail it": "Il giorno mar 6 ott 2026 alle ore 09:12 Main <main@mailwright.test> ha scritto:\n\n> old text\n",
    "gmail nl": "Op di 6 okt 2026 om 09:12 schreef Main <main@mailwright.test>:\n\n> old text\n",
    "apple en": "> On 6 Oct 2026, at 09:12, Main <main@mailwright.test> wrote:\n> \n> old text\n",
    "apple de": "> Am 06.10.2026 um 09:12 schrieb Main <main@mailwright.test>:\n> \n> old text\n",
    "apple fr": "> Le 6 oct. 2026 à 09:12, Main <main@mailwright.test> a écrit :\n> \n> old text\n",
    "apple es": "> El 6 oct 2026, a las 9:12, Main <main@mailwright.test> escribió:\n> \n> old text\n",
    "apple it": "> Il giorno 6 ott 2026, alle ore 09:12, Main <main@mailwright.test> ha scritto:\n> \n> old text\n",
    "apple nl": "> Op 6 okt 2026, om 09:12 heeft Main <main@mailwright.test> het volgende geschreven:\n> \n> old text\n",
    "thunderbird en": "On 06/10/2026 09:12, Main wrote:\n> old text\n",
    "thunderbird de": "Am 06.10.26 um 09:12 schrieb Main:\n> old text\n",
    "thunderbird fr": "Le 06/10/2026 à 09:12, Main a écrit :\n> old text\n",
    "thunderbird es": "El 6/10/26 a las 9:12, Main escribió:\n> old text\n",
    "thunderbird it": "Il 06/10/2026 09:12, Main ha scritto:\n> old text\n",
    "thunderbird nl": "Op 06-10-2026 om 09:12 schreef Main:\n> old text\n",
    "outlook en": "________________________________\nFrom: Main <main@mailwright.test>\nSent: Tuesday, October 6, 2026 9:12 AM\nTo: Ada Byron <ada@example.com>\nSubject: Re: Sales\n\nold text\n",
    "outlook en without a rule": "From: Main <main@mailwright.test>\nSent: Tuesday, October 6, 2026 9:12 AM\nTo: Ada Byron <ada@example.com>\nSubject: Re: Sales\n\nold text\n",
    "outlook de": "Von: Main <main@mailwright.test>\nGesendet: Dienstag, 6. Oktober 2026 09:12\nAn: Ada Byron\nBetreff: Re: Umsatz\n\nold text\n",
    "outlook fr": "De : Main <main@mailwright.test>\nEnvoyé : mardi 6 octobre 2026 09:12\nÀ : Ada Byron\nObjet : Re: Ventes\n\nold text\n",
    "outlook es": "De: Main <main@mailwright.test>\nEnviado: martes, 6 de octubre de 2026 9:12\nPara: Ada Byron\nAsunto: Re: Ventas\n\nold text\n",
    "outlook es classic": "De: Main <main@mailwright.test>\nEnviado el: martes, 6 de octubre de 2026 9:12\nPara: Ada Byron\nAsunto: Re: Ventas\n\nold text\n",
    "outlook it": "Da: Main <main@mailwright.test>\nInviato: martedì 6 ottobre 2026 09:12\nA: Ada Byron\nOggetto: Re: Vendite\n\nold text\n",
    "outlook nl": "Van: Main <main@mailwright.test>\nVerzonden: dinsdag 6 oktober 2026 09:12\nAan: Ada Byron\nOnderwerp: Re: Verkoop\n\nold text\n",
    "outlook classic": "-----Original Message-----\nFrom: Main [mailto:main@mailwright.test]\nSent: Tuesday, October 06, 2026 9:12 AM\nTo: Ada\nSubject: RE: Sales\n\nold text\n",
    "outlook classic de": "-----Ursprüngliche Nachricht-----\nVon: Main\nGesendet: Dienstag, 6. Oktober 2026 09:12\nAn: Ada\nBetreff: AW: Umsatz\n\nold text\n",
    "outlook classic fr": "-----Message d'origine-----\nDe : Main\nEnvoyé : mardi 6 octobre 2026 09:12\nÀ : Ada\nObjet : RE: Ventes\n\nold text\n",
}


def words(*texts: str) -> list[str]:
    return sorted(" ".join(texts).split())


@pytest.mark.parametrize("form", FORWARDS)
@pytest.mark.parametrize("is_reply", [False, True], ids=["with no references", "with references"])
def test_what_is_passed_on_is_kept_apart_and_whole(form: str, is_reply: bool) -> None:
    """Some mailers name the message they pass on in References, as if they answered it."""
    subject, head = FORWARDS[form]
    found = split(f"Please handle the mail below.\n\n{head}{PAYLOAD}\n\nEve\n", subject=subject, is_reply=is_reply)
    assert found.new == "Please handle the mail below."
    assert PAYLOAD in found.forwarded
    assert "eve@example.org" in found.forwarded or "Eve" in found.forwarded
    assert found.quoted == ""


@pytest.mark.parametrize("form", FORWARDS)
def test_a_forward_without_a_word_above_it_is_kept_whole(form: str) -> None:
    subject, head = FORWARDS[form]
    text = f"{head}{PAYLOAD}\n"
    found = split(text, subject=subject, is_reply=False)
    assert (found.new, found.quoted) == ("", "")
    assert words(found.forwarded) == words(text)


@pytest.mark.parametrize("form", REPLIES)
def test_what_stands_above_the_history_is_new_and_the_rest_is_history(form: str) -> None:
    found = split(f"Thank you, that's perfect.\n\nAda\n\n{REPLIES[form]}", subject="Re: Sales", is_reply=True)
    assert found.new.split("\n")[0] == "Thank you, that's perfect."
    assert "old text" not in found.new
    assert "main@mailwright.test" not in found.new
    assert words(found.quoted) == words(REPLIES[form])
    assert found.forwarded == ""


@pytest.mark.parametrize("form", [name for name, text in REPLIES.items() if "> old text" in text])
def test_what_is_written_below_a_quotation_is_new(form: str) -> None:
    found = split(f"{REPLIES[form]}\nToo early for me. Anything after nine?\n", subject="Re: Trip", is_reply=True)
    assert found.new == "Too early for me. Anything after nine?"
    assert words(found.quoted) == words(REPLIES[form])


@pytest.mark.parametrize("form", FORWARDS)
def test_a_reply_that_passes_something_on_keeps_it_beside_its_history(form: str) -> None:
    """In a thread: a wish, a message of somebody else's, and our last answer quoted below."""
    _, head = FORWARDS[form]
    text = f"Please handle the mail below.\n\n{head}{PAYLOAD}\n\n{REPLIES['gmail en']}"
    found = split(text, subject="Re: Sales", is_reply=True)
    assert PAYLOAD in found.forwarded + found.quoted
    assert words(found.new, found.forwarded, found.quoted, found.signature) == words(text)
