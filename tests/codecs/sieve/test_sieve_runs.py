"""Running scripts: what Pigeonhole has no say in, what fails, what is limited, and that nothing breaks a run."""

import time
from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs import mime, sieve
from mailwright.codecs.sieve import limits
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, SECOND

ADA = Address.parse("ada@mailwright.test")
EVE = Address.parse("eve@example.org")
NOW = 1_795_167_015 * SECOND  # Fri, 20 Nov 2026 09:30:15 +0000

LETTER = b"From: eve@example.org\r\nTo: ada@mailwright.test\r\nSubject: Hello\r\nX-Same: 1\r\nX-Same: 2\r\n\r\nHi.\r\n"
EVERYTHING = "require [" + ", ".join(f'"{name}"' for name in sieve.CAPABILITIES) + "];\n"


def run(text: str, raw: bytes = LETTER, **facts: object) -> sieve.Outcome:
    known = {"sender": EVE, "recipient": ADA, "now": NOW, **facts}
    return sieve.run(sieve.compile_script((EVERYTHING + text).encode()), mime.parse(raw), sieve.Facts(**known))  # type: ignore[arg-type]


def holds(test: str, raw: bytes = LETTER, **facts: object) -> bool:
    return run(f"if {test} {{ discard; }}", raw, **facts).is_discarded


def names(outcome: sieve.Outcome) -> list[str]:
    return [store.mailbox for store in outcome.stores]


def test_everything_announced_can_be_required_and_nothing_else() -> None:
    assert names(run("")) == ["INBOX"]
    for name in ("regex", "include", "enotify", "foreverypart", "imapflags", "FILEINTO"):
        with pytest.raises(sieve.ScriptInvalid):
            sieve.compile_script(f'require "{name}";'.encode())


def test_ereject_is_remembered_as_such() -> None:
    assert run('ereject "no";').refusal == sieve.Refuse("no", exact=False)
    assert run('reject "no";').refusal == sieve.Refuse("no", exact=True)


def test_string_compares_without_case_unless_told_otherwise() -> None:
    # RFC 5228 §2.7.3: the default is i;ascii-casemap, for `string` as well.
    assert holds('string "a" "A"')
    assert not holds('string :comparator "i;octet" "a" "A"')
    assert names(run('if string :matches "coyote@ACME.Example.COM" "coyote@**.com" { fileinto "${2}"; }')) == [
        "ACME.Example"
    ]


def test_the_null_sender_is_the_empty_string_whatever_its_part() -> None:
    # RFC 5228 §5.4; RFC 5231 §4.2 counts it as none.
    for part in (":all", ":localpart", ":domain", ":user", ":detail"):
        assert holds(f'envelope {part} :is "from" ""', sender=None)
    assert holds('envelope :count "eq" "from" "0"', sender=None)
    assert not holds('envelope :is "from" ""')


def test_a_second_field_of_a_name_is_reached_by_its_index() -> None:
    assert holds('header :index 2 :is "x-same" "2"')
    assert holds('header :index 1 :last :is "x-same" "2"')
    assert not holds('header :index 3 :is "x-same" "2"')


def test_an_index_counts_the_dates_of_fields_too() -> None:
    # RFC 5260 §6
    raw = b"Received: a; Fri, 20 Nov 2026 08:00:05 +0000\r\nReceived: b; Fri, 20 Nov 2026 08:00:07 +0000\r\n\r\n"
    assert holds('date :index 2 "received" "second" "07"', raw)
    assert holds('date :index 1 :last "received" "second" "07"', raw)


def test_the_current_date_is_that_of_the_message_in_the_owners_zone() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    for part, value in {
        "date": "2026-11-20",
        "time": "15:00:15",
        "zone": "+0530",
        "weekday": "5",
        "julian": "61364",
        "iso8601": "2026-11-20T15:00:15+05:30",
        "std11": "Fri, 20 Nov 2026 15:00:15 +0530",
        "month": "11",
    }.items():
        assert holds(f'currentdate :is "{part}" "{value}"', zone=zone), part
    assert holds('currentdate :is :zone "+0000" "iso8601" "2026-11-20T09:30:15Z"', zone=zone)
    assert holds('currentdate :is :zone "-0930" "hour" "00"')
    assert run('set "p" "bogus"; if currentdate :is "${p}" "x" { discard; }').stores
    assert run('set "z" "CET"; if currentdate :zone "${z}" :is "hour" "1" { discard; }').problem is not None


def test_a_message_without_a_body_matches_nothing_of_it() -> None:
    # RFC 5173 §4
    assert not holds('body :raw :contains ""', b"Subject: x\r\n")
    assert holds('body :raw :contains ""', b"Subject: x\r\n\r\n")


def test_body_sets_no_match_variables() -> None:
    # RFC 5173 §6
    outcome = run('if body :matches "*Hi*" { fileinto "x${1}y${0}z"; }')
    assert names(outcome) == ["xyz"]


def test_lines_of_a_body_end_as_those_of_a_script() -> None:
    assert holds('body :raw :contains "one\ntwo"', b"Subject: x\r\n\r\none\r\ntwo\r\n")
    assert holds('body :text :contains "one\ntwo"', b"Subject: x\n\none\ntwo\n")


def test_match_variables_are_those_of_the_last_match_and_need_the_extension() -> None:
    assert names(run('if header :matches "subject" "H*" {} if header :matches "subject" "x*" {} fileinto "${1}";')) == [
        "ello"
    ]
    plain = sieve.compile_script(b'require "fileinto"; if header :matches "subject" "*" { fileinto "${1}"; }')
    assert sieve.run(plain, mime.parse(LETTER), sieve.Facts(EVE, ADA, NOW)).stores[0].mailbox == "${1}"


def test_flags_are_told_apart_without_case_and_strangers_ignored() -> None:
    outcome = run('addflag ["\\\\SEEN \\\\seen", "Todo", "todo", "\\\\Recent", "\\\\Nonsense", "b(d", "ü", ""]; keep;')
    assert outcome.stores[0].flags == ("\\Seen", "Todo")
    outcome = run('addflag "a b c"; removeflag "B"; fileinto :copy "A"; removeflag "a";')
    assert [(store.mailbox, store.flags) for store in outcome.stores] == [("A", ("a", "c")), ("INBOX", ("c",))]
    assert (
        len(run('addflag "' + " ".join(f"k{number}" for number in range(100)) + '";').stores[0].flags)
        == limits.MAX_KEYWORDS
    )


def test_each_action_has_the_header_as_it_was_then() -> None:
    # RFC 5293 §7: actions act on the current set of header fields, the implicit keep on the last.
    outcome = run('fileinto :copy "A"; addheader "X-One" "1"; fileinto :copy "B"; deleteheader "Subject";')
    a, b, inbox = outcome.stores
    assert a.header is None
    assert b.header is not None
    assert b.header.startswith(b"X-One: 1\r\nFrom: eve")
    assert b"Subject" in b.header
    assert inbox.header is not None
    assert b"Subject" not in inbox.header


def test_after_an_error_the_message_is_kept_as_it_came() -> None:
    outcome = run('addheader "X-One" "1"; addflag "x"; fileinto "A"; redirect "${nothing}";')
    assert outcome.stores == (sieve.Store("INBOX"),)
    assert outcome.problem == sieve.Problem(2, "that is not an address")


def test_fields_that_loops_are_found_by_stay() -> None:
    raw = b"Received: a\r\nAuto-Submitted: no\r\nX-Ours: 1\r\nSubject: x\r\n\r\nHi.\r\n"
    text = 'deleteheader "Received"; deleteheader "auto-submitted"; deleteheader "X-Ours"; deleteheader "Subject";'
    [store] = run(text, raw, protected=frozenset({"x-ours"})).stores
    assert store.header == b"Received: a\r\nAuto-Submitted: no\r\nX-Ours: 1\r\n"


def test_a_field_that_is_written_is_encoded_and_cannot_break_out() -> None:
    [store] = run('addheader "X-A" "Grüße\r\nBcc: all@example.org\r\n\r\nbody";').stores
    assert store.header is not None
    header = mime.Header.parse(store.header)
    assert header.get("X-A") == "Grüße Bcc: all@example.org body"
    assert "Bcc" not in header


def test_the_body_stays_byte_for_byte_under_another_header() -> None:
    for raw in (
        LETTER,
        LETTER.replace(b"\r\n", b"\n"),
        b"Return-Path: <eve@example.org>\r\n" + LETTER,
        b"no header at all\r\n",
    ):
        parsed = mime.parse(raw)
        made = sieve.rebuilt(parsed, b"A: 1\r\n", b"B: 2\r\n")
        assert made.endswith(raw[parsed.root.body_start :])
        again = sieve.rebuilt(parsed, None)
        assert mime.parse(again).header.fields == parsed.header.fields


@pytest.mark.parametrize(
    "text",
    [
        "keep;" * (limits.MAX_ACTIONS + 1),
        "".join(f'redirect "a{number}@example.org";' for number in range(limits.MAX_REDIRECTS + 1)),
        "".join(f'set "v{number}" "x";' for number in range(limits.MAX_VARIABLES + 1)),
        'fileinto "${nothing}";',
        'set "n" "a${hex:07}b"; fileinto "${n}";',
        'addheader "a${nothing}:" "x";',
        'vacation :addresses "${nothing}" "x";',
    ],
)
def test_what_passes_a_limit_fails_and_keeps(text: str) -> None:
    outcome = run(text)
    assert outcome.problem is not None
    assert outcome.stores == (sieve.Store("INBOX"),)


def test_one_address_is_sent_to_once() -> None:
    assert len(run('redirect "a@example.org"; redirect "A <a@EXAMPLE.org>";' * 3).forwards) == 1


def test_variables_are_cut_where_they_are_too_long() -> None:
    # RFC 5229 §6: truncated, and no error.
    text = 'set "a" "0123456789";' + 'set "a" "${a}${a}${a}${a}${a}${a}${a}${a}${a}${a}";' * 10
    assert names(run(text + 'set :length "n" "${a}"; fileinto "${n}";')) == [str(limits.MAX_VARIABLE_CHARACTERS)]


def test_vacation_knows_what_counts_as_the_same_answer() -> None:
    def handle(text: str) -> str:
        answer = run(text).answer
        assert answer is not None
        return answer.handle

    # RFC 5230 §4.2: no argument may be taken for another, and variables are not put in before.
    different = [
        handle(text)
        for text in (
            'vacation "a";',
            'vacation :subject "a" "a";',
            'vacation :from "a@example.org" "a";',
            'vacation :mime "a";',
            'vacation :handle "a" "a";',
            'vacation :subject "-" "a";',
            'vacation "${subject}";',
        )
    ]
    assert len(set(different)) == len(different)
    assert handle('vacation :handle "a" "a";') == handle('vacation :handle "a" :subject "b" "c";')
    assert handle('vacation :days 3 "a";') == handle('vacation :days 9 :addresses "b@example.org" "a";')
    assert handle('set "x" "1"; vacation "${x}";') == handle('set "x" "2"; vacation "${x}";')


def test_vacation_days_and_seconds_have_their_bounds() -> None:
    for words, seconds in {
        "": 7 * 86400,
        ":days 0": 86400,
        ":days 30": 30 * 86400,
        ":days 1000": 90 * 86400,
        ":seconds 0": 0,
        ":seconds 60": 60,
        ":seconds 2147483648": 90 * 86400,
    }.items():
        answer = run(f'vacation {words} "x";').answer
        assert answer is not None
        assert answer.seconds == seconds
    assert DAY == 86400 * SECOND


def test_a_hostile_script_over_a_hostile_message_ends_soon() -> None:
    fields = b"".join(b"X-%d: " % number + b"a" * 400 + b"\r\n" for number in range(900))
    raw = fields + b"Subject: " + b"a" * 100_000 + b"\r\n\r\n" + b"a" * 1_000_000
    keys = ", ".join(f'"{"*a" * 8}{number}"' for number in range(1000))
    many = ", ".join(f'"X-{number}"' for number in range(900))
    scripts = [
        f"if header :matches [{many}] [{keys}] {{ discard; }}",
        f'if header :matches "subject" "{"*a?" * 7000}b" {{ discard; }}',
        f"if body :matches [{keys}] {{ discard; }}",
        "if body :raw :contains [" + ", ".join(f'"{"a" * 40}{number}"' for number in range(900)) + "] { discard; }",
        'set "a" "' + "a" * 8000 + '";' + 'if string "' + "${a}" * 2000 + '" "' + "${a}" * 2000 + '" {}',
        'if header :contains "subject" "y" {}' * 1500,
        f"if header :contains [{many}] [{many}] {{}}" * 2,
        'if body :content "" :matches "*a*a*a*a*a*a*a*b" { discard; }',
    ]
    for text in scripts:
        rules = sieve.compile_script((EVERYTHING + text).encode())
        parsed = mime.parse(raw)
        started = time.thread_time()
        outcome = sieve.run(rules, parsed, sieve.Facts(EVE, ADA, NOW))
        assert time.thread_time() - started < 10, text[:60]
        assert outcome.stores or outcome.is_discarded


_TESTS = st.sampled_from(
    [
        'header :contains "subject" "${1}"',
        'header :matches ["to", "subject"] "*l?o"',
        'address :detail :matches ["to", "from"] "*"',
        'envelope :value "gt" "from" "m"',
        'body :content "text" :matches "*H?*"',
        'body :raw :count "ge" "1"',
        'date :originalzone "date" "julian" "${0}"',
        'currentdate :value "lt" "hour" "12"',
        'string :count "eq" ["${a}", "x"] "2"',
        'hasflag :matches "a" "*"',
        'exists ["subject", "x-n"]',
        "size :over 100",
        'mailboxexists ["${a}"]',
        'header :index 2 :last :is "received" ""',
    ]
)
_ACTIONS = st.sampled_from(
    [
        "keep;",
        'fileinto :copy :create :flags "${a}" "M${1}";',
        'redirect :copy "${a}@example.org";',
        "discard;",
        'reject "${0}";',
        'vacation :subject "${0}" :mime "Content-Type: text/plain\n\n${a}";',
        'set :lower :upperfirst :quotewildcard "a" "${0}";',
        'set :length "a" "${a}${a}";',
        'addflag "a" "${1} x";',
        'addheader :last "X-N" "${a}${1}";',
        'deleteheader :index 1 :matches "X-N" "*";',
        "stop;",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_TESTS, _ACTIONS, _ACTIONS), max_size=8), st.binary(max_size=300))
def test_no_script_and_no_message_break_a_run(parts: list[tuple[str, str, str]], raw: bytes) -> None:
    text = "".join(f"if {test} {{ {one} }} else {{ {other} }}\n" for test, one, other in parts)
    for message in (raw, LETTER + raw, raw + LETTER):
        outcome = run(text, message)
        if outcome.problem is not None:
            assert outcome.stores == (sieve.Store("INBOX"),)
        for made in (*outcome.stores, *outcome.forwards):
            sieve.rebuilt(mime.parse(message), made.header)
