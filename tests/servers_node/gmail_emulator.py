"""The Google of `emulate`, as `packages` installs it: its OAuth page and token endpoint, and Gmail's messages, threads, labels, drafts and
history.

It has no profile, takes any access token, pushes nothing, forgets no history and limits nobody: `tests/servers/gmail.py` is for
that. NotAvailable says why it cannot be had.
"""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.servers.gmail import CLIENT_ID, CLIENT_SECRET
from tests.servers.ports import free_port, wait_for_port
from tests.servers_node.packages import NotAvailable, installed, node_since

VERSION = "0.12.2"
OLDEST_NODE = (22, 15)
START_SECONDS = 20.0


class GmailEmulator:
    """One running emulator with accounts, whose OAuth client may lead back to `redirect_uri`."""

    def __init__(self, folder: Path, *, addresses: tuple[str, ...], redirect_uri: str) -> None:
        node, script = node_since(OLDEST_NODE), installed("emulate", VERSION) / "dist" / "index.js"
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect_uri]}
        google = {
            "users": [{"email": each, "name": each.partition("@")[0].title()} for each in addresses],
            "oauth_clients": [{**client, "name": "Mailwright"}],
        }
        seed = folder / "emulate-google.json"
        seed.write_text(json.dumps({"google": google}), encoding="utf-8")
        port = free_port()
        self._log = open(folder / "emulate-google.log", "w+", encoding="utf-8")  # noqa: SIM115 - closed in stop
        command = [str(node), str(script), "start", "--service", "google", "--port", str(port), "--seed", str(seed)]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
        self.url = f"http://127.0.0.1:{port}"
        self.auth_url, self.token_url = f"{self.url}/o/oauth2/v2/auth", f"{self.url}/oauth2/token"
        self.revoke_url, self.keys_url = f"{self.url}/oauth2/revoke", f"{self.url}/oauth2/v3/certs"
        try:
            wait_for_port(port, START_SECONDS)
        except TimeoutError:
            self.stop()
            raise NotAvailable(f"the emulator did not start: {Path(self._log.name).read_text()[-300:]}") from None

    def consent(self, url: str, address: str) -> dict[str, str]:
        """What a person does on its page at `url`: choose the account. What the way back has."""
        with urllib.request.urlopen(url, timeout=15) as page:
            assert address in page.read().decode()
        form = urlencode({**dict(parse_qsl(urlsplit(url).query)), "email": address}).encode()
        request = urllib.request.Request(f"{self.auth_url}/callback", form)
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=15) as answer:
                back = answer.headers.get("location")
        except urllib.error.HTTPError as error:
            back = error.headers.get("location")
        return dict(parse_qsl(urlsplit(str(back)).query))

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
        self._log.close()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **options: object) -> None:
        return None
