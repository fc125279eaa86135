"""One index in one folder: what tantivy keeps of a message, and how it is asked.

Called by `folder`. Everything here blocks; one thread at a time may write, any number may ask.
Promises: `commit` is durable; an answer is of the last commit, whichever process made it. Raises EngineFailed for whatever
the engine says, its panics included: they are no `Exception`, and must not take a thread along.

A people's word is a term of `subject` … `attached`, which keep positions for phrases; a substring is found by `pieces`.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from mailwright.codecs.imap.folding import fold
from mailwright.codecs.search.document import Document
from mailwright.codecs.search.query import Choice, Clause, During, HasAttachment, Octets, Words
from mailwright.storage.search import Found, Hit, Holding, Place, pieces
from mailwright.storage.search.pieces import FIELDS, GRAM, WEIGHTS, Piece

if TYPE_CHECKING:
    from tantivy import DocAddress, Index, IndexWriter, Query, Schema, Searcher
    from tantivy import Document as Entry

HEAP_BYTES = 30_000_000  # of the writer while it works: enough for a thousand letters between two commits
_OPEN_END = ".*"


class EngineFailed(Exception):
    """The engine could not do it: the disk is full, a file is missing or spoilt, or it met a bug of its own."""


class Generation:
    """An index in `folder`, made there when there is none and `create` is set. Raises EngineFailed."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        import tantivy  # brings a library of 20 MB: only who searches loads it

        self._tantivy = tantivy
        self.folder = folder
        self._writer: IndexWriter | None = None
        self._seen: object = None
        self._commits = 0
        with _engine():
            if not create and not tantivy.Index.exists(str(folder)):
                raise EngineFailed(f"there is no index in {folder}")
            self._schema: Schema = _schema()
            self._index: Index = tantivy.Index(self._schema, path=str(folder))
            analyzer = tantivy.TextAnalyzerBuilder
            self._index.register_tokenizer("spaces", analyzer(tantivy.Tokenizer.whitespace()).build())
            self._index.register_tokenizer("grams", analyzer(tantivy.Tokenizer.ngram(GRAM, GRAM)).build())
            self._index.config_reader("manual")  # its own watching would cost a thread that polls
        self.searcher()

    # --- writing ------------------------------------------------------------------------------------------------

    def put(self, documents: Sequence[Document]) -> None:
        """Add documents in place of those with their ids, without `commit`."""
        with _engine():
            writer = self._writing()
            for document in documents:
                writer.delete_documents_by_term("key", document.message_id)
                writer.add_document(self._entry(document))

    def remove(self, message_ids: Sequence[str]) -> None:
        """Take messages out, without `commit`."""
        with _engine():
            writer = self._writing()
            for message_id in message_ids:
                writer.delete_documents_by_term("key", message_id)

    def commit(self) -> None:
        """Make it durable and visible."""
        if self._writer is not None:
            with _engine():
                self._writer.commit()
                self._commits += 1

    def close(self, *, keep: bool = True) -> None:
        """Let go of the writer and its memory; what was not committed is undone, without `keep` at once."""
        writer, self._writer = self._writer, None
        if writer is not None and keep:
            with _engine():
                writer.wait_merging_threads()

    @property
    def is_writing(self) -> bool:
        """Whether the writer holds memory."""
        return self._writer is not None

    def _writing(self) -> IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(HEAP_BYTES, 1)
        return self._writer

    def _entry(self, document: Document) -> Entry:
        # Field by field: from a dictionary a whole number becomes a signed one, which stops the engine's thread.
        entry = self._tantivy.Document()
        entry.add_text("key", document.message_id)
        entry.add_text("user", document.user_id)
        number = UUID(document.message_id).int
        entry.add_unsigned("high", number >> 64)
        entry.add_unsigned("low", number & 0xFFFF_FFFF_FFFF_FFFF)
        entry.add_integer("at", document.at)
        entry.add_unsigned("size", document.size)
        entry.add_unsigned("has_attachments", int(document.has_attachments))
        for name in WEIGHTS:
            entry.add_text(name, getattr(document, name))
        for name, exact in (("header", document.header), ("text", document.text)):
            entry.add_text(f"{name}_grams", exact.folded)
            entry.add_text(f"{name}_starts", exact.starts)
        if document.attached_text is not None:
            entry.add_bytes("attached_text", zlib.compress(document.attached_text.encode("utf-8", "replace")))
        return entry

    # --- asking -------------------------------------------------------------------------------------------------

    def searcher(self) -> Searcher:
        """The index as of its last commit."""
        with _engine():
            # The file is replaced at each commit. Its time alone does not tell: two commits may fall into one tick of the clock.
            status = (self.folder / "meta.json").stat()
            written = (status.st_mtime_ns, status.st_ino, self._commits)
            if written != self._seen:
                self._index.reload()
                self._seen = written
            return self._index.searcher()

    def count(self) -> int:
        """How many messages there are."""
        return self.searcher().num_docs

    def attached(self, message_ids: Sequence[str]) -> dict[str, str]:
        """The texts of attachments that were read."""
        searcher = self.searcher()
        found: dict[str, str] = {}
        with _engine():
            for message_id in message_ids:
                for _, address in searcher.search(self._term("key", message_id), 1, False).hits:
                    kept = searcher.doc(address).get_first("attached_text")
                    if kept is not None:
                        found[message_id] = zlib.decompress(bytes(kept)).decode()
        return found

    def find(self, clauses: Sequence[Clause], user_ids: Sequence[str], *, limit: int, newest: bool) -> Found:
        """See `SearchIndex.find`."""
        searcher = self.searcher()
        kind, occur = self._tantivy.Query, self._tantivy.Occur
        with _engine():
            owned = kind.const_score_query(kind.term_set_query(self._schema, "user", list(user_ids)), 0.0)
            parts = [(occur.Must, owned)]
            parts += [(occur.Must, self._clause(clause)) for clause in clauses if not clause.of_rows]
            order = "at" if newest else None
            answer = searcher.search(kind.boolean_query(parts), limit, True, order_by_field=order)
            addresses = [address for _, address in answer.hits]
            ids = self._ids(searcher, searcher.fast_field_values("high", addresses), addresses)
            hits = tuple(Hit(one, 0.0 if newest else key) for one, (key, _) in zip(ids, answer.hits, strict=True))
            return Found(hits, answer.count)  # type: ignore[attr-defined]  # the library's stub forgets it

    def holding(self, user_id: str, places: Sequence[Place], text: str) -> Holding:
        """See `SearchIndex.holding`."""
        needle = fold(text)
        surely, perhaps = pieces.sure(needle), pieces.needed(needle)
        with _engine():
            searcher = self.searcher()
            sure = (
                self._of_user(searcher, user_id, [self._all(place, surely) for place in places])
                if surely
                else frozenset()
            )
            if perhaps is None:
                return Holding(sure, None)
            if perhaps == surely:
                return Holding(sure, frozenset())
            maybe = self._of_user(searcher, user_id, [self._all(place, perhaps) for place in places])
            return Holding(sure, maybe - sure)

    def _all(self, place: Place, wanted: Sequence[Piece]) -> Query:
        kind, must = self._tantivy.Query, self._tantivy.Occur.Must
        return kind.boolean_query([(must, self._piece(f"{place}_{piece.kind}", piece)) for piece in wanted])

    def _piece(self, field: str, piece: Piece) -> Query:
        if piece.is_open:
            return self._tantivy.Query.regex_query(self._schema, field, piece.text + _OPEN_END)
        return self._term(field, piece.text)

    def _of_user(self, searcher: Searcher, user_id: str, either: Sequence[Query]) -> frozenset[str]:
        kind, occur = self._tantivy.Query, self._tantivy.Occur
        query = kind.boolean_query(
            [
                (occur.Must, self._term("user", user_id)),
                (occur.Must, kind.boolean_query([(occur.Should, one) for one in either])),
            ]
        )
        hits = searcher.search(query, max(searcher.num_docs, 1), False, order_by_field="high").hits
        addresses = [address for _, address in hits]
        return frozenset(self._ids(searcher, [high for high, _ in hits], addresses))

    @staticmethod
    def _ids(searcher: Searcher, highs: Sequence[object], addresses: list[DocAddress]) -> Iterator[str]:
        lows = searcher.fast_field_values("low", addresses)
        for high, low in zip(highs, lows, strict=True):
            text = f"{high:016x}{low:016x}"
            yield f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    # --- clauses ------------------------------------------------------------------------------------------------

    def _clause(self, clause: Clause) -> Query:
        if len(clause.choices) == 1:
            return self._choice(clause.choices[0])
        return self._any([self._choice(choice) for choice in clause.choices])

    def _choice(self, choice: Choice) -> Query:
        found = self._meaning(choice)
        if not choice.negated:
            return found
        kind, occur = self._tantivy.Query, self._tantivy.Occur
        everything = kind.const_score_query(kind.all_query(), 0.0)
        return kind.boolean_query([(occur.Must, everything), (occur.MustNot, found)])

    def _meaning(self, choice: Choice) -> Query:
        term = choice.term
        if isinstance(term, Words):
            fields = FIELDS[term.field]
            boost = self._tantivy.Query.boost_query
            return self._any([boost(self._row(field, term), WEIGHTS[field]) for field in fields])
        if isinstance(term, HasAttachment):
            return self._between("has_attachments", 1, None)
        if isinstance(term, During):
            return self._between("at", term.start, None if term.end is None else term.end - 1)
        if isinstance(term, Octets):
            above = None if term.above is None else term.above + 1
            return self._between("size", above, None if term.below is None else max(term.below - 1, -1))
        raise TypeError("rows know of flags and mailboxes, the index does not")

    def _row(self, field: str, term: Words) -> Query:
        """Words in a row. They hold nothing that means something in a pattern."""
        kind, row = self._tantivy.Query, list(term.words)
        if term.prefix:
            row[-1] += _OPEN_END
            return kind.regex_query(self._schema, field, row[0]) if len(row) == 1 else self._open_phrase(field, row)
        return self._term(field, row[0]) if len(row) == 1 else kind.phrase_query(self._schema, field, [*row])

    def _open_phrase(self, field: str, row: Sequence[str]) -> Query:
        return self._tantivy.Query.regex_phrase_query(self._schema, field, [*row])

    def _between(self, field: str, low: int | None, high: int | None) -> Query:
        kind, types = self._tantivy.Query, self._tantivy.FieldType
        if high is not None and high < 0 and field != "at":
            return kind.empty_query()
        numbers = types.Integer if field == "at" else types.Unsigned
        return kind.const_score_query(kind.range_query(self._schema, field, numbers, low, high), 0.0)

    def _term(self, field: str, text: str) -> Query:
        option = "position" if field in WEIGHTS else "basic"
        return self._tantivy.Query.term_query(self._schema, field, text, option)

    def _any(self, queries: Sequence[Query]) -> Query:
        should = self._tantivy.Occur.Should
        return self._tantivy.Query.boolean_query([(should, query) for query in queries])


def _schema() -> Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("user", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field(
        "high", fast=True
    )  # the two halves of the message's id: columns of numbers are read at once
    builder.add_unsigned_field("low", fast=True)
    builder.add_integer_field("at", fast=True)
    builder.add_unsigned_field("size", fast=True)
    builder.add_unsigned_field("has_attachments", fast=True)
    for name in WEIGHTS:
        builder.add_text_field(name, tokenizer_name="spaces", index_option="position")
    for place in ("header", "text"):
        builder.add_text_field(f"{place}_grams", tokenizer_name="grams", index_option="basic")
        builder.add_text_field(f"{place}_starts", tokenizer_name="spaces", index_option="basic")
    builder.add_bytes_field("attached_text", stored=True, indexed=False)
    return builder.build()


@contextlib.contextmanager
def _engine() -> Iterator[None]:
    """Call the engine: what it raises is EngineFailed."""
    try:
        yield
    except EngineFailed:
        raise
    except (ValueError, OSError, zlib.error) as error:
        raise EngineFailed(f"search index: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the engine's own end of the world derives from BaseException
            raise
        raise EngineFailed(f"search index: {str(error)[:200]}") from None


def folder_size(folder: Path) -> int:
    """Octets of the files in a folder."""
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())
