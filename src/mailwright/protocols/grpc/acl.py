"""AclService: who may do what in a mailbox."""

from __future__ import annotations

from mailwright.core import access
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import NotFound
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.storage import Tx
from mailwright.v1 import acl_pb2 as pb


async def get_acl(talk: Talk, asked: pb.GetAclRequest) -> pb.GetAclResponse:
    """Who has which rights."""
    entries = await talk.core.read(lambda tx: _entries(tx, _reached(tx, talk, asked.mailbox_id)))
    return pb.GetAclResponse(entries=entries)


async def set_acl(talk: Talk, asked: pb.SetAclRequest) -> pb.SetAclResponse:
    """Give rights, or take them away."""

    def write(tx: Tx) -> list[pb.AclEntry]:
        reached = _reached(tx, talk, asked.mailbox_id)
        access.set_acl(tx, talk.account, reached, asked.identifier, asked.rights)
        # Whoever took the right to share from themselves is told nothing more of who has which.
        now = _reached(tx, talk, asked.mailbox_id)
        return _entries(tx, now) if "a" in now.rights else []

    return pb.SetAclResponse(entries=await talk.core.write(write))


async def get_my_rights(talk: Talk, asked: pb.GetMyRightsRequest) -> pb.GetMyRightsResponse:
    """What the caller may do."""
    reached = await talk.core.read(lambda tx: _reached(tx, talk, asked.mailbox_id))
    return pb.GetMyRightsResponse(rights="".join(each for each in access.RIGHTS if each in reached.rights))


def _reached(tx: Tx, talk: Talk, mailbox_id: str) -> access.Reached:
    if not is_id(mailbox_id):
        raise NotFound("there is no such mailbox")
    return access.by_id(tx, talk.account, mailbox_id)


def _entries(tx: Tx, reached: access.Reached) -> list[pb.AclEntry]:
    return [pb.AclEntry(identifier=who, rights=rights) for who, rights in access.acl_of(tx, reached).items()]


METHODS: Methods = {"GetAcl": get_acl, "SetAcl": set_acl, "GetMyRights": get_my_rights}
