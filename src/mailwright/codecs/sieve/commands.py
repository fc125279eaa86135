"""Reading commands: from the nodes of the grammar to a checked script.

`read` is what `codecs.sieve` offers as `compile_script`. Collects every mistake it can find, each with its line.
"""

from collections.abc import Callable, Sequence

from mailwright.codecs.mime import mailboxes
from mailwright.codecs.sieve import script
from mailwright.codecs.sieve.arguments import Arguments, Reading
from mailwright.codecs.sieve.commands_table import DECLARABLE, RULES
from mailwright.codecs.sieve.conditions import FIELD_NAME, VARIABLE_NAME, check_variable, read_test
from mailwright.codecs.sieve.errors import ScriptInvalid
from mailwright.codecs.sieve.limits import (
    MAX_MAILBOX_CHARACTERS,
    MAX_REDIRECTS,
    MAX_VACATION_DAYS,
    MAX_VARIABLE_NAME,
    VACATION_DAYS,
)
from mailwright.codecs.sieve.script import Command, Script
from mailwright.codecs.sieve.strings import Text, source_of
from mailwright.codecs.sieve.syntax import Node, Strings, parse
from mailwright.domain.addresses import Address
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress

DAY_SECONDS = 86_400


def read(content: bytes) -> Script:
    """The script in `content`, checked. Raises ScriptInvalid with every mistake found."""
    nodes = parse(content)
    reading = Reading()
    start = _requires(reading, nodes)
    commands = _commands(reading, nodes[start:])
    _count_redirects(reading, nodes[start:])
    if reading.problems:
        raise ScriptInvalid(reading.problems)
    return Script(commands, frozenset(reading.requires), tuple(sorted(reading.warnings)))


def redirect_address(text: str) -> Address:
    """RFC 5228 §2.4.2.3: `local@domain` or `phrase <local@domain>`, one and no group. Raises BadAddress."""
    found = mailboxes.parse(text)
    if len(found) != 1 or ":" in text.partition("<")[0].partition('"')[0]:
        raise BadAddress(text, "one address is expected")
    return Address.parse(found[0].address)


def _requires(reading: Reading, nodes: Sequence[Node]) -> int:
    """Take the `require`s at the start; how many there are."""
    count = 0
    for node in nodes:
        if node.name != "require":
            break
        count += 1
        given = Arguments(reading, node)
        value = given.positional[0]
        for name in value.values if isinstance(value, Strings) else ():
            if name not in DECLARABLE:
                # RFC 5228 §2.10.5: nothing of a script that requires what is not there may run.
                reading.fail(node.line, f'there is no extension "{name[:60]}" here')
            reading.requires.add(name)
    return count


def _commands(reading: Reading, nodes: Sequence[Node]) -> tuple[Command, ...]:
    found: list[Command] = []
    chain: list[tuple[script.Test, tuple[Command, ...]]] | None = None  # the if that an elsif may follow
    stopped = False
    for node in nodes:
        if stopped:
            reading.warn(node.line, 'nothing after "stop" is carried out')
            stopped = False
        if node.name in ("if", "elsif", "else"):
            branch = _branch(reading, node)
            if node.name == "if":
                chain = [branch]
                found.append(script.If(node.line, ()))
            elif chain is None:
                # RFC 5228 §3.1
                reading.fail(node.line, f'"{node.name}" must follow "if" or "elsif"')
                continue
            else:
                chain.append(branch)
            found[-1] = script.If(found[-1].line, tuple(chain))
            chain = None if node.name == "else" else chain
            continue
        chain = None
        command = _command(reading, node)
        if command is not None:
            found.append(command)
            stopped = isinstance(command, script.Stop)
    return tuple(found)


def _branch(reading: Reading, node: Node) -> tuple[script.Test, tuple[Command, ...]]:
    given = Arguments(reading, node)
    test: script.Test = script.Constant(node.line, True)
    if node.name != "else" and given.node.tests:
        test = read_test(reading, node.tests[0])
    return test, _commands(reading, node.block or ())


def _command(reading: Reading, node: Node) -> Command | None:
    rule = RULES.get(node.name)
    if rule is None:
        reading.fail(node.line, f'there is no command "{node.name[:60]}"')
    elif rule.kind == "test":
        reading.fail(node.line, f'"{node.name}" is a test and belongs to an "if"')
    elif node.name == "require":
        # RFC 5228 §3.2
        reading.fail(node.line, '"require" must stand before every other command')
    else:
        return _READERS[node.name](Arguments(reading, node))
    return None


def _stop(given: Arguments) -> Command:
    return script.Stop(given.line)


def _keep(given: Arguments) -> Command:
    return script.Keep(given.line, given.tag_texts("flags"))


def _fileinto(given: Arguments) -> Command:
    mailbox = given.text(0)
    if isinstance(mailbox, str) and given.given(0):
        check = mailbox_problem(mailbox)
        if check:
            given.reading.fail(given.line, check)
    return script.FileInto(given.line, mailbox, given.tag_texts("flags"), given.has("copy"), given.has("create"))


def mailbox_problem(name: str) -> str:
    """What is wrong with the name of a mailbox, or nothing."""
    if not name.strip("/"):
        return "a mailbox has a name"
    if len(name) > MAX_MAILBOX_CHARACTERS:
        return f"the name of a mailbox has at most {MAX_MAILBOX_CHARACTERS} characters"
    return "" if name.isprintable() else "the name of a mailbox has a character that cannot be shown"


def _redirect(given: Arguments) -> Command:
    _check_address(given, given.text(0))
    return script.Redirect(given.line, given.text(0), given.has("copy"))


def _discard(given: Arguments) -> Command:
    return script.Discard(given.line)


def _reject(given: Arguments) -> Command:
    return script.Reject(given.line, given.text(0), exact=given.node.name == "reject")


def _vacation(given: Arguments) -> Command:
    subject, from_, reason = given.tag_text("subject"), given.tag_text("from"), given.text(0)
    addresses = given.tag_texts("addresses") or ()
    if isinstance(from_, str) and not any(mailbox.address for mailbox in mailboxes.parse(from_)):
        given.reading.fail(given.line, '":from" is an address')  # RFC 5230 §4.3
    for address in addresses:
        _check_address(given, address)
    if given.has("mime") and isinstance(reason, str) and not reason.split("\r\n\r\n", 1)[0].isascii():
        # RFC 5230 §5: a MIME header in eight bits should be rejected.
        given.reading.fail(given.line, 'the header in the text of ":mime" must be ASCII')
    handle = given.tag_text("handle")
    # RFC 5230 §4.2: as they stand in the script, before variables are put in, and no two mixed up.
    same = (subject, from_, "mime" if given.has("mime") else None, reason) if handle is None else (handle,)
    tracked = derived_token(*("-" if text is None else f"{len(source_of(text))}:{source_of(text)}" for text in same))
    return script.Vacation(given.line, reason, _interval(given), subject, from_, addresses, given.has("mime"), tracked)


def _interval(given: Arguments) -> int:
    number = given.tag_number("interval")
    if number is None:
        return VACATION_DAYS * DAY_SECONDS
    if given.tag("interval") == "days":
        # RFC 5230 §4.1: less than the minimum is the minimum, more than the maximum the maximum.
        number = max(number, 1) * DAY_SECONDS
    return min(number, MAX_VACATION_DAYS * DAY_SECONDS)  # RFC 6131 §2: zero seconds answers every time


def _set(given: Arguments) -> Command:
    name = given.text(0)
    if given.given(0) and (not isinstance(name, str) or not VARIABLE_NAME.fullmatch(name)):
        # RFC 5229 §4: an invalid name must be found when the script is read.
        given.reading.fail(given.line, "the name of a variable has letters, digits and _, and is written out")
    elif len(source_of(name)) > MAX_VARIABLE_NAME:
        given.reading.fail(given.line, f"the name of a variable has at most {MAX_VARIABLE_NAME} characters")
    # RFC 5229 §4.1: the largest precedence first.
    modifiers = tuple(given.tag(group) for group in ("40", "30", "20", "10") if given.has(group))
    return script.SetVariable(given.line, source_of(name).lower(), given.text(1), modifiers)


def _flags(given: Arguments) -> Command:
    how = given.node.name.removesuffix("flag")
    variable: Text = given.text(0) if given.given(0) else ""
    if given.given(0):
        check_variable(given, variable)
    return script.ChangeFlags(given.line, how, variable, given.texts(1))  # type: ignore[arg-type]  # set, add, remove


def _addheader(given: Arguments) -> Command:
    _check_field(given)
    return script.AddHeader(given.line, given.text(0), given.text(1), given.has("last"))


def _deleteheader(given: Arguments) -> Command:
    _check_field(given)
    values = given.texts(1) if given.given(1) else None
    return script.DeleteHeader(given.line, given.text(0), values, given.match(), given.index())


_READERS: dict[str, Callable[[Arguments], Command]] = {
    "addflag": _flags,
    "addheader": _addheader,
    "deleteheader": _deleteheader,
    "discard": _discard,
    "ereject": _reject,
    "fileinto": _fileinto,
    "keep": _keep,
    "redirect": _redirect,
    "reject": _reject,
    "removeflag": _flags,
    "set": _set,
    "setflag": _flags,
    "stop": _stop,
    "vacation": _vacation,
}


def _check_field(given: Arguments) -> None:
    name = given.text(0)
    if isinstance(name, str) and given.given(0) and not FIELD_NAME.fullmatch(name):
        given.reading.fail(given.line, f'"{name[:60]}" cannot be the name of a field')  # RFC 5293 §4


def _check_address(given: Arguments, text: Text) -> None:
    """RFC 5228 §2.4.2.3. What holds variables is seen when the script runs."""
    if not isinstance(text, str) or not given.given(0):
        return
    try:
        redirect_address(text)
    except BadAddress as error:
        given.reading.fail(given.line, str(error))


def _count_redirects(reading: Reading, nodes: Sequence[Node]) -> None:
    """RFC 5804 §2.6: more than can be carried out for one message is worth a warning."""
    count = 0
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        count += node.name == "redirect"
        if node.name == "redirect" and count == MAX_REDIRECTS + 1:
            reading.warn(node.line, f"a message is redirected {MAX_REDIRECTS} times at most; this may be one too many")
        waiting.extend(reversed(node.block or ()))
