import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mailwright.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FollowupChoice(_message.Message):
    __slots__ = ("at", "because", "note")
    AT_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    because: str
    note: str
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., because: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class Followup(_message.Message):
    __slots__ = ("id", "status", "what", "who", "context", "action", "due_at", "planned_at", "zone", "phrase", "rule", "choices", "waits", "waits_from", "channel", "language", "message_id", "draft_message_id", "because", "last_error", "created_at", "updated_at", "completed_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    WHO_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PLANNED_AT_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    PHRASE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    WAITS_FROM_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DRAFT_MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: str
    what: str
    who: str
    context: str
    action: str
    due_at: _timestamp_pb2.Timestamp
    planned_at: _timestamp_pb2.Timestamp
    zone: str
    phrase: str
    rule: str
    choices: _containers.RepeatedCompositeFieldContainer[FollowupChoice]
    waits: bool
    waits_from: str
    channel: str
    language: str
    message_id: str
    draft_message_id: str
    because: str
    last_error: str
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., status: _Optional[str] = ..., what: _Optional[str] = ..., who: _Optional[str] = ..., context: _Optional[str] = ..., action: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., planned_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., zone: _Optional[str] = ..., phrase: _Optional[str] = ..., rule: _Optional[str] = ..., choices: _Optional[_Iterable[_Union[FollowupChoice, _Mapping]]] = ..., waits: _Optional[bool] = ..., waits_from: _Optional[str] = ..., channel: _Optional[str] = ..., language: _Optional[str] = ..., message_id: _Optional[str] = ..., draft_message_id: _Optional[str] = ..., because: _Optional[str] = ..., last_error: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListFollowupsRequest(_message.Message):
    __slots__ = ("ended", "page_size", "page_token")
    ENDED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ended: bool
    page_size: int
    page_token: str
    def __init__(self, ended: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFollowupsResponse(_message.Message):
    __slots__ = ("followups", "next_page_token")
    FOLLOWUPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    followups: _containers.RepeatedCompositeFieldContainer[Followup]
    next_page_token: str
    def __init__(self, followups: _Optional[_Iterable[_Union[Followup, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetFollowupRequest(_message.Message):
    __slots__ = ("followup_id",)
    FOLLOWUP_ID_FIELD_NUMBER: _ClassVar[int]
    followup_id: str
    def __init__(self, followup_id: _Optional[str] = ...) -> None: ...

class GetFollowupResponse(_message.Message):
    __slots__ = ("followup", "events")
    FOLLOWUP_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    followup: Followup
    events: _containers.RepeatedCompositeFieldContainer[_common_pb2.HistoryLine]
    def __init__(self, followup: _Optional[_Union[Followup, _Mapping]] = ..., events: _Optional[_Iterable[_Union[_common_pb2.HistoryLine, _Mapping]]] = ...) -> None: ...

class ReadWhenRequest(_message.Message):
    __slots__ = ("text", "language")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    text: str
    language: str
    def __init__(self, text: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class ReadWhenResponse(_message.Message):
    __slots__ = ("at", "rule", "choices")
    AT_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    rule: str
    choices: _containers.RepeatedCompositeFieldContainer[FollowupChoice]
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule: _Optional[str] = ..., choices: _Optional[_Iterable[_Union[FollowupChoice, _Mapping]]] = ...) -> None: ...

class AddFollowupRequest(_message.Message):
    __slots__ = ("key", "what", "when", "due_at", "who", "context", "action", "language", "message_id", "if_no_reply")
    KEY_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    WHO_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    IF_NO_REPLY_FIELD_NUMBER: _ClassVar[int]
    key: str
    what: str
    when: str
    due_at: _timestamp_pb2.Timestamp
    who: str
    context: str
    action: str
    language: str
    message_id: str
    if_no_reply: bool
    def __init__(self, key: _Optional[str] = ..., what: _Optional[str] = ..., when: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., who: _Optional[str] = ..., context: _Optional[str] = ..., action: _Optional[str] = ..., language: _Optional[str] = ..., message_id: _Optional[str] = ..., if_no_reply: _Optional[bool] = ...) -> None: ...

class AddFollowupResponse(_message.Message):
    __slots__ = ("followup",)
    FOLLOWUP_FIELD_NUMBER: _ClassVar[int]
    followup: Followup
    def __init__(self, followup: _Optional[_Union[Followup, _Mapping]] = ...) -> None: ...

class UpdateFollowupRequest(_message.Message):
    __slots__ = ("followup_id", "what", "who", "context", "action", "when", "due_at", "language")
    FOLLOWUP_ID_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    WHO_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    followup_id: str
    what: str
    who: str
    context: str
    action: str
    when: str
    due_at: _timestamp_pb2.Timestamp
    language: str
    def __init__(self, followup_id: _Optional[str] = ..., what: _Optional[str] = ..., who: _Optional[str] = ..., context: _Optional[str] = ..., action: _Optional[str] = ..., when: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., language: _Optional[str] = ...) -> None: ...

class UpdateFollowupResponse(_message.Message):
    __slots__ = ("followup",)
    FOLLOWUP_FIELD_NUMBER: _ClassVar[int]
    followup: Followup
    def __init__(self, followup: _Optional[_Union[Followup, _Mapping]] = ...) -> None: ...

class SnoozeFollowupRequest(_message.Message):
    __slots__ = ("followup_id", "when", "until")
    FOLLOWUP_ID_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    followup_id: str
    when: str
    until: _timestamp_pb2.Timestamp
    def __init__(self, followup_id: _Optional[str] = ..., when: _Optional[str] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SnoozeFollowupResponse(_message.Message):
    __slots__ = ("followup",)
    FOLLOWUP_FIELD_NUMBER: _ClassVar[int]
    followup: Followup
    def __init__(self, followup: _Optional[_Union[Followup, _Mapping]] = ...) -> None: ...

class CompleteFollowupRequest(_message.Message):
    __slots__ = ("followup_id",)
    FOLLOWUP_ID_FIELD_NUMBER: _ClassVar[int]
    followup_id: str
    def __init__(self, followup_id: _Optional[str] = ...) -> None: ...

class CompleteFollowupResponse(_message.Message):
    __slots__ = ("followup",)
    FOLLOWUP_FIELD_NUMBER: _ClassVar[int]
    followup: Followup
    def __init__(self, followup: _Optional[_Union[Followup, _Mapping]] = ...) -> None: ...

class CancelFollowupRequest(_message.Message):
    __slots__ = ("followup_id",)
    FOLLOWUP_ID_FIELD_NUMBER: _ClassVar[int]
    followup_id: str
    def __init__(self, followup_id: _Optional[str] = ...) -> None: ...

class CancelFollowupResponse(_message.Message):
    __slots__ = ("followup",)
    FOLLOWUP_FIELD_NUMBER: _ClassVar[int]
    followup: Followup
    def __init__(self, followup: _Optional[_Union[Followup, _Mapping]] = ...) -> None: ...

class RetryFollowupRequest(_message.Message):
    __slots__ = ("followup_id",)
    FOLLOWUP_ID_FIELD_NUMBER: _ClassVar[int]
    followup_id: str
    def __init__(self, followup_id: _Optional[str] = ...) -> None: ...

class RetryFollowupResponse(_message.Message):
    __slots__ = ("followup",)
    FOLLOWUP_FIELD_NUMBER: _ClassVar[int]
    followup: Followup
    def __init__(self, followup: _Optional[_Union[Followup, _Mapping]] = ...) -> None: ...
