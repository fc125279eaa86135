"""Logins: who we are to a PostgreSQL server, where that changes while we run.

Called by whatever opens a connection (`postgresql`, `migrate`, the workflow engine). The roof says with `follow` that the login
of a URL comes from somewhere else; without that a URL is its own login, and nothing here costs anything.
Promises: whoever asks gets the URL to connect with now. Connections of an earlier login go on until their transaction ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import structlog

log = structlog.get_logger(__name__)


class Login(Protocol):
    """Where the user and the password of a database come from."""

    def current(self) -> str:
        """The URL to connect with now, with user and password. Quick, but for the first time. Raises TryLater, BadInput."""

    def refused(self, url: str) -> None:
        """No connection came about with this one: the server may not know it any more. Raises nothing."""


_lock = threading.Lock()
_logins: dict[str, Login] = {}
_listeners: list[tuple[str, Callable[[], None]]] = []


def follow(url: str, login: Login | None) -> None:
    """From now on whoever connects to `url` asks this login; None: the URL is its own one again."""
    with _lock:
        if login is None:
            _logins.pop(url, None)
        else:
            _logins[url] = login


def current(url: str) -> str:
    """What to connect with to the database of that URL. Raises what its login raises."""
    login = _logins.get(url)
    return url if login is None else login.current()


def refused(url: str, tried: str) -> None:
    """`tried`, which was `current(url)`, opened no connection."""
    login = _logins.get(url)
    if login is not None:
        login.refused(tried)


def on_change(url: str, listener: Callable[[], None]) -> Callable[[], None]:
    """Call `listener` (from any thread) when the login of `url` is another one; what ends that."""
    entry = (url, listener)
    with _lock:
        _listeners.append(entry)

    def end() -> None:
        with _lock:
            if entry in _listeners:
                _listeners.remove(entry)

    return end


def changed(url: str) -> None:
    """Tell the listeners that `current(url)` is another one."""
    with _lock:
        told = [listener for name, listener in _listeners if name == url]
    for listener in told:
        try:
            listener()
        except Exception:  # one pool that cannot close its connections must not keep the others from it
            log.exception("database.login_listener_failed")


def with_login(url: str, user: str, password: str) -> str:
    """The URL with this user and password in the place of its own."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"))
