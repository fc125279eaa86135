"""Phrases of drafts that the rules model writes, by language. Adding a language is adding its words here."""

from typing import Final

PHRASES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "hello": "Hello {name},",
        "hello_nobody": "Hello,",
        "thanks": "thank you for your mail.",
        "quote": "“{text}”",
        "answer": "[your answer?]",
        "bye": "Best regards",
    },
    "de": {
        "hello": "Guten Tag {name},",
        "hello_nobody": "Guten Tag,",
        "thanks": "vielen Dank für Ihre Nachricht.",
        "thanks_informal": "vielen Dank für deine Nachricht.",
        "quote": "„{text}“",
        "answer": "[Antwort?]",
        "bye": "Freundliche Grüße",
    },
    "fr": {
        "hello": "Bonjour {name},",
        "hello_nobody": "Bonjour,",
        "thanks": "merci pour votre message.",
        "thanks_informal": "merci pour ton message.",
        "quote": "« {text} »",
        "answer": "[réponse?]",
        "bye": "Cordialement",
    },
    "es": {
        "hello": "Hola, {name}:",
        "hello_nobody": "Hola:",
        "thanks": "muchas gracias por su mensaje.",
        "thanks_informal": "muchas gracias por tu mensaje.",
        "quote": "«{text}»",
        "answer": "[respuesta?]",
        "bye": "Saludos cordiales",
    },
    "it": {
        "hello": "Buongiorno {name},",
        "hello_nobody": "Buongiorno,",
        "thanks": "grazie per il Suo messaggio.",
        "thanks_informal": "grazie per il tuo messaggio.",
        "quote": "«{text}»",
        "answer": "[risposta?]",
        "bye": "Cordiali saluti",
    },
}
"""The language's own; English where it is missing. Greetings name nobody's sex."""
