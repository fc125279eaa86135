"""What OpenSearch keeps of a message, and how it is asked: plain values, without an engine.

Used by `index`. The words and pieces are ours (codecs/search): the engine splits words at spaces and texts into their pieces, and
knows no language, so that it says what the index in a folder says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mailwright.codecs.imap.folding import fold
from mailwright.codecs.search.document import Document, Exact
from mailwright.codecs.search.query import Choice, Clause, During, HasAttachment, Octets, Words
from mailwright.storage.search import VERSION, Place
from mailwright.storage.search.pieces import FIELDS, GRAM, WEIGHTS, Piece

Json = dict[str, Any]

MARK = {"mailwright": VERSION}
"""By which an index is known as ours."""

PLACES: tuple[Place, ...] = ("header", "text")

MAX_EXACT = 4_000_000
"""Characters of a text that is kept in pieces. A message with a longer one may hold any substring: it would not fit into a request."""

MAX_ENTRY = 8 * 1024 * 1024
"""Octets of a message as it is sent. A longer one goes without pieces, and then with fewer words: an engine with half a gigabyte of
memory takes 51 MiB at once from everybody together, and some services take requests of 10 MiB."""

MAX_CUT = 500_000  # characters that are left of each text in words then

MAX_BEGINNINGS = 4_096  # words that the open end of a phrase may stand for

_NO_TEXT = Exact("", "")
_MOST_OCTETS = 6  # of a character in a request: a control character is written out

GONE: Json = {"gone": True}
"""Stands in a new generation for a message that was removed, so that whoever fills it with an older state meets it. It is nobody's."""


def generation(shards: int, aliases: Sequence[str]) -> Json:
    """The body that makes a generation."""
    words: Json = {"type": "text", "analyzer": "words"}
    terms: Json = {"type": "text", "norms": False, "index_options": "docs"}
    return {
        "settings": {
            "index": {"number_of_shards": shards, "auto_expand_replicas": "0-1"},
            "analysis": {
                "analyzer": {
                    "words": {"type": "custom", "tokenizer": "whitespace"},
                    "pieces": {"type": "custom", "tokenizer": "pieces"},
                },
                "tokenizer": {"pieces": {"type": "ngram", "min_gram": GRAM, "max_gram": GRAM}},
            },
        },
        "mappings": {
            "_meta": MARK,
            "dynamic": False,
            "_source": {"includes": ["attached_text"]},  # all else is found by its terms and never shown
            "properties": {
                "id": {"type": "keyword"},
                "user": {"type": "keyword"},
                "at": {"type": "long"},
                "size": {"type": "long"},
                "has_attachments": {"type": "boolean"},
                "long": {"type": "boolean"},
                **dict.fromkeys(WEIGHTS, words),
                **{f"{place}_grams": {**terms, "analyzer": "pieces"} for place in PLACES},
                **{f"{place}_starts": {**terms, "analyzer": "words"} for place in PLACES},
            },
        },
        "aliases": {alias: {} for alias in aliases},
    }


def entry(document: Document) -> Json:
    """A message as the engine takes it: no longer than MAX_ENTRY, but for headers that are no letter's."""
    long = [place for place in PLACES if len(getattr(document, place).folded) > MAX_EXACT]
    kept = _entry(document, long)
    if _is_too_much(kept):
        kept = _entry(document, PLACES)
    if _is_too_much(kept):
        kept |= {name: kept[name][:MAX_CUT] for name in ("body", "attached", "attached_text") if name in kept}
    return kept


def facts(entry: Json) -> Json:
    """What is left of an entry that the engine will not have: whose it is, and what is no text. It may hold any substring."""
    return {name: entry[name] for name in ("id", "user", "at", "size", "has_attachments")} | {"long": True}


def characters(entry: Json) -> int:
    """How long the texts of an entry are together."""
    return sum(len(value) for value in entry.values() if isinstance(value, str))


def _is_too_much(entry: Json) -> bool:
    if characters(entry) * _MOST_OCTETS <= MAX_ENTRY:  # as good as always
        return False
    return len(json.dumps(entry, ensure_ascii=False).encode()) > MAX_ENTRY


def _entry(document: Document, long: Sequence[Place]) -> Json:
    kept: Json = {
        "id": document.message_id,
        "user": document.user_id,
        "at": document.at,
        "size": document.size,
        "has_attachments": document.has_attachments,
        "long": bool(long),
        **{name: clean(getattr(document, name)) for name in WEIGHTS},
    }
    for place in PLACES:
        exact: Exact = _NO_TEXT if place in long else getattr(document, place)
        kept |= {f"{place}_grams": clean(exact.folded), f"{place}_starts": clean(exact.starts)}
    if document.attached_text is not None:
        kept["attached_text"] = clean(document.attached_text)
    return kept


def clean(text: str) -> str:
    """Without halves of characters, which no JSON carries; both sides of a comparison lose them alike."""
    return text.encode("utf-8", "replace").decode()


# --- questions ------------------------------------------------------------------------------------------------------


def wanted(clauses: Sequence[Clause], user_ids: Sequence[str]) -> Json:
    """Messages of these people for which every clause holds (those of rows are passed over)."""
    return {
        "bool": {
            "filter": [{"terms": {"user": list(user_ids)}}],
            "must": [_clause(clause) for clause in clauses if not clause.of_rows],
        }
    }


def holding(user_id: str, places: Sequence[Place], wanted: Sequence[Piece], *, or_long: bool = False) -> Json:
    """A user's messages that have all of the pieces in one of the places; or are too long to tell."""
    either: list[Json] = [
        {"bool": {"filter": [_piece(place, piece) for piece in wanted]}} for place in places if wanted
    ]
    if or_long:
        long: Json = {"term": {"long": True}}
        either.append(long)
    own: Json = {"term": {"user": user_id}}
    return {"bool": {"filter": [own, _any(either)]}}


def needle_of(text: str) -> str:
    """What is looked for, as texts are kept."""
    return clean(fold(text))


def _piece(place: Place, piece: Piece) -> Json:
    return {"prefix" if piece.is_open else "term": {f"{place}_{piece.kind}": piece.text}}


def _clause(clause: Clause) -> Json:
    return _any([_choice(choice) for choice in clause.choices])


def _choice(choice: Choice) -> Json:
    found = _meaning(choice)
    return {"bool": {"must_not": [found]}} if choice.negated else found


def _meaning(choice: Choice) -> Json:
    term = choice.term
    if isinstance(term, Words):
        return _any([_row(field, term) for field in FIELDS[term.field]])
    if isinstance(term, HasAttachment):
        return _fact({"term": {"has_attachments": True}})
    if isinstance(term, During):
        return _fact({"range": {"at": _bounds(gte=term.start, lt=term.end)}})
    if isinstance(term, Octets):
        return _fact({"range": {"size": _bounds(gt=term.above, lt=term.below)}})
    raise TypeError("rows know of flags and mailboxes, the index does not")


def _row(field: str, term: Words) -> Json:
    """Words in a row; with `prefix` the last of them is a beginning."""
    weight, row = WEIGHTS[field], clean(" ".join(term.words))
    if len(term.words) == 1:
        return {"prefix" if term.prefix else "term": {field: {"value": row, "boost": weight}}}
    if term.prefix:
        return {"match_phrase_prefix": {field: {"query": row, "max_expansions": MAX_BEGINNINGS, "boost": weight}}}
    return {"match_phrase": {field: {"query": row, "boost": weight}}}


def _fact(query: Json) -> Json:
    """What holds or not, and makes no message better than another."""
    return {"constant_score": {"filter": query, "boost": 0.0}}


def _bounds(**bounds: int | None) -> Json:
    return {name: value for name, value in bounds.items() if value is not None}


def _any(queries: Sequence[Json]) -> Json:
    return queries[0] if len(queries) == 1 else {"bool": {"should": list(queries), "minimum_should_match": 1}}
