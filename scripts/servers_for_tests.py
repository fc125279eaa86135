"""The servers and the mail programs the tests talk to: PostgreSQL, Postfix, Dovecot, mbsync, Thunderbird and others from Debian,
OpenSearch from Maven Central.

Called by `make test`, `make bench` and `make crash`. As root on Debian it installs what is missing; anyone else is told what will
be skipped and how to have it.
Promises: nothing it installs is started or set to start with the machine; the tests run their own copies on private ports.
A failure here never stops the tests: what is missing is skipped there, with its reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "postgresql": "the tests on PostgreSQL",
    "postfix": "the tests with Postfix handing over",
    "dovecot-imapd": "the comparison with Dovecot",
    "dovecot-lmtpd": "the comparison with Dovecot",
    "dovecot-sieve": "the comparison of rules with Pigeonhole",
    "sieve-connect": "rules put by sieve-connect",
    "swaks": "the dialogues with swaks",
    "libnet-ssleay-perl": "swaks signing in (TLS)",
    "libmail-dkim-perl": "checking DKIM signatures with a verifier by other people",
    "isync": "the tests with mbsync",
    "offlineimap3": "the tests with offlineimap",
    "imapfilter": "the tests with imapfilter",
    "neomutt": "the tests with neomutt",
    "chromium": "the tests of pages in a browser",
    "curl": "the tests with curl",
    "thunderbird": "the tests with Thunderbird",
    "xvfb": "the tests with Thunderbird (its display)",
    "redis-server": "the tests with Valkey",
    "prometheus": "the tests of alert rules",
    "prometheus-alertmanager": "the test of an alert that becomes a mail",
    "nginx-light": "the tests behind NGINX",
    "pgbouncer": "the tests behind pgBouncer",
    "postfix-pcre": "the check of deploy/postfix",
    "openjdk-17-jre-headless": "the tests with OpenSearch",
    "maven": "the tests with OpenSearch (its jars)",
}
SERVICES = (
    "postgresql",
    "postfix",
    "dovecot",
    "redis-server",
    "prometheus",
    "prometheus-alertmanager",
    "nginx",
    "pgbouncer",
)
# Postfix asks what it is for, and fails on a machine without a domain name unless it is told to configure nothing.
ANSWERS = "postfix postfix/main_mailer_type select No configuration\npostfix postfix/mailname string mailwright.test\n"
POLICY = Path("/usr/sbin/policy-rc.d")  # Debian's packages ask it before they start a service; 101 means no


def main() -> int:
    """Install or tell; always 0."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("Tests of models over the wire are skipped: they need Node.js 20.15 or newer, with npm", flush=True)
    if shutil.which("dpkg-query") is not None:
        _see_to_packages()
    subprocess.run([sys.executable, "-m", "tests.servers_java.jars"], cwd=ROOT, check=False)
    return 0


def _see_to_packages() -> None:
    missing = [package for package in PACKAGES if not _installed(package)]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing servers and mail programs for the tests: {', '.join(missing)}", flush=True)
        missing = _install(missing)
    if missing:
        print("Some tests are skipped, for want of:")
        for package in missing:
            print(f"  {package:<18} {PACKAGES[package]}")
        print(f"To have them, as root: apt-get install {' '.join(missing)}", flush=True)


def _installed(package: str) -> bool:
    asked = ["dpkg-query", "-W", "-f", "${Status}", package]
    return "ok installed" in subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def _install(packages: list[str]) -> list[str]:
    """What is still missing afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-y", "-qq"]
    with _nothing_starts():
        subprocess.run(["debconf-set-selections"], input=ANSWERS, text=True, check=False)
        _quietly([*apt, "update"], environment)
        install = [*apt, "install", "--no-install-recommends"]
        if not _quietly([*install, *packages], environment):
            for package in packages:  # one that this Debian does not have must not keep the others away
                if not _installed(package):
                    _quietly([*install, package], environment)
    if Path("/run/systemd/system").is_dir():
        for service in SERVICES:
            if any(package.startswith(service) for package in packages):
                _quietly(["systemctl", "disable", "--quiet", service], environment)
    return [package for package in packages if not _installed(package)]


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """Debian starts a server as soon as it is installed; not now."""
    if POLICY.exists():  # the machine has a policy of its own
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _quietly(command: list[str], environment: dict[str, str]) -> bool:
    """Run it and say something only when it fails. Did it succeed?"""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        print("\n".join("  | " + line for line in (done.stdout + done.stderr).strip().splitlines()[-10:]), flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
