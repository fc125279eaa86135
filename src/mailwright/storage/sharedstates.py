"""What is costly to count of a mailbox, as any process counted it last: `<prefix>:<life>:mbx:{user}:{mailbox}:state` in
Valkey, for a minute.

Used by core/mailboxcounts.py for large mailboxes, from the threads that read the database.
Promises: never an old state: a value says of which modseq it is, and is taken for no other; nor one of another life of the database
(`lives`), in which that modseq was another change. Without Valkey one counts oneself.
"""

from __future__ import annotations

import contextlib
import json

from mailwright.storage.valkey import Valkey, ValkeyAway

SECONDS = 60


class SharedStates:
    """The states of one installation."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    def find(self, life: str, user_id: str, mailbox_id: str, modseq: int) -> tuple[int, ...] | None:
        """The numbers of that mailbox at that modseq, when somebody counted them lately."""
        try:
            found = self._valkey.ask_now(lambda client: client.get(self._key(life, user_id, mailbox_id)))
        except ValkeyAway:
            return None
        if found is None:
            return None
        of, *numbers = json.loads(found)
        return tuple(numbers) if of == modseq else None

    def keep(self, life: str, user_id: str, mailbox_id: str, modseq: int, numbers: tuple[int, ...]) -> None:
        """Have others find them."""
        key, value = self._key(life, user_id, mailbox_id), json.dumps([modseq, *numbers])
        with contextlib.suppress(ValkeyAway):
            self._valkey.ask_now(lambda client: client.set(key, value, ex=SECONDS))

    def _key(self, life: str, user_id: str, mailbox_id: str) -> str:
        return self._valkey.key(life, "mbx", user_id, mailbox_id, "state")
