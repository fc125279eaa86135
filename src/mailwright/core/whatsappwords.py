"""What WhatsApp's hook says by itself, in the seven languages of the concierge: who is not known, what cannot be read, a phone linked;
and by mail to whose it was before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Said = Literal["stranger", "media", "linked", "wrong", "taken", "taken-subject"]

WORDS: Mapping[Said, Mapping[str, str]] = {
    "stranger": {
        "en": "Hello! I keep track of follow-ups, but only for people I know, and I do not know this number. If you have an account here, "
        "link your phone in its settings. I will not write again.",
        "de": "Guten Tag! Ich kümmere mich um Wiedervorlagen, aber nur für Menschen, die ich kenne, und diese Nummer kenne ich nicht. Wenn "
        "Sie hier ein Konto haben, verbinden Sie Ihr Telefon in dessen Einstellungen. Ich schreibe nicht noch einmal.",
        "fr": "Bonjour ! Je m’occupe de rappels, mais seulement pour les personnes que je connais, et je ne connais pas ce numéro. Si vous "
        "avez un compte ici, associez votre téléphone dans ses réglages. Je n’écrirai plus.",
        "es": "¡Hola! Me ocupo de recordatorios, pero solo para las personas que conozco, y no conozco este número. Si tiene una cuenta "
        "aquí, vincule su teléfono en los ajustes. No volveré a escribir.",
        "it": "Buongiorno! Mi occupo di promemoria, ma solo per le persone che conosco, e non conosco questo numero. Se ha un account qui, "
        "colleghi il telefono nelle impostazioni. Non scriverò più.",
        "pt": "Olá! Trato de lembretes, mas só para pessoas que conheço, e não conheço este número. Se tem uma conta aqui, associe o "
        "telefone nas definições. Não voltarei a escrever.",
        "nl": "Hallo! Ik houd herinneringen bij, maar alleen voor mensen die ik ken, en dit nummer ken ik niet. Als u hier een account "
        "hebt, koppel dan uw telefoon in de instellingen. Ik schrijf niet nog een keer.",
    },
    "media": {
        "en": "Thank you! I can only read text so far, so I did not understand this one. Please write it to me.",
        "de": "Danke! Ich kann bisher nur Text lesen und habe das deshalb nicht verstanden. Bitte schreiben Sie es mir.",
        "fr": "Merci ! Pour l’instant je ne lis que du texte, je n’ai donc pas compris ce message. Merci de me l’écrire.",
        "es": "¡Gracias! Por ahora solo leo texto, así que esto no lo he entendido. Escríbamelo, por favor.",
        "it": "Grazie! Per ora leggo solo testo e questo non l’ho capito. Me lo scriva, per favore.",
        "pt": "Obrigado! Por enquanto só leio texto, por isso não percebi esta mensagem. Escreva-ma, por favor.",
        "nl": "Dank u! Ik kan voorlopig alleen tekst lezen en heb dit dus niet begrepen. Schrijft u het me alstublieft.",
    },
    "linked": {
        "en": "This phone is linked to {email} now. Write to me what to follow up, and when.",
        "de": "Dieses Telefon gehört jetzt zu {email}. Schreiben Sie mir, woran ich wann erinnern soll.",
        "fr": "Ce téléphone est maintenant associé à {email}. Écrivez-moi ce qu’il faut relancer, et quand.",
        "es": "Este teléfono está vinculado ahora a {email}. Escríbame qué debo recordarle y cuándo.",
        "it": "Questo telefono è ora collegato a {email}. Mi scriva che cosa ricordarle, e quando.",
        "pt": "Este telefone está agora associado a {email}. Escreva-me o que devo lembrar, e quando.",
        "nl": "Deze telefoon hoort nu bij {email}. Schrijf me waaraan ik u moet herinneren, en wanneer.",
    },
    "wrong": {
        "en": "This code is not good, or not any more. Make a new one in the settings of your account and send it from this phone.",
        "de": "Dieser Code gilt nicht, oder nicht mehr. Bitte machen Sie in den Einstellungen Ihres Kontos einen neuen und senden Sie ihn von "
        "diesem Telefon.",
        "fr": "Ce code n’est pas valable, ou ne l’est plus. Créez-en un nouveau dans les réglages de votre compte et envoyez-le de ce téléphone.",
        "es": "Este código no es válido o ha caducado. Cree uno nuevo en los ajustes de su cuenta y envíelo desde este teléfono.",
        "it": "Questo codice non è valido, o non lo è più. Ne crei uno nuovo nelle impostazioni dell’account e lo invii da questo telefono.",
        "pt": "Este código não é válido, ou já não é. Crie um novo nas definições da sua conta e envie-o deste telefone.",
        "nl": "Deze code geldt niet, of niet meer. Maak een nieuwe in de instellingen van uw account en stuur die van deze telefoon.",
    },
    "taken-subject": {
        "en": "Your phone is linked to another account",
        "de": "Ihr Telefon gehört jetzt zu einem anderen Konto",
        "fr": "Votre téléphone est associé à un autre compte",
        "es": "Su teléfono está vinculado a otra cuenta",
        "it": "Il suo telefono è collegato a un altro account",
        "pt": "O seu telefone está associado a outra conta",
        "nl": "Uw telefoon hoort bij een ander account",
    },
    "taken": {
        "en": "Somebody sent me a code of another account from {phone} by WhatsApp, so I take what comes from there for theirs now and write "
        "nothing to it for you. If you did not want that, make a code of your own in the settings of your account, send it from this phone, "
        "and tell whoever looks after this server.",
        "de": "Von {phone} kam per WhatsApp der Code eines anderen Kontos. Was von dort kommt, gilt mir jetzt als dessen Wunsch, und für Sie "
        "schreibe ich nicht mehr dorthin. Wenn Sie das nicht wollten, machen Sie in den Einstellungen Ihres Kontos einen eigenen Code, senden "
        "Sie ihn von diesem Telefon, und sagen Sie es denen, die diesen Server betreuen.",
        "fr": "Le code d’un autre compte m’est parvenu par WhatsApp depuis {phone}. Ce qui vient de là compte désormais comme venant de ce "
        "compte, et je n’y écris plus pour vous. Si vous ne le vouliez pas, créez votre propre code dans les réglages de votre compte, "
        "envoyez-le de ce téléphone et prévenez les responsables de ce serveur.",
        "es": "Desde {phone} me llegó por WhatsApp el código de otra cuenta. Lo que venga de ahí vale ahora como suyo, y ya no escribo ahí para "
        "usted. Si no lo quería, cree su propio código en los ajustes de su cuenta, envíelo desde este teléfono y avise a quien cuida de este "
        "servidor.",
        "it": "Da {phone} mi è arrivato su WhatsApp il codice di un altro account. Ciò che viene da lì vale ora come suo, e per lei non scrivo "
        "più lì. Se non lo voleva, crei un codice suo nelle impostazioni dell’account, lo invii da questo telefono e avvisi chi si occupa di "
        "questo server.",
        "pt": "De {phone} chegou-me por WhatsApp o código de outra conta. O que vem daí conta agora como sendo dessa conta, e já não escrevo "
        "para aí em seu nome. Se não queria isso, crie um código seu nas definições da sua conta, envie-o deste telefone e avise quem cuida "
        "deste servidor.",
        "nl": "Vanaf {phone} kreeg ik via WhatsApp de code van een ander account. Wat daarvandaan komt, geldt nu als van dat account, en voor u "
        "schrijf ik er niet meer heen. Wilde u dat niet, maak dan een eigen code in de instellingen van uw account, stuur die van deze "
        "telefoon en waarschuw wie deze server beheert.",
    },
}


def words(said: Said, language: str, **values: str) -> str:
    """What is said in a language, in English where there is none such."""
    known = WORDS[said]
    return known.get(language[:2].lower(), known["en"]).format(**values)
