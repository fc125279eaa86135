"""Doing the work by rules: what can be computed is computed, what can be found is listed, and the rest is said plainly.

Called by the rules model. The reply says first what it is, then results (calculations, tables, lists, counts, summaries), then
what it found in the message and in what came with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailwright.agents.models.material import Attached, Material
from mailwright.agents.models.rules import arithmetic, dates, facts, language, lists, tables, tabletext, texts
from mailwright.agents.models.rules.phrases_table import REQUESTS
from mailwright.agents.models.turns import MAX_ANSWER, Answer

LONG_TEXT = 120  # words: from here on a text is summarised without being asked
SUMMARY_SENTENCES = 4
UNDERSTOOD_SENTENCES = 3
FIRST_LINES = 3  # of an attached text
MAX_SHOWN_ITEMS = 200  # of a list

_WANTS_SUMMARY = re.compile(
    r"\b(?:summar\w*|tl;?dr|key points|main points|gist|zusammen(?:fass\w*|gefasst)|fasse?\b.{0,60}\bzusammen|kernpunkte|r[ée]sum\w+|"
    r"resum\w+|riassum\w+|samenvat\w*)",
    re.IGNORECASE | re.DOTALL,
)
_WANTS_COUNT = re.compile(
    r"\b(?:how many|count|number of|wie viele|z[äa]hl\w*|anzahl|combien de|compte[rz]?|cu[áa]nt[oa]s|cuenta)\b",
    re.IGNORECASE,
)
_PART_OF = re.compile(
    r"\b(?:from|with|where|are|have been|aus|mit|bei|sind)\b", re.IGNORECASE
)  # some of them: not counted
_COUNTABLE = re.compile(
    r"\b(?:words?|lines?|characters?|letters?|w[öo]rter|worte|zeilen|zeichen|buchstaben|mots|lignes|caract[èe]res|palabras|l[íi]neas|caracteres)\b",
    re.IGNORECASE,
)


_COUNTABLE_ROWS = re.compile(
    r"\b(?:rows?|records?|entries|lines?|columns?|zeilen|eintr[äa]ge|datens[äa]tze|spalten|lignes|colonnes|filas|columnas)\b",
    re.IGNORECASE,
)
_BEYOND_RULES = re.compile(
    r"\b(?:translate|write|draft|send|forward|reply|remind|schedule|book|explain|compare|research|look up|review|plot|chart|call|"
    r"[üu]bersetz\w*|schreib\w*|schick\w*|sende\w*|erinner\w*|erkl[äa]r\w*|vergleich\w*|recherchier\w*|buche|traduis\w*|traduire|[ée]cri\w*|"
    r"envoie\w*|rappelle\w*|expliqu\w*|traduce|escrib\w*|env[íi]a\w*|recu[ée]rda\w*|explica\w*)\b",
    re.IGNORECASE,
)
_FORWARD_HEADER = re.compile(
    r"(?:-{2,}.*|begin forwarded message:?|(?:from|sent|date|to|cc|subject|reply-to|von|gesendet|datum|an|betreff|de|envoyé|à|objet|enviado|para|"
    r"asunto)\s?:.*)",
    re.IGNORECASE,
)


def work(material: Material) -> Answer:
    """The reply of the rules model to a message it has judged to ask for something."""
    asked = f"{material.subject}\n{material.text}"
    tongue = language.guess(material.text or material.subject)
    says = language.phrases(tongue)
    results = _results(material, asked, tongue, says)
    found = _found(material, says)
    done = sorted({title for title, _body in results})
    out = [_greeting(material, says), says["who"]]
    out += [_section(title, body) for title, body in results]
    if not results:
        out.append(says["cannot"] if asked.strip() or material.attachments else says["empty"])
    elif _BEYOND_RULES.search(asked) or (lists.wanted(asked) is not None and says["list"] not in done):
        out.append(says["beyond"])
    out += [_section(title, body) for title, body in found]
    still_open = [each for each in texts.questions(material.text) if not _answered(each, tongue, bool(results))]
    if still_open:
        out.append(_section(says["open"], [f"[ ] {each}" for each in still_open]))
    out.append(f"-- \n{says['bye']}")
    because = (
        f"by rules: {', '.join(done).lower()}" if done else "by rules: nothing that could be computed or summarised"
    )
    return Answer(text="\n\n".join(out)[:MAX_ANSWER], because=because[:500])


def _answered(question: str, tongue: str, has_results: bool) -> bool:
    """Whether the results above answer it: a calculation does; "can you total this?" is answered by having been done."""
    sums = arithmetic.find(question, prefer=language.decimal_mark(tongue))
    if sums:  # every number of the question must be in them: "3 x 19.99 plus 19% VAT" is not answered by 59.97
        return arithmetic.numbers_in(question) <= sum(arithmetic.numbers_in(each.asked) for each in sums)
    if has_results and _WANTS_COUNT.search(question):
        return bool(_COUNTABLE.search(question) or _COUNTABLE_ROWS.search(question)) and not _PART_OF.search(question)
    return has_results and any(pattern.search(question) for _name, pattern in REQUESTS)


def _results(material: Material, asked: str, tongue: str, says: dict[str, str]) -> list[tuple[str, list[str]]]:
    out: list[tuple[str, list[str]]] = []
    mark = language.decimal_mark(tongue)
    sums = arithmetic.find(asked, prefer=mark)
    if sums:
        out.append((says["calculations"], [str(each) for each in sums]))
    counted: set[str] = set()
    for attached in material.attachments:
        table = None
        if attached.text is not None and _tabular(attached):
            table = tables.read(attached.text, name=attached.name, truncated=attached.truncated)
        if table is not None:
            counted.add(attached.name)
            out.append((f"{says['table']} {attached.name}", tabletext.describe(table, asked, mark=mark)))
    if not counted:
        pasted = tabletext.pasted(material.text)
        if pasted is not None:
            out.append((says["table"], tabletext.describe(pasted, asked, mark=mark)))
    out += _listed(material, asked, says)
    if _WANTS_COUNT.search(asked) and _COUNTABLE.search(asked):
        out.append((says["counts"], _counts(material)))
    out += _summaries(material, asked, says, leave_out=counted)
    return out


def _listed(material: Material, asked: str, says: dict[str, str]) -> list[tuple[str, list[str]]]:
    what = lists.wanted(asked)
    if what is None:
        return []
    sources = [
        material.text,
        material.forwarded,
        *(each.text or "" for each in material.attachments if not _is_csv(each)),
    ]
    items = next((found for each in sources if (found := lists.find(each))), [])
    if not items:
        lines = next((each.text for each in material.attachments if each.text and not _is_csv(each)), "") or ""
        items = [line.strip() for line in lines.splitlines() if line.strip()][: lists.MAX_ITEMS]
    if len(items) < 2:
        return []
    done = lists.do(items, what)
    body = [f"{position}. {item}" for position, item in enumerate(done.items[:MAX_SHOWN_ITEMS], 1)]
    if len(done.items) > MAX_SHOWN_ITEMS:
        body.append(f"… {len(done.items) - MAX_SHOWN_ITEMS} more")
    if what.unique:
        body.append(f"({done.removed} removed that came twice)")
    return [(says["list"], body)]


def _counts(material: Material) -> list[str]:
    texts_ = [("the forwarded message", material.forwarded)]
    texts_ += [(each.name, each.text or "") for each in material.attachments]
    if not any(text.strip() for _name, text in texts_):
        texts_ = [("the message", material.text)]
    out = []
    for name, text in texts_:
        if text.strip():
            found = texts.counts(text)
            lines = f"{found.lines:,} {'line' if found.lines == 1 else 'lines'}"
            out.append(f"{name}: {found.words:,} words, {lines}, {found.characters:,} characters")
    return out


def _summaries(
    material: Material, asked: str, says: dict[str, str], *, leave_out: set[str]
) -> list[tuple[str, list[str]]]:
    wanted = bool(_WANTS_SUMMARY.search(asked))
    sources = [("", _without_header(material.forwarded))]
    sources += [(each.name, each.text or "") for each in material.attachments if each.name not in leave_out]
    if not any(text.strip() for _name, text in sources):
        sources.append(("", material.text))
    out = []
    for name, text in sources:
        length = len(texts.words(text[: texts.MAX_TEXT]))
        if length and (length >= LONG_TEXT or (wanted and length > 20)):
            body = [f"- {each}" for each in texts.summary(text, SUMMARY_SENTENCES)]
            if body:
                out.append((f"{says['summary']} {name}".strip(), body))
    return out


def _without_header(forwarded: str) -> str:
    """A forwarded message without the mark and the fields a mailer puts before it."""
    lines = forwarded.splitlines()
    start = 0
    while start < len(lines) and (not lines[start].strip() or _FORWARD_HEADER.fullmatch(lines[start].strip()[:300])):
        start += 1
    return "\n".join(lines[start:])


def _found(material: Material, says: dict[str, str]) -> list[tuple[str, list[str]]]:
    out: list[tuple[str, list[str]]] = []
    understood = _understood(material)
    if understood:
        out.append((says["understood"], [f"- {each}" for each in understood]))
    if material.attachments:
        out.append((says["attached"], [line for each in material.attachments for line in _attached(each)]))
    said = f"{material.subject}\n{material.text}\n{material.forwarded}"
    named = dates.find(said, sent_at=material.sent_at, time_zone=material.time_zone)
    if named:
        out.append((says["dates"], [f"- {each}" for each in named]))
    known = facts.find(said)
    for title, things in (
        (says["links"], known.links),
        (says["contacts"], known.addresses + known.phones),
        (says["figures"], known.figures),
    ):
        if things:
            out.append((title, [f"- {each}" for each in things]))
    return out


def _understood(material: Material) -> list[str]:
    """The sentences that ask, or else the most telling ones."""
    every = texts.sentences(material.text)
    asking = [each for each in every if each.endswith("?") or _ASKS.search(each)]
    if asking:
        return [texts.shortened(each) for each in asking[:UNDERSTOOD_SENTENCES]]
    return (
        texts.summary(material.text, UNDERSTOOD_SENTENCES)
        or [material.subject.strip()][: 1 if material.subject.strip() else 0]
    )


def _attached(attached: Attached) -> list[str]:
    line = f"- {attached.name} ({attached.type}, {readable_size(attached.size)})"
    if attached.text is None:
        return [f"{line}: not a text that I can read"]
    found = texts.counts(attached.text)
    cut = ", only the beginning was read" if attached.truncated else ""
    lines = [f"{line}: {found.lines:,} {'line' if found.lines == 1 else 'lines'}, {found.words:,} words{cut}"]
    shown = [each for each in attached.text.splitlines() if each.strip()][:FIRST_LINES]
    return lines + [f"    | {texts.shortened(each.strip(), 100)}" for each in shown]


def readable_size(size: int) -> str:
    """A size in bytes for people: 512 bytes, 3.4 KB, 1.2 MB."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.1f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _greeting(material: Material, says: dict[str, str]) -> str:
    name = _first_name(material.sender_name)
    return says["hello"].format(name=name) if name else says["hello_nobody"]


def _first_name(name: str) -> str:
    """The first word of a display name if it looks like a person's; else nothing."""
    words = name.split()
    first = words[0].strip(",.\"'") if words else ""
    return first if first.isalpha() and 1 < len(first) <= 30 and "," not in name else ""


def _section(title: str, body: Sequence[str]) -> str:
    return f"{title}\n{'-' * min(len(title), 60)}\n" + "\n".join(body)


def _tabular(attached: Attached) -> bool:
    return (
        _is_csv(attached)
        or attached.name.lower().endswith((".json", ".txt", ".tab"))
        or attached.type in ("application/json", "text/plain")
    )


def _is_csv(attached: Attached) -> bool:
    return attached.type in (
        "text/csv",
        "text/tab-separated-values",
        "application/csv",
    ) or attached.name.lower().endswith((".csv", ".tsv"))


_ASKS = re.compile(
    "|".join(f"(?:{pattern.pattern})" for _name, pattern in REQUESTS),
    re.IGNORECASE,
)
