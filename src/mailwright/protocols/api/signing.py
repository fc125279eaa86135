"""Signing in and out with a browser: `/api/session`, by password or by a link in a mail.

The session is a cookie that scripts cannot read and other sites cannot send along; `csrf` in the answer goes with every change.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from mailwright.core import Core, accounts, sessions, signinlinks, signon
from mailwright.core.sessions import LONGEST, Opened, Signed
from mailwright.core.signon import SignOnService
from mailwright.domain.addresses import Address
from mailwright.domain.brand import Brand
from mailwright.domain.clock import SECOND, to_iso
from mailwright.domain.refusals import BadAddress, NotPermitted
from mailwright.protocols.identity import Caller, Identity, Web

SIGN_IN_PATH = "/app/sign-in"
_NO_STORE = {"Cache-Control": "no-store"}


class SignIn(BaseModel):
    """Name and password, with the second factor's code where one is asked for."""

    email: str = Field(max_length=320, description="the main address")
    password: str = Field(max_length=1024)
    code: str | None = Field(None, max_length=64, description="what the authenticator shows, or a recovery code")
    remember: bool = Field(False, description="stay signed in when the browser is closed")


class LinkWanted(BaseModel):
    """Whom to mail a link."""

    email: str = Field(max_length=320)


class LinkRedeemed(BaseModel):
    """The token of a link."""

    token: str = Field(max_length=256)
    code: str | None = Field(None, max_length=64)
    remember: bool = False


def create_router(core: Core, identity: Identity, service: SignOnService | None = None) -> APIRouter:
    """The paths. `service` speaks with the providers that people sign in at, who are told when somebody signs out here."""
    router = APIRouter(tags=["sign-in"])
    web = identity.web
    pages = signinlinks.Pages(web.brand.name, web.public_url + SIGN_IN_PATH)

    @router.get("/api/session")
    async def who(caller: Annotated[Caller, Depends(identity.by_session)]) -> JSONResponse:
        """Who is signed in, and the `csrf` that every change needs as X-CSRF-Token. 401 when nobody is."""
        assert caller.session is not None
        return JSONResponse(described(caller.session, web.brand), headers=_NO_STORE)

    @router.post("/api/session")
    async def sign_in(request: Request, given: SignIn) -> JSONResponse:
        """Sign in by password. 401 `second_factor_required` asks for `code`."""
        check_page(identity, request)
        client = web.client_of(request)
        account = await accounts.authenticate(
            core, given.email, given.password, client=client, scope=accounts.PAGES, code=given.code
        )
        agent = request.headers.get("user-agent", "")
        opened = await sessions.open_session(
            core, account, by="password", client=client, agent=agent, long_lived=given.remember
        )
        return await _signed_in(request, opened)

    @router.delete("/api/session", status_code=204, responses={200: {"description": "`go`: where to sign out, too"}})
    async def sign_out(caller: Annotated[Caller, Depends(identity.by_session)]) -> Response:
        """Sign out here. For who signed in at a provider `go` is its page where they sign out there, too."""
        assert caller.session is not None
        signed = caller.session
        await core.write(lambda tx: sessions.end(tx, caller.account, signed.session.id, client=caller.client))
        back = web.public_url + SIGN_IN_PATH
        go = None if service is None else await signon.farewell(core, service, signed, back)
        headers = {**_NO_STORE, "Clear-Site-Data": '"cache"'}
        answer = Response(status_code=204, headers=headers) if go is None else JSONResponse({"go": go}, headers=headers)
        answer.delete_cookie(web.cookie, path="/", secure=web.secure, httponly=True, samesite="lax")
        return answer

    @router.post("/api/session/link", status_code=202)
    async def ask_for_link(request: Request, given: LinkWanted) -> dict[str, str]:
        """Mail a link to whoever has that address. The answer is the same whether somebody has."""
        check_page(identity, request)
        await signinlinks.request(
            core,
            given.email,
            pages,
            client=web.client_of(request),
            correlation_id=str(request.scope.get("correlation_id", "")),
        )
        return {}

    @router.post("/api/session/link/redeem")
    async def redeem(request: Request, given: LinkRedeemed) -> JSONResponse:
        """Sign in with a link's token, once. 401 `second_factor_required` asks for `code`; the token waits meanwhile."""
        check_page(identity, request)
        opened = await signinlinks.redeem(
            core,
            given.token,
            code=given.code,
            client=web.client_of(request),
            agent=request.headers.get("user-agent", ""),
            long_lived=given.remember,
        )
        return await _signed_in(request, opened)

    async def _signed_in(request: Request, opened: Opened) -> JSONResponse:
        await end_before(core, identity, request)
        answer = JSONResponse(described(opened.signed, web.brand), headers=_NO_STORE)
        keep(answer, web, opened)
        return answer

    return router


async def end_before(core: Core, identity: Identity, request: Request) -> None:
    """Who signs in again in the same browser has one session, not two."""
    old = request.cookies.get(identity.web.cookie)
    before = await sessions.find(core, old) if old else None
    if before is not None:
        client = identity.web.client_of(request)
        await core.write(lambda tx: sessions.end(tx, before.account, before.session.id, client=client))


def keep(answer: Response, web: Web, opened: Opened) -> None:
    """Give the browser the cookie of its session."""
    answer.set_cookie(
        web.cookie,
        opened.token,
        max_age=LONGEST // SECOND if opened.signed.session.long_lived else None,
        path="/",
        secure=web.secure,
        httponly=True,
        samesite="lax",  # strict would sign people out who follow a link in a mail
    )


def check_page(identity: Identity, request: Request) -> None:
    """Another site's page must not sign somebody in as somebody else (login CSRF)."""
    if not identity.same_origin(request):
        raise NotPermitted("the request comes from another site")


def described(signed: Signed, brand: Brand) -> dict[str, Any]:
    account, session = signed.account, signed.session
    try:
        shown = str(Address.parse(account.email))
    except BadAddress:  # an outside sender of long ago
        shown = account.email
    return {
        "user": {
            "id": account.id,
            "email": shown,
            "name": account.display_name,
            "role": account.role,
            "operator": bool(account.operator) and account.role == "admin",
            "has_mailbox": account.has_mailbox,
            "plan": account.plan,
        },
        "csrf": signed.csrf,
        "session": {
            "id": session.id,
            "expires_at": to_iso(session.expires_at),
            "authenticated_by": session.authenticated_by,
        },
        "brand": brand.as_values(),
    }
