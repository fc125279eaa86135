"""Kindness toward scripts that break a rule, each with its name and whose they are.

Applied in `tokens`, where each is named; each has a test. Nothing else is lenient.
"""

BARE_LINE_FEED = True
"""Lines end with LF alone: RFC 5228 §2.2 knows CRLF only. Written by every editor on Unix, and put by its owner as it is."""

MISSING_LAST_LINE_END = True
"""A comment or the dot of a multi-line text is the last thing in the script, without a line end behind it (RFC 5228 §8.1 has
one). Sent by webmails that trim what people type."""
