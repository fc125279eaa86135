"""SEARCH: which messages match (RFC 9051 §6.4.4), with RETURN options and SAVE."""

from __future__ import annotations

from mailwright.codecs.imap import Search, criteria
from mailwright.codecs.imap.criteria import Key
from mailwright.codecs.imap.responses import esearch, search_line
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.finding import Found, find
from mailwright.protocols.imap.selected import Selected, opened

_ONE_EACH = frozenset({"MIN", "MAX"})
_ALL = frozenset({"ALL"})


async def search(connection: Connection, command: Search) -> Reply:
    """Answer SEARCH. The charset was seen to by the grammar."""
    selected = opened(connection)
    options = command.return_options
    saves = options is not None and "SAVE" in options
    if saves:
        selected.saved = ()  # RFC 5182 §2.1: also when the search fails
    modseqs = with_modseq(command.key)
    if modseqs:
        connection.condstore = selected.dirty = True  # RFC 7162 §3.1
    found = await find(connection, selected, command.key, modseqs=modseqs)
    if saves:
        save(selected, found, options or frozenset())
    numbers = found.uids if command.uid else found.numbers
    modseq = highest_modseq(found, options) if modseqs else None
    if options is None and not connection.rev2:
        connection.send(search_line(numbers, modseq=modseq))
    else:
        # RFC 9051 §6.4.4: a client of IMAP4rev2 always gets ESEARCH.
        connection.send(esearch(command.tag, numbers, options or _ALL, uid=command.uid, modseq=modseq))
    return Reply("OK", f"{len(numbers)} found")


def with_modseq(key: Key) -> bool:
    """Does the key ask for modseqs? Then the answer has one (RFC 7162 §3.1.5)."""
    match key:
        case criteria.And(keys):
            return any(with_modseq(each) for each in keys)
        case criteria.Or(left, right):
            return with_modseq(left) or with_modseq(right)
        case criteria.Not(inner):
            return with_modseq(inner)
        case _:
            return isinstance(key, criteria.ModSeqAtLeast)


def highest_modseq(found: Found, options: frozenset[str] | None) -> int | None:
    """The highest modseq of what is returned (RFC 7162 §3.1.10): with only MIN or MAX, theirs."""
    if not found.modseqs:
        return None
    wanted = (options or _ALL) - {"SAVE"}
    if not wanted or not wanted <= _ONE_EACH:
        return max(found.modseqs)
    return max([found.modseqs[0]] * ("MIN" in wanted) + [found.modseqs[-1]] * ("MAX" in wanted))


def save(selected: Selected, found: Found, options: frozenset[str]) -> None:
    """What `$` stands for from now on. RFC 5182 §2.4: with only MIN or MAX, just those."""
    wanted = options - {"SAVE"}
    if wanted and wanted <= _ONE_EACH and found.uids:
        chosen = (
            {found.uids[0]}
            if wanted == {"MIN"}
            else {found.uids[-1]}
            if wanted == {"MAX"}
            else {found.uids[0], found.uids[-1]}
        )
        selected.saved = sorted(chosen)
    else:
        selected.saved = found.uids
