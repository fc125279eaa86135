"""Storage: SQL, blobs and the two database engines.

Rules of the place: all SQL lives here, one named function per question, plain and synchronous over a `Tx`; what truly differs
between SQLite and PostgreSQL is in `sqlite.py` and `postgresql.py` and nowhere else. Nobody here decides what may happen to
mail (core does). No network, model or clock wait inside a transaction.
"""

from mailwright.storage.blobs import BlobStore, StoredBlob, open_blobs
from mailwright.storage.database import Database, Tx, open_database

__all__ = ["BlobStore", "Database", "StoredBlob", "Tx", "open_blobs", "open_database"]
