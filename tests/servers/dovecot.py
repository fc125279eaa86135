"""A private Dovecot that takes mail by LMTP and gives it out by IMAP, as Debian ships it: the peer our figures stand beside.

Storage is mdbox and every default of fsync, processes and caches is Dovecot's own. Whoever it is asked about exists: users come
from a static database, their mail goes below the folder.
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

PROGRAM = "/usr/sbin/dovecot"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
disable_plaintext_auth = no
mail_max_userip_connections = 1000
{fsync}
listen = 127.0.0.1
ssl = no
mail_location = mdbox:~/mdbox
first_valid_uid = 1
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%n allow_all_users=yes
}}
{users}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
# What Debian ships needs rights over the machine; these listeners do not matter to LMTP.
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


def is_installed() -> bool:
    """Whether Dovecot with its LMTP and IMAP servers is here."""
    return all(Path(each).exists() for each in (PROGRAM, "/usr/lib/dovecot/lmtp", "/usr/lib/dovecot/imap"))


class DovecotServer:
    """One Dovecot on ports of its own. Raises FileNotFoundError when it is not installed.

    `durable`: flags are on the disk, too, when it says OK; as shipped only messages are.
    """

    def __init__(self, *, durable: bool = False) -> None:
        if not is_installed():
            raise FileNotFoundError(PROGRAM)
        self.port = free_port()
        self.imap_port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="mailwright-dovecot-"))
        (self.folder / "mail").mkdir()
        self.folder.chmod(0o755)
        owner = pwd.getpwnam("mail" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
        users = (
            ""
            if os.geteuid() == 0
            else f"default_login_user = {owner.pw_name}\ndefault_internal_user = {owner.pw_name}\n"
        )
        if os.geteuid() == 0:
            os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        configuration = self.folder / "dovecot.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                port=self.port,
                imap_port=self.imap_port,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                users=users,
                fsync="mail_fsync = always" if durable else "",
            )
        )
        self._process = subprocess.Popen([PROGRAM, "-F", "-c", configuration], stdin=subprocess.DEVNULL)
        try:
            wait_for_port(self.port)
            wait_for_port(self.imap_port)
        except TimeoutError:
            raise RuntimeError(self.log()) from None

    def log(self) -> str:
        """What it had to say, its end."""
        path = self.folder / "log"
        return path.read_text()[-4000:] if path.exists() else ""

    def kept(self) -> int:
        """Octets of all mail it has."""
        return sum(path.stat().st_size for path in (self.folder / "mail").rglob("m.*"))

    def destroy(self) -> None:
        """End it and remove its folder."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for _ in range(20):  # its children write a last line
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                return
            time.sleep(0.1)
