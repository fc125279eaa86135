"""The built-in scribe: no key, no network, the same answer every time. It reads templates by their words, and writes by filling placeholders.

Called by parse and compose as what the model `rules` does. What it fills in is quoted from facts; what it has nothing for, its sentence is
left out by compose.
"""

from __future__ import annotations

import re
from typing import Final

from mailwright.agents.models import TemplateRead
from mailwright.agents.models.rules import language as languages
from mailwright.agents.models.rules import texts
from mailwright.agents.scribe import by_rules_table as table
from mailwright.domain.outreach import PLACEHOLDER, TemplateType
from mailwright.storage.outreach import Outreach

MAX_TERM = 120  # characters of what is added to a name in a search
MAX_LOOKED_AT = 6_000  # characters of a template: what it is about shows early

_SENDER_SAYS = re.compile(table.SENDER_SAYS, re.IGNORECASE)
_FREE_MAIL: Final = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "gmx.at",
        "gmx.de",
        "gmx.net",
        "web.de",
        "proton.me",
        "protonmail.com",
        "mail.ru",
        "aol.com",
        "orange.fr",
        "libero.it",
        "t-online.de",
    ]
)


def read_template(mail: Outreach) -> TemplateRead:
    """What a template asks to be looked up, by its words."""
    found, shows = _type(mail)
    because = (
        f"its words are about {found.value.lower()}: {', '.join(shows[:4])}"
        if shows
        else "nothing in it shows research or books"
    )
    return TemplateRead(type=found.value, search_terms=terms(mail, found), because=because)


def terms(mail: Outreach, found: TemplateType) -> tuple[str, str]:
    """The two searches: who the recipient is, and what they published or did."""
    language = language_of(mail.template)
    topic = _short(mail.interest)
    anchor = anchor_of(mail)
    background = " ".join(dict.fromkeys([mail.name, anchor or topic or table.BACKGROUND[language]]))
    return background, " ".join(
        each for each in (mail.name, topic or anchor, table.PUBLISHED[found.value][language]) if each
    )


def anchor_of(mail: Outreach) -> str:
    """Where the recipient belongs, as far as the owner says it: a field of that name, or the domain of their address."""
    for name, value in mail.fields.items():
        if " ".join(name.casefold().replace("_", " ").split()) in table.AFFILIATION_FIELDS and value.strip():
            return _short(value)
    domain = mail.email.rpartition("@")[2].casefold()
    return domain if domain and domain not in _FREE_MAIL else ""


def language_of(text: str) -> str:
    """One of the languages the scribe writes in; English where none shows."""
    return languages.of_conversation(PLACEHOLDER.sub(" ", text), among=tuple(table.LANGUAGES))


def _type(mail: Outreach) -> tuple[TemplateType, list[str]]:
    template = mail.template[:MAX_LOOKED_AT]
    asked = _words(" ".join(PLACEHOLDER.findall(template)))
    # Who says that they study wants no papers for it.
    around = _words(_SENDER_SAYS.sub(" ", PLACEHOLDER.sub(" ", template)))
    scores: dict[TemplateType, dict[str, int]] = {TemplateType.RESEARCH: {}, TemplateType.BOOK: {}}
    for kind, known in ((TemplateType.RESEARCH, table.RESEARCH_WORDS), (TemplateType.BOOK, table.BOOK_WORDS)):
        for word in dict.fromkeys([*asked, *around]):
            if word in known:
                scores[kind][word] = known[word] * (2 if word in asked else 1)
    best = max(scores, key=lambda kind: sum(scores[kind].values()))
    if sum(scores[best].values()) < table.SHOWS:
        return TemplateType.GENERAL, []
    return best, sorted(scores[best], key=lambda word: -scores[best][word])


def _words(text: str) -> list[str]:
    return [word.casefold() for each in texts.words(text.replace("_", " ")) for word in each.split("-")]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_TERM else flat[:MAX_TERM].rpartition(" ")[0]
