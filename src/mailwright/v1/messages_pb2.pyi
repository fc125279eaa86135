import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mailwright.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessageView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_VIEW_UNSPECIFIED: _ClassVar[MessageView]
    MESSAGE_VIEW_SUMMARY: _ClassVar[MessageView]
    MESSAGE_VIEW_FULL: _ClassVar[MessageView]

class MessageOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_ORDER_UNSPECIFIED: _ClassVar[MessageOrder]
    MESSAGE_ORDER_NEWEST: _ClassVar[MessageOrder]
    MESSAGE_ORDER_OLDEST: _ClassVar[MessageOrder]
MESSAGE_VIEW_UNSPECIFIED: MessageView
MESSAGE_VIEW_SUMMARY: MessageView
MESSAGE_VIEW_FULL: MessageView
MESSAGE_ORDER_UNSPECIFIED: MessageOrder
MESSAGE_ORDER_NEWEST: MessageOrder
MESSAGE_ORDER_OLDEST: MessageOrder

class Message(_message.Message):
    __slots__ = ("id", "thread_id", "mailbox_id", "keywords", "size", "received_at", "sent_at", "subject", "to", "cc", "bcc", "reply_to", "sender", "message_id", "in_reply_to", "references", "preview", "has_attachment", "text_body", "html_body", "attachments", "texts")
    class TextsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: PartText
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[PartText, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    KEYWORDS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    CC_FIELD_NUMBER: _ClassVar[int]
    BCC_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    HAS_ATTACHMENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_BODY_FIELD_NUMBER: _ClassVar[int]
    HTML_BODY_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    thread_id: str
    mailbox_id: str
    keywords: _containers.RepeatedScalarFieldContainer[str]
    size: int
    received_at: _timestamp_pb2.Timestamp
    sent_at: _timestamp_pb2.Timestamp
    subject: str
    to: _containers.RepeatedCompositeFieldContainer[_common_pb2.Address]
    cc: _containers.RepeatedCompositeFieldContainer[_common_pb2.Address]
    bcc: _containers.RepeatedCompositeFieldContainer[_common_pb2.Address]
    reply_to: _containers.RepeatedCompositeFieldContainer[_common_pb2.Address]
    sender: _containers.RepeatedCompositeFieldContainer[_common_pb2.Address]
    message_id: _containers.RepeatedScalarFieldContainer[str]
    in_reply_to: _containers.RepeatedScalarFieldContainer[str]
    references: _containers.RepeatedScalarFieldContainer[str]
    preview: str
    has_attachment: bool
    text_body: _containers.RepeatedCompositeFieldContainer[Part]
    html_body: _containers.RepeatedCompositeFieldContainer[Part]
    attachments: _containers.RepeatedCompositeFieldContainer[Part]
    texts: _containers.MessageMap[str, PartText]
    def __init__(self, id: _Optional[str] = ..., thread_id: _Optional[str] = ..., mailbox_id: _Optional[str] = ..., keywords: _Optional[_Iterable[str]] = ..., size: _Optional[int] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sent_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., subject: _Optional[str] = ..., to: _Optional[_Iterable[_Union[_common_pb2.Address, _Mapping]]] = ..., cc: _Optional[_Iterable[_Union[_common_pb2.Address, _Mapping]]] = ..., bcc: _Optional[_Iterable[_Union[_common_pb2.Address, _Mapping]]] = ..., reply_to: _Optional[_Iterable[_Union[_common_pb2.Address, _Mapping]]] = ..., sender: _Optional[_Iterable[_Union[_common_pb2.Address, _Mapping]]] = ..., message_id: _Optional[_Iterable[str]] = ..., in_reply_to: _Optional[_Iterable[str]] = ..., references: _Optional[_Iterable[str]] = ..., preview: _Optional[str] = ..., has_attachment: _Optional[bool] = ..., text_body: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., html_body: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., attachments: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., texts: _Optional[_Mapping[str, PartText]] = ..., **kwargs) -> None: ...

class Part(_message.Message):
    __slots__ = ("number", "media_type", "charset", "name", "disposition", "content_id", "size")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CHARSET_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    number: str
    media_type: str
    charset: str
    name: str
    disposition: str
    content_id: str
    size: int
    def __init__(self, number: _Optional[str] = ..., media_type: _Optional[str] = ..., charset: _Optional[str] = ..., name: _Optional[str] = ..., disposition: _Optional[str] = ..., content_id: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class PartText(_message.Message):
    __slots__ = ("value", "truncated", "has_encoding_problem")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    HAS_ENCODING_PROBLEM_FIELD_NUMBER: _ClassVar[int]
    value: str
    truncated: bool
    has_encoding_problem: bool
    def __init__(self, value: _Optional[str] = ..., truncated: _Optional[bool] = ..., has_encoding_problem: _Optional[bool] = ...) -> None: ...

class GetMessageRequest(_message.Message):
    __slots__ = ("account_id", "message_id", "view", "max_text_bytes")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    MAX_TEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    message_id: str
    view: MessageView
    max_text_bytes: int
    def __init__(self, account_id: _Optional[str] = ..., message_id: _Optional[str] = ..., view: _Optional[_Union[MessageView, str]] = ..., max_text_bytes: _Optional[int] = ...) -> None: ...

class GetMessageResponse(_message.Message):
    __slots__ = ("message", "state")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    message: Message
    state: str
    def __init__(self, message: _Optional[_Union[Message, _Mapping]] = ..., state: _Optional[str] = ...) -> None: ...

class GetMessagesRequest(_message.Message):
    __slots__ = ("account_id", "message_ids", "view", "max_text_bytes")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    MAX_TEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    view: MessageView
    max_text_bytes: int
    def __init__(self, account_id: _Optional[str] = ..., message_ids: _Optional[_Iterable[str]] = ..., view: _Optional[_Union[MessageView, str]] = ..., max_text_bytes: _Optional[int] = ...) -> None: ...

class GetMessagesResponse(_message.Message):
    __slots__ = ("messages", "not_found", "state")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NOT_FOUND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    not_found: _containers.RepeatedScalarFieldContainer[str]
    state: str
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ..., not_found: _Optional[_Iterable[str]] = ..., state: _Optional[str] = ...) -> None: ...

class ListMessagesRequest(_message.Message):
    __slots__ = ("account_id", "mailbox_id", "unread", "keyword", "received_from", "received_before", "collapse_threads", "order", "page_size", "page_token")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    KEYWORD_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FROM_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    COLLAPSE_THREADS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    mailbox_id: str
    unread: bool
    keyword: str
    received_from: _timestamp_pb2.Timestamp
    received_before: _timestamp_pb2.Timestamp
    collapse_threads: bool
    order: MessageOrder
    page_size: int
    page_token: str
    def __init__(self, account_id: _Optional[str] = ..., mailbox_id: _Optional[str] = ..., unread: _Optional[bool] = ..., keyword: _Optional[str] = ..., received_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., collapse_threads: _Optional[bool] = ..., order: _Optional[_Union[MessageOrder, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMessagesResponse(_message.Message):
    __slots__ = ("messages", "next_page_token", "total", "state")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    next_page_token: str
    total: int
    state: str
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total: _Optional[int] = ..., state: _Optional[str] = ...) -> None: ...

class ListMessageChangesRequest(_message.Message):
    __slots__ = ("account_id", "since_state", "max_changes")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_STATE_FIELD_NUMBER: _ClassVar[int]
    MAX_CHANGES_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    since_state: str
    max_changes: int
    def __init__(self, account_id: _Optional[str] = ..., since_state: _Optional[str] = ..., max_changes: _Optional[int] = ...) -> None: ...

class ListMessageChangesResponse(_message.Message):
    __slots__ = ("changes",)
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    changes: _common_pb2.ChangeList
    def __init__(self, changes: _Optional[_Union[_common_pb2.ChangeList, _Mapping]] = ...) -> None: ...

class SetFlagsRequest(_message.Message):
    __slots__ = ("account_id", "message_ids", "add", "remove", "if_in_state")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    IF_IN_STATE_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    add: _containers.RepeatedScalarFieldContainer[str]
    remove: _containers.RepeatedScalarFieldContainer[str]
    if_in_state: str
    def __init__(self, account_id: _Optional[str] = ..., message_ids: _Optional[_Iterable[str]] = ..., add: _Optional[_Iterable[str]] = ..., remove: _Optional[_Iterable[str]] = ..., if_in_state: _Optional[str] = ...) -> None: ...

class SetFlagsResponse(_message.Message):
    __slots__ = ("state", "failures")
    STATE_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    state: str
    failures: _containers.RepeatedCompositeFieldContainer[_common_pb2.Failure]
    def __init__(self, state: _Optional[str] = ..., failures: _Optional[_Iterable[_Union[_common_pb2.Failure, _Mapping]]] = ...) -> None: ...

class MoveMessagesRequest(_message.Message):
    __slots__ = ("account_id", "message_ids", "mailbox_id", "if_in_state")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    IF_IN_STATE_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    mailbox_id: str
    if_in_state: str
    def __init__(self, account_id: _Optional[str] = ..., message_ids: _Optional[_Iterable[str]] = ..., mailbox_id: _Optional[str] = ..., if_in_state: _Optional[str] = ...) -> None: ...

class MoveMessagesResponse(_message.Message):
    __slots__ = ("state", "failures")
    STATE_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    state: str
    failures: _containers.RepeatedCompositeFieldContainer[_common_pb2.Failure]
    def __init__(self, state: _Optional[str] = ..., failures: _Optional[_Iterable[_Union[_common_pb2.Failure, _Mapping]]] = ...) -> None: ...

class CopyMessagesRequest(_message.Message):
    __slots__ = ("account_id", "message_ids", "to_account_id", "mailbox_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    TO_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    to_account_id: str
    mailbox_id: str
    def __init__(self, account_id: _Optional[str] = ..., message_ids: _Optional[_Iterable[str]] = ..., to_account_id: _Optional[str] = ..., mailbox_id: _Optional[str] = ...) -> None: ...

class CopyMessagesResponse(_message.Message):
    __slots__ = ("message_ids", "state")
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    state: str
    def __init__(self, message_ids: _Optional[_Iterable[str]] = ..., state: _Optional[str] = ...) -> None: ...

class DeleteMessagesRequest(_message.Message):
    __slots__ = ("account_id", "message_ids", "if_in_state")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    IF_IN_STATE_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    if_in_state: str
    def __init__(self, account_id: _Optional[str] = ..., message_ids: _Optional[_Iterable[str]] = ..., if_in_state: _Optional[str] = ...) -> None: ...

class DeleteMessagesResponse(_message.Message):
    __slots__ = ("state", "failures")
    STATE_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    state: str
    failures: _containers.RepeatedCompositeFieldContainer[_common_pb2.Failure]
    def __init__(self, state: _Optional[str] = ..., failures: _Optional[_Iterable[_Union[_common_pb2.Failure, _Mapping]]] = ...) -> None: ...

class AppendTarget(_message.Message):
    __slots__ = ("account_id", "mailbox_id", "keywords", "received_at")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    KEYWORDS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    mailbox_id: str
    keywords: _containers.RepeatedScalarFieldContainer[str]
    received_at: _timestamp_pb2.Timestamp
    def __init__(self, account_id: _Optional[str] = ..., mailbox_id: _Optional[str] = ..., keywords: _Optional[_Iterable[str]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AppendMessageRequest(_message.Message):
    __slots__ = ("target", "data")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    target: AppendTarget
    data: bytes
    def __init__(self, target: _Optional[_Union[AppendTarget, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class AppendMessageResponse(_message.Message):
    __slots__ = ("message_id", "uid", "state")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    uid: int
    state: str
    def __init__(self, message_id: _Optional[str] = ..., uid: _Optional[int] = ..., state: _Optional[str] = ...) -> None: ...

class AppendWholeMessageRequest(_message.Message):
    __slots__ = ("target", "data")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    target: AppendTarget
    data: bytes
    def __init__(self, target: _Optional[_Union[AppendTarget, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class AppendWholeMessageResponse(_message.Message):
    __slots__ = ("message_id", "uid", "state")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    uid: int
    state: str
    def __init__(self, message_id: _Optional[str] = ..., uid: _Optional[int] = ..., state: _Optional[str] = ...) -> None: ...

class FetchPartRequest(_message.Message):
    __slots__ = ("account_id", "message_id", "part")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    message_id: str
    part: str
    def __init__(self, account_id: _Optional[str] = ..., message_id: _Optional[str] = ..., part: _Optional[str] = ...) -> None: ...

class FetchPartResponse(_message.Message):
    __slots__ = ("media_type", "name", "size", "data")
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    media_type: str
    name: str
    size: int
    data: bytes
    def __init__(self, media_type: _Optional[str] = ..., name: _Optional[str] = ..., size: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...
