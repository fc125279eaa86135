"""Reading tests: from a node of the grammar to a checked test of the script.

Called by `commands`. A node with a mistake becomes "false", and the mistake is in the reading.
"""

import re
from collections.abc import Callable

from mailwright.codecs.sieve import script
from mailwright.codecs.sieve.arguments import Arguments, Reading
from mailwright.codecs.sieve.commands_table import ADDRESS_FIELDS, DATE_PARTS, RULES
from mailwright.codecs.sieve.script import Test, Texts
from mailwright.codecs.sieve.strings import Text
from mailwright.codecs.sieve.syntax import Node

FIELD_NAME = re.compile(r"[!-9;-~]{1,200}")  # RFC 5322 §2.2
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)  # RFC 5229 §3
ZONE = re.compile(r"[+-](?:[01][0-9]|2[0-3])[0-5][0-9]", re.ASCII)  # RFC 5260 §4.1


def read_test(reading: Reading, node: Node) -> Test:
    """The test that `node` is."""
    rule = RULES.get(node.name)
    if rule is None:
        reading.fail(node.line, f'there is no test "{node.name[:60]}"')
        return script.Constant(node.line, False)
    if rule.kind != "test":
        reading.fail(node.line, f'"{node.name}" is no test')
        return script.Constant(node.line, False)
    return _READERS[node.name](Arguments(reading, node))


def _address(given: Arguments) -> Test:
    names = given.texts(0)
    for name in names:
        if isinstance(name, str) and name.lower() not in ADDRESS_FIELDS:
            given.reading.fail(given.line, f'the field "{name[:60]}" holds no addresses; use the test "header"')
    part: script.AddressPart = given.tag("part", "all")  # type: ignore[assignment]  # the table has no other
    return script.AddressTest(given.line, names, given.texts(1), given.match(), part, given.index())


def _envelope(given: Arguments) -> Test:
    parts = given.texts(0)
    for part_ in parts:
        if isinstance(part_, str) and part_.lower() not in ("from", "to"):
            # RFC 5228 §5.4: unknown envelope parts should be an error.
            given.reading.fail(given.line, f'the envelope has "from" and "to", and no "{part_[:60]}"')
    part: script.AddressPart = given.tag("part", "all")  # type: ignore[assignment]  # the table has no other
    return script.EnvelopeTest(given.line, parts, given.texts(1), given.match(), part)


def _header(given: Arguments) -> Test:
    names = _field_names(given, 0)
    return script.HeaderTest(given.line, names, given.texts(1), given.match(), given.index())


def _exists(given: Arguments) -> Test:
    return script.Exists(given.line, _field_names(given, 0))


def _size(given: Arguments) -> Test:
    if not given.has("size"):
        given.reading.fail(given.line, '"size" needs ":over" or ":under"')  # RFC 5228 §5.9
    return script.Size(given.line, given.tag("size") == "over", given.number(0))


def _body(given: Arguments) -> Test:
    transform = given.tag("transform", "text")
    types = given.tag_texts("transform") or ()
    assert transform in ("raw", "content", "text")
    return script.BodyTest(given.line, transform, types, given.texts(0), given.match())  # type: ignore[arg-type]


def _date(given: Arguments) -> Test:
    _field_names(given, 0)
    zone = "original" if given.tag("zone") == "originalzone" else _zone(given)
    part = _date_part(given, 1)
    return script.DateTest(given.line, given.text(0), zone, part, given.texts(2), given.match(), given.index())


def _currentdate(given: Arguments) -> Test:
    part = _date_part(given, 0)
    return script.DateTest(given.line, None, _zone(given), part, given.texts(1), given.match(), None)


def _string(given: Arguments) -> Test:
    return script.StringTest(given.line, given.texts(0), given.texts(1), given.match())


def _hasflag(given: Arguments) -> Test:
    variables = given.texts(0) if given.given(0) else ()
    for name in variables:
        check_variable(given, name)
    return script.HasFlag(given.line, variables, given.texts(1), given.match())


def _mailboxexists(given: Arguments) -> Test:
    return script.MailboxExists(given.line, given.texts(0))


def _not(given: Arguments) -> Test:
    return script.Not(given.line, _tests(given)[0] if given.node.tests else script.Constant(given.line, False))


def _allof(given: Arguments) -> Test:
    return script.AllOf(given.line, _tests(given))


def _anyof(given: Arguments) -> Test:
    return script.AnyOf(given.line, _tests(given))


def _true(given: Arguments) -> Test:
    return script.Constant(given.line, True)


def _false(given: Arguments) -> Test:
    return script.Constant(given.line, False)


_READERS: dict[str, Callable[[Arguments], Test]] = {
    "address": _address,
    "allof": _allof,
    "anyof": _anyof,
    "body": _body,
    "currentdate": _currentdate,
    "date": _date,
    "envelope": _envelope,
    "exists": _exists,
    "false": _false,
    "hasflag": _hasflag,
    "header": _header,
    "mailboxexists": _mailboxexists,
    "not": _not,
    "size": _size,
    "string": _string,
    "true": _true,
}


def check_variable(given: Arguments, name: Text) -> None:
    """RFC 5232 §1: without "variables" there are none to name, and a name has the form of one."""
    given.reading.needs(given.line, "a variable", ("variables",))
    if not isinstance(name, str) or not VARIABLE_NAME.fullmatch(name):
        given.reading.fail(given.line, "the name of a variable has letters, digits and _, and is written out")


def _tests(given: Arguments) -> tuple[Test, ...]:
    return tuple(read_test(given.reading, node) for node in given.node.tests)


def _field_names(given: Arguments, position: int) -> Texts:
    names = given.texts(position)
    for name in names:
        if isinstance(name, str) and not FIELD_NAME.fullmatch(name):
            # RFC 5228 §2.4.2.2: not an error; it just matches nothing.
            given.reading.warn(given.line, f'no message has a field "{name[:60]}"')
    return names


def _zone(given: Arguments) -> Text | None:
    zone = given.tag_text("zone")
    if isinstance(zone, str) and not ZONE.fullmatch(zone):
        given.reading.fail(given.line, 'a time zone is written like "+0100"')
    return zone


def _date_part(given: Arguments, position: int) -> Text:
    part = given.text(position)
    if isinstance(part, str) and given.given(position) and part.lower() not in DATE_PARTS:
        given.reading.fail(given.line, f'a date has no part "{part[:60]}"')
    return part
