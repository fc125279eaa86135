"""A private Postfix as Debian ships it: it takes mail by SMTP and hands ours over by LMTP; everything else goes to one relay.

Its master process needs root. Configuration, queue and log are in a folder of its own; the system's Postfix is not touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.servers.ports import free_port, wait_for_port

PROGRAM = "/usr/sbin/postfix"

_MAIN = """
compatibility_level = 3.6
myhostname = mx.example.net
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
relayhost = [127.0.0.1]:{relay_port}
smtp_host_lookup = native
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions = {restrictions}
address_verify_map =
smtpd_data_restrictions = {data_restrictions}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
"""

_MASTER = """
{port}    inet  n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 1 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
error     unix  - - n - - error
retry     unix  - - n - - error
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    if not Path(PROGRAM).exists():
        return "Postfix is not installed"
    return "" if os.geteuid() == 0 else "only root can run Postfix"


class PostfixServer:
    """One Postfix on a port of its own. `asks_first`: it asks the LMTP server about a recipient before it takes a message. `writes` is
    a header field that it puts on every message, as its milters would.
    """

    def __init__(
        self, domain: str, *, lmtp_port: int, relay_port: int, asks_first: bool = False, writes: str = ""
    ) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="mailwright-postfix-"))
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir()
        postfix = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", postfix.pw_uid, postfix.pw_gid)
        (self.folder / "etc" / "main.cf").write_text(
            _MAIN.format(
                folder=self.folder,
                domain=domain,
                lmtp_port=lmtp_port,
                relay_port=relay_port,
                restrictions="reject_unverified_recipient" if asks_first else "",
                data_restrictions=f"check_client_access static:{{PREPEND {writes}}}" if writes else "",
            )
        )
        (self.folder / "etc" / "master.cf").write_text(_MASTER.format(port=self.port))
        for name in ("dynamicmaps.cf", "postfix-files"):
            shutil.copy(Path("/etc/postfix") / name, self.folder / "etc" / name)
        self._process = subprocess.Popen(
            [PROGRAM, "-c", self.folder / "etc", "start-fg"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for_port(self.port)
        except TimeoutError:
            self.destroy()
            raise RuntimeError(self.log()) from None

    def log(self) -> str:
        """What it had to say, its end."""
        path = self.folder / "log"
        return path.read_text()[-8000:] if path.exists() else ""

    def wait_for(self, words: str, seconds: float = 90.0) -> str:
        """The first line of its log with those words. Raises TimeoutError."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for line in self.log().splitlines():
                if words in line:
                    return line
            time.sleep(0.05)
        raise TimeoutError(f"Postfix did not say {words!r}:\n{self.log()}")

    def destroy(self) -> None:
        """End it and remove its folder."""
        subprocess.run([PROGRAM, "-c", self.folder / "etc", "stop"], capture_output=True, check=False)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
