from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchRequest(_message.Message):
    __slots__ = ("since_place", "kinds", "heartbeat_seconds")
    SINCE_PLACE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    since_place: str
    kinds: _containers.RepeatedScalarFieldContainer[str]
    heartbeat_seconds: int
    def __init__(self, since_place: _Optional[str] = ..., kinds: _Optional[_Iterable[str]] = ..., heartbeat_seconds: _Optional[int] = ...) -> None: ...

class AccountChange(_message.Message):
    __slots__ = ("account_id", "kinds", "state")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    kinds: _containers.RepeatedScalarFieldContainer[str]
    state: str
    def __init__(self, account_id: _Optional[str] = ..., kinds: _Optional[_Iterable[str]] = ..., state: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("changes", "place", "heartbeat")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[AccountChange]
    place: str
    heartbeat: bool
    def __init__(self, changes: _Optional[_Iterable[_Union[AccountChange, _Mapping]]] = ..., place: _Optional[str] = ..., heartbeat: _Optional[bool] = ...) -> None: ...
