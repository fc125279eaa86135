"""Backups: what an installation keeps, copied to a folder or a bucket in pieces that are there once, and read back from there.

A repository (`repository`) holds pieces named by what is in them, and for each backup a small manifest; a backup exists when its
manifest does. `copying` makes one from a single moment of the database, `opening` reads one beside a running system, `loading`
fills an empty database with one. The form is rows and messages, not pages of a file: what a night changed is little, the same
copy serves SQLite and PostgreSQL, and one message can be taken out of it (docs/decisions/0027).
Promises: memory does not grow with the mail; a run that was killed leaves pieces that the next one uses or a pruning removes.
"""
