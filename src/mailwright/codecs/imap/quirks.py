"""Kindness toward clients that break a rule, each with its name and the client it is for.

Read by the parsers of this package. Nothing else in the codec is lenient; a captured example of each stands in the tests.
"""

TRAILING_SPACE = True
"""`a NOOP ` before the CRLF: RFC 9051 §9 has no space there. Sent by people with telnet and by scripts that join the words
of a command with a space behind each."""

STAR_IN_AN_EMPTY_MAILBOX = True
"""`FETCH 1:* (FLAGS)` where there is no message: RFC 9051 §9 calls it an error. Sent by scripts with Python's imaplib, which
do not look at EXISTS first; the answer is nothing, as if it were UID FETCH."""

UTF8_IN_QUOTES = True
"""`SEARCH CHARSET UTF-8 SUBJECT "Grüße"` before ENABLE: RFC 3501 §9 wants a literal for 8-bit text. Sent by scripts with
Python's imaplib, whose search takes the words as they are. What is not UTF-8 is refused."""

NUL_IN_MESSAGES = True
"""`APPEND Archive {310}` of a message with NUL octets: RFC 9051 §9 wants a literal8 for it. Sent by mbsync and offlineimap,
which copy old mail octet by octet; refusing it would leave it behind."""

TWO_SPACES_BETWEEN_MESSAGES = True
"""`APPEND INBOX {310+}`, the message, two spaces, `{298+}`: RFC 3502 §6.3.11 has one. Sent by IMAPClient (Python), whose
multiappend puts a space behind a literal and another before it where the next message has neither flags nor date."""
