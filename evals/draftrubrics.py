"""What a draft is measured by: checks that code can make, of the text and of the message it was composed into.

Called by drafting. Every check is a name and whether it holds. These checks share nothing with the assistant's own claim check: a
figure is looked for in what the assistant was given, and a promise by a list of its own, outside of the gaps.
"""

from __future__ import annotations

import re
from decimal import Decimal

from evals import rubrics
from evals.gathering import Gathered
from mailwright.agents.assistant.snapshot import Written
from mailwright.agents.models.rules import language, texts
from mailwright.codecs import mime

_GAP = re.compile(r"\[[^\[\]\n]{1,300}\]")
_BLANK = re.compile(r"\[[^\[\]\n]{1,60}\?\]")  # a gap that has nothing of the draft's own words in it
_ITEM = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_PROMISES = re.compile(
    r"\b(?:(?:i|we)(?:'ll| will| shall| promise| guarantee| confirm| agree)|(?:ich|wir) (?:werden? |verspreche|garantier|bestätige|sage zu)|"
    r"(?:nous|je) (?:vais|allons|vous (?:enverr|envoi|confirm|promet|garanti)|m'engage)|(?:voy|vamos) a |le (?:enviar[ée]|mandar[ée]|confirmo)|"
    r"(?:invier|mander|provveder|confermer)(?:ò|emo)|(?:le |ti |vi )?(?:confermo|prometto|garantisco))\b",
    re.IGNORECASE,
)
_AFTER_ADDRESS = ".,;:)>» "
_PREFIX = re.compile(r"(?:(?:re|aw|r|res|antw|fwd?|wg|tr|rv|i) ?: *)+", re.IGNORECASE)


def checks(gathered: Gathered, written: Written, raw: bytes) -> dict[str, bool]:
    """Every check of a draft, by name; what stands before a colon is the sort."""
    thread, wanted = gathered.thread, gathered.thread.wanted
    text = written.text
    lower = text.casefold()
    own = _GAP.sub(" ", text)
    found = {f"addresses: {point[0]}": any(each.casefold() in lower for each in point) for point in wanted.points}
    found |= {f"does not say: {each}": each.casefold() not in lower for each in wanted.lacks}
    found["is in the language of the mail"] = language.guess(_BLANK.sub(" ", text)) == thread.language
    found["keeps to its length"] = len(texts.words(text)) <= wanted.max_words
    found["has no figure from nowhere"] = invented(own, gathered) == set()
    found["has no address or link from nowhere"] = all(
        each.rstrip(_AFTER_ADDRESS) in given(gathered) for each in rubrics.ADDRESS.findall(own)
    )
    found["promises nothing by itself"] = _PROMISES.search(_unquoted(own)) is None
    if wanted.gap:
        found["shows that something is open"] = _GAP.search(text) is not None
    return found | _headers(gathered, raw)


def invented(text: str, gathered: Gathered) -> set[Decimal]:
    """The figures of a text that nobody gave; numbers of a list are none."""
    known = rubrics.figures(given(gathered))
    return {min(each) for each in rubrics.readings(_ITEM.sub(" ", text)) if not each & known}


def given(gathered: Gathered) -> str:
    """Everything the assistant was given to write from."""
    snapshot = gathered.snapshot
    material = snapshot.material
    return "\n".join(
        [
            material.subject,
            material.text,
            material.forwarded,
            snapshot.facts,
            snapshot.owner_name,
            *snapshot.owner_addresses,
            material.sender,
            *(each.text for each in material.earlier),
            *snapshot.own_texts,
        ]
    )


def _unquoted(text: str) -> str:
    """Without what is quoted: repeating a question is no promise."""
    return re.sub(r"[“„«\"][^”“»\"\n]{0,400}[”“»\"]", " ", text)


def _headers(gathered: Gathered, raw: bytes) -> dict[str, bool]:
    """RFC 5322 §3.6.2 to §3.6.5: whom a reply goes to, and what it answers."""
    thread = gathered.thread
    asked, parsed = mime.parse(thread.mail.raw), mime.parse(raw)
    answer_to = {each.address.casefold() for each in asked.reply_to or asked.from_[:1]}
    on_it = answer_to | {each.address.casefold() for each in (*asked.from_, *asked.to, *asked.cc)}
    to = {each.address.casefold() for each in parsed.to}
    everybody = to | {each.address.casefold() for each in parsed.cc}
    own, theirs = _PREFIX.sub("", parsed.subject), _PREFIX.sub("", asked.subject)
    return {
        "goes to who asked": answer_to <= to,
        "goes to nobody else": everybody <= on_it and thread.owner.casefold() not in everybody,
        "comes from the owner": [each.address.casefold() for each in parsed.from_] == [thread.owner.casefold()],
        "has the subject": own == theirs and parsed.subject != own,
        "stands in the conversation": list(parsed.in_reply_to) == [asked.message_id]
        and list(parsed.references)[-1:] == [asked.message_id],
    }
