"""Looking at a message in a browser: `/api/mail/{email_id}/html`, `/view` and `/trace`, and its pictures.

Promises: only for who may read the message now, noted in the audit trail; the document comes with a policy under which nothing runs and
nothing is fetched but pictures from here. Pictures are asked for by the signature in their address, without a cookie: browsers send none
from the frame of another's document.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, Query, Response
from prometheus_client import Counter
from starlette.responses import HTMLResponse

from mailwright.codecs import htmlmail
from mailwright.core import Core, mailview, traces
from mailwright.core.mailview import Reading
from mailwright.core.traces import Step
from mailwright.domain.clock import to_iso
from mailwright.domain.pictures import NoPicture, Picture
from mailwright.domain.refusals import NotFound
from mailwright.protocols.identity import Caller, Identity

POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
"""Of the document of a mail. Without allow-scripts and with no script-src nothing runs; the page around it may measure it."""

_PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",  # a sandboxed frame is nobody's origin; the signature is the key
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=86400, immutable",
}
MAX_ADDRESS = 8_000  # characters of a picture's address

proxied_total = Counter("mailwright_pictures_proxied_total", "Pictures of mails fetched for readers", ["outcome"])


Fetch: TypeAlias = Callable[[str], Awaitable[Picture]]
"""Gets the picture at an address elsewhere, or raises NoPicture: `connectors.pictures.PictureFetcher.fetch`."""


def create_router(core: Core, identity: Identity, *, fetch: Fetch | None = None) -> APIRouter:
    """The paths. Without `fetch` no picture of another machine is shown."""
    router = APIRouter(tags=["mail"], prefix="/api/mail")
    who = Depends(identity.with_mailbox)

    async def reading(email_id: str, caller: Annotated[Caller, who]) -> Reading:
        found = await core.read(lambda tx: mailview.readable(tx, caller.account, email_id))
        core.trail.note(
            caller.account.email,
            "mail.read",
            resource=f"{found.owner}:{email_id}",
            address=caller.client,
            tenant_id=caller.account.tenant_id,
            correlation_id=caller.correlation_id,
        )
        return found

    readable = Depends(reading)

    @router.get("/{email_id}/html", response_class=HTMLResponse)
    async def html(
        caller: Annotated[Caller, who],
        found: Annotated[Reading, readable],
        images: Annotated[Literal["none", "proxied"], Query(description="pictures of other machines")] = "none",
    ) -> HTMLResponse:
        """The HTML of a message, made safe, as a document for a sandboxed frame. 404 when it has none.

        `X-Remote-Pictures` and `X-Tracking-Pixels` count what is not shown (the latter never is).
        """
        clean = await mailview.html(core, caller.account, found, proxied=images == "proxied" and fetch is not None)
        if clean is None:
            raise NotFound("the message has no HTML")
        headers = {
            "Content-Security-Policy": POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "private, no-store",
            "X-Remote-Pictures": str(clean.remote_pictures),
            "X-Tracking-Pixels": str(clean.tracking_pixels),
            "X-Misleading-Links": str(clean.misleading_links),
        }
        return HTMLResponse(htmlmail.document(clean), headers=headers)

    @router.get("/{email_id}/view")
    async def view(caller: Annotated[Caller, who], found: Annotated[Reading, readable]) -> dict[str, Any]:
        """What there is to show of a message: its text, whether it has HTML, and what its HTML would like to fetch."""
        clean = await mailview.html(core, caller.account, found, proxied=False)
        return {
            "has_html": clean is not None,
            "remote_pictures": clean.remote_pictures if clean else 0,
            "tracking_pixels": clean.tracking_pixels if clean else 0,
            "misleading_links": clean.misleading_links if clean else 0,
            "text": await mailview.text(core, found),
        }

    @router.get("/{email_id}/trace")
    async def trace(email_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """The way of a message, step by step: `{"summary": "received → filed (INBOX) → …", "steps": [{at, stage, detail, because}]}`."""
        found = await core.read(
            lambda tx: traces.of_message(tx, mailview.readable(tx, caller.account, email_id).message)
        )
        return {"summary": found.summary, "steps": [told(step) for step in found.steps]}

    @router.get("/{email_id}/inline/{number}", response_class=Response)
    async def inline(email_id: str, number: str, a: str = "", e: str = "", s: str = "") -> Response:
        """A picture that came with a message, by an address from its document."""
        target = mailview.inline_target(email_id, number)
        found = await core.read(
            lambda tx: mailview.readable(
                tx, mailview.reader_of(core, tx, user_id=a, day=e, signature=s, target=target), email_id
            )
        )
        return _shown(await mailview.inline_picture(core, found, number))

    @router.get("/picture", response_class=Response)
    async def picture(
        u: Annotated[str, Query(max_length=MAX_ADDRESS)] = "", a: str = "", e: str = "", s: str = ""
    ) -> Response:
        """A picture of another machine, fetched by us, by an address from a message's document."""
        target = mailview.picture_target(u)
        await core.read(lambda tx: mailview.reader_of(core, tx, user_id=a, day=e, signature=s, target=target))
        if fetch is None:
            raise NotFound("pictures of other machines are not shown here")
        try:
            found = await fetch(u)
        except NoPicture as reason:
            proxied_total.labels("refused").inc()
            raise NotFound(str(reason)) from None
        proxied_total.labels("shown").inc()
        return _shown(found)

    return router


def told(step: Step) -> dict[str, str]:
    """A step of a trace as it is answered."""
    return {"at": to_iso(step.at), "stage": step.stage, "detail": step.detail, "because": step.because}


def _shown(found: Picture) -> Response:
    return Response(found.data, media_type=found.media_type, headers=_PICTURE_HEADERS)
