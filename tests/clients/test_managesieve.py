"""Programs that people have put their rules with: sievelib's client and sieve-connect."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sievelib import managesieve

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.protocols.managesieve import ManageSieveServer, ManageSieveSettings
from mailwright.protocols.tls import self_signed_context
from mailwright.storage import Database, Tx, open_blobs

PASSWORD = "a long enough password"
SCRIPT = 'require ["fileinto"];\r\nif header :contains "subject" "[list]" { fileinto "Lists"; }\r\n'


@pytest.fixture
async def server(database: Database, tmp_path: Path) -> AsyncIterator[ManageSieveServer]:
    core = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings())
    hashed = accounts.hash_password(PASSWORD)

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        accounts.set_password(tx, accounts.add_user(tx, core, "ada@mailwright.test"), hashed)

    database.write_now(people)
    context = self_signed_context(tmp_path / "tls", ["localhost", "127.0.0.1"])
    made = ManageSieveServer(core, ManageSieveSettings(tls=context))
    await made.start()
    yield made
    await made.close(0.5)


async def test_sievelib_puts_reads_chooses_and_deletes(
    server: ManageSieveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context(cafile=str(tmp_path / "tls" / "self-signed.pem"))
    monkeypatch.setattr(managesieve.ssllib, "create_default_context", lambda: trusting)

    def converse() -> None:
        client = managesieve.Client("localhost", server.port)
        assert client.connect("ada@mailwright.test", PASSWORD, starttls=True)
        assert "fileinto" in client.get_sieve_capabilities()
        assert client.havespace("rules", 500)
        assert not client.putscript("rules", "nonsense")
        assert b"line 1" in client.errmsg
        assert client.putscript("rules", SCRIPT)
        assert client.checkscript(SCRIPT)
        assert client.setactive("rules")
        assert client.putscript("other", "keep;")
        assert client.listscripts() == ("rules", ["other"])
        assert client.getscript("rules").splitlines() == SCRIPT.splitlines()
        assert client.renamescript("other", "another")
        assert client.deletescript("another")
        assert not client.deletescript("rules")
        assert client.setactive("")
        assert client.deletescript("rules")
        client.logout()

    await asyncio.to_thread(converse)


@pytest.mark.server
@pytest.mark.skipif(shutil.which("sieve-connect") is None, reason="sieve-connect is not installed")
async def test_sieve_connect_uploads_lists_and_downloads(server: ManageSieveServer, tmp_path: Path) -> None:
    script = tmp_path / "rules.sieve"
    script.write_text(SCRIPT, newline="")

    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["sieve-connect", "--nosrv", "--server", "127.0.0.1", "--port", str(server.port), "--notlsverify"]
        command += ["--user", "ada@mailwright.test", "--passwordfd", "0", "--authmech", "PLAIN", *words]
        return subprocess.run(command, input=PASSWORD, capture_output=True, text=True, check=False, timeout=60)

    for words in (
        ("--upload", "--localsieve", str(script), "--remotesieve", "rules"),
        ("--activate", "--remotesieve", "rules"),
        ("--download", "--remotesieve", "rules", "--localsieve", str(tmp_path / "back.sieve")),
    ):
        done = await asyncio.to_thread(ask, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    listed = await asyncio.to_thread(ask, "--list")
    assert '"rules" ACTIVE' in listed.stdout
    assert (tmp_path / "back.sieve").read_text().splitlines() == SCRIPT.splitlines()
    script.write_text("keep;\nnonsense;\n")
    refused = await asyncio.to_thread(ask, "--upload", "--localsieve", str(script), "--remotesieve", "rules")
    assert "line 2" in refused.stdout + refused.stderr
