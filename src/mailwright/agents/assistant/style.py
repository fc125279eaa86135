"""How an owner writes: learned from what they sent and from what they changed in drafts, told as a note in plain words.

Called by learning (sent mail, edited drafts) and by drafting (how is a draft to sound?). The note is what is kept, shown, edited and
given to the model; `manner` reads one, as far as it is in the words that `note` uses.
Promises: pure; only greetings, endings and a signing name are taken from the text of mails, each short and on one line; everything
else is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

from mailwright.agents.assistant import style_table as table
from mailwright.agents.models.rules import language, texts
from mailwright.agents.models.rules.draft import Manner

MAX_TEXT = 20_000  # characters looked at of one mail
MAX_PHRASE = 60  # characters of a greeting or an ending
MAX_PHRASES = 12  # kept of each sort: the most frequent
LAST_LINES = 8  # in which an ending is looked for
EDIT_WEIGHS = 3  # mails: what an owner put right says more than what they wrote some day
ENOUGH_EDITS = 3  # before the note says that drafts are made shorter or longer
NOTICED: Final = 0.2  # of the length

_GREETING = {
    name: re.compile(rf"(?P<word>{words})(?!\w)(?P<name>[^,!.:;?\n]{{0,50}})(?P<end>[,!.:]?)", re.IGNORECASE)
    for name, words in table.GREETINGS.items()
}
_ENDING = {name: re.compile(rf"(?:{words})(?!\w)[^\n]{{0,20}}", re.IGNORECASE) for name, words in table.ENDINGS.items()}
_NAME = re.compile(r"[^\W\d_][\w.'’ -]{0,38}")


def learn(sent: Iterable[str], *, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The measures of mails an owner wrote, their new text each. What edits taught `before` is kept."""
    measures: dict[str, Any] = {"mails": 0, "languages": {}, "names": {}, "emoji": 0}
    for text in sent:
        if text.strip():
            _count(measures, text)
    if before and before.get("edits"):
        measures["edits"] = before["edits"]
        for name, each in before["edits"].get("languages", {}).items():
            of = measures["languages"].setdefault(name, _nothing())
            for sort in ("greetings", "endings"):
                _merge(of[sort], each.get(sort, {}))
    return measures


def from_edit(measures: dict[str, Any], drafted: str, sent: str) -> dict[str, Any]:
    """The measures with what an owner changed in a draft before it was sent: greeting, ending, form of address, length."""
    out = {**learn([]), **deepcopy(measures)}
    edits = {"sent": 0, "as_drafted": 0, "shorter": 0, "longer": 0, "languages": {}, **out.get("edits", {})}
    edits["sent"] += 1
    before, after = len(texts.words(drafted[:MAX_TEXT])), len(texts.words(sent[:MAX_TEXT]))
    edits["as_drafted"] += texts.words(drafted[:MAX_TEXT]) == texts.words(sent[:MAX_TEXT])
    edits["shorter"] += after < before * (1 - NOTICED)
    edits["longer"] += after > before * (1 + NOTICED)
    name = _language(sent)
    old, new = _observed(drafted, name), _observed(sent, name)
    of = out["languages"].setdefault(name, _nothing())
    kept = edits["languages"].setdefault(name, {"greetings": {}, "endings": {}})
    for sort in ("greetings", "endings"):
        if new[sort] and new[sort] != old[sort]:
            for into in (of[sort], kept[sort]):
                _merge(into, {new[sort]: EDIT_WEIGHS})
    if new["name"] and new["name"] != old["name"]:
        _merge(out["names"], {new["name"]: EDIT_WEIGHS})
    for sort in ("formal", "informal"):
        of[sort] += new[sort] * EDIT_WEIGHS
    out["edits"] = edits
    return out


def note(measures: dict[str, Any]) -> str:
    """What was learned, in plain words; nothing while nothing was."""
    lines = []
    languages = sorted(measures.get("languages", {}).items(), key=lambda pair: (-pair[1]["mails"], pair[0]))
    for name, of in languages:
        said = []
        if of["greetings"]:
            said.append(f"greets with “{_first(of['greetings'])}”")
        if of["endings"]:
            said.append(f"ends with “{_first(of['endings'])}”")
        if name in table.FORMAL and of["formal"] + of["informal"]:
            said.append(f"says {(table.FORMAL if of['formal'] >= of['informal'] else table.INFORMAL)[name][0]}")
        if of["mails"]:
            said.append(f"writes about {max(of['words'] // of['mails'], 1)} words")
        if said:
            lines.append(f"{table.LANGUAGES.get(name, name)} ({_mails(of['mails'])}): {', '.join(said)}.")
    if measures.get("names"):
        lines.append(f"Signs as “{_first(measures['names'])}”.")
    if measures.get("mails"):
        lines.append("Uses emoji now and then." if measures["emoji"] * 5 >= measures["mails"] else "Uses no emoji.")
    edits = measures.get("edits", {})
    for way, advice in (("shorter", "write shorter ones"), ("longer", "write fuller ones")):
        if edits.get(way, 0) >= ENOUGH_EDITS and edits[way] * 2 >= edits["sent"]:
            lines.append(f"Made {edits[way]} of {edits['sent']} drafts {way} before sending them: {advice}.")
    return "\n".join(lines)


def manner(said: str, name: str, owner_name: str = "") -> Manner:
    """How a note says that mail in a language is to sound; what it does not say is left to the language."""
    title = table.LANGUAGES.get(name, name)
    line = next((each for each in said.splitlines() if each.strip().casefold().startswith(title.casefold())), "")
    greeting = re.search(r"greets with [“\"]([^”\"\n]{1,60})[”\"]", line)
    ending = re.search(r"ends with [“\"]([^”\"\n]{1,60})[”\"]", line)
    signs = re.search(r"[Ss]igns as [“\"]([^”\"\n]{1,60})[”\"]", said)
    address = table.INFORMAL.get(name, ("", None))[0]
    informal = bool(address) and re.search(rf"\bsays {address}(?!\w)", line) is not None
    return Manner(
        greeting=greeting[1] if greeting else "",
        ending=ending[1] if ending else "",
        name=signs[1] if signs else owner_name,
        informal=informal,
    )


def _count(measures: dict[str, Any], text: str) -> None:
    text = text[:MAX_TEXT]
    name = _language(text)
    of = measures["languages"].setdefault(name, _nothing())
    seen = _observed(text, name)
    measures["mails"] += 1
    measures["emoji"] += table.EMOJI.search(text) is not None
    of["mails"] += 1
    of["words"] += len(texts.words(text))
    of["formal"] += seen["formal"]
    of["informal"] += seen["informal"]
    for sort in ("greetings", "endings"):
        if seen[sort]:
            _merge(of[sort], {seen[sort]: 1})
    if seen["name"]:
        _merge(measures["names"], {seen["name"]: 1})


def _observed(text: str, name: str) -> dict[str, Any]:
    """Greeting, ending, signing name and form of address of one mail."""
    lines = [line.strip() for line in text[:MAX_TEXT].splitlines() if line.strip()]
    out: dict[str, Any] = {"greetings": "", "endings": "", "name": "", "formal": 0, "informal": 0}
    if name not in _GREETING or not lines:
        return out
    if len(lines[0]) <= MAX_PHRASE and (found := _GREETING[name].fullmatch(lines[0])):
        word = " ".join(found["word"].split())
        word = table.GENDERED.get(word.casefold(), word[:1].upper() + word[1:])
        out["greetings"] = f"{word}{' {name}' if found['name'].strip() else ''}{found['end']}"
    last = lines[-LAST_LINES:]
    for index in range(len(last) - 1, -1, -1):
        if len(last[index]) <= MAX_PHRASE and _ENDING[name].fullmatch(last[index].rstrip(" ,.!")):
            out["endings"] = last[index]
            following = last[index + 1] if index + 1 < len(last) else ""
            out["name"] = following if _NAME.fullmatch(following) else ""
            break
    if name in table.FORMAL:
        formal = len(table.FORMAL[name][1].findall(text))
        informal = len(table.INFORMAL[name][1].findall(text))
        out["formal"], out["informal"] = int(formal > informal), int(informal > formal)
    return out


def _language(text: str) -> str:
    return language.guess(text)


def _nothing() -> dict[str, Any]:
    return {"mails": 0, "words": 0, "formal": 0, "informal": 0, "greetings": {}, "endings": {}}


def _merge(into: dict[str, int], more: dict[str, int]) -> None:
    for phrase, times in more.items():
        into[phrase] = into.get(phrase, 0) + times
    for rare in sorted(into, key=lambda phrase: -into[phrase])[MAX_PHRASES:]:
        del into[rare]


def _first(counted: dict[str, int]) -> str:
    return max(counted, key=lambda phrase: (counted[phrase], phrase))


def _mails(count: int) -> str:
    return "from edited drafts" if not count else f"{count} {'mail' if count == 1 else 'mails'}"
