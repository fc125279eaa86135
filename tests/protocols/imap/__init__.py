"""IMAP over sockets: a real core on SQLite, a server on a free port, and clients."""
