"""Responses: strings that stay one value, texts that stay one line, and the lines themselves."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_response

from mailwright.codecs.imap import fetched, listings, responses, strings
from mailwright.domain.clock import from_datetime

from .answers import item, pieces


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", b'""'),
        ("plain", b'"plain"'),
        ('say "hi" \\ bye', b'"say \\"hi\\" \\\\ bye"'),
        ("two\r\nlines", b"{10}\r\ntwo\r\nlines"),
        ("Grüße", b"{7}\r\nGr\xc3\xbc\xc3\x9fe"),
        (b"latin \xe9", b"{7}\r\nlatin \xe9"),
        ("a\0b", b"{2}\r\nab"),
        ("x" * 1001, b"{1001}\r\n" + b"x" * 1001),
    ],
)
def test_a_string_is_quoted_where_it_can_be_and_else_a_literal(value: str | bytes, written: bytes) -> None:
    assert strings.string(value) == written


def test_utf8_between_quotes_is_for_clients_that_said_so() -> None:
    assert strings.string('Grüße "A"', utf8=True) == '"Grüße \\"A\\""'.encode()
    assert strings.string(b"latin \xe9", utf8=True) == b"{7}\r\nlatin \xe9"
    assert strings.string("Grüße\r\n", utf8=True).startswith(b"{9}\r\n")


@given(st.one_of(st.text(), st.binary()), st.booleans())
def test_whatever_is_in_a_string_it_stays_one_value(value: str | bytes, utf8: bool) -> None:
    octets = value.encode("utf-8", "replace") if isinstance(value, str) else value
    written = strings.string(value, utf8=utf8)
    read = parse_response(pieces(b"(%b 1)" % written))
    assert read == ((octets.replace(b"\0", b""), 1),)


@pytest.mark.parametrize("value", ["INBOX", "Sent/2026", "$Forwarded", "a]b"])
def test_a_plain_word_is_an_atom(value: str) -> None:
    assert strings.astring(value) == value.encode()


@pytest.mark.parametrize("value", ["", "NIL", "nil", "2026", "two words", "50%", "a*", "(", 'q"', "b\\", "{3}"])
def test_a_word_that_could_be_taken_for_something_else_is_quoted(value: str) -> None:
    assert strings.astring(value).startswith(b'"')


def test_the_name_of_a_mailbox_is_modified_utf7_unless_the_client_takes_utf8() -> None:
    assert strings.mailbox("Entwürfe") == b"Entw&APw-rfe"
    assert strings.mailbox("Entwürfe", utf8=True) == '"Entwürfe"'.encode()
    assert strings.mailbox("R&D") == b"R&-D"


def test_nul_in_a_section_does_not_change_how_many_octets_there_are() -> None:
    assert strings.section(b"a\0b") == b"{3}\r\na\x80b"
    assert strings.binary(b"a\0b") == b"~{3}\r\na\0b"
    assert strings.binary(b"ab") == b"{2}\r\nab"
    assert strings.section(None) == strings.binary(None) == b"NIL"


def test_the_end_of_a_command_is_one_clean_line() -> None:
    assert responses.tagged(b"a1", "OK", "done") == b"a1 OK done\r\n"
    assert (
        responses.tagged(b"a1", "NO", "no such\r\n* BYE", code="NONEXISTENT")
        == b"a1 NO [NONEXISTENT] no such?* BYE\r\n"
    )
    assert responses.tagged(b"a1", "NO", "[ALERT] boo") == b"a1 NO ALERT] boo\r\n"
    assert responses.untagged("BYE", "") == b"* BYE done\r\n"
    assert responses.continuation("go ahead") == b"+ go ahead\r\n"


@given(st.text(max_size=1200), st.text(max_size=50), st.booleans())
def test_no_text_can_become_a_line_of_its_own(text: str, code: str, utf8: bool) -> None:
    line = responses.tagged(b"t", "NO", text, code=code, utf8=utf8)
    assert line.endswith(b"\r\n")
    assert not set(line[:-2]) & {0, 10, 13}
    assert len(line.decode()) <= 500 + 60
    assert utf8 or line.isascii()
    if not code:
        assert not line.startswith(b"t NO [")


def test_what_is_said_of_the_selected_mailbox() -> None:
    assert responses.exists(3) + responses.recent(0) == b"* 3 EXISTS\r\n* 0 RECENT\r\n"
    assert responses.expunged([9, 4]) == b"* 9 EXPUNGE\r\n* 4 EXPUNGE\r\n"
    assert responses.vanished([1, 2, 3, 7]) == b"* VANISHED 1:3,7\r\n"
    assert responses.vanished([5], earlier=True) == b"* VANISHED (EARLIER) 5\r\n"
    assert responses.vanished([]) == b""
    assert responses.flags_line(["$Forwarded", "no atom"]) == (
        b"* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $Forwarded)\r\n"
    )
    assert responses.permanent_flags_code(keywords=["x"], bits=1) == "PERMANENTFLAGS (\\Seen x \\*)"
    assert responses.permanent_flags_code(bits=0, more=False) == "PERMANENTFLAGS ()"


def test_codes_with_arguments() -> None:
    assert responses.append_uid_code(7, [3, 4, 5]) == "APPENDUID 7 3:5"
    assert responses.copy_uid_code(7, [(1, 11), (3, 12)]) == "COPYUID 7 1,3 11:12"
    assert responses.copy_uid_code(7, []) == ""
    assert responses.modified_code([4, 9]) == "MODIFIED 4,9"
    assert responses.bad_charset_code() == "BADCHARSET (US-ASCII UTF-8)"
    assert responses.mailbox_id_code("M1") == "MAILBOXID (M1)"
    assert responses.tagged(b"a", "OK", "in", code=responses.capability_code(["IMAP4rev1", "IDLE"])) == (
        b"a OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"
    )


def test_results_of_a_search() -> None:
    assert responses.search_line([]) == b"* SEARCH\r\n"
    assert responses.search_line([2, 5], modseq=9) == b"* SEARCH 2 5 (MODSEQ 9)\r\n"
    assert responses.sort_line([5, 2]) == b"* SORT 5 2\r\n"
    both = frozenset({"MIN", "MAX", "ALL", "COUNT"})
    assert responses.esearch(b"a1", [2, 3, 9], both, uid=True) == (
        b'* ESEARCH (TAG "a1") UID MIN 2 MAX 9 ALL 2:3,9 COUNT 3\r\n'
    )
    assert responses.esearch(b"a1", [], both, uid=False, modseq=4) == b'* ESEARCH (TAG "a1") COUNT 0\r\n'
    assert responses.esearch(b"a1", [4], frozenset(), uid=False, modseq=8) == b'* ESEARCH (TAG "a1") ALL 4 MODSEQ 8\r\n'
    assert responses.esearch(b"a1", [4], frozenset({"SAVE"}), uid=False) == b""
    assert responses.esearch(b"a", [5, 6, 2], frozenset({"ALL", "MIN"}), uid=False, ascending=False) == (
        b'* ESEARCH (TAG "a") MIN 5 ALL 5,6,2\r\n'
    )


def test_lines_about_mailboxes() -> None:
    assert listings.list_line(["\\HasNoChildren", "\\Drafts"], "Entwürfe") == (
        b'* LIST (\\HasNoChildren \\Drafts) "/" Entw&APw-rfe\r\n'
    )
    assert listings.list_line([], "a b", subscribed_only=True) == b'* LSUB () "/" "a b"\r\n'
    assert listings.list_line(["\\Noselect"], "") == b'* LIST (\\Noselect) "/" ""\r\n'
    assert listings.list_line([], "A", child_info=True, old_name="B C") == (
        b'* LIST () "/" A ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("B C"))\r\n'
    )
    assert listings.status_line("INBOX", {"MESSAGES": 3, "MAILBOXID": "M1"}) == (
        b"* STATUS INBOX (MESSAGES 3 MAILBOXID (M1))\r\n"
    )
    assert listings.namespace_line([""], ["Other Users/"], None) == (
        b'* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL\r\n'
    )


def test_lines_about_quotas_rights_and_metadata() -> None:
    assert listings.quota_line("", [("STORAGE", 10, 512), ("MESSAGE", 1, 9)]) == (
        b'* QUOTA "" (STORAGE 10 512 MESSAGE 1 9)\r\n'
    )
    assert listings.quota_root_line("INBOX", [""]) == b'* QUOTAROOT INBOX ""\r\n'
    assert listings.acl_line("INBOX", {"ada@mailwright.test": "lrs", "anyone": ""}) == (
        b'* ACL INBOX ada@mailwright.test lrs anyone ""\r\n'
    )
    assert listings.list_rights_line("INBOX", "anyone", "", ["l", "r"]) == b'* LISTRIGHTS INBOX anyone "" l r\r\n'
    assert listings.my_rights_line("INBOX", "lrswipkxtea") == b"* MYRIGHTS INBOX lrswipkxtea\r\n"
    assert listings.metadata_line("", [("/shared/comment", b"hi"), ("/private/x", None), ("/private/b", b"\0")]) == (
        b'* METADATA "" (/shared/comment "hi" /private/x NIL /private/b ~{1}\r\n\0)\r\n'
    )
    assert listings.metadata_changed_line("A", ["/shared/comment"]) == b"* METADATA A /shared/comment\r\n"
    assert responses.id_line([("name", "Mailwright"), ("os", None)]) == b'* ID ("name" "Mailwright" "os" NIL)\r\n'
    assert responses.id_line(None) == b"* ID NIL\r\n"


def test_a_slice_of_flags_is_one_object() -> None:
    rows = [(11, 1, 5, "[]"), (12, 9, 6, '["$Forwarded", "no atom"]'), (15, 0, 7, "")]
    assert fetched.flag_lines([1, 2, 4], rows) == (
        b"* 1 FETCH (UID 11 FLAGS (\\Seen))\r\n"
        b"* 2 FETCH (UID 12 FLAGS (\\Seen \\Deleted $Forwarded))\r\n"
        b"* 4 FETCH (UID 15 FLAGS ())\r\n"
    )
    assert fetched.flag_lines([1], rows, modseq=True) == b"* 1 FETCH (UID 11 FLAGS (\\Seen) MODSEQ (5))\r\n"
    assert fetched.flag_lines([1], rows, uid=False) == b"* 1 FETCH (FLAGS (\\Seen))\r\n"
    assert fetched.flag_lines([1], rows, flags=False) == b"* 1 FETCH (UID 11)\r\n"
    assert fetched.flag_lines([1], rows, uid=False, modseq=True) == b"* 1 FETCH (FLAGS (\\Seen) MODSEQ (5))\r\n"
    assert fetched.flag_lines([], rows) == b""


def test_the_lists_of_flags_that_are_kept_do_not_grow_without_end() -> None:
    rows = [(number, 0, 1, f'["k{number}"]') for number in range(1, fetched.MAX_FLAG_LISTS + 3)]
    lines = fetched.flag_lines(range(1, len(rows) + 1), rows).splitlines()
    assert lines[-1].endswith(b"FLAGS (k%d))" % len(rows))
    assert len(fetched._LISTS) <= fetched.MAX_FLAG_LISTS


def test_a_fetch_line_is_read_by_a_client() -> None:
    assert item(b"RFC822.SIZE", b"9") == 9
    assert item(b"BODY[1.MIME]<0>", strings.section(b"x) \r\n")) == b"x) \r\n"
    assert item(b"BODY[9]", strings.section(None)) is None


def test_dates_are_shown_in_utc() -> None:
    moment = datetime.datetime(2026, 3, 1, 9, 30, 5, 999_000, tzinfo=datetime.UTC)
    assert fetched.date_time(from_datetime(moment)) == b'" 1-Mar-2026 09:30:05 +0000"'
    assert item(b"INTERNALDATE", fetched.date_time(0)).year == 1970
    assert fetched.date_time(-1) == b'"31-Dec-1969 23:59:59 +0000"'


def test_object_ids_and_modseqs() -> None:
    assert fetched.object_id("M1") == b"(M1)"
    assert fetched.object_id(None) == b"NIL"
    assert fetched.modseq_value(5) == b"(5)"
    assert list(fetched.numbers_of([10, 20, 30, 40], [(0, 2), (3, 4)])) == [1, 2, 4]
