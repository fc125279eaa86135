"""Mailwright: a self-hosted mail platform whose mailboxes do work.

The floors, from the ground up: `domain` (the words), `codecs` (bytes and meaning), `storage` and `connectors` (our data, other
people's services), `pipeline` (events and workflows), `core` (what may happen to mail), `protocols` and `agents` (servers and
workers), and the roof that joins them: `settings`, `telemetry`, `app`, `cli`. Imports go down only; the build checks it.
"""


def __getattr__(name: str) -> str:
    """`__version__`, read when asked for: looking up what is installed takes longer than most commands."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import version

    return version("mailwright")
