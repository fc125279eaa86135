"""Which command is legal when, and where it leads: one table, state × command → state (RFC 9051 §3).

Read by the session, twice: to ask whether a command may come now, and, once it is answered, where the conversation stands.
A pair that is missing here is out of order and gets BAD.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from mailwright.codecs.imap.commands import ANSWER, DONE


class State(StrEnum):  # a StrEnum hashes as fast as a str
    """Where a conversation stands."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTH = "auth"  # inside an AUTHENTICATE exchange
    HANDSHAKE = "handshake"  # STARTTLS was answered, TLS is not up yet
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    IDLE = "idle"  # until DONE
    LOGOUT = "logout"  # the last word is said


class Next(NamedTuple):
    """The state after a command, by the kind of answer we gave it. None: as it was."""

    done: State | None = None  # OK
    refused: State | None = None  # NO and BAD


_NOT, _IN, _SELECTED = State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED

_STAYS = Next()
_ANY: Mapping[str, Next] = {
    "CAPABILITY": _STAYS,
    "NOOP": _STAYS,
    "ID": _STAYS,
    "LOGOUT": Next(State.LOGOUT, State.LOGOUT),
    # RFC 4978 §3: may be given in any state.
    "COMPRESS": _STAYS,
}
_SIGNED_IN: Mapping[str, Next] = {
    **_ANY,
    **dict.fromkeys(
        (
            *(
                "CREATE",
                "DELETE",
                "RENAME",
                "SUBSCRIBE",
                "UNSUBSCRIBE",
                "LIST",
                "LSUB",
                "NAMESPACE",
                "STATUS",
                "APPEND",
            ),
            *(
                "IDLE",
                "GETQUOTA",
                "GETQUOTAROOT",
                "SETQUOTA",
                "GETACL",
                "SETACL",
                "DELETEACL",
                "LISTRIGHTS",
                "MYRIGHTS",
            ),
            *("GETMETADATA", "SETMETADATA"),
        ),
        _STAYS,
    ),
    # RFC 9051 §6.3.2: SELECT first closes what was selected; if it fails, nothing is selected.
    "SELECT": Next(_SELECTED, _IN),
    "EXAMINE": Next(_SELECTED, _IN),
}

TRANSITIONS: Mapping[State, Mapping[str, Next]] = {
    _NOT: {
        **_ANY,
        "STARTTLS": Next(State.HANDSHAKE),
        "AUTHENTICATE": Next(_IN),
        "LOGIN": Next(_IN),
    },
    State.AUTH: {ANSWER: Next(_IN, _NOT)},
    State.HANDSHAKE: {},
    # RFC 9051 §6.3.1: ENABLE is valid before a mailbox is selected, not after.
    _IN: {**_SIGNED_IN, "ENABLE": _STAYS},
    _SELECTED: {
        **_SIGNED_IN,
        **dict.fromkeys(
            (*("CHECK", "EXPUNGE", "UID EXPUNGE", "SEARCH", "SORT", "THREAD", "FETCH", "STORE", "COPY", "MOVE"),),
            _STAYS,
        ),
        "CLOSE": Next(_IN),
        "UNSELECT": Next(_IN),
    },
    State.IDLE: {DONE: _STAYS},
    State.LOGOUT: {},
}

DECIDES_READING = frozenset(
    {
        *("STARTTLS", "AUTHENTICATE", "LOGIN", ANSWER, "COMPRESS", "ENABLE"),
        *("SELECT", "EXAMINE", "CLOSE", "UNSELECT", "IDLE", "LOGOUT"),
    }
)
"""Commands whose answer decides how the following octets are read, or which command may come next: nothing is taken behind
them before the answer is given."""

OUT_OF_ORDER: Mapping[State, str] = {
    _NOT: "sign in first",
    _IN: "select a mailbox first",
    _SELECTED: "not with a mailbox selected",
}
"""What to tell a client whose command is out of order, by state."""

SIGNED_IN_ALREADY = frozenset({"STARTTLS", "AUTHENTICATE", "LOGIN"})
"""Commands that are out of order, when signed in, for another reason."""
