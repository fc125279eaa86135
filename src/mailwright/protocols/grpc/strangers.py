"""Strangers: how much may go on for whoever has not said who they are, in all and from one address.

Used by `running`, while it is found out who calls, and by `openly`, for what anybody may ask. Promises: one address does not close the
door to all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from mailwright.domain.peers import customer
from mailwright.domain.refusals import TooManyRequests, TryLater


class Strangers:
    """Counts what goes on: at most `most` in all, and `most_of_one` from one address (of IPv6: one network of a customer)."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._going: Counter[str] = Counter()

    @contextmanager
    def one_more(self, client: str) -> Iterator[None]:
        """While one more goes on. Raises TooManyRequests, TryLater."""
        one = customer(client)
        if self._going[one] >= self._most_of_one:
            raise TooManyRequests(f"at most {self._most_of_one} such calls at once from one address")
        if self._going.total() >= self._most:
            raise TryLater("too many such calls at once, come back later")
        self._going[one] += 1
        try:
            yield
        finally:
            self._going[one] -= 1
            if not self._going[one]:
                del self._going[one]
