from mailwright.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Mailbox(_message.Message):
    __slots__ = ("id", "name", "parent_id", "role", "sort_order", "subscribed", "total_messages", "unread_messages", "total_threads", "unread_threads", "rights")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SORT_ORDER_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIBED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    UNREAD_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_THREADS_FIELD_NUMBER: _ClassVar[int]
    UNREAD_THREADS_FIELD_NUMBER: _ClassVar[int]
    RIGHTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    parent_id: str
    role: str
    sort_order: int
    subscribed: bool
    total_messages: int
    unread_messages: int
    total_threads: int
    unread_threads: int
    rights: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., parent_id: _Optional[str] = ..., role: _Optional[str] = ..., sort_order: _Optional[int] = ..., subscribed: _Optional[bool] = ..., total_messages: _Optional[int] = ..., unread_messages: _Optional[int] = ..., total_threads: _Optional[int] = ..., unread_threads: _Optional[int] = ..., rights: _Optional[str] = ...) -> None: ...

class ListMailboxesRequest(_message.Message):
    __slots__ = ("account_id",)
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    def __init__(self, account_id: _Optional[str] = ...) -> None: ...

class ListMailboxesResponse(_message.Message):
    __slots__ = ("mailboxes", "state")
    MAILBOXES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    mailboxes: _containers.RepeatedCompositeFieldContainer[Mailbox]
    state: str
    def __init__(self, mailboxes: _Optional[_Iterable[_Union[Mailbox, _Mapping]]] = ..., state: _Optional[str] = ...) -> None: ...

class GetMailboxRequest(_message.Message):
    __slots__ = ("account_id", "mailbox_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    mailbox_id: str
    def __init__(self, account_id: _Optional[str] = ..., mailbox_id: _Optional[str] = ...) -> None: ...

class GetMailboxResponse(_message.Message):
    __slots__ = ("mailbox", "state")
    MAILBOX_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    mailbox: Mailbox
    state: str
    def __init__(self, mailbox: _Optional[_Union[Mailbox, _Mapping]] = ..., state: _Optional[str] = ...) -> None: ...

class ListMailboxChangesRequest(_message.Message):
    __slots__ = ("account_id", "since_state", "max_changes")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_STATE_FIELD_NUMBER: _ClassVar[int]
    MAX_CHANGES_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    since_state: str
    max_changes: int
    def __init__(self, account_id: _Optional[str] = ..., since_state: _Optional[str] = ..., max_changes: _Optional[int] = ...) -> None: ...

class ListMailboxChangesResponse(_message.Message):
    __slots__ = ("changes",)
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    changes: _common_pb2.ChangeList
    def __init__(self, changes: _Optional[_Union[_common_pb2.ChangeList, _Mapping]] = ...) -> None: ...

class CreateMailboxRequest(_message.Message):
    __slots__ = ("account_id", "name", "parent_id", "role", "unsubscribed")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    UNSUBSCRIBED_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    name: str
    parent_id: str
    role: str
    unsubscribed: bool
    def __init__(self, account_id: _Optional[str] = ..., name: _Optional[str] = ..., parent_id: _Optional[str] = ..., role: _Optional[str] = ..., unsubscribed: _Optional[bool] = ...) -> None: ...

class CreateMailboxResponse(_message.Message):
    __slots__ = ("mailbox", "state")
    MAILBOX_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    mailbox: Mailbox
    state: str
    def __init__(self, mailbox: _Optional[_Union[Mailbox, _Mapping]] = ..., state: _Optional[str] = ...) -> None: ...

class UpdateMailboxRequest(_message.Message):
    __slots__ = ("account_id", "mailbox_id", "name", "parent_id", "role", "sort_order", "subscribed")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SORT_ORDER_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIBED_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    mailbox_id: str
    name: str
    parent_id: str
    role: str
    sort_order: int
    subscribed: bool
    def __init__(self, account_id: _Optional[str] = ..., mailbox_id: _Optional[str] = ..., name: _Optional[str] = ..., parent_id: _Optional[str] = ..., role: _Optional[str] = ..., sort_order: _Optional[int] = ..., subscribed: _Optional[bool] = ...) -> None: ...

class UpdateMailboxResponse(_message.Message):
    __slots__ = ("mailbox", "state")
    MAILBOX_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    mailbox: Mailbox
    state: str
    def __init__(self, mailbox: _Optional[_Union[Mailbox, _Mapping]] = ..., state: _Optional[str] = ...) -> None: ...

class DeleteMailboxRequest(_message.Message):
    __slots__ = ("account_id", "mailbox_id", "remove_messages")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    REMOVE_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    mailbox_id: str
    remove_messages: bool
    def __init__(self, account_id: _Optional[str] = ..., mailbox_id: _Optional[str] = ..., remove_messages: _Optional[bool] = ...) -> None: ...

class DeleteMailboxResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: str
    def __init__(self, state: _Optional[str] = ...) -> None: ...
