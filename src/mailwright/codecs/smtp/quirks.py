"""Kindness toward clients that break a rule, each with its name and the client it is for.

Read by the parsers of this package. Nothing else in the codec is lenient; a captured example of each stands in the tests.
"""

SPACE_AFTER_COLON = True
"""`MAIL FROM: <ada@example.org>`: RFC 5321 §3.3 has no space after the colon. Sent by Outlook Express, by many printers and
scanners, and by people with telnet."""

TRAILING_SPACE = True
"""`RSET ` before the CRLF: RFC 5321 §4.1.1 asks receivers to tolerate it. Sent by old Lotus Notes."""
