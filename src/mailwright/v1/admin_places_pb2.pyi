import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Tenant(_message.Message):
    __slots__ = ("id", "name", "domains", "users", "created_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOMAINS_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    domains: int
    users: int
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., domains: _Optional[int] = ..., users: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListTenantsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListTenantsResponse(_message.Message):
    __slots__ = ("tenants",)
    TENANTS_FIELD_NUMBER: _ClassVar[int]
    tenants: _containers.RepeatedCompositeFieldContainer[Tenant]
    def __init__(self, tenants: _Optional[_Iterable[_Union[Tenant, _Mapping]]] = ...) -> None: ...

class AddTenantRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class AddTenantResponse(_message.Message):
    __slots__ = ("tenant",)
    TENANT_FIELD_NUMBER: _ClassVar[int]
    tenant: Tenant
    def __init__(self, tenant: _Optional[_Union[Tenant, _Mapping]] = ...) -> None: ...

class UpdateTenantRequest(_message.Message):
    __slots__ = ("tenant_id", "name")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    name: str
    def __init__(self, tenant_id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class UpdateTenantResponse(_message.Message):
    __slots__ = ("tenant",)
    TENANT_FIELD_NUMBER: _ClassVar[int]
    tenant: Tenant
    def __init__(self, tenant: _Optional[_Union[Tenant, _Mapping]] = ...) -> None: ...

class Alias(_message.Message):
    __slots__ = ("address", "kind", "targets", "created_at")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    address: str
    kind: str
    targets: _containers.RepeatedScalarFieldContainer[str]
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, address: _Optional[str] = ..., kind: _Optional[str] = ..., targets: _Optional[_Iterable[str]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListAliasesRequest(_message.Message):
    __slots__ = ("query", "page_size", "page_token")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    query: str
    page_size: int
    page_token: str
    def __init__(self, query: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAliasesResponse(_message.Message):
    __slots__ = ("aliases", "next_page_token")
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    aliases: _containers.RepeatedCompositeFieldContainer[Alias]
    next_page_token: str
    def __init__(self, aliases: _Optional[_Iterable[_Union[Alias, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AddAliasRequest(_message.Message):
    __slots__ = ("address", "targets")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    address: str
    targets: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, address: _Optional[str] = ..., targets: _Optional[_Iterable[str]] = ...) -> None: ...

class AddAliasResponse(_message.Message):
    __slots__ = ("alias",)
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    alias: Alias
    def __init__(self, alias: _Optional[_Union[Alias, _Mapping]] = ...) -> None: ...

class RemoveAliasRequest(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: str
    def __init__(self, address: _Optional[str] = ...) -> None: ...

class RemoveAliasResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UserMailbox(_message.Message):
    __slots__ = ("id", "name", "role", "total_messages", "unread_messages", "size_bytes", "retain_days")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    UNREAD_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    RETAIN_DAYS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    role: str
    total_messages: int
    unread_messages: int
    size_bytes: int
    retain_days: int
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., role: _Optional[str] = ..., total_messages: _Optional[int] = ..., unread_messages: _Optional[int] = ..., size_bytes: _Optional[int] = ..., retain_days: _Optional[int] = ...) -> None: ...

class ListUserMailboxesRequest(_message.Message):
    __slots__ = ("user_id",)
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    def __init__(self, user_id: _Optional[str] = ...) -> None: ...

class ListUserMailboxesResponse(_message.Message):
    __slots__ = ("mailboxes",)
    MAILBOXES_FIELD_NUMBER: _ClassVar[int]
    mailboxes: _containers.RepeatedCompositeFieldContainer[UserMailbox]
    def __init__(self, mailboxes: _Optional[_Iterable[_Union[UserMailbox, _Mapping]]] = ...) -> None: ...

class DomainRetention(_message.Message):
    __slots__ = ("name", "retain_days")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RETAIN_DAYS_FIELD_NUMBER: _ClassVar[int]
    name: str
    retain_days: int
    def __init__(self, name: _Optional[str] = ..., retain_days: _Optional[int] = ...) -> None: ...

class MailboxRetention(_message.Message):
    __slots__ = ("mailbox_id", "retain_days", "user", "user_id", "name")
    MAILBOX_ID_FIELD_NUMBER: _ClassVar[int]
    RETAIN_DAYS_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    mailbox_id: str
    retain_days: int
    user: str
    user_id: str
    name: str
    def __init__(self, mailbox_id: _Optional[str] = ..., retain_days: _Optional[int] = ..., user: _Optional[str] = ..., user_id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class Retention(_message.Message):
    __slots__ = ("redact_after_days", "audit_kept_days", "deliveries_kept_days", "outbox_kept_days", "domains", "mailboxes")
    REDACT_AFTER_DAYS_FIELD_NUMBER: _ClassVar[int]
    AUDIT_KEPT_DAYS_FIELD_NUMBER: _ClassVar[int]
    DELIVERIES_KEPT_DAYS_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_KEPT_DAYS_FIELD_NUMBER: _ClassVar[int]
    DOMAINS_FIELD_NUMBER: _ClassVar[int]
    MAILBOXES_FIELD_NUMBER: _ClassVar[int]
    redact_after_days: int
    audit_kept_days: int
    deliveries_kept_days: int
    outbox_kept_days: int
    domains: _containers.RepeatedCompositeFieldContainer[DomainRetention]
    mailboxes: _containers.RepeatedCompositeFieldContainer[MailboxRetention]
    def __init__(self, redact_after_days: _Optional[int] = ..., audit_kept_days: _Optional[int] = ..., deliveries_kept_days: _Optional[int] = ..., outbox_kept_days: _Optional[int] = ..., domains: _Optional[_Iterable[_Union[DomainRetention, _Mapping]]] = ..., mailboxes: _Optional[_Iterable[_Union[MailboxRetention, _Mapping]]] = ...) -> None: ...

class GetRetentionRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetRetentionResponse(_message.Message):
    __slots__ = ("retention",)
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    retention: Retention
    def __init__(self, retention: _Optional[_Union[Retention, _Mapping]] = ...) -> None: ...

class UpdateRetentionRequest(_message.Message):
    __slots__ = ("domains", "mailboxes")
    DOMAINS_FIELD_NUMBER: _ClassVar[int]
    MAILBOXES_FIELD_NUMBER: _ClassVar[int]
    domains: _containers.RepeatedCompositeFieldContainer[DomainRetention]
    mailboxes: _containers.RepeatedCompositeFieldContainer[MailboxRetention]
    def __init__(self, domains: _Optional[_Iterable[_Union[DomainRetention, _Mapping]]] = ..., mailboxes: _Optional[_Iterable[_Union[MailboxRetention, _Mapping]]] = ...) -> None: ...

class UpdateRetentionResponse(_message.Message):
    __slots__ = ("retention",)
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    retention: Retention
    def __init__(self, retention: _Optional[_Union[Retention, _Mapping]] = ...) -> None: ...
