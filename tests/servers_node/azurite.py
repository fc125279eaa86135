"""Azure Blob Storage by npm's azurite, as `packages` installs it, with the account every copy of it has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
from email.utils import formatdate
from pathlib import Path

import httpx

from tests.servers.ports import free_port, wait_for_port
from tests.servers_node.packages import NotAvailable, installed, node_since

VERSION = "3.35.0"
ACCOUNT = "devstoreaccount1"
# Not a secret: it is the same in every azurite, and in its manual.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_SECONDS = 30.0


class Azurite:
    """One running server."""

    def __init__(self, folder: Path) -> None:
        script = installed("azurite", VERSION) / "dist" / "src" / "blob" / "main.js"
        port = free_port()
        command = [str(node_since((20, 0))), str(script), "--blobPort", str(port), "--location", str(folder)]
        self._log = open(folder / "azurite.log", "w+", encoding="utf-8")  # noqa: SIM115 - closed in stop
        more = ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
        self._process = subprocess.Popen([*command, *more], stdout=self._log, stderr=subprocess.STDOUT)
        self.endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        try:
            wait_for_port(port, START_SECONDS)
        except TimeoutError:
            self.stop()
            raise NotAvailable(f"azurite did not start: {Path(self._log.name).read_text()[-300:]}") from None

    @property
    def options(self) -> dict[str, object]:
        """What `open_blobs("az://…", **options)` needs to come here."""
        return {
            "account_name": ACCOUNT,
            "account_key": KEY,
            "endpoint": self.endpoint,
            "client_options": {"allow_http": True},
        }

    def make_container(self, name: str) -> None:
        """Make one, as the account's own tools do: signed with its key (Authorize with Shared Key)."""
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
        canonical = "".join(f"{key}:{value}\n" for key, value in sorted(headers.items()))
        path = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        text = "PUT" + "\n" * 12 + canonical + path
        signed = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signed).decode()}"
        httpx.put(f"{self.endpoint}/{name}?restype=container", headers=headers).raise_for_status()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
