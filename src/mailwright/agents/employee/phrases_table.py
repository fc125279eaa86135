"""What the employee says without a model, by language; English where a language is missing."""

CLARIFY = {
    "en": (
        "{hello}\n\nthank you for your message. I did not find anything in it that I should do. If you would like me to do something, "
        "please answer with what you need, for example:\n\n"
        "  - Please total the attached file by region.\n  - Summarise the text below.\n  - What is 15% of 2,350?\n\n"
        "If you only wanted to let me know, nothing more is needed.\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\nvielen Dank für Ihre Nachricht. Ich habe darin nichts gefunden, was ich tun soll. Wenn ich etwas für Sie erledigen soll, "
        "antworten Sie bitte einfach mit Ihrem Wunsch, zum Beispiel:\n\n"
        "  - Bitte summieren Sie die angehängte Datei nach Region.\n  - Fassen Sie den Text unten zusammen.\n  - Was sind 15 % von 2.350?\n\n"
        "Falls es nur zur Kenntnis war, brauchen Sie nichts weiter zu tun.\n\n-- \n{agent}"
    ),
}
APOLOGY = {
    "en": (
        "{hello}\n\nyour message arrived, but I could not finish what you asked: {reason}. I tried twice. Nothing else was done, and you need "
        "not fear that something half-finished is under way.\n\nPlease send it again later, or tell whoever runs this server (reference "
        "{reference}).\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\nIhre Nachricht ist angekommen, aber ich konnte sie nicht bearbeiten: {reason}. Ich habe es zweimal versucht. Es ist "
        "nichts weiter geschehen, und nichts ist halb fertig unterwegs.\n\nBitte senden Sie sie später noch einmal oder wenden Sie sich an "
        "den Betreiber dieses Servers (Kennzeichen {reference}).\n\n-- \n{agent}"
    ),
}
HELLO = {"en": ("Hello {name},", "Hello,"), "de": ("Hallo {name},", "Hallo,")}
UNKNOWN_REASON = {"en": "something went wrong on our side", "de": "bei uns ist etwas schiefgegangen"}
NO_MODEL = {
    "en": "the language model that should have done it could not ({detail})",
    "de": "das Sprachmodell, das sie bearbeiten sollte, konnte es nicht ({detail})",
}
