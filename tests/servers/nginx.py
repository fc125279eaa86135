"""NGINX as Debian ships it, with the configuration of deploy/nginx, on ports of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from mailwright.protocols.tls import self_signed_certificate
from tests.servers.ports import free_port, wait_for_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin") or ""


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    return "" if PROGRAM else "NGINX is not installed"


class NginxServer:
    """One NGINX in front of `http` and `grpc` (ports on this machine); it shows a certificate to gRPC, by default its own."""

    def __init__(self, http: int, grpc: int, *, client: tuple[Path, Path] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mailwright-nginx-"))
        self.folder.chmod(0o755)
        self.port, self.plain_port, self.grpc_port = (free_port() for _ in range(3))
        self.certificate = self_signed_certificate(self.folder / "tls", ["localhost", "127.0.0.1"])
        shown = client or (self.certificate, self.certificate)
        here = {
            "svc-http:8080": f"127.0.0.1:{http}",
            "svc-grpc:50051": f"127.0.0.1:{grpc}",
            "/etc/mailwright/certificate.pem": str(self.certificate),
            "/etc/mailwright/key.pem": str(self.certificate),
            "#grpc_ssl_certificate /etc/mailwright/nginx.pem": f"grpc_ssl_certificate {shown[0]}",
            "#grpc_ssl_certificate_key /etc/mailwright/nginx.key": f"grpc_ssl_certificate_key {shown[1]}",
            "default 8443": f"default {self.port}",
            "[::]:8443": f"[::1]:{self.port}",
            "[::]:8080": f"[::1]:{self.plain_port}",
            "listen 8443": f"listen 127.0.0.1:{self.port}",
            "listen 8080": f"listen 127.0.0.1:{self.plain_port}",
            "listen 8444": f"listen 127.0.0.1:{self.grpc_port}",
            "pid /tmp/nginx.pid": f"pid {self.folder}/pid",
            "/dev/stderr": f"{self.folder}/error.log",
            "/dev/stdout": f"{self.folder}/access.log",
            "\nhttp {\n": "\nhttp {\n"
            + "".join(
                f"    {kind}_temp_path {self.folder}/{kind};\n"
                for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            ),
        }
        used = set()
        for file in CONFIGURATION.glob("*.conf"):
            text = file.read_text(encoding="utf-8")
            for there, ours in here.items():
                if there in text:
                    used.add(there)
                    text = text.replace(there, ours)
            (self.folder / file.name).write_text(text)
        if used != set(here):
            raise ValueError(f"{CONFIGURATION} has no {set(here) - used}")
        self._command = [PROGRAM, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        self._process: subprocess.Popen[bytes] | None = None

    def complaints(self) -> str:
        """What `nginx -t` says of the configuration; empty when it is well."""
        done = subprocess.run([*self._command, "-t"], capture_output=True, text=True)
        lines = [
            line for line in done.stderr.splitlines() if "syntax is ok" not in line and "is successful" not in line
        ]
        return "\n".join(lines)

    def start(self) -> None:
        """Start it in the foreground. Raises RuntimeError."""
        self._process = subprocess.Popen(
            [*self._command, "-g", "daemon off;"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for_port(self.port)
        except TimeoutError:
            said = self.said("error")
            self.destroy()
            raise RuntimeError(said) from None

    def said(self, log: str) -> str:
        """Its `access` or its `error` log."""
        path = self.folder / f"{log}.log"
        return path.read_text() if path.exists() else ""

    def destroy(self) -> None:
        """End it and remove its folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)
