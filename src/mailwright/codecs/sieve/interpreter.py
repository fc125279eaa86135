"""Running a script over a message: values in, what is to be done out.

Called by core when a message is filed for somebody with rules, and by the tests. Pure: no clock, no mailbox, no mail is touched.
Promises: never raises; ends in bounded time; a run-time error leaves one plain keep and the error (RFC 5228 §2.10.6).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from mailwright.codecs.mime import Header, Parsed
from mailwright.codecs.sieve import bodies, script
from mailwright.codecs.sieve.actions import INBOX, Answer, Facts, Forward, Outcome, Refuse, Store
from mailwright.codecs.sieve.commands import mailbox_problem, redirect_address
from mailwright.codecs.sieve.conditions import FIELD_NAME
from mailwright.codecs.sieve.errors import RunFailed
from mailwright.codecs.sieve.evaluation import Field, holds
from mailwright.codecs.sieve.headeredit import EditedHeader
from mailwright.codecs.sieve.limits import MAX_ACTIONS, MAX_REDIRECTS, MAX_WORK
from mailwright.codecs.sieve.matching import OPERATION, matches_any
from mailwright.codecs.sieve.script import Command, Script, Texts
from mailwright.codecs.sieve.strings import Text, expand
from mailwright.codecs.sieve.variables import FLAGS, Variables, changed_flags, flags_in
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

READING = 16  # characters that are compared in the time in which one is decoded
FALLBACK_SUBJECT = "Automated reply"  # RFC 5230 §5.3: when the original has no Subject


def run(rules: Script, message: Parsed, facts: Facts) -> Outcome:
    """What the script says is to become of the message."""
    running = _Running(rules, message, facts)
    try:
        return running.finish()
    except RunFailed as error:
        # RFC 5293 §7: the keep of an error is that of the message as it came.
        return Outcome((Store(INBOX),), problem=error.problem)


class _Stopped(Exception):
    """`stop` was met."""


class _Running:
    """One run. Implements `evaluation.Run`."""

    def __init__(self, rules: Script, message: Parsed, facts: Facts) -> None:
        self.facts = facts
        self.message = message
        self.variables = Variables()
        self.sets_variables = "variables" in rules.requires
        self._commands = rules.commands
        self._edited = EditedHeader(message, facts.protected)
        self._work = MAX_WORK
        self._line = 1
        self._actions = 0
        self._implicit = True  # RFC 5228 §2.10.2: kept unless something cancels it
        self._stores: dict[str, Store] = {}
        self._forwards: dict[Address, Forward] = {}
        self._refusal: Refuse | None = None
        self._answer: Answer | None = None
        self._bodies: dict[tuple[str, tuple[str, ...]], Sequence[str]] = {}
        self._decoded: dict[Field, str] = {}
        self._addresses: dict[Field, Sequence[str]] = {}

    def finish(self) -> Outcome:
        """Run it to its end. Raises RunFailed."""
        with suppress(_Stopped):
            self._all(self._commands)
        if self._implicit:
            self._store(INBOX, None, create=False)
        return Outcome(tuple(self._stores.values()), tuple(self._forwards.values()), self._refusal, self._answer)

    # For the tests

    @property
    def header(self) -> Header:
        """As it is now (RFC 5293 §7)."""
        return self._edited.header

    def text(self, text: Text) -> str:
        """A string with its variables put in."""
        if isinstance(text, str):
            return text
        found = expand(text, self.variables.value_of)
        self.spend(len(found))
        return found

    def fields(self, name: str) -> Sequence[Field]:
        """The fields of that name, as they are now."""
        return self._edited.fields(name)

    def decoded(self, field: Field) -> str:
        """A field's value as text; read once in a run, since most scripts ask for a few fields again and again."""
        if field not in self._decoded:
            self.spend(READING * len(field[1]))
            self._decoded[field] = Header((field,)).get(field[0]) or ""
        return self._decoded[field]

    def addresses(self, field: Field) -> Sequence[str]:
        """The addresses in a field, one for each mailbox; read once in a run."""
        if field not in self._addresses:
            self.spend(READING * len(field[1]))
            self._addresses[field] = [mailbox.address for mailbox in Header((field,)).mailboxes(field[0])]
        self.spend(OPERATION * len(self._addresses[field]))
        return self._addresses[field]

    def spend(self, characters: int) -> None:
        """Count work. Raises RunFailed when it is too much."""
        self._work -= characters
        if self._work < 0:
            raise RunFailed(self._line, "the script compares too much")

    def body(self, transform: str, types: tuple[str, ...]) -> Sequence[str]:
        """What `body` looks at; decoded once in a run."""
        key = (transform, types)
        if key not in self._bodies:
            if transform == "raw":
                self._bodies[key] = bodies.raw_body(self.message)
            elif transform == "content":
                self._bodies[key] = bodies.parts_of(self.message, types)
            else:
                self._bodies[key] = bodies.texts_of(self.message)
            self.spend(READING * sum(map(len, self._bodies[key])))
        return self._bodies[key]

    # The commands

    def _all(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self._line = command.line
            self.spend(OPERATION)
            _PERFORM[type(command)](self, command)

    def if_(self, command: script.If) -> None:
        for test, block in command.branches:
            if holds(self, test):
                self._all(block)
                return

    def stop(self, command: script.Stop) -> None:
        raise _Stopped

    def keep(self, command: script.Keep) -> None:
        self._act(delivers=True)
        self._implicit = False
        self._store(INBOX, command.flags, create=False)

    def file_into(self, command: script.FileInto) -> None:
        self._act(delivers=True)
        name = self.text(command.mailbox)
        problem = mailbox_problem(name)
        if problem:
            self._fail(problem)
        self._store(name, command.flags, create=command.create)
        self._implicit = self._implicit and command.copy  # RFC 3894 §3

    def redirect(self, command: script.Redirect) -> None:
        self._act(delivers=True)
        address = self._address(command.address)
        if address not in self._forwards and len(self._forwards) >= MAX_REDIRECTS:
            self._fail(f"a message is redirected {MAX_REDIRECTS} times at most")
        self._forwards[address] = Forward(address, self._edited.octets)
        self._implicit = self._implicit and command.copy

    def discard(self, command: script.Discard) -> None:
        self._act(delivers=False)
        self._implicit = False

    def reject(self, command: script.Reject) -> None:
        self._act(delivers=False)
        # RFC 5429 §2.4: never twice, never with a vacation, and not together with what delivers.
        if self._refusal is not None or self._answer is not None or self._stores or self._forwards:
            self._fail("a message that is kept, sent on, answered or rejected already cannot be rejected")
        self._refusal = Refuse(self.text(command.reason), command.exact)
        self._implicit = False

    def vacation(self, command: script.Vacation) -> None:
        self._act(delivers=False)
        if self._answer is not None:
            self._fail("a message is answered once")  # RFC 5230 §4.7
        if self._refusal is not None:
            self._fail("a message that is rejected cannot be answered")
        addresses = tuple(self._address(address) for address in command.addresses)
        subject = None if command.subject is None else self.text(command.subject)
        if subject is None:
            asked = self.header.get("Subject")
            subject = f"Auto: {asked}" if asked else FALLBACK_SUBJECT  # RFC 5230 §5.3
        from_ = None if command.from_ is None else self.text(command.from_)
        reason = self.text(command.reason)
        self._answer = Answer(reason, subject, from_, addresses, command.mime, command.handle, command.seconds)

    def set_variable(self, command: script.SetVariable) -> None:
        if not self.variables.set(command.name, self.text(command.value), command.modifiers):
            self._fail("there are too many variables")

    def change_flags(self, command: script.ChangeFlags) -> None:
        name = self.text(command.variable).lower() or FLAGS
        value = changed_flags(self.variables.value_of(name), self._texts(command.flags), command.how)
        if not self.variables.set(name, value):
            self._fail("there are too many variables")

    def add_header(self, command: script.AddHeader) -> None:
        self._act(delivers=False)
        if not self._edited.add(self._field(command.name), self.text(command.value), last=command.last):
            self._fail("the header field cannot be written")

    def delete_header(self, command: script.DeleteHeader) -> None:
        self._act(delivers=False)
        name = self._field(command.name)
        places = self._edited.named(name)
        if command.index is not None:
            number, count = command.index.number, len(places)
            at = count - number if command.index.from_last else number - 1
            counted = [at] if 0 <= at < count else []
        else:
            counted = list(range(len(places)))
        if command.values is not None:
            keys, values = self._texts(command.values), self.header.all(name)
            counted = [
                at for at in counted if at < len(values) and matches_any([values[at]], keys, command.match, self.spend)
            ]
        self._edited.remove([places[at] for at in counted])

    def _act(self, *, delivers: bool) -> None:
        self._actions += 1
        if self._actions > MAX_ACTIONS:
            self._fail(f"a script takes {MAX_ACTIONS} actions at most")
        if delivers and self._refusal is not None:
            self._fail("a message that is rejected cannot be kept or sent on")  # RFC 5429 §2.4

    def _store(self, mailbox: str, flags: Texts | None, *, create: bool) -> None:
        # RFC 5232 §3: without `:flags` those of the internal variable. Of two into one mailbox the last flags win.
        given = flags_in([self.variables.value_of(FLAGS)] if flags is None else self._texts(flags))
        name = INBOX if mailbox.upper() == INBOX else mailbox
        self._stores[name] = Store(name, given, create, self._edited.octets)

    def _address(self, text: Text) -> Address:
        try:
            return redirect_address(self.text(text))
        except BadAddress:
            self._fail("that is not an address")  # its text came from the message, and is not repeated

    def _field(self, text: Text) -> str:
        name = self.text(text)
        if not FIELD_NAME.fullmatch(name):
            self._fail("that cannot be the name of a header field")
        return name

    def _texts(self, texts: Texts) -> list[str]:
        return [self.text(text) for text in texts]

    def _fail(self, text: str) -> NoReturn:
        raise RunFailed(self._line, text)


_PERFORM: dict[type[Any], Callable[[_Running, Any], None]] = {
    script.AddHeader: _Running.add_header,
    script.ChangeFlags: _Running.change_flags,
    script.DeleteHeader: _Running.delete_header,
    script.Discard: _Running.discard,
    script.FileInto: _Running.file_into,
    script.If: _Running.if_,
    script.Keep: _Running.keep,
    script.Redirect: _Running.redirect,
    script.Reject: _Running.reject,
    script.SetVariable: _Running.set_variable,
    script.Stop: _Running.stop,
    script.Vacation: _Running.vacation,
}
