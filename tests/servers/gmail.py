"""Google on this machine, in the shapes its documentation has: Gmail's API (v1), the OAuth endpoints, JWKS, and pushes of Pub/Sub.

    google = GmailService()                    # serves at google.url: gmail_url, and auth_url, token_url, revoke_url, keys_url
    box = google.box("ada@gmail.example")      # an account's mailbox: see gmailbox.Box for what may happen there
    tokens = google.sign_in(box.address)       # {"access_token", "refresh_token", …}; or consent(url, address) for the page
    box.receive(subject="Lunch")               # history, and a push in google.pushes once the account is watched
    google.push(google.pushes[0], hook_url, audience)   # the status it was answered with
    headers, body = google.push_request(push, audience) # the same for another client

A push is lost, repeated or reordered by what the test does with the list `pushes`. `refuse` has answers said instead by the API,
once each, `refuse_tokens` by the token endpoint: (status, JSON value or bytes); `error()` makes Google's. `expire(address)` ends
access tokens, `revoke(address)` all of an account's. `asked` is what came; `limit` enforces a quota in units a second as Gmail does.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.servers.gmailapi import Gone, answer, error, units_of
from tests.servers.gmailbox import Box, Message, letter
from tests.servers.googlekeys import ACCOUNT, Keys

__all__ = [
    "ACCOUNT",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "TOPIC",
    "Asked",
    "Box",
    "GmailService",
    "Message",
    "Push",
    "error",
    "letter",
]

CLIENT_ID = "1234567890-mailwright.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-nobody-has-this-secret"
TOPIC = "projects/mailwright-test/topics/gmail"
SUBSCRIPTION = "projects/mailwright-test/subscriptions/gmail"
LIFE_SECONDS = 3599
Answer = tuple[int, Any]


@dataclass(frozen=True)
class Asked:
    """One request that came to the API. `path` begins after /users/me/."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    address: str


@dataclass(frozen=True)
class Push:
    """What Gmail tells of an account."""

    address: str
    history_id: int
    message_id: str
    published_at: str


@dataclass
class GmailService:
    """Google, with one OAuth client."""

    limit: int | None = None
    delay: float = 0.0  # seconds before each answer of the API
    asked: list[Asked] = field(default_factory=list)
    refuse: deque[Answer] = field(default_factory=deque)
    refuse_tokens: deque[Answer] = field(default_factory=deque)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    keys: Keys = field(default_factory=Keys)
    keys_asked: int = 0
    rotates_refresh: bool = False  # give a new refresh token with each renewal, and end the old one
    watched: dict[str, int] = field(default_factory=dict)  # address -> when the watch ends, in milliseconds

    def __post_init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.units: dict[str, list[tuple[float, int]]] = defaultdict(list)  # what each account used, and when
        self.access: dict[str, tuple[str, float]] = {}  # token -> address, until when
        self.refresh: dict[str, tuple[str, str]] = {}  # token -> address, scope
        self._codes: dict[str, tuple[str, dict[str, str]]] = {}
        self._numbers = count(2_070_443_601_311_540)
        self._lock = threading.RLock()
        self.stopped = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.auth_url, self.token_url = f"{self.url}/o/oauth2/v2/auth", f"{self.url}/token"
        self.revoke_url, self.keys_url = f"{self.url}/revoke", f"{self.url}/oauth2/v3/certs"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """End it: from now on nobody answers."""
        self.stopped = True
        self._server.shutdown()
        self._server.server_close()

    def box(self, address: str = "ada@gmail.example") -> Box:
        """The mailbox of an account, made at first need."""
        with self._lock:
            if address not in self.boxes:
                self.boxes[address] = Box(address, self._changed)
            return self.boxes[address]

    # --- people and their tokens ------------------------------------------------------------------------------------

    def consent(self, url: str, address: str, *, denied: bool = False) -> str:
        """What a person does on Google's page at `url`: allow it. Where the page leads, with code and state."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        if denied:
            said = {"error": "access_denied"}
        else:
            code = f"4/{secrets.token_urlsafe(16)}"
            self.box(address)
            self._codes[code] = (address, asked)
            said = {"code": code, "scope": asked["scope"]}
        return f"{asked['redirect_uri']}?{urlencode({'state': asked.get('state', ''), **said})}"

    def sign_in(self, address: str, scope: str = "https://www.googleapis.com/auth/gmail.modify") -> dict[str, Any]:
        """Tokens of an account, as the token endpoint gives them."""
        self.box(address)
        fresh = f"1//{secrets.token_urlsafe(24)}"
        self.refresh[fresh] = (address, scope)
        return {**self._new_access(address, scope), "refresh_token": fresh}

    def expire(self, address: str) -> None:
        """The access tokens of an account are worth nothing now."""
        self.access = {token: held for token, held in self.access.items() if held[0] != address}

    def revoke(self, address: str) -> None:
        """The owner takes back what was allowed."""
        self.expire(address)
        self.refresh = {token: held for token, held in self.refresh.items() if held[0] != address}

    # --- pushes -----------------------------------------------------------------------------------------------------

    def push_request(self, push: Push, audience: str, *, token: str | None = None) -> tuple[dict[str, str], bytes]:
        """Header fields and body of a push, as Pub/Sub sends it."""
        data = json.dumps({"emailAddress": push.address, "historyId": push.history_id}).encode()
        message = {
            "data": base64.b64encode(data).decode(),
            "messageId": push.message_id,
            "message_id": push.message_id,
            "publishTime": push.published_at,
            "publish_time": push.published_at,
        }
        token = self.keys.token(audience) if token is None else token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return headers, json.dumps({"message": message, "subscription": SUBSCRIPTION}).encode()

    def push(self, push: Push, url: str, audience: str, *, token: str | None = None) -> int:
        """Send it; the status it was answered with."""
        headers, body = self.push_request(push, audience, token=token)
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as said:
                return int(said.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def make_push(self, address: str, history_id: int) -> Push:
        """A push that tells of that."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Push(address, history_id, str(next(self._numbers)), moment)

    def _changed(self, address: str, history_id: int) -> None:
        if self.watched.get(address, 0) > time.time() * 1000:
            self.pushes.append(self.make_push(address, history_id))

    # --- what it answers --------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        """One request."""
        parts = urlsplit(target)
        if parts.path == "/oauth2/v3/certs":
            self.keys_asked += 1
            return 200, self.keys.jwks()
        if parts.path in ("/token", "/revoke"):
            with self._lock:
                return self._tokens(parts.path, dict(parse_qsl(f"{parts.query}&{body.decode()}")))
        prefix = "/gmail/v1/users/me/"
        if not parts.path.startswith(prefix):
            return error(404, "Requested entity was not found.", "notFound", "NOT_FOUND")
        time.sleep(self.delay)
        bearer = str(headers.get("Authorization") or "").removeprefix("Bearer ")
        address, until = self.access.get(bearer, ("", 0.0))
        query, path = parse_qs(parts.query), parts.path.removeprefix(prefix)
        value = json.loads(body) if body else None
        with self._lock:
            self.asked.append(Asked(method, path, query, value, address))
            if self.refuse:
                return self.refuse.popleft()
            if until < time.time():
                words = "Request had invalid authentication credentials."
                return error(401, words, "authError", "UNAUTHENTICATED")
            if not self._spend(address, units_of(method, path)):
                words = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'"
                return error(403, words, "rateLimitExceeded", "PERMISSION_DENIED")
            if path in ("watch", "stop"):
                return self._watch(path, address, value or {})
        box = self.boxes[address]
        with box.lock:
            try:
                return answer(box, method, path, query, value)
            except (KeyError, Gone):
                return error(404, "Requested entity was not found.", "notFound", "NOT_FOUND")

    def _spend(self, address: str, units: int) -> bool:
        moment = time.monotonic()
        used = self.units[address]
        if self.limit is not None and sum(each for at, each in used if at > moment - 1) + units > self.limit:
            return False
        used.append((moment, units))
        return True

    def _watch(self, path: str, address: str, value: dict[str, Any]) -> Answer:
        if path == "stop":
            self.watched.pop(address, None)
            return 204, b""
        if value.get("topicName") != TOPIC:
            words = "Error sending test message to Cloud PubSub : User not authorized to perform this action."
            return error(403, words, "forbidden", "PERMISSION_DENIED")
        self.watched[address] = until = int((time.time() + 7 * 86_400) * 1000)
        return 200, {"historyId": str(self.boxes[address].history_id), "expiration": str(until)}

    def _tokens(self, path: str, form: dict[str, str]) -> Answer:
        self.token_requests.append(form)
        if self.refuse_tokens:
            return self.refuse_tokens.popleft()
        if path == "/revoke":
            held = self.refresh.get(form["token"]) or self.access.get(form["token"])
            if held is None:
                return 400, {"error": "invalid_token", "error_description": "Token expired or revoked"}
            self.revoke(str(held[0]))
            return 200, {}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if form.get("grant_type") == "refresh_token":
            return self._renew(form.get("refresh_token", ""))
        return self._exchange(form)

    def _renew(self, token: str) -> Answer:
        held = self.refresh.get(token)
        if held is None:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        said = self._new_access(*held)
        if self.rotates_refresh:
            del self.refresh[token]
            said["refresh_token"] = fresh = f"1//{secrets.token_urlsafe(24)}"
            self.refresh[fresh] = held
        return 200, said

    def _exchange(self, form: dict[str, str]) -> Answer:
        address, asked = self._codes.pop(form.get("code", ""), ("", {}))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not address or (asked.get("code_challenge_method"), asked.get("code_challenge")) != ("S256", proof):
            return 400, {"error": "invalid_grant", "error_description": "Malformed auth code."}
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "redirect_uri_mismatch", "error_description": "Bad Request"}
        said = self.sign_in(address, asked["scope"])
        if asked.get("access_type") != "offline" or asked.get("prompt") != "consent":
            self.refresh.pop(
                said.pop("refresh_token")
            )  # Google gives one only for offline use, and again only when asked
        return 200, said

    def _new_access(self, address: str, scope: str) -> dict[str, Any]:
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self.access[token] = (address, time.time() + LIFE_SECONDS)
        return {"access_token": token, "expires_in": LIFE_SECONDS, "scope": scope, "token_type": "Bearer"}


def _handler(service: GmailService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if service.stopped:  # connections that were open before
                self.close_connection = True
                return
            status, said = service.answer(self.command, self.path, self.headers, body)
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            with contextlib.suppress(ConnectionError):  # who has heard enough hangs up
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def do_DELETE(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
