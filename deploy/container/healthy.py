"""Is this container alive? Exit status 0 when /healthz says so: on the HTTP port, or on the operations port of the other roles.

Run by the image's HEALTHCHECK (Compose); Kubernetes asks the ports itself. Standard library only, so that it starts at once.
"""

from __future__ import annotations

import os
import sys
import urllib.request

SECONDS = 4.0


def main() -> int:
    ports = os.environ.get("MAILWRIGHT_HTTP_PORT", "8080"), os.environ.get("MAILWRIGHT_OPERATIONS_PORT", "8081")
    for port in ports:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS) as answer:
                if answer.status == 200:
                    return 0
        except OSError:
            continue
    return 1


if __name__ == "__main__":
    sys.exit(main())
