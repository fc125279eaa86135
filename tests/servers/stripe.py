"""A Stripe on this machine, in the shapes its API reference has (2026-10-28): customers, pages to pay on, subscriptions, events.

`StripeService()` answers at `url`; `subscribe`, `change` and `event` are what happens there; `asked` has what we asked of it. With
`upstream`, customers and checkout are an emulator's at that address, and only what it does not speak is answered here.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk_test_51NobodyHasThisKey"
SIGNING = "whsec_nobodyknowsthissecret"
MONTH = 30 * 24 * 3600
Form = dict[str, str]


@dataclass
class Asked:
    """One request that came."""

    method: str
    path: str
    form: Form
    headers: Mapping[str, str]


@dataclass
class StripeService:
    """One account, with the prices it knows."""

    prices: tuple[str, ...] = ("price_20", "price_200", "price_20_old")
    upstream: str | None = None
    asked: list[Asked] = field(default_factory=list)
    refuse: deque[tuple[int, dict[str, Any]]] = field(default_factory=deque)  # said instead, once each
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    portal_changes_plans: bool = True
    before_listing: Any = None  # called while a list of subscriptions is asked for

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._answered: dict[str, tuple[Form, tuple[int, dict[str, Any]]]] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                parts = urlsplit(self.path)
                form = dict(parse_qsl(parts.query) + parse_qsl(body))
                status, answer = service._answer(Asked(self.command, parts.path, form, dict(self.headers)), body)
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.send_header("Request-Id", "req_test")
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def do_DELETE(self) -> None:
                self._serve()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """End it: from now on nobody answers."""
        self._server.shutdown()
        self._server.server_close()

    def posts(self, path: str) -> list[Form]:
        """What was asked for at a path, oldest first."""
        return [each.form for each in self.asked if each.method == "POST" and each.path == path]

    # --- what happens there -----------------------------------------------------------------------------------------

    def subscribe(
        self,
        customer: str,
        price: str = "price_20",
        *,
        status: str = "active",
        began: int | None = None,
        plan: str = "",
    ) -> dict[str, Any]:
        """The customer has paid for a new subscription."""
        start = int(time.time()) if began is None else began
        number = next(self._numbers)
        made: dict[str, Any] = {
            "id": f"sub_{number}",
            "object": "subscription",
            "billing_mode": {"type": "flexible"},
            "cancel_at": None,
            "cancel_at_period_end": False,
            "canceled_at": None,
            "collection_method": "charge_automatically",
            "created": start,
            "currency": "usd",
            "customer": customer,
            "ended_at": None,
            "items": {
                "object": "list",
                "data": [
                    {
                        "id": f"si_{number}",
                        "object": "subscription_item",
                        "created": start,
                        "current_period_start": start,
                        "current_period_end": start + MONTH,
                        "metadata": {},
                        "price": {
                            "id": price,
                            "object": "price",
                            "active": True,
                            "currency": "usd",
                            "type": "recurring",
                        },
                        "quantity": 1,
                        "subscription": f"sub_{number}",
                    }
                ],
                "has_more": False,
                "total_count": 1,
                "url": f"/v1/subscription_items?subscription=sub_{number}",
            },
            "latest_invoice": f"in_{number}",
            "livemode": False,
            "metadata": {"plan": plan} if plan else {},
            "start_date": start,
            "status": status,
        }
        self.subscriptions[made["id"]] = made
        return made

    def change(self, subscription: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Another state of it, or with `price` another price. What it was is left as it is told of."""
        now: dict[str, Any] = json.loads(json.dumps(subscription))
        price = changes.pop("price", None)
        if price:
            now["items"]["data"][0]["price"]["id"] = price
        now.update(changes)
        self.subscriptions[now["id"]] = now
        return now

    def event(self, kind: str, about: dict[str, Any], *, created: int | None = None) -> dict[str, Any]:
        """What it tells of that."""
        return {
            "id": f"evt_{next(self._numbers)}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()) if created is None else created,
            "data": {"object": about},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }

    # --- what it answers --------------------------------------------------------------------------------------------

    def _answer(self, asked: Asked, body: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(asked)
        if asked.headers.get("Authorization") != f"Bearer {KEY}":
            return 401, _error("Invalid API Key provided: sk_test_***Key", None, None)
        if self.refuse:
            return self.refuse.popleft()
        key = next((value for name, value in asked.headers.items() if name.lower() == "idempotency-key"), None)
        if asked.method != "POST" or key is None:
            return self._new_answer(asked, body)
        known = self._answered.get(key)
        if known is None:
            known = self._answered[key] = asked.form, self._new_answer(asked, body)
        if known[0] != asked.form:
            return 400, _error("Keys for idempotent requests can only be used with the same parameters", None, None)
        return known[1]

    def _new_answer(self, asked: Asked, body: str) -> tuple[int, dict[str, Any]]:
        form, path = asked.form, asked.path
        if asked.method == "GET" and path == "/v1/subscriptions":
            return self._list(form)
        if asked.method == "DELETE" and path.startswith("/v1/subscriptions/"):
            return self._cancel(path.rpartition("/")[2])
        if path == "/v1/billing_portal/sessions":
            return self._portal(form)
        if self.upstream is not None:
            return self._ask_upstream(asked, body)
        if path == "/v1/customers":
            made = f"cus_{next(self._numbers)}"
            self.customers[made] = {"id": made, "object": "customer", "email": form.get("email"), "livemode": False}
            return 200, self.customers[made]
        if path == "/v1/checkout/sessions":
            return self._checkout(form)
        return 404, _error(f"Unrecognized request URL ({asked.method}: {path})", None, None)

    def _list(self, form: Form) -> tuple[int, dict[str, Any]]:
        customer = form["customer"]
        if self.upstream is None and customer not in self.customers:
            return 400, _error(f"No such customer: '{customer}'", "resource_missing", "customer")
        assert form["status"] == "all"
        found = [each for each in self.subscriptions.values() if each["customer"] == customer]
        if self.before_listing is not None:
            self.before_listing()
        return 200, {"object": "list", "url": "/v1/subscriptions", "has_more": False, "data": found[::-1]}

    def _cancel(self, name: str) -> tuple[int, dict[str, Any]]:
        found = self.subscriptions.get(name)
        if found is None or found["status"] == "canceled":
            return 404, _error(f"No such subscription: '{name}'", "resource_missing", "id")
        return 200, self.change(found, status="canceled")

    def _checkout(self, form: Form) -> tuple[int, dict[str, Any]]:
        if form["line_items[0][price]"] not in self.prices:
            return 400, _error("No such price", "resource_missing", "line_items[0][price]")
        number = next(self._numbers)
        return 200, {
            "id": f"cs_test_{number}",
            "object": "checkout.session",
            "client_reference_id": form["client_reference_id"],
            "customer": form["customer"],
            "mode": form["mode"],
            "status": "open",
            "subscription": None,
            "url": f"https://checkout.stripe.com/c/pay/cs_test_{number}",
        }

    def _portal(self, form: Form) -> tuple[int, dict[str, Any]]:
        if "flow_data[type]" in form and not self.portal_changes_plans:
            return 400, _error("This subscription cannot be updated because the feature is disabled", None, "flow_data")
        number = next(self._numbers)
        return 200, {
            "id": f"bps_{number}",
            "object": "billing_portal.session",
            "customer": form["customer"],
            "return_url": form["return_url"],
            "url": f"https://billing.stripe.com/p/session/test_{number}",
        }

    def _ask_upstream(self, asked: Asked, body: str) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(f"{self.upstream}{asked.path}", body.encode() or None, method=asked.method)
        request.add_header("Authorization", asked.headers["Authorization"])
        request.add_header("Content-Type", "application/x-www-form-urlencoded")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return 200, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def signature(body: bytes, *, secret: str = SIGNING, at: int | None = None) -> str:
    """What stands in Stripe-Signature for a body that was signed then."""
    moment = int(time.time()) if at is None else at
    made = hmac.new(secret.encode(), b"%d." % moment + body, sha256).hexdigest()
    return f"t={moment},v1={made}"


def _error(message: str, code: str | None, param: str | None) -> dict[str, Any]:
    told = {"type": "invalid_request_error", "message": message, "code": code, "param": param}
    return {"error": {name: value for name, value in told.items() if value is not None}}
