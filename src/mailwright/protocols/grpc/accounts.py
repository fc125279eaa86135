"""AccountsService: the accounts that the caller reaches."""

from __future__ import annotations

from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.jmap.accounts import Scope, scope_in, visible
from mailwright.storage import Tx
from mailwright.v1 import accounts_pb2 as pb


async def list_accounts(talk: Talk, _asked: pb.ListAccountsRequest) -> pb.ListAccountsResponse:
    """The own account, and those of people who share something."""

    def look(tx: Tx) -> list[pb.Account]:
        return [_told(tx, each) for each in visible(tx, talk.account)]

    return pb.ListAccountsResponse(accounts=await talk.core.read(look))


async def get_account(talk: Talk, asked: pb.GetAccountRequest) -> pb.GetAccountResponse:
    """One of them."""

    def look(tx: Tx) -> pb.Account:
        return _told(tx, scope_in(tx, talk.call, talk.whose(asked.account_id)))

    return pb.GetAccountResponse(account=await talk.core.read(look))


def _told(tx: Tx, scope: Scope) -> pb.Account:
    # What another person's mailbox takes is nobody's business.
    room = {"quota_bytes": scope.owner.quota_bytes, "used_bytes": scope.owner.used_bytes} if scope.personal else {}
    return pb.Account(
        id=scope.id,
        email=scope.owner.email,
        personal=scope.personal,
        read_only=scope.read_only,
        state=scope.state(tx),
        **room,
    )


METHODS: Methods = {"ListAccounts": list_accounts, "GetAccount": get_account}
