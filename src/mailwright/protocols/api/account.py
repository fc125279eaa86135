"""One's own account: sessions, password, second factor, app passwords and preferences. `/api/account/…`, for browsers only."""

import asyncio
import io
import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any

import segno
from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from limits import RateLimitItemPerHour
from pydantic import BaseModel, Field

from mailwright.core import Core, accounts, apppasswords, people, personaldata, secondfactor, sessions
from mailwright.core.passwords import hash_password
from mailwright.domain import clock
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import NotPermitted, TooManyRequests
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx, credentials
from mailwright.storage.accounts import AppPassword
from mailwright.storage.sessions import Session

PIECE_OCTETS = 256 * 1024
EXPORTS = RateLimitItemPerHour(10)  # of one person: each writes as much as they have


class PasswordChange(BaseModel):
    """The password now, and the one to be."""

    current: str = Field("", max_length=1024, description="nothing is asked for while there is none")
    new: str = Field(max_length=1024)
    code: str | None = Field(None, max_length=64, description="where the second factor is on")


class PasswordGiven(BaseModel):
    """The password, to be sure that it is still the same person."""

    password: str = Field(max_length=1024)


class CodeGiven(BaseModel):
    """A code of the authenticator."""

    code: str = Field(max_length=64)


class BothGiven(PasswordGiven):
    """Password and code."""

    code: str = Field(max_length=64)


class AppPasswordWanted(BaseModel):
    """What to call it, and what it opens."""

    label: str = Field(max_length=100)
    scopes: list[str] = Field(default_factory=lambda: list(apppasswords.MAIL_PROGRAM), max_length=10)


class PreferencesChange(BaseModel):
    """What is given is changed, what is missing stays."""

    time_zone: str | None = Field(None, max_length=64, description="an IANA name, like Europe/Berlin")
    tone: str | None = Field(None, max_length=people.MAX_TONE)
    undo_seconds: int | None = Field(None, ge=0, le=3600)
    default_action: str | None = Field(
        None, max_length=20, description="when a follow-up is due: remind, remind_and_draft, draft, or empty"
    )
    locale: str | None = Field(None, max_length=10, description="how dates are meant and written, like en-GB; or empty")
    reach_by: str | None = Field(
        None, max_length=10, description="reminders go by mail or whatsapp; empty: as one wrote"
    )
    quiet_from: str | None = Field(
        None, max_length=5, description="nobody is reminded from then on, like 22:00; or empty"
    )
    quiet_until: str | None = Field(None, max_length=5, description="until then, like 07:00; or empty")
    agenda_at: str | None = Field(None, max_length=5, description="when the day's agenda is mailed; empty: not at all")
    display: dict[str, Any] | None = Field(None, description="the webmail's own; at most 8 KiB as JSON")


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["account"], prefix="/api/account")
    who = Depends(identity.by_session)

    # --- sessions ---------------------------------------------------------------------------------------------------

    @router.get("/sessions")
    async def list_sessions(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Where one is signed in."""
        found = await core.read(lambda tx: sessions.listing(tx, caller.account))
        current = caller.session.session.id if caller.session else ""
        return {"sessions": [_session(each, current) for each in found]}

    @router.delete("/sessions/{session_id}", status_code=204)
    async def end_session(session_id: str, caller: Annotated[Caller, who]) -> Response:
        """Sign out there."""
        await core.write(lambda tx: sessions.end(tx, caller.account, session_id, client=caller.client))
        return Response(status_code=204)

    @router.delete("/sessions", status_code=204)
    async def end_sessions(caller: Annotated[Caller, who]) -> Response:
        """Sign out everywhere, here too."""
        await core.write(lambda tx: sessions.end_all(tx, caller.account, client=caller.client))
        answer = Response(status_code=204, headers={"Clear-Site-Data": '"cache"'})
        web = identity.web
        answer.delete_cookie(web.cookie, path="/", secure=web.secure, httponly=True, samesite="lax")
        return answer

    # --- password and second factor ---------------------------------------------------------------------------------

    @router.post("/password", status_code=204)
    async def change_password(given: PasswordChange, caller: Annotated[Caller, who]) -> Response:
        """Change the password; every other session ends. 401 `second_factor_required` asks for `code`."""
        await _confirm(caller, given.current, given.code, first=True)
        hashed = await asyncio.to_thread(hash_password, given.new)
        assert caller.session is not None
        here = caller.session.session.id

        def write(tx: Tx) -> None:
            accounts.set_password(tx, caller.account, hashed, by=caller.actor)
            sessions.end_all(tx, caller.account, client=caller.client, except_for=here)

        await core.write(write)
        return Response(status_code=204)

    @router.get("/totp")
    async def second_factor(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Whether a code is asked for, how many recovery codes are left, and whether there is a password at all."""

        def look(tx: Tx) -> dict[str, Any]:
            return {
                "enabled": secondfactor.is_on(tx, caller.account.id),
                "recovery_codes_left": secondfactor.recovery_codes_left(tx, caller.account.id),
                "has_password": bool(credentials.of_kind(tx, caller.account.id, "password")),
            }

        return await core.read(look)

    @router.post("/totp")
    async def begin_second_factor(given: PasswordGiven, caller: Annotated[Caller, who]) -> dict[str, str]:
        """A secret for an authenticator, as text and as a QR code (SVG); it counts once a code of it was confirmed."""
        await _confirm(caller, given.password, None)
        secret = secondfactor.new_secret()
        issuer = identity.web.brand.name
        made = await core.write(lambda tx: secondfactor.begin(tx, core, caller.account, secret, issuer=issuer))
        drawn = segno.make(made.uri, error="m").svg_inline(scale=4, border=2)
        return {"secret": made.secret, "uri": made.uri, "qr_svg": drawn}

    @router.post("/totp/confirm")
    async def confirm_second_factor(given: CodeGiven, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Turn it on with the first code. The recovery codes are shown this once."""
        await accounts.check_client(core, caller.client)
        await accounts.count_code(core, caller.account)
        codes = await core.write(
            lambda tx: secondfactor.confirm(tx, core, caller.account, given.code, client=caller.client)
        )
        await accounts.forget_codes(core, caller.account)
        return {"recovery_codes": codes}

    @router.post("/totp/disable", status_code=204)
    async def end_second_factor(given: BothGiven, caller: Annotated[Caller, who]) -> Response:
        """Turn it off, with password and code."""
        await _confirm(caller, given.password, given.code)
        await core.write(lambda tx: secondfactor.turn_off(tx, caller.account, client=caller.client))
        return Response(status_code=204)

    # --- app passwords ----------------------------------------------------------------------------------------------

    @router.get("/app-passwords")
    async def list_app_passwords(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Those of the account, and what one can be for."""
        found = await core.read(lambda tx: apppasswords.listing(tx, caller.account))
        return {"app_passwords": [_app_password(each) for each in found], "scopes": apppasswords.SCOPES}

    @router.post("/app-passwords", status_code=201)
    async def make_app_password(given: AppPasswordWanted, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """A new one; `password` is shown this once."""
        if not caller.account.has_mailbox:
            raise NotPermitted("app passwords are for mailboxes, and you have none here")
        made, password = await core.write(
            lambda tx: apppasswords.make(tx, caller.account, given.label, given.scopes, client=caller.client)
        )
        return {**_app_password(made), "password": password}

    @router.delete("/app-passwords/{app_password_id}", status_code=204)
    async def revoke_app_password(app_password_id: str, caller: Annotated[Caller, who]) -> Response:
        """Take one back."""
        await core.write(lambda tx: apppasswords.revoke(tx, caller.account, app_password_id, client=caller.client))
        return Response(status_code=204)

    # --- preferences ------------------------------------------------------------------------------------------------

    @router.get("/preferences")
    async def get_preferences(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """How one wants to be worked for, and to be shown things."""
        return await core.read(lambda tx: people.described(tx, caller.account))

    @router.patch("/preferences")
    async def change_preferences(given: PreferencesChange, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Change what is given."""
        named = {name: getattr(given, name) for name in given.model_fields_set}
        change = {name: value for name, value in named.items() if value is not None}

        def write(tx: Tx) -> dict[str, Any]:
            people.change(tx, caller.account, change, client=caller.client)
            return people.described(tx, caller.account)

        return await core.write(write)

    @router.get("/data", response_class=StreamingResponse, responses={200: {"content": {"application/zip": {}}}})
    async def export_data(caller: Annotated[Caller, who]) -> StreamingResponse:
        """Everything that is kept of oneself, as a ZIP: mail, files, follow-ups, preferences, history."""
        await accounts.check_client(core, caller.client)
        if not await core.sign_in_failures.hit(EXPORTS, "exports", caller.account.id):
            raise TooManyRequests("that was handed over often enough for now; try again in an hour")
        kept = await asyncio.to_thread(_exported, core, caller)
        size = kept.seek(0, io.SEEK_END)
        kept.seek(0)
        name = f"mailwright-{clock.to_iso(clock.now())[:10]}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
        return StreamingResponse(_pieces(kept), media_type="application/zip", headers=headers)

    async def _confirm(caller: Caller, password: str, code: str | None, *, first: bool = False) -> None:
        """Raises AuthenticationFailed when it is not the person any more, SecondFactorRequired, TooManyRequests."""
        if not caller.account.has_mailbox:
            raise NotPermitted("you have no password: sign in by links")
        await accounts.confirm(core, caller.account, password, code, client=caller.client, first=first)

    return router


def _exported(core: Core, caller: Caller) -> IO[bytes]:
    """A file without a name; it is gone when it is closed."""
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        personaldata.export(core, caller.account, kept, by=caller.actor)
    except BaseException:
        kept.close()
        raise
    return kept


def _pieces(kept: IO[bytes]) -> Iterator[bytes]:
    with kept:
        while piece := kept.read(PIECE_OCTETS):
            yield piece


def _session(session: Session, current: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "current": session.id == current,
        "authenticated_by": session.authenticated_by,
        "client": session.client,
        "agent": session.agent,
        "created_at": to_iso(session.created_at),
        "seen_at": to_iso(session.seen_at),
        "expires_at": to_iso(session.expires_at),
    }


def _app_password(one: AppPassword) -> dict[str, Any]:
    return {
        "id": one.id,
        "label": one.label,
        "scopes": list(one.scopes),
        "created_at": to_iso(one.created_at),
        "used_at": None if one.used_at is None else to_iso(one.used_at),
    }
