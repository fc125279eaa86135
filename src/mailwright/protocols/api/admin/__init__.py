"""`/api/admin/…`: those who look after the server do it here, without a shell.

One module a noun. `reaching` tells who calls and what they reach (core decides it); `words` are the types that every answer and
question is made of. Rules of the place: a route says what it needs by its dependency (`looks`, `changes`, `operates`), asks core,
and spells the answer; nothing here reads or writes mail.
"""

from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.router import create_router

__all__ = ["Machine", "create_router"]
