"""deploy/ha, deploy/postgresql and deploy/systemd: archives are filled, nobody is let in without TLS or a password, units are well-formed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.conftest import DEPLOY


def test_patroni_archives_as_our_settings_for_one_postgresql_say() -> None:
    """Where archiving is on and no command is, PostgreSQL keeps every segment until the disk is full."""
    patroni = yaml.safe_load((DEPLOY / "ha" / "patroni.yml").read_text(encoding="utf-8"))
    shared = patroni["bootstrap"]["dcs"]["postgresql"]["parameters"]
    told = {name: str(value) for name, value in (shared | patroni["postgresql"]["parameters"]).items()}
    conf = (DEPLOY / "postgresql" / "archiving.conf").read_text(encoding="utf-8")
    wanted = {name: value.strip("'") for name, value in re.findall(r"^(\w+) = (.+)$", conf, re.M)}
    assert wanted.pop("archive_timeout").removesuffix("s") == told["archive_timeout"]
    assert wanted.keys() >= {"archive_mode", "archive_command", "restore_command"}
    assert {name: told.get(name) for name in wanted} == wanted
    for name in ("archive_command", "restore_command"):
        assert (DEPLOY / "postgresql" / Path(told[name].split()[0]).name).exists()


def test_the_database_of_several_machines_is_reached_by_tls_alone() -> None:
    patroni = yaml.safe_load((DEPLOY / "ha" / "patroni.yml").read_text(encoding="utf-8"))
    assert patroni["postgresql"]["parameters"]["ssl"] == "on"
    assert {line.split()[0] for line in patroni["postgresql"]["pg_hba"]} == {"local", "hostssl"}
    assert {who["sslmode"] for who in patroni["postgresql"]["authentication"].values()} == {"verify-full"}
    assert patroni["etcd3"]["protocol"] == "https"


def test_a_valkey_that_everybody_reaches_has_users_or_answers_its_own_machine_only() -> None:
    for path in (DEPLOY / "ha").glob("valkey*"):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^bind \*", text, re.M):
            assert re.search(r"^protected-mode yes$", text, re.M), path
    assert "user default off" in (DEPLOY / "ha" / "valkey-users.acl").read_text(encoding="utf-8").splitlines()


def test_systemd_knows_every_word_of_the_units() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    units = sorted(str(path) for path in (DEPLOY / "systemd").iterdir())
    done = subprocess.run([program, "verify", "--man=no", *units], capture_output=True, text=True)
    told = [line for line in done.stderr.splitlines() if "systemd/" in line or "mailwright" in line]
    assert [line for line in told if "is not executable" not in line] == []  # their programs are not installed here
    timers = {path.stem for path in (DEPLOY / "systemd").glob("*.timer")}
    assert timers == {"mailwright-base-backup"} <= {path.stem for path in (DEPLOY / "systemd").glob("*.service")}
