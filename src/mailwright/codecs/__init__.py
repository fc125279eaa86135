"""Codecs: bytes on one side, meaning on the other, and nothing else in between.

Rules of the place:

- No I/O: no socket, no file, no clock, no DNS. Who needs one of these brings its result in (a resolver's answer, a date).
- Bytes from a stranger never raise where a reader is promised not to (`mime.parse`); elsewhere they raise the peer's error,
  named and fit to be shown, never an `IndexError`.
- Parse once, at the edge, into frozen values. Text that leaves here holds no NUL and no lone surrogate, so that both
  databases and JSON take it.
- Time is linear in the input and every count has a named limit.
- Codecs do not know each other's callers; they import `domain` and, sideways, only another codec that is plainly below
  them (`postmark` and `mailhook` build messages with `mime`).

`mime` mail messages · `smtp` the protocol without sockets · `mailhook` our own hook's JSON · `postmark` Postmark's inbound JSON
`redaction` personal data and secrets out of a text, and back into it
"""
