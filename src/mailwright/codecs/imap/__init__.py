"""IMAP without sockets: bytes in, typed commands out; messages and mailboxes back to bytes.

Used by `protocols/imap`. Rules of the place: no I/O, no clock, no decision about anybody's mail. Which command is legal when
is one table (`states`); where a command ends is found before it is parsed (`framing`); a garbled command comes out as
`Garbled` with its answer and never drags the next one down. Reading, from the wire upwards:

`framing` lines and literals · `scanner` words · `grammar`, `mailboxgrammar`, `messagegrammar`, `fetchgrammar`,
`searchgrammar` one command each · `session` the conversation · `states` the table · `quirks` kindness by name

What is read: `commands` and `mailboxcommands` · `criteria` search keys · `items` what FETCH asks for · `sequences` sets of
messages · `flags` · `names` of mailboxes · `patterns` of LIST

    session = ServerSession(Limits())
    session.receive(b"a1 LOGIN ada {6}\\r\\n")
    session.next_command()          # None: the literal is missing
    session.wants_continuation()    # b"+ go ahead\\r\\n", to be written
    session.receive(b"secret\\r\\n")
    command = session.next_command()          # Login(tag=b"a1", user="ada")
    session.answered(command, ok=True)        # now a mailbox can be selected
"""

from mailwright.codecs.imap import criteria, flags, items, names
from mailwright.codecs.imap.commands import (
    Append,
    AppendMessage,
    AuthAnswer,
    Authenticate,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Copy,
    Done,
    Enable,
    Expunge,
    Fetch,
    Garbled,
    Id,
    Idle,
    Login,
    Logout,
    Move,
    Noop,
    Search,
    Sort,
    SortField,
    StartTls,
    Store,
    Thread,
    UidExpunge,
    Unselect,
)
from mailwright.codecs.imap.errors import LocalError, NoSuchNumber, PeerError
from mailwright.codecs.imap.mailboxcommands import (
    Create,
    Delete,
    DeleteAcl,
    Examine,
    GetAcl,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    ListCommand,
    ListRights,
    Lsub,
    MyRights,
    Namespace,
    QResync,
    Rename,
    Select,
    SetAcl,
    SetMetadata,
    SetQuota,
    Status,
    Subscribe,
    Unsubscribe,
)
from mailwright.codecs.imap.patterns import Pattern
from mailwright.codecs.imap.sequences import STAR, SequenceSet, compact
from mailwright.codecs.imap.session import Announced, Limits, ServerSession
from mailwright.codecs.imap.states import State

__all__ = [
    "STAR",
    "Announced",
    "Append",
    "AppendMessage",
    "AuthAnswer",
    "Authenticate",
    "Capability",
    "Check",
    "Close",
    "Command",
    "Compress",
    "Copy",
    "Create",
    "Delete",
    "DeleteAcl",
    "Done",
    "Enable",
    "Examine",
    "Expunge",
    "Fetch",
    "Garbled",
    "GetAcl",
    "GetMetadata",
    "GetQuota",
    "GetQuotaRoot",
    "Id",
    "Idle",
    "Limits",
    "ListCommand",
    "ListRights",
    "LocalError",
    "Login",
    "Logout",
    "Lsub",
    "Move",
    "MyRights",
    "Namespace",
    "NoSuchNumber",
    "Noop",
    "Pattern",
    "PeerError",
    "QResync",
    "Rename",
    "Search",
    "Select",
    "SequenceSet",
    "ServerSession",
    "SetAcl",
    "SetMetadata",
    "SetQuota",
    "Sort",
    "SortField",
    "StartTls",
    "State",
    "Status",
    "Store",
    "Subscribe",
    "Thread",
    "UidExpunge",
    "Unselect",
    "Unsubscribe",
    "compact",
    "criteria",
    "flags",
    "items",
    "names",
]
