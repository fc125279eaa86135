"""The table of every call: its path, and what answers it.

Used by `running`, and by both faces to know which calls there are. What a call takes and answers is in the descriptors that the
protobufs are compiled to; a test compares this table with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message_factory import GetMessageClass

from mailwright.protocols.grpc import (
    accounts,
    acl,
    admin,
    approvals,
    changing,
    followups,
    mailboxes,
    messages,
    outbox,
    searching,
    tasks,
    watching,
)
from mailwright.protocols.grpc.talk import Methods
from mailwright.v1 import (
    accounts_pb2,
    acl_pb2,
    admin_pb2,
    approvals_pb2,
    followups_pb2,
    mailboxes_pb2,
    messages_pb2,
    outbox_pb2,
    search_pb2,
    tasks_pb2,
    watch_pb2,
)


class Kind(Enum):
    """Whom a call is for."""

    MAIL = "people with a mailbox"
    ADMIN = "whoever looks after the server, with a mailbox or without"


@dataclass(frozen=True, slots=True)
class Path:
    """One call as the protobufs describe it."""

    service: str
    method: str
    asks: type[Any]
    answers: type[Any]
    many_asked: bool
    many_answered: bool
    kind: Kind


_SERVICES: dict[str, tuple[FileDescriptor, Methods]] = {
    "AccountsService": (accounts_pb2.DESCRIPTOR, accounts.METHODS),
    "MailboxesService": (mailboxes_pb2.DESCRIPTOR, mailboxes.METHODS),
    "MessagesService": (messages_pb2.DESCRIPTOR, messages.METHODS | changing.METHODS),
    "SearchService": (search_pb2.DESCRIPTOR, searching.METHODS),
    "AclService": (acl_pb2.DESCRIPTOR, acl.METHODS),
    "TasksService": (tasks_pb2.DESCRIPTOR, tasks.METHODS),
    "ApprovalsService": (approvals_pb2.DESCRIPTOR, approvals.METHODS),
    "FollowupsService": (followups_pb2.DESCRIPTOR, followups.METHODS),
    "OutboxService": (outbox_pb2.DESCRIPTOR, outbox.METHODS),
    "AdminService": (admin_pb2.DESCRIPTOR, admin.METHODS),
    "WatchService": (watch_pb2.DESCRIPTOR, watching.METHODS),
}


def _paths() -> Iterator[tuple[str, Path]]:
    for name, (file, _) in _SERVICES.items():
        service = file.services_by_name[name]
        for method in service.methods:
            yield (
                f"/{service.full_name}/{method.name}",
                Path(
                    service.full_name,
                    method.name,
                    GetMessageClass(method.input_type),
                    GetMessageClass(method.output_type),
                    method.client_streaming,
                    method.server_streaming,
                    Kind.ADMIN if name == "AdminService" else Kind.MAIL,
                ),
            )


PATHS: dict[str, Path] = dict(_paths())
"""By its path, every call that the protobufs have."""

CALLS: dict[str, Callable[..., Any]] = {
    f"/mailwright.v1.{name}/{method}": answer
    for name, (_, methods) in _SERVICES.items()
    for method, answer in methods.items()
}
"""By its path, what answers a call: a coroutine function, or an asynchronous generator where there are many answers."""
