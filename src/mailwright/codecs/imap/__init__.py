"""IMAP without sockets: bytes in, typed commands out; messages and mailboxes back to bytes.

Used by `protocols/imap`. Rules of the place: no I/O, no clock, no decision about anybody's mail.
"""
