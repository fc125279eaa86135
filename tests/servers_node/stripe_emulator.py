"""The Stripe of `emulate`, as `packages` installs it: customers, prices, checkout with its page, and signed events.

It speaks no subscriptions and no portal; `tests/servers/stripe.py` stands in front of it for those. `find` says why when it cannot
be had.
"""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from tests.servers.ports import free_port, wait_for_port
from tests.servers_node.packages import NotAvailable, installed, node_since

VERSION = "0.12.2"
OLDEST_NODE = (22, 15)
START_SECONDS = 20.0


class StripeEmulator:
    """One running emulator with a price, which tells `hook` of everything."""

    def __init__(self, folder: Path, *, price: str, hook: str, secret: str) -> None:
        node, script = node_since(OLDEST_NODE), installed("emulate", VERSION) / "dist" / "index.js"
        seed = folder / "emulate.json"
        stripe = {
            "products": [{"name": "Paid 20"}],
            "prices": [{"id": price, "product_name": "Paid 20", "currency": "usd", "unit_amount": 2000}],
            "webhooks": [{"url": hook, "events": ["*"], "secret": secret}],
        }
        seed.write_text(json.dumps({"stripe": stripe}), encoding="utf-8")
        port = free_port()
        self._log = open(folder / "emulate.log", "w+", encoding="utf-8")  # noqa: SIM115 - closed in stop
        command = [str(node), str(script), "start", "--service", "stripe", "--port", str(port), "--seed", str(seed)]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
        self.url = f"http://127.0.0.1:{port}"
        try:
            wait_for_port(port, START_SECONDS)
        except TimeoutError:
            self.stop()
            raise NotAvailable(f"the emulator did not start: {Path(self._log.name).read_text()[-300:]}") from None

    def pay(self, page: str) -> str | None:
        """What a person does on the page of a checkout: press the button. Where the page leads afterwards."""
        path = page.partition("/checkout/")[2]
        request = urllib.request.Request(f"{self.url}/checkout/{path}/complete", b"email=ada%40mailwright.test")
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=15) as answer:
                return str(answer.headers.get("location"))
        except urllib.error.HTTPError as error:
            return error.headers.get("location")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
        self._log.close()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **options: object) -> None:
        return None
