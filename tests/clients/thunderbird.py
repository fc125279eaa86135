"""Thunderbird as a process on a display of its own, spoken to over Marionette, its remote control.

Used by test_thunderbird.py. The profile is made here, with one account; nothing is clicked: scripts run with Thunderbird's own
privileges, against the same objects its buttons use. It reaches nothing but the server under test: updates, telemetry and remote
settings are off, and HTTP is sent to a proxy nobody listens at.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers.ports import free_port

PROGRAMS = ("thunderbird", "Xvfb")
START_SECONDS = 60.0
SCRIPT_SECONDS = 30.0
"""For one script; the longest waits for a message that was sent."""
HOST = "localhost"  # the name in the server's certificate


def why_not() -> str:
    """Why it cannot be run here; empty when it can."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"{' and '.join(missing)} not installed" if missing else ""


class Thunderbird:
    """One running Thunderbird, signed in as one of the server's people."""

    def __init__(self, server: MailwrightServer, name: str, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._profile = folder / "profile"
        self._profile.mkdir(parents=True)
        (self._profile / "user.js").write_text(_preferences(server, name, self.port))
        self._log = open(folder / "thunderbird.log", "wb")  # noqa: SIM115 - closed in stop
        self._display, self.display = _display(self._log)
        environment = {**os.environ, "DISPLAY": self.display, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"}
        environment |= {"LC_ALL": "C.UTF-8", "MOZ_DISABLE_CONTENT_SANDBOX": "1", "NO_AT_BRIDGE": "1"}
        command = ["thunderbird", "--no-remote", "--profile", str(self._profile), "--marionette"]
        self._process = subprocess.Popen(
            [*command, "--remote-allow-system-access"], env=environment, stdout=self._log, stderr=self._log
        )
        self._number = 0
        self._socket: socket.socket | None = None
        try:
            self._connect()
            self.run(_TRUST, _certificate(server), HOST, [server.imaps_port, server.submissions_port])
            self.run(_SIGN_IN, PASSWORD)
        except BaseException:
            self.stop()
            raise

    def run(self, script: str, *arguments: object) -> Any:
        """Run the body of an async function with `args`, Services and MailServices. Raises RuntimeError with what it threw."""
        body = f"const [args, done] = [[...arguments].slice(0, -1), arguments[arguments.length - 1]];\n{_PRELUDE}"
        body += f"(async () => {{\n{script}\n}})().then(value => done({{value}}), error => done({{error: `${{error}}\\n${{error.stack}}`}}));"
        asked = {
            "script": body,
            "args": list(arguments),
            "scriptTimeout": int(SCRIPT_SECONDS * 1000),
            "newSandbox": False,
        }
        answer = self._ask("WebDriver:ExecuteAsyncScript", asked)["value"]
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")

    def stop(self) -> None:
        """End it and its display."""
        if self._socket is not None:
            self._socket.close()
        for process in (self._process, self._display):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()

    def _connect(self) -> None:
        ends = time.monotonic() + START_SECONDS
        while True:
            try:
                connected = socket.create_connection(("127.0.0.1", self.port), timeout=SCRIPT_SECONDS + 10)
                break
            except OSError:
                if time.monotonic() > ends or self._process.poll() is not None:
                    raise
                time.sleep(0.1)
        self._socket, self._answers = connected, connected.makefile("rb")
        self._receive()  # who it is
        self._ask("WebDriver:NewSession", {})
        self._ask("Marionette:SetContext", {"value": "chrome"})

    def _ask(self, command: str, parameters: dict[str, Any]) -> Any:
        """Marionette's messages: a length, a colon, and JSON: [0, number, command, parameters]; [1, number, error, result]."""
        assert self._socket is not None
        self._number += 1
        sent = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(sent), sent))
        _, _, error, result = self._receive()
        if error is not None:
            raise RuntimeError(f"{command}: {error}")
        return result

    def _receive(self) -> Any:
        digits = b""
        while (octet := self._answers.read(1)) != b":":
            if not octet:
                raise ConnectionError("Thunderbird is gone")
            digits += octet
        return json.loads(self._answers.read(int(digits)))


def _display(log: Any) -> tuple[subprocess.Popen[bytes], str]:
    """An X server without a screen, and its name; it chooses a free one itself."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stdout=log, stderr=log)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    return process, f":{number}"


def _certificate(server: MailwrightServer) -> str:
    """The server's certificate, in base64."""
    found = re.search("-----BEGIN CERTIFICATE-----(.*?)-----END", server.certificate.read_text(), re.DOTALL)
    assert found is not None
    return re.sub(r"\s", "", found[1])


def _preferences(server: MailwrightServer, name: str, port: int) -> str:
    account = f"imap://{name}%40{DOMAIN}@{HOST}"
    values: dict[str, object] = {
        "marionette.port": port,
        "mail.accountmanager.accounts": "account1,account2",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.accountmanager.localfoldersserver": "server2",
        "mail.account.account1.identities": "id1",
        "mail.account.account1.server": "server1",
        "mail.account.account2.server": "server2",
        "mail.server.server1.type": "imap",
        "mail.server.server1.hostname": HOST,
        "mail.server.server1.port": server.imaps_port,
        "mail.server.server1.userName": f"{name}@{DOMAIN}",
        "mail.server.server1.name": name,
        "mail.server.server1.socketType": 3,  # TLS from the first octet
        "mail.server.server1.authMethod": 3,  # a password
        "mail.server.server1.login_at_startup": False,  # the certificate and the password come by Marionette
        "mail.server.server1.check_new_mail": True,
        "mail.server.server2.type": "none",
        "mail.server.server2.hostname": "Local Folders",
        "mail.server.server2.userName": "nobody",
        "mail.server.server2.name": "Local Folders",
        "mail.identity.id1.fullName": name.title(),
        "mail.identity.id1.useremail": f"{name}@{DOMAIN}",
        "mail.identity.id1.smtpServer": "smtp1",
        "mail.identity.id1.valid": True,
        "mail.identity.id1.fcc": True,
        "mail.identity.id1.fcc_folder": f"{account}/Sent",
        "mail.identity.id1.draft_folder": f"{account}/Drafts",
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        "mail.smtpserver.smtp1.hostname": HOST,
        "mail.smtpserver.smtp1.port": server.submissions_port,
        "mail.smtpserver.smtp1.username": f"{name}@{DOMAIN}",
        "mail.smtpserver.smtp1.authMethod": 3,
        "mail.smtpserver.smtp1.try_ssl": 3,
        # Nobody is asked anything, and nothing outside this machine is asked either.
        "mail.provider.suppress_dialog_on_startup": True,
        "mail.spotlight.firstRunDone": True,
        "mail.shell.checkDefaultClient": False,
        "mail.rights.version": 1,
        "mailnews.start_page.enabled": False,
        "mail.biff.show_alert": False,
        "mail.inappnotifications.enabled": False,
        "app.donation.eoy.version.viewed": 999,
        "app.update.enabled": False,
        "app.update.auto": False,
        "extensions.update.enabled": False,
        "extensions.getAddons.cache.enabled": False,
        "extensions.systemAddon.update.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
        "datareporting.healthreport.uploadEnabled": False,
        "toolkit.telemetry.enabled": False,
        "toolkit.telemetry.unified": False,
        "toolkit.telemetry.server": "data:,",
        "browser.safebrowsing.malware.enabled": False,
        "browser.safebrowsing.phishing.enabled": False,
        "services.settings.server": "data:,",
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "network.dns.disablePrefetch": True,
        "network.prefetch-next": False,
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": 9,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": 9,
        "network.proxy.no_proxies_on": "",
    }
    return "".join(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in values.items())


_PRELUDE = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const account = () => MailServices.accounts.getAccount("account1");
const folder = name => account().incomingServer.rootFolder.getChildNamed(name);
const pane = () => Services.wm.getMostRecentWindow("mail:3pane").document.getElementById("tabmail").currentAbout3Pane;
const named = (name, subject) => [...folder(name).messages].find(each => each.mime2DecodedSubject == subject);
const subjects = name => [...folder(name).messages].map(each => each.mime2DecodedSubject).sort();
const until = async (look, what) => {
  for (let ends = Date.now() + 20000; Date.now() < ends; await new Promise(next => setTimeout(next, 50))) {
    const found = await look();
    if (found) { return found; }
  }
  throw new Error(`${what} did not come`);
};
"""
_TRUST = """
const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
const overrides = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService);
for (const port of args[2]) {
  overrides.rememberValidityOverride(args[1], port, {}, db.constructX509FromBase64(args[0]), true);
}
"""
_SIGN_IN = """
account().incomingServer.password = args[0];
MailServices.outgoingServer.getServerByKey("smtp1").password = args[0];
"""
