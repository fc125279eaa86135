"""The servers others connect to: SMTP, LMTP, submission; later IMAP, JMAP and the rest.

Rules of the place: a handler listens, asks core, and speaks; one file per verb. What it decides beyond that wants to move to
core. Each protocol has one table from refusals to its own words. Siblings do not import each other.
"""
