"""How a recipient is told to be left alone, in the languages the scribe writes: with a link, and by an answer. Pure data, for `etiquette`."""

from __future__ import annotations

LINES: dict[str, tuple[str, str]] = {
    "en": (
        "If you do not want mail like this from us, one click is enough, and we will not write again: {url}",
        "If you do not want mail like this from me, one word of answer is enough, and I will not write again.",
    ),
    "de": (
        "Wenn Sie solche Mails von uns nicht möchten, genügt ein Klick, und wir schreiben nicht wieder: {url}",
        "Wenn Sie solche Mails von mir nicht möchten, genügt ein Wort als Antwort, und ich schreibe nicht wieder.",
    ),
    "fr": (
        "Si vous ne souhaitez pas recevoir ce genre de message de notre part, un clic suffit et nous ne vous écrirons plus : {url}",
        "Si vous ne souhaitez pas recevoir ce genre de message de ma part, un mot de réponse suffit et je ne vous écrirai plus.",
    ),
    "es": (
        "Si no desea recibir mensajes como este de nuestra parte, basta un clic y no volveremos a escribirle: {url}",
        "Si no desea recibir mensajes como este de mi parte, basta una palabra de respuesta y no volveré a escribirle.",
    ),
    "it": (
        "Se non desidera ricevere messaggi come questo da parte nostra, basta un clic e non le scriveremo più: {url}",
        "Se non desidera ricevere messaggi come questo da parte mia, basta una parola di risposta e non le scriverò più.",
    ),
    "pt": (
        "Se não quiser receber mensagens como esta da nossa parte, basta um clique e não voltaremos a escrever-lhe: {url}",
        "Se não quiser receber mensagens como esta da minha parte, basta uma palavra de resposta e não voltarei a escrever-lhe.",
    ),
    "nl": (
        "Wilt u zulke mail niet van ons ontvangen, dan is één klik genoeg en schrijven wij u niet meer: {url}",
        "Wilt u zulke mail niet van mij ontvangen, dan is één woord als antwoord genoeg en schrijf ik u niet meer.",
    ),
}
"""By language: the line with a link, and the one where our pages cannot be reached from elsewhere."""
