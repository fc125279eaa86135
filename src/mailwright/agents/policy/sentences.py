"""Sentences: what of a text is its writer's own, and which effects a sentence asks for. The grammar of `words`.

Expects text in NFKC; promises plain code over bounded text, and to read a request only where one stands: first in its sentence,
after a politeness, after "and", after "can you"; not where it is told, denied, or put in quotation marks (the caller makes those
unreadable first).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailwright.agents.policy import words_table as table
from mailwright.agents.policy.effects import Action

_TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|,|(?<!\S)[-*•](?=\s)")
_NOUNISH = frozenset(
    [
        "mail",
        "email",
        "e-mail",
        "message",
        "book",
        "label",
        "change",
        "share",
        "schedule",
        "update",
        "reply",
        "forward",
        "plan",
        "archive",
        "ask",
    ]
)
_AFTER_A_NOUN = frozenset(
    [
        "from",
        "of",
        "is",
        "was",
        "are",
        "were",
        "says",
        "said",
        "about",
        "in",
        "at",
        "address",
        "addresses",
        "thread",
        "price",
        "has",
        "had",
    ]
)


_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"^[ \t]*(?:[-_=*~#]{3,}.*|(?:from|von|de):[ \t].*@.*)$", re.MULTILINE | re.IGNORECASE)
_SHOWING = re.compile(
    r"^[^\n]{0,300}\b(?:text|mail|e-?mail|message|letter|note|article|paragraph|transcript|page|log|comment|review|below|summari[sz]e"
    r"|translate|proofread|rephrase|analy[sz]e|classify|nachricht|brief|notiz|artikel|absatz|unten|folgenden?|fasse|übersetze|korrigiere"
    r"|prüfe|lies)\b[^\n]{0,300}:[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_DOING = re.compile(
    r"\b(?:do|tasks?|steps|to-?dos?|following (?:people|addresses|recipients)|erledige|aufgaben|schritte"
    r"|(?:send|forward|mail|write|share|invite|sende|schicke)\b[^\n]{0,80}\bto|an folgende|to)\b[^\n]{0,40}:[ \t]*$",
    re.IGNORECASE,
)
_PASSAGE = re.compile(
    r'(?<![^\s(\[:])"[^"]{121,4000}"(?!\w)|“[^“”]{121,4000}”|„[^„“”]{121,4000}[“”]|»[^»«]{121,4000}«|«[^»«]{121,4000}»'
)


_SHOWN_AT_ONCE = re.compile(
    r"\b(?:summari[sz]e|translate|proofread|rephrase|analy[sz]e|classify|explain|fasse|übersetze|korrigiere|erkläre)\b[^\n:.!?]{0,120}:(?=[ \t]*\S)",
    re.IGNORECASE,
)
_SENDING = re.compile(
    r"\b(?:send|forward|mail|write|share|invite|sende|schicke)\b[^\n]{0,80}\b(?:to|an)\b", re.IGNORECASE
)
_TOLD = re.compile(
    r"(\b(?:says?|said|writes?|wrote|asks?|asked|wants?|wanted|replie[sd]|answer(?:s|ed)|schrieb|schreibt|sagte?|fragte?|meinte?|antwortete?)[ \t]*:)"
    r"(?:[^\n]|\n(?![ \t]*\n))+",
    re.IGNORECASE,
)
"""What somebody said, up to the end of its paragraph: "Eve wants: please send …"."""


def own(text: str) -> str:
    """The text up to where something is only shown: a rule, a quoted line's head, "the mail below:"; without fences, quoted lines
    and quotations as long as a passage."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _FENCE.sub("\n", text)
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
    ends = [found.start() for found in _RULE.finditer(text)][:1]
    for found in _SHOWING.finditer(text):
        if not _DOING.search(found[0]):
            ends.append(found.end())
            break
    ends += [found.end() for found in _SHOWN_AT_ONCE.finditer(text) if not _SENDING.search(found[0])][:1]
    text = _TOLD.sub(r"\1", text[: min(ends)] if ends else text)
    return _PASSAGE.sub(" ", text)


# --- verbs


def _index(source: Mapping[Action, str]) -> dict[str, Action]:
    return {verb: action for action, verbs in source.items() for verb in verbs.split()}


_BARE = _index(table.ENGLISH) | _index(table.GERMAN_IMPERATIVES)
_AT_THE_END = _index(table.GERMAN_INFINITIVES)


def actions(tokens: list[str]) -> tuple[frozenset[Action], bool]:
    """What a sentence asks for, and whether it asks for one more event."""
    asked: set[Action] = set()
    present = set(tokens)
    calendar = bool(present & table.OF_A_CALENDAR)
    one_more = False
    for at, token in enumerate(tokens):
        bare, final = _BARE.get(token), _AT_THE_END.get(token)
        making = token in table.MAKING and calendar
        if bare is None and final is None and not making:
            continue
        if token in table.TELLING and tokens[at + 1 : at + 2] and tokens[at + 1] in table.ME:
            continue
        if token in table.ONLY_WITH and not present.intersection(table.ONLY_WITH[token]) and not making:
            continue
        imperative = (bare is not None or making or _formal(tokens, at)) and _is_request(tokens, at)
        if not imperative and not ((final is not None or making) and _asked_politely(tokens[:at])):
            continue
        if _is_negated(tokens, at):
            continue
        action = bare or final
        if making:
            asked.add(Action.INVITE)
        if action is not None:
            asked.add(action)
        one_more = one_more or (
            (making or action is Action.INVITE)
            and token not in table.INVITING_ONLY
            and bool(table.NEW.intersection(tokens[at + 1 : at + 4]))
        )
    return frozenset(asked), one_more


def _is_request(tokens: list[str], at: int) -> bool:
    """Whether a verb stands where a request has it: first, after a politeness, after "and", after "can you"."""
    if tokens[at] in _NOUNISH and at + 1 < len(tokens) and tokens[at + 1] in _AFTER_A_NOUN:
        return False
    while at > 0:
        before = tokens[at - 1]
        if before in table.JOINING:
            return True
        if before in ("you", "du", "sie", "ihr"):
            return at >= 2 and tokens[at - 2] in table.MODALS
        if before == "to":
            return at >= 2 and tokens[at - 2] in table.BEFORE_TO
        if before not in table.SKIPPED:
            return False
        at -= 1
    return True


def _formal(tokens: list[str], at: int) -> bool:
    """ "Senden Sie …"."""
    return at + 1 < len(tokens) and tokens[at + 1] == "sie" and tokens[at] in _AT_THE_END


def _asked_politely(before: list[str]) -> bool:
    return any(word == "bitte" or word in table.MODALS or word in table.FORGETTING for word in before)


def _is_negated(tokens: list[str], at: int) -> bool:
    """ "Do not send", "schicke es nicht", "send nothing"; but "do not forget to send" is no negation."""
    before: list[str] = []
    for token in reversed(tokens[max(0, at - 6) : at]):
        if token in (",", "but", "aber", "sondern") and not set(before) & table.FORGETTING:
            if not set(tokens[max(0, at - 8) : at]) & table.FORGETTING:
                break
            continue
        before.append(token)
    if set(before) & table.NEGATIONS and not set(before) & table.FORGETTING:
        return True
    after: list[str] = []
    for word in tokens[at + 1 : at + 5]:
        if word in (",", "and", "und", "but", "aber"):
            break
        after.append(word)
    return bool(set(after) & (table.NEGATIONS - {"without", "ohne"}))


def tokens_of(masked: str) -> list[str]:
    """The words and commas of a sentence, in lower case."""
    return [token.lower().replace("’", "'") for token in _TOKEN.findall(masked)]
