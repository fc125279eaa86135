"""The oracle: Dovecot's Pigeonhole runs the same scripts over the same messages, and says it would do the same.

Left out is where it differs from the documents: `string` compares case there unless told otherwise, `:last` is taken without
`:index`, unknown parts of a date and time zones only warn. Those stand in the tests beside this one, with what we follow.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwright.codecs import mime, sieve
from mailwright.domain.addresses import Address

PROGRAM = shutil.which("sieve-test")

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(PROGRAM is None, reason="dovecot-sieve is not installed"),
]

CONFIGURATION = """
mail_uid = {uid}
mail_gid = {gid}
mail_home = {folder}
mail_location = maildir:{folder}/Maildir
log_path = /dev/stderr
ssl = no
plugin {{
  sieve_extensions = +editheader +vacation-seconds +imap4flags +index +date
  sieve_max_redirects = 5
}}
"""

PLAIN = b"""\
Received: from b by c; Fri, 20 Nov 2026 09:00:05 +0100\r
Received: from a by b; Fri, 20 Nov 2026 08:00:00 +0000\r
From: Eve Example <eve@example.org>\r
To: "Ada, L." <ada+news@mailwright.test>, bashir@mailwright.test\r
Cc: Friends: chen@mailwright.test, DORA@Example.NET;\r
Subject: [list] Hello there\r
 folded world\r
X-Priority: 2\r
X-Empty:\r
X-Encoded: =?utf-8?q?caf=C3=A9?= au lait\r
Date: Fri, 20 Nov 2026 10:30:15 +0200\r
Message-ID: <1@example.org>\r
\r
Hi Ada,\r
the project schedule is here.\r
"""

MULTIPART = b"""\
From: eve@example.org\r
To: ada@mailwright.test\r
Subject: parts\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=outer\r
\r
the prologue\r
--outer\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
caf=E9 missile\r
--outer\r
Content-Type: text/html\r
Content-Transfer-Encoding: base64\r
\r
PHA+SGVsbG8gPGI+Ym9sZDwvYj48L3A+\r
--outer\r
Content-Type: message/rfc822\r
\r
From: inner@example.net\r
Subject: inside\r
\r
please say hello\r
--outer--\r
the epilogue\r
"""

TESTS = [
    'header :is "subject" "[list] Hello there folded world"',
    'header :contains "subject" "HELLO"',
    'header :contains :comparator "i;octet" "subject" "HELLO"',
    'header :matches "subject" "[list] *"',
    'header :matches "subject" "?list? * world"',
    'header :matches "subject" "*hello*folded*"',
    'header :matches "subject" "\\\\[*"',
    'header :matches "subject" "*\\\\**"',
    'header :is "x-empty" ""',
    'header :contains "x-missing" ""',
    'header :contains "x-priority" ""',
    'header :is "x-encoded" "café au lait"',
    'header :contains ["x-missing", "to"] ["nobody", "bashir"]',
    'header :is "From:" "x"',
    'not header :matches "Cc" "?*"',
    'address :is "from" "EVE@example.org"',
    'address :domain :is ["to", "cc"] "example.net"',
    'address :localpart :is "cc" "dora"',
    'address :localpart :comparator "i;octet" :is "cc" "dora"',
    'address :user :is "to" "ada"',
    'address :detail :is "to" "news"',
    'address :detail :is "from" ""',
    'address :detail :contains "cc" ""',
    'address :all :contains "to" "Ada, L."',
    'envelope :is "from" "eve@example.org"',
    'envelope :localpart :is "to" "ada+news"',
    'envelope :detail :is "to" "news"',
    'envelope :user "to" "ada"',
    'exists ["from", "date"]',
    'exists ["from", "x-missing"]',
    "size :over 100",
    "size :under 100",
    "size :over 1K",
    "allof (true, not false, anyof (false, true))",
    "anyof (false, not true)",
    'header :value "lt" :comparator "i;ascii-numeric" "x-priority" "3"',
    'header :value "gt" :comparator "i;ascii-numeric" "x-priority" "10"',
    'header :value "ge" :comparator "i;ascii-numeric" "subject" "3"',
    'header :value "gt" "subject" "[kist]"',
    'header :count "eq" :comparator "i;ascii-numeric" "received" "2"',
    'address :count "ge" :comparator "i;ascii-numeric" ["to", "cc"] ["4"]',
    'address :count "gt" :comparator "i;ascii-numeric" ["to", "cc"] ["4"]',
    'envelope :count "eq" :comparator "i;ascii-numeric" "from" "1"',
    'header :value "ne" "x-priority" ["2", "3"]',
    'header :index 1 :contains "received" "from b"',
    'header :index 1 :last :contains "received" "from b"',
    'header :index 3 :contains "received" "from"',
    'address :index 2 :is ["from", "to"] "bashir@mailwright.test"',
    'date :is :originalzone "date" "hour" "10"',
    'date :is :zone "+0000" "date" "hour" "08"',
    'date :is :zone "-0130" "date" "time" "07:00:15"',
    'date :is :zone "+0000" "date" "weekday" "5"',
    'date :is :zone "+0000" "date" "date" "2026-11-20"',
    'date :is :zone "+0000" "date" "julian" "61364"',
    'date :is :zone "+0000" "date" "iso8601" "2026-11-20T08:30:15+00:00"',
    'date :is :zone "+0200" "date" "iso8601" "2026-11-20T10:30:15+02:00"',
    'date :is :originalzone "date" "zone" "+0200"',
    'date :is :zone "+0000" "received" "second" "05"',
    'date :is :zone "+0000" "x-missing" "second" "00"',
    'date :is :zone "+0000" "subject" "year" "2026"',
    'date :is :originalzone "date" "std11" "Fri, 20 Nov 2026 10:30:15 +0200"',
    'currentdate :value "ge" "year" "2026"',
    'currentdate :is :zone "+0530" "zone" "+0530"',
    'body :contains "project schedule"',
    'body :raw :contains "Hi Ada,"',
    'body :content "text" :contains "schedule"',
    'body :content "image" :contains ""',
    'body :text :is "nothing"',
    'string :is "a" "a"',
    'string :matches "coyote@ACME.Example.com" "coyote@**.com"',
    'string :count "eq" :comparator "i;ascii-numeric" ["a", "", "b"] "2"',
    'mailboxexists "Lists"',
    'header :contains "subject" "$${hex:24}"',
    'header :contains "subject" "H${hex:65}llo"',
    'header :contains "subject" "${unicode:5B}list${UNICODE: 05d }"',
    'header :contains "subject" "${unicode:Cool}"',
]

OF_PARTS = [
    'body :contains "café"',
    'body :content "text/plain" :contains "café missile"',
    'body :content "text/html" :contains "<b>bold"',
    'body :text :contains "hello bold"',
    'body :raw :contains "caf=E9"',
    'body :raw :contains "the prologue"',
    'body :content "multipart" :contains "prologue"',
    'body :content "multipart" :contains "epilogue"',
    'body :content "multipart" :contains "missile"',
    'body :content "message/rfc822" :contains "inside"',
    'body :content "message/rfc822" :contains "please"',
    'body :content "text" :contains "please say"',
    'body :content "/plain" :contains "missile"',
    'body :content "text/" :contains "missile"',
    'body :content "" :contains "missile"',
    'body :content ["audio", "text/plain"] :contains ["nope", "hello"]',
]

REQUIRE = (
    'require ["fileinto", "envelope", "subaddress", "relational", "comparator-i;ascii-numeric", "date", "index", "body", '
    '"variables", "mailbox", "encoded-character", "copy", "imap4flags", "vacation", "reject", "editheader"];\n'
)

SCRIPTS = [
    "",
    "keep;",
    "discard;",
    'discard; fileinto "A";',
    'fileinto "A"; fileinto "B"; fileinto "A";',
    'fileinto :copy "A";',
    'redirect "bashir@example.net";',
    'redirect :copy "bashir@example.net"; redirect :copy "chen@example.net";',
    'redirect "Bashir <bashir@example.net>";',
    'keep; fileinto "INBOX";',
    'fileinto "A"; stop; fileinto "B";',
    'if true { fileinto "A"; } elsif true { fileinto "B"; } else { fileinto "C"; }',
    'if false { fileinto "A"; } elsif true { fileinto "B"; } else { fileinto "C"; }',
    'if false { fileinto "A"; } elsif false { fileinto "B"; } else { fileinto "C"; }',
    'if true { if true { stop; } } fileinto "B";',
    'addflag "\\\\Seen"; addflag ["kw", "\\\\flagged"]; keep;',
    'addflag "\\\\Seen kw"; removeflag "KW"; fileinto "A";',
    'setflag "a b"; setflag "c"; keep;',
    'setflag "\\\\Deleted"; fileinto :flags "" "A";',
    'keep :flags ["\\\\Answered", "one two"];',
    'fileinto :flags "x" "A"; fileinto :flags "y" "A";',
    'addflag "v" "a b"; if hasflag "v" "B" { fileinto :flags "${v}" "A"; }',
    'addflag "a b"; if hasflag :count "eq" :comparator "i;ascii-numeric" "2" { fileinto "A"; }',
    'addflag "a b"; if hasflag :contains ["zz", "B"] { fileinto "A"; }',
    'if header :matches "subject" "[*] *" { fileinto "${1}"; }',
    'if header :matches "subject" "[*] * *" { fileinto "${2}-${3}"; }',
    'if header :matches "x-priority" "?" { fileinto "${0}${1}${2}x"; }',
    'if address :matches ["to", "cc"] "*@**.test" { fileinto "${1}.${2}.${3}"; }',
    'set "a" "juMBlEd lETteRS"; set :length "b" "${a}"; fileinto "${b}";',
    'set "a" "juMBlEd lETteRS"; set :upperfirst :lower "b" "${a}"; fileinto "${b}";',
    'set :quotewildcard "b" "Rock*\\\\?"; fileinto "${b}";',
    'set "dollar" "$"; set "text" "regarding ${dollar}{beep}"; fileinto "${TEXT}";',
    'set "company" "ACME"; fileinto "${BAD${Company}";',
    'set "company" "ACME"; fileinto "${President, ${Company} Inc.}";',
    'set "name" "Eve"; fileinto "dear${hex:20 24 7b 4e}ame}";',
    'fileinto "&%${}!${doh!}";',
    'fileinto "x${unknown}y";',
    'if anyof (true, header :matches "subject" "*") { fileinto "x${1}y"; }',
    'vacation "I am away";',
    'vacation :days 5 :subject "Away" :addresses "ada@example.org" "I am away"; discard;',
    'vacation "one"; vacation "two";',
    'reject "no";',
    'reject "no"; reject "no";',
    'reject "no"; vacation "x";',
    'vacation "x"; reject "no";',
    'reject "no"; keep;',
    'reject "no"; discard;',
    'addheader "X-New" "one"; if header :is "x-new" "one" { fileinto "A"; }',
    'deleteheader "subject"; if not exists "subject" { fileinto "A"; }',
    'deleteheader "received"; if exists "received" { fileinto "A"; }',
    'deleteheader :contains "to" "nobody"; if exists "to" { fileinto "A"; }',
    'addheader "X" "a"; addheader "X" "b"; addheader :last "X" "c"; '
    'deleteheader :index 1 :last "X"; if header :index 1 :is "X" "b" { fileinto "A"; }',
    'addheader "X" "a"; addheader "X" "b"; deleteheader :index 1 "X"; deleteheader :index 2 "X"; '
    'if header :is "X" "a" { fileinto "A"; }',
    'if string :is "${unknown}" "" { fileinto "A"; }',
    'fileinto :create "New";',
    "vacation text:\nHello\n..dot\n.\n; keep;",
    'if header :contains "subject" text: # a comment\nhello\n.\n { discard; }',
    "/* a comment */ if /* another */ true { # and one\n discard; }",
    'KEEP; IF TRUE { FileInto "A"; }',
    "if not not true { discard; }",
]

INVALID = [
    "keep",
    "keep; }",
    "if true { keep;",
    "bogus;",
    "if bogus { keep; }",
    "fileinto;",
    'fileinto ["A", "B"];',
    'fileinto "A" "B";',
    "fileinto 5;",
    'fileinto :bogus "A";',
    'fileinto :copy :copy "A";',
    "if size 10 { keep; }",
    "if size :over :under 10 { keep; }",
    'if size :over "10" { keep; }',
    "if size :over 10T { keep; }",
    "if size :over 99999999999999999999 { keep; }",
    'if header :is :contains "a" "b" { keep; }',
    'if header "a" "b" :is { keep; }',
    'if header "a" { keep; }',
    'if header :comparator "i;bogus" "a" "b" { keep; }',
    'if header :contains :comparator "i;ascii-numeric" "a" "b" { keep; }',
    'if header :value "xx" "a" "b" { keep; }',
    'if header :last :is "a" "b" { keep; }',
    'if address :all :domain "from" "b" { keep; }',
    'if address "subject" "b" { keep; }',
    'if envelope "bogus" "b" { keep; }',
    "if true keep;",
    "if anyof () { keep; }",
    "if anyof true { keep; }",
    "if not { keep; }",
    "elsif true { keep; }",
    "else { keep; }",
    "if true { keep; } else { keep; } else { keep; }",
    "if true { keep; } keep; else { keep; }",
    'keep; require "fileinto";',
    'redirect "not an address";',
    'redirect "a@example.org, b@example.org";',
    'redirect "Group: a@example.org;";',
    'vacation :days 1 :seconds 1 "x";',
    'vacation :from "not an address" "x";',
    'set "1" "x";',
    'set "a.b" "x";',
    'set :lower :upper "a" "x";',
    'set "${a}" "x";',
    'keep "x";',
    "keep { stop; }",
    "stop 1;",
    'keep; "string";',
    'fileinto "unterminated;',
    "/* unterminated",
    "keep; text:\nno end",
    'addheader "bad name:" "x";',
    'if date :zone "+0100" :originalzone "date" "hour" "1" { keep; }',
    'if header "a" [] { keep; }',
    'if header "a" ["b",] { keep; }',
    'if header "a" ["b" "c"] { keep; }',
    "keep;;",
    'if header :contains "x" "${unicode:200000}" { keep; }',
    'if header :contains "x" "${unicode:DF01}" { keep; }',
]


def _ours(content: str, raw: bytes) -> tuple[object, ...]:
    try:
        rules = sieve.compile_script(content.encode())
    except sieve.ScriptInvalid:
        return ("invalid",)
    facts = sieve.Facts(
        Address.parse("eve@example.org"), Address.parse("ada+news@mailwright.test"), 1_800_000_000_000_000
    )
    outcome = sieve.run(rules, mime.parse(raw), facts)
    if outcome.problem is not None:
        return ("failed",)
    return (
        {store.mailbox: {flag.lower() for flag in store.flags} for store in outcome.stores},
        {str(forward.address) for forward in outcome.forwards},
        outcome.refusal is not None,
        outcome.answer is not None,
    )


def _theirs(folder: Path, content: str, raw: bytes) -> tuple[object, ...]:
    script, message, configuration = folder / "script.sieve", folder / "message.eml", folder / "dovecot.conf"
    script.write_bytes(content.replace("\n", "\r\n").encode())
    message.write_bytes(raw)
    # It refuses to work as root, and may look only into folders that are open to everybody then.
    person = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    configuration.write_text(CONFIGURATION.format(folder=folder, uid=person.pw_uid, gid=person.pw_gid))
    command = [str(PROGRAM), "-c", str(configuration), "-C", "-f", "eve@example.org"]
    command += ["-a", "ada+news@mailwright.test", "-r", "ada+news@mailwright.test", str(script), str(message)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if "Performed actions" not in done.stdout:
        return ("invalid",) if "failed to compile" in done.stderr else ("failed",)
    stores: dict[str, set[str]] = {}
    forwards: set[str] = set()
    refused = answered = False
    mailbox = ""
    for line in done.stdout.splitlines():
        if found := re.match(r" \* store message in folder: (.*)", line):
            mailbox = found[1]
            stores[mailbox] = set()
        elif found := re.match(r"\s+\+ add IMAP flags:(.*)", line):
            stores[mailbox] = {flag.lower() for flag in found[1].split()}
        elif found := re.match(r" \* redirect message to: <(.*)>", line):
            forwards.add(found[1])
        refused = refused or line.startswith(" * reject")
        answered = answered or line.startswith(" * send vacation")
    return stores, forwards, refused, answered


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that an unprivileged program may look into."""
    with tempfile.TemporaryDirectory(prefix="mailwright-sieve-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def _compare(folder: Path, content: str, raw: bytes) -> None:
    assert _ours(content, raw) == _theirs(folder, content, raw)


@pytest.mark.parametrize("test", TESTS)
def test_a_test_holds_where_pigeonhole_says_so(folder: Path, test: str) -> None:
    _compare(folder, f'{REQUIRE}if {test} {{ fileinto "true"; }}', PLAIN)


@pytest.mark.parametrize("test", OF_PARTS)
def test_a_body_holds_what_pigeonhole_finds_in_it(folder: Path, test: str) -> None:
    _compare(folder, f'{REQUIRE}if {test} {{ fileinto "true"; }}', MULTIPART)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_does_what_pigeonhole_would_do(folder: Path, script: str) -> None:
    _compare(folder, REQUIRE + script, PLAIN)


@pytest.mark.parametrize("script", INVALID)
def test_what_pigeonhole_refuses_is_refused(folder: Path, script: str) -> None:
    content = REQUIRE.replace('"vacation"', '"vacation", "vacation-seconds"') + script
    assert _ours(content, PLAIN) == ("invalid",)
    assert _theirs(folder, content, PLAIN) in (("invalid",), ("failed",))
