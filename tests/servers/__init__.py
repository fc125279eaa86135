"""Real servers for tests, each private to one test session: own folder, own port, gone afterwards."""
