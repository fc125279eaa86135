"""The tests of a script against a message.

Called by the interpreter. Expects a `Run` to ask for the header, the variables and the work that is left.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from mailwright.codecs.mime import Header, Parsed
from mailwright.codecs.sieve import bodies, dateparts, script
from mailwright.codecs.sieve.actions import Facts
from mailwright.codecs.sieve.commands_table import ADDRESS_FIELDS
from mailwright.codecs.sieve.errors import RunFailed
from mailwright.codecs.sieve.matching import OPERATION, counts, matches_any
from mailwright.codecs.sieve.script import AddressPart, Index, Match, Test, Texts
from mailwright.codecs.sieve.strings import Text
from mailwright.codecs.sieve.variables import FLAGS, Variables, flags_in

Field: TypeAlias = tuple[str, str]
"""A header field: its name and its value as they stand in the message."""


class Run(Protocol):
    """What a test may ask of the run it belongs to."""

    @property
    def facts(self) -> Facts: ...
    @property
    def message(self) -> Parsed: ...
    @property
    def variables(self) -> Variables: ...
    @property
    def header(self) -> Header: ...
    @property
    def sets_variables(self) -> bool: ...

    def text(self, text: Text) -> str: ...
    def fields(self, name: str) -> Sequence[Field]: ...
    def decoded(self, field: Field) -> str: ...
    def addresses(self, field: Field) -> Sequence[str]: ...
    def spend(self, characters: int) -> None: ...
    def body(self, transform: str, types: tuple[str, ...]) -> Sequence[str]: ...


def holds(run: Run, test: Test) -> bool:
    """Whether the test is true. Raises RunFailed."""
    run.spend(OPERATION)
    return _EVALUATE[type(test)](run, test)


def address_part(local: str, domain: str, part: AddressPart) -> str | None:
    """One part of an address; None when it has no such part (RFC 5233 §4: no "+", no detail)."""
    match part:
        case "all":
            return f"{local}@{domain}"
        case "localpart":
            return local
        case "domain":
            return domain
    user, plus, detail = local.partition("+")
    if part == "user":
        return user if user else local
    return detail if plus and user else None


def _constant(run: Run, test: script.Constant) -> bool:
    return test.value


def _not(run: Run, test: script.Not) -> bool:
    return not holds(run, test.test)


def _all_of(run: Run, test: script.AllOf) -> bool:
    # RFC 5229 §3.2: from left to right, and no further than needed.
    return all(holds(run, each) for each in test.tests)


def _any_of(run: Run, test: script.AnyOf) -> bool:
    return any(holds(run, each) for each in test.tests)


def _address(run: Run, test: script.AddressTest) -> bool:
    names = [name for name in _texts(run, test.names) if name.lower() in ADDRESS_FIELDS]
    found: list[str | None] = []
    for field in _fields(run, names, test.index):
        for address in run.addresses(field):
            local, at, domain = address.rpartition("@")
            # RFC 5228 §2.7.4: what is no address has no parts.
            found.append(address_part(local, domain, test.part) if at else None)
    if test.match.type == "count":
        return counts(len(found), _texts(run, test.keys), test.match, run.spend)
    return _match(run, (value for value in found if value is not None), test.keys, test.match)


def _envelope(run: Run, test: script.EnvelopeTest) -> bool:
    sender, recipient = run.facts.sender, run.facts.recipient
    values: list[str] = []
    count = 0
    for part in _texts(run, test.parts):
        address = {"from": sender, "to": recipient}.get(part.lower())
        if address is not None:
            count += 1
            value = address_part(address.local, address.domain, test.part)
            values += [] if value is None else [value]
        elif part.lower() == "from":
            values.append("")  # RFC 5228 §5.4: the null reverse-path, whatever the part
    if test.match.type == "count":
        return counts(count, _texts(run, test.keys), test.match, run.spend)
    return _match(run, values, test.keys, test.match)


def _header(run: Run, test: script.HeaderTest) -> bool:
    names = _texts(run, test.names)
    fields = _fields(run, names, test.index)
    if test.match.type == "count":
        return counts(len(fields), _texts(run, test.keys), test.match, run.spend)
    return _match(run, (run.decoded(field) for field in fields), test.keys, test.match)


def _exists(run: Run, test: script.Exists) -> bool:
    return all(name in run.header for name in _texts(run, test.names))


def _size(run: Run, test: script.Size) -> bool:
    size = len(run.message.raw)
    return size > test.limit if test.over else size < test.limit


def _body(run: Run, test: script.BodyTest) -> bool:
    if not bodies.has_body(run.message):
        return False
    values = run.body(test.transform, tuple(_texts(run, test.types)))
    keys = _texts(run, test.keys)
    if test.match.type == "count":
        return counts(len(values), keys, test.match, run.spend)
    return matches_any(values, keys, test.match, run.spend)  # RFC 5173 §6: it sets no match variables


def _date(run: Run, test: script.DateTest) -> bool:
    zone = run.facts.zone
    if test.name is None:
        instant = run.facts.now  # RFC 5260 §5: the same moment all through the script
    else:
        fields = _fields(run, [run.text(test.name)], test.index or script.Index(1, False))
        found = dateparts.moment_in(run.decoded(fields[0])) if fields else None
        if found is None:
            return test.match.type == "count" and counts(0, _texts(run, test.keys), test.match, run.spend)
        instant, original = found
        zone = original if test.zone == "original" else zone
    if test.zone is not None and test.zone != "original":
        given = dateparts.zone_of(run.text(test.zone))
        if given is None:
            raise RunFailed(test.line, "a time zone is written like +0100")
        zone = given
    value = dateparts.part_of(instant, zone, run.text(test.part))
    if test.match.type == "count":
        return counts(int(value is not None), _texts(run, test.keys), test.match, run.spend)
    return value is not None and _match(run, [value], test.keys, test.match)


def _string(run: Run, test: script.StringTest) -> bool:
    values = _texts(run, test.sources)
    if test.match.type == "count":
        # RFC 5229 §5: an empty string counts nothing.
        return counts(sum(1 for value in values if value), _texts(run, test.keys), test.match, run.spend)
    return _match(run, values, test.keys, test.match)


def _has_flag(run: Run, test: script.HasFlag) -> bool:
    names = [name.lower() for name in _texts(run, test.variables)] if test.variables else [FLAGS]
    sets = [flags_in([run.variables.value_of(name)]) for name in names]
    if test.match.type == "count":
        return counts(sum(map(len, sets)), _texts(run, test.keys), test.match, run.spend)
    # RFC 5232 §4: "b A" is the same as ["b", "A"].
    keys = [word for key in _texts(run, test.keys) for word in key.split() or [key]]
    return _match(run, [flag for each in sets for flag in each], tuple(keys), test.match)


def _mailbox_exists(run: Run, test: script.MailboxExists) -> bool:
    return all(run.facts.mailbox_exists(name) for name in _texts(run, test.names))


_EVALUATE: dict[type[Any], Callable[[Run, Any], bool]] = {
    script.AddressTest: _address,
    script.AllOf: _all_of,
    script.AnyOf: _any_of,
    script.BodyTest: _body,
    script.Constant: _constant,
    script.DateTest: _date,
    script.EnvelopeTest: _envelope,
    script.Exists: _exists,
    script.HasFlag: _has_flag,
    script.HeaderTest: _header,
    script.MailboxExists: _mailbox_exists,
    script.Not: _not,
    script.Size: _size,
    script.StringTest: _string,
}


def _texts(run: Run, texts: Texts) -> list[str]:
    return [run.text(text) for text in texts]


def _match(run: Run, values: Iterable[str], keys: Texts, match: Match) -> bool:
    captured = run.variables.matched if run.sets_variables else None
    return matches_any(values, _texts(run, keys), match, run.spend, captured)


def _fields(run: Run, names: Sequence[str], index: Index | None) -> list[Field]:
    """The fields of those names, in the order of the names; with an index only that one."""
    found: list[Field] = []
    for name in names:
        run.spend(OPERATION)
        found += run.fields(name)
    if index is not None:
        place = len(found) - index.number if index.from_last else index.number - 1
        found = [found[place]] if 0 <= place < len(found) else []
    return found
