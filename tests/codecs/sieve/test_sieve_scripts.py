"""Reading scripts: what is wrong is named with its line, limits hold, and no two scripts know of each other."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs import sieve
from mailwright.codecs.sieve import limits
from mailwright.codecs.sieve.syntax import parse
from mailwright.codecs.sieve.tokens import tokens_of


def problems(text: str | bytes) -> list[tuple[int, str]]:
    try:
        sieve.compile_script(text.encode() if isinstance(text, str) else text)
    except sieve.ScriptInvalid as error:
        return [(problem.line, problem.text) for problem in error.problems]
    return []


def lines(text: str) -> list[int]:
    return [line for line, _ in problems(text)]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("keep;\nkeep;\nif bogus { keep; }\n", 3, 'no test "bogus"'),
        ("keep;\r\n\r\nbogus;\r\n", 3, 'no command "bogus"'),
        ("/* a\nb\nc */ bogus;", 3, "bogus"),
        ('keep; # "\nkeep; "', 2, "no closing quote"),
        ("keep;\n/* never\nclosed", 2, "no */"),
        ('require "vacation";\nvacation text:\nno\nend', 2, "single dot"),
        ('require "vacation";\nvacation text: # x\na\nb\n.\n; bogus;', 6, "bogus"),
        ('fileinto\n"x";', 1, 'require "fileinto"'),
        ("if true {\n  keep;\n", 3, "closing brace"),
        ("keep", 1, 'comes ";" or a block'),
        ("}\n", 1, "begins with its name"),
        ("keep;\n}\n", 2, "begins with its name"),
        ("keep;\n%", 2, "'%' has no meaning"),
        ("if size :over 10T {}", 1, "K, M or G"),
        ('require "no-such-thing";', 1, 'no extension "no-such-thing"'),
        ('keep;\nrequire "fileinto";', 2, "before every other command"),
        ("require;", 1, "takes 1 argument"),
        ("stop 1;", 1, "takes no arguments"),
        ("true;", 1, "is a test"),
        ("if keep {}", 1, "is no test"),
        ("if not (true) {}", 1, "takes one test"),
        ("if true;", 1, "followed by a block"),
        ("keep true;", 1, "takes no test"),
        ("keep {}", 1, "takes no block"),
        ('if header "a" "b" :is {}', 1, "before the other arguments"),
        ('if header :comparator 5 "a" "b" {}', 1, "followed by a string"),
        ('redirect "Ada";', 1, "not a mail address"),
        ('redirect "Group: ada@example.org;";', 1, "one address"),
        ('if address "subject" "x" {}', 1, "holds no addresses"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, says: str) -> None:
    found = problems(text)
    assert found
    assert found[0][0] == line
    assert says in found[0][1]


def test_all_mistakes_beyond_the_grammar_are_named_at_once() -> None:
    assert lines("bogus;\nif size 1 { nonsense; }\nredirect 5;\nkeep;\nelse { keep; }") == [1, 2, 2, 3, 5]
    assert len(problems("bogus;\n" * 500)) == limits.MAX_PROBLEMS


@pytest.mark.parametrize(
    "text",
    [
        # Where Pigeonhole is milder than the documents.
        'require "editheader"; deleteheader :last "x";',  # RFC 5293 §5: an error without :index
        'require "date"; if currentdate :is "bogus" "x" { keep; }',
        'require "date"; if currentdate :zone "CET" "hour" "1" { keep; }',
        # RFC 5232 §1: variables are named only where there are some.
        'require "imap4flags"; addflag "v" "x";',
        'require "imap4flags"; if hasflag "v" "x" { keep; }',
        'require ["imap4flags", "variables"]; addflag "a.b" "x";',
        # RFC 5229 §3: namespaces belong to extensions; §6: an index that is not supported is found at once.
        'require "variables"; redirect "${env.name}";',
        'require "variables"; redirect "${99}";',
        # RFC 5228 §2.7.3: a comparator is declared, and used where it can be.
        'if header :comparator "i;ascii-numeric" "a" "b" { keep; }',
        'require "comparator-i;ascii-numeric"; if header :matches :comparator "i;ascii-numeric" "a" "b" { keep; }',
        'if header :value "gt" "a" "b" { keep; }',
        'require "fileinto"; fileinto :flags "x" "A";',
        'require "fileinto"; fileinto :create "A";',
        'require "fileinto"; fileinto :copy "A";',
        'if address :detail "to" "x" { keep; }',
        'if header :index 1 "a" "b" { keep; }',
        'require "index"; if header :index 0 "a" "b" { keep; }',
        'require "fileinto"; fileinto "";',
        'require "fileinto"; fileinto "/";',
        'require "vacation"; vacation :mime "Subject: Gr\u00fc\u00dfe\n\nx";',
    ],
)
def test_what_the_documents_forbid_is_refused(text: str) -> None:
    assert problems(text)


def test_a_script_that_only_mentions_nothing_is_fine() -> None:
    for text in ("", "\r\n", "# nothing", "/* nothing */", "\ufeffkeep;"):
        assert problems(text) == []


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_quirk_lines_of_a_script_may_end_with_a_line_feed(end: str) -> None:
    text = (
        end.join(['require "reject"; # as written by an editor on Unix', "reject text:", "one", "..two", "."])
        + end
        + ";"
    )
    rules = sieve.compile_script(text.encode())
    assert rules.commands[0].reason == "one\r\n.two\r\n"  # type: ignore[union-attr]


def test_quirk_the_last_line_may_lack_its_end() -> None:
    assert problems("keep; # and nothing after") == []
    assert tokens_of("text:\nx\n.")[0].value == "x\r\n"


def test_numbers_are_multiplied_out_and_bounded() -> None:
    assert [token.number for token in tokens_of("0 7 100K 2m 1G")[:-1]] == [0, 7, 102_400, 2_097_152, 1_073_741_824]
    assert tokens_of("9223372036854775807")[0].number == limits.MAX_NUMBER
    assert problems("if size :over 9223372036854775808 { keep; }")
    assert problems("if size :over 99999999999999999999999999999999999G { keep; }")
    assert problems("if size :over " + "0" * 60_000 + "1 { keep; }") == []


def test_nesting_is_allowed_as_deep_as_the_standard_asks_and_no_deeper() -> None:
    # RFC 5228 §2.10.7: fifteen levels of blocks, and of test lists.
    def blocks(depth: int) -> str:
        return "if true {" * depth + "keep;" + "}" * depth

    def lists(depth: int) -> str:
        return "if " + "anyof(" * depth + "true" + ")" * depth + " { keep; }"

    assert problems(blocks(15)) == []
    assert problems(blocks(16))
    assert problems(lists(15)) == []
    assert problems(lists(17))
    assert problems("if " + "not " * 10_000 + "true { keep; }")
    assert problems("if true {" * 5_000)


def test_a_script_has_its_size_and_is_utf8_without_nul() -> None:
    assert problems(b"#" * limits.MAX_SCRIPT_OCTETS) == []
    assert problems(b"#" * (limits.MAX_SCRIPT_OCTETS + 1))
    assert problems(b"keep;\n# \xff\n") == [(2, "a script is written in UTF-8, and these bytes are not")]
    assert problems("keep;\n\n# \x00")[0][0] == 3


def test_warnings_are_for_what_is_hardly_meant() -> None:
    script = sieve.compile_script(
        b'stop;\nkeep;\nif header "Subject:" "x" { keep; }\n' + b'redirect "a@example.org";\n' * 6
    )
    assert [warning.line for warning in script.warnings] == [2, 3, 9]


def test_two_scripts_never_share_what_they_require() -> None:
    # The parsers we know of keep it in a module; ours must not, also not between threads.
    good, bad = b'require "fileinto"; fileinto "A";', b'fileinto "A";'

    def read(content: bytes) -> bool:
        for _ in range(50):
            sieve.compile_script(content)
        return True

    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(read, content) for content in (good, bad, good, bad)]
    assert [task.exception() is None for task in tasks] == [True, False, True, False]


def test_reading_is_linear_in_the_script() -> None:
    hostile = [
        b'"' + b"\\a" * 30_000,
        b"/*" * 30_000,
        b"text:\n" + b".x\n" * 20_000,
        b"#" + b"x" * 60_000,
        b"if header [" + b'"a",' * 15_000,
        b"keep;" * 12_000,
        b" " * 60_000,
        b'require "variables"; set "a" "' + b"${a" * 15_000 + b'";',
        b'require "encoded-character"; redirect "' + b"${hex: 4" * 7_000 + b'";',
        b'require "encoded-character"; redirect "${hex:' + b"40 " * 19_000 + b'";',
        b"1" * 60_000,
        b":a" * 30_000,
    ]
    for content in hostile:
        started = time.thread_time()
        problems(content)
        assert time.thread_time() - started < 10, content[:40]


_WORDS = [
    "if", "elsif", "else", "require", "stop", "keep", "fileinto", "redirect", "discard", "reject", "vacation", "set", "addflag",
    "deleteheader", "header", "address", "size", "anyof", "allof", "not", "true", "exists", "body", "date", "string", "{", "}",
    "(", ")", "[", "]", ",", ";", ":is", ":contains", ":matches", ":over", ":copy", ":flags", ":comparator", ":days", ":index",
    ":value", '"fileinto"', '"variables"', '"a@example.org"', '"x"', '"${a}"', '"gt"', "5", "1K", "text:\nx\n.\n", "# c\n", "/* */",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=40))
def test_words_in_any_order_are_a_script_or_have_a_mistake(words: list[str]) -> None:
    text = " ".join(words)
    found = problems(text)
    assert all(1 <= line <= text.count("\n") + 1 for line, _ in found)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_script_or_have_a_mistake(content: bytes) -> None:
    problems(content)


def test_a_script_in_pieces_is_never_taken_for_another() -> None:
    whole = b'require ["fileinto"];\r\nif header :is "a" "b" {\r\n  fileinto "x";\r\n}\r\nkeep;\r\n'
    nodes = parse(whole)
    cut = random.Random(1)
    for _ in range(30):
        start = whole[: cut.randrange(len(whole))]
        try:
            found = parse(start)
        except sieve.ScriptInvalid:
            continue
        assert found == nodes[: len(found)]
