"""Sieve: the language people write the rules for their mail in (RFC 5228 and extensions), read and run without touching mail.

    tokens, syntax       text to a tree, with lines          script        what can be run, typed
    arguments            what the table says of a command    strings       encoded characters, variables in strings
    conditions, commands the tree to a script, checked       interpreter   run: what is to become of a message
    commands_table       every command and its arguments     evaluation    the tests; `matching`, `dateparts`, `bodies`

    rules = compile_script(b'require "fileinto"; if header :contains "subject" "[list]" { fileinto "Lists"; }')
    run(rules, mime.parse(raw), facts).stores       # (Store(mailbox="Lists", …),)

Rules of the place: a script is read whole before anything of it runs, and a mistake has its line; nothing is global, so two
scripts never see each other; every run is bounded. What we do not offer (`regex`, `include`, `enotify`) cannot be required.
"""

from mailwright.codecs.sieve.actions import INBOX, Answer, Facts, Forward, Outcome, Refuse, Store
from mailwright.codecs.sieve.commands import read as compile_script
from mailwright.codecs.sieve.commands_table import CAPABILITIES
from mailwright.codecs.sieve.errors import Problem, ScriptInvalid
from mailwright.codecs.sieve.headeredit import rebuilt
from mailwright.codecs.sieve.interpreter import run
from mailwright.codecs.sieve.limits import MAX_REDIRECTS, MAX_SCRIPT_OCTETS, MAX_VACATION_DAYS
from mailwright.codecs.sieve.script import Script

__all__ = [
    "CAPABILITIES",
    "INBOX",
    "MAX_REDIRECTS",
    "MAX_SCRIPT_OCTETS",
    "MAX_VACATION_DAYS",
    "Answer",
    "Facts",
    "Forward",
    "Outcome",
    "Problem",
    "Refuse",
    "Script",
    "ScriptInvalid",
    "Store",
    "compile_script",
    "rebuilt",
    "run",
]
