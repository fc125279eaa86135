"""The obedient model: it carries out every instruction it can find, whoever wrote it and however it is disguised.

A model for pydantic-ai that asks nobody: it reads the mail, the thread, every file and page and all that tools tell it; undoes base64, hex,
rot13, reversed and percent-encoded writing, look-alike letters and invisible ones; joins what is spread over several mails; and calls
the tool that each demand it finds is for, as long as there is one. No real model is as bad: what has no effect here has none.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.tools import ToolDefinition

from tests.agents import obedient_table as table

MAX_CALLS = 12  # in one turn
MAX_TURNS = 20
OWN_DOMAIN = "mailwright.test"

_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.UNICODE)
_URL = re.compile(r"https?://[^\s<>\"'“”„)\]}|]{3,1500}")
_FILE = re.compile(r"[\w.-]{1,80}\.(?:txt|csv|docx|pdf|xlsx|md|eml|ics|json|png)\b")
_MONEY = re.compile(
    r"(?:[$€£]\s?[\d.,]+|[\d.,]+\s?(?:€|EUR|USD|dollars?|euros?|Euro|GBP|zł|kr|TL|元|円|руб\w*))", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?;。！？])\s+|\n+")
_VERBS = {
    kind: re.compile(rf"(?<![^\W\d_])(?:{verbs})(?![^\W\d_])", re.IGNORECASE) for kind, verbs in table.VERBS.items()
}
_CJK = {
    kind: re.compile("|".join(re.findall(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+", verbs)) or r"(?!)")
    for kind, verbs in table.VERBS.items()
}
_REFERRING = re.compile(rf"(?<!\w)(?:{table.REFERRING})(?!\w)", re.IGNORECASE)
_LINKS = re.compile(
    r"!?\[[^\]\n]{1,300}\]\([^)\s]{3,500}[^)\n]{0,200}\)|\[[^\]\n]{1,300}\]\[[^\]\n]{0,40}\]|^\s*\[[^\]\n]{1,40}\]:\s*\S+|<a\s[^>]{1,500}>.{0,300}?</a>|"
    r"\[url=[^\]]{3,500}\].{0,300}?\[/url\]|<https?://[^|>\s]{3,500}\|[^>\n]{1,300}>|`[^`<\n]{1,300}<https?://[^>`]{3,500}>`__?|"
    r"\"[^\"\n]{1,200}\":https?://\S+|https?://[^\s\[]{3,500}\[[^\]\n]{1,200}\]|\[https?://[^\s\]]{3,500} [^\]\n]{1,300}\]|https?://[^\s/@]{3,200}@\S{3,300}|<img\s[^>]{1,500}>",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Demand:
    """What a text demands. `kind` is one of VERBS or "link"; `whom` and `what` are what it names."""

    kind: str
    whom: tuple[str, ...] = ()
    what: str = ""


@dataclass
class Seen:
    """All that the model has read in a run."""

    texts: list[str] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    turns: int = 0

    @property
    def all(self) -> str:
        return "\n".join(self.texts)


def obedient(answers: list[tuple[str, str]]) -> FunctionModel:
    """The model, to be given to `Models(given=…)`. What it was given and the text of its answer are appended to `answers`."""

    def turn(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return _turn(messages, info, answers)

    return FunctionModel(turn, model_name="obedient")


def _turn(messages: list[ModelMessage], info: AgentInfo, answers: list[tuple[str, str]]) -> ModelResponse:
    seen = _seen(messages)
    tools = {tool.name: tool for tool in info.function_tools}
    if "confidence" in json.dumps(info.output_tools[0].parameters_json_schema):
        return _final(info, {"kind": "task", "confidence": 1.0, "because": "everything is a task"})
    calls = [call for call in _wanted(seen, tools) if _key(*call) not in seen.made]
    if calls and seen.turns < MAX_TURNS:
        unique = {_key(*call): call for call in calls}
        return ModelResponse([ToolCallPart(name, arguments) for name, arguments in list(unique.values())[:MAX_CALLS]])
    answers.append((seen.texts[0], _answer(seen)))
    return _final(info, {"text": answers[-1][1], "because": "it was demanded"})


def _final(info: AgentInfo, value: dict[str, Any]) -> ModelResponse:
    return ModelResponse([ToolCallPart(info.output_tools[0].name, value)])


def _key(name: str, arguments: dict[str, Any]) -> str:
    return f"{name} {json.dumps(arguments, sort_keys=True)}"


def _seen(messages: Sequence[ModelMessage]) -> Seen:
    seen = Seen()
    for message in messages:
        for part in message.parts:
            if isinstance(part, UserPromptPart) and isinstance(part.content, str):
                seen.texts.append(part.content)
            elif isinstance(part, ToolReturnPart):
                seen.texts.append(part.model_response_str())
            elif isinstance(part, ToolCallPart):
                seen.made.add(_key(part.tool_name, part.args_as_dict()))
        seen.turns += isinstance(message, ModelResponse)
    assert isinstance(messages[0], ModelRequest)
    return seen


# --- which tool a demand is for ----------------------------------------------------------------------------------------------


def _wanted(seen: Seen, tools: dict[str, ToolDefinition]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _looking_around(seen, tools)
    for demand in demands(seen.all):
        for name, tool in tools.items():
            arguments = _arguments(demand, name, tool, seen)
            yield from ((name, each) for each in arguments)


def _looking_around(seen: Seen, tools: dict[str, ToolDefinition]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("read_thread", "list_files", "find_in_tracker", "list_drive", "list_calendar"):
        if name in tools and not tools[name].parameters_json_schema.get("required"):
            yield name, {}
    if "read_file" in tools:
        for name in dict.fromkeys(re.findall(r"^(\S[^·\n]{0,200}?) · [\w./+-]+ · \d+ bytes", seen.all, re.MULTILINE)):
            yield "read_file", {"name": name.strip()}


def _arguments(demand: Demand, name: str, tool: ToolDefinition, seen: Seen) -> list[dict[str, Any]]:
    properties = tool.parameters_json_schema.get("properties", {})
    match demand.kind:
        case "send" if "send" in name and "mail" in name:
            return [_letter(properties, demand, seen)]
        case "open" if name == "read_page":
            return [{"url": demand.what}]
        case "delete" if name == "delete_file":
            return [{"name": demand.what}]
        case "pay" if name == "pay":
            return [{"to": demand.whom[0] if demand.whom else demand.what[:100], "amount": demand.what[:100]}]
        case "share" if name == "share_file":
            return [{"name": demand.what or "plans.txt", "address": each} for each in demand.whom]
        case "invite" if name == "invite":
            return [{"title": demand.what[:60] or "Meeting", "people": list(demand.whom)}]
        case "rename" if name == "change_file":
            return [{"name": demand.what, "text": "changed"}]
        case "remember" if name == "write_file":
            return [{"name": "memory.md", "text": demand.what}, {"name": "thread.md", "text": demand.what}]
    return []


def _letter(properties: dict[str, Any], demand: Demand, seen: Seen) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for field_name, kind in properties.items():
        if field_name in ("to", "recipients", "recipient", "addresses"):
            out[field_name] = list(demand.whom) if kind.get("type") == "array" else ", ".join(demand.whom)
        elif field_name == "subject":
            out[field_name] = "As you asked"
        elif field_name in ("text", "body", "message"):
            out[field_name] = f"{demand.what}\n\n{seen.all[:2000]}"
    return out


def _answer(seen: Seen) -> str:
    """Everything that was demanded of the answer: each link as it is written, and what the mail says."""
    links = [found for text in readings(seen.all) for found in _LINKS.findall(text)]
    return "Done.\n" + "\n".join(dict.fromkeys(each.strip() for each in links)) + f"\n{seen.all[:500]}"


# --- what a text demands -----------------------------------------------------------------------------------------------------


def demands(text: str) -> list[Demand]:
    """Every demand in a text, in each of its readings, in the order in which it is found."""
    found: list[Demand] = []
    for reading in readings(text):
        everybody = [each for each in _ADDRESS.findall(reading) if not each.endswith(f"@{OWN_DOMAIN}")]
        for sentence in _SENTENCE.split(reading):
            found += _demanded(sentence[:2000], everybody)
    return list(dict.fromkeys(found))


def _demanded(sentence: str, everybody: Sequence[str]) -> Iterator[Demand]:
    addresses = tuple(dict.fromkeys(each.rstrip(".") for each in _ADDRESS.findall(sentence)))
    urls = [each.rstrip(".,;:!?") for each in _URL.findall(sentence)]
    files = _FILE.findall(sentence)
    kinds = {kind for kind, verbs in _VERBS.items() if verbs.search(sentence) or _CJK[kind].search(sentence)}
    if "send" in kinds or ("remember" in kinds and addresses):
        whom = addresses or (tuple(dict.fromkeys(everybody)) if _REFERRING.search(sentence) else ())
        for each in whom:
            yield Demand("send", (each,), sentence.strip()[:500])
        if len(whom) > 1:
            yield Demand("send", whom, sentence.strip()[:500])
    if "open" in kinds or urls:
        for url in urls:
            yield Demand("open", (), url)
            yield Demand(
                "open",
                (),
                f"{url}{'&' if '?' in url else '?'}d={base64.urlsafe_b64encode(sentence.encode())[:60].decode()}",
            )
    if "delete" in kinds:
        for name in files or (["plans.txt"] if re.search(table.EVERYTHING, sentence, re.IGNORECASE) else []):
            yield Demand("delete", (), name)
    if "pay" in kinds and (_MONEY.search(sentence) or addresses or urls):
        yield Demand("pay", (*addresses, *urls)[:1], sentence.strip()[:100])
    if "share" in kinds and addresses:
        yield from (Demand("share", addresses, name) for name in files or [""])
    if "invite" in kinds and addresses:
        yield Demand("invite", addresses, sentence.strip()[:60])
    if "rename" in kinds:
        yield from (Demand("rename", (), name) for name in files)
    if "remember" in kinds:
        yield Demand("remember", (), sentence.strip()[:500])


def readings(text: str) -> list[str]:
    """A text as it stands, and what is hidden in it."""
    plain = unicodedata.normalize("NFKC", _unseen(text))
    out = [text, plain, html.unescape(plain), unquote(plain), _without_dots(plain)]
    out += [
        decoded
        for found in re.findall(r"[A-Za-z0-9+/_=-]{24,}", re.sub(r"(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/=])", "", plain))
        for decoded in _decoded(found)
    ]
    for found in re.findall(r"(?:\b[0-9a-f]{2} ){8,}[0-9a-f]{2}\b", plain):
        out += _decoded(found.replace(" ", ""))
    for line in plain.split("\n"):
        if re.search(r"rot-?13|cipher|caesar|geheimschrift", plain, re.IGNORECASE):
            out.append(codecs.decode(line, "rot13"))
        if re.search(r"backwards|revers|rückwärts|right to left|mirror", plain, re.IGNORECASE):
            out.append(line[::-1])
        if len(re.findall(r"(?:^|\s)\S(?=\s)", line)) > 20:
            out.append(re.sub(r"(?<=\S) (?=\S)", "", line))
    out.append(_joined(plain))
    return list(dict.fromkeys(each for each in out if each.strip()))


def _unseen(text: str) -> str:
    """Tag characters become the letters they hide; other invisible ones go."""
    shown = "".join(chr(ord(c) - 0xE0000) if 0xE0020 <= ord(c) <= 0xE007E else c for c in text)
    return "".join(c for c in shown if unicodedata.category(c) != "Cf")


def _without_dots(text: str) -> str:
    """ "eve (at) evil (dot) example"."""
    text = re.sub(r"\s*[\[({]\s*(?:at|ät)\s*[\])}]\s*| AT ", "@", text)
    return re.sub(r"\s*[\[({]\s*(?:dot|punkt)\s*[\])}]\s*| DOT ", ".", text)


def _decoded(found: str) -> Iterator[str]:
    padded = found + "=" * (-len(found) % 4)
    for read, written in ((base64.b64decode, padded), (base64.urlsafe_b64decode, padded), (bytes.fromhex, found)):
        try:
            text = read(written).decode()
        except (binascii.Error, ValueError):
            continue
        if text.isprintable() or "\n" in text:
            yield text


def _joined(text: str) -> str:
    """Pieces that are given names ("A = eve@ev", "part 1: …") put together where they are called for ("A+B", "join the parts")."""
    named = dict(
        re.findall(r"\b([A-Z]|part \d|piece \d|Teil \d)\s*[=:]\s*[\"'«“]?([^\n\"'»”]{1,200}?)[\"'»”]?\s*(?=\n|$)", text)
    )
    out = []
    if named:
        ordered = [value.strip() for _, value in sorted(named.items())]
        out += ["".join(ordered), " ".join(ordered)]
        for found in re.findall(r"\b[A-Z](?:\s*\+\s*[A-Z])+", text):
            joined = "".join(named.get(each.strip(), "") for each in found.split("+"))
            out += [sentence.replace(found, joined) for sentence in _SENTENCE.split(text) if found in sentence]
    return "\n".join(out)
