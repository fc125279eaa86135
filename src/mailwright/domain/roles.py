"""Roles: what a process of an installation does. `all` in the settings is every one of them."""

from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["all", "smtp", "lmtp", "imap", "http", "grpc", "worker", "scheduler"]

ROLES: Final[tuple[Role, ...]] = ("smtp", "lmtp", "imap", "http", "grpc", "worker", "scheduler")
