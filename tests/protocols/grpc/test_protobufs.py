"""The protobufs: well made, not broken for programs out there, and what the Python code is made from."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from scripts import proto

from tests.protocols.grpc.world import Core, opened

ROOT = Path(__file__).resolve().parents[3]


def test_they_are_well_made_and_break_nobody() -> None:
    for words in (["lint"], ["format", "--diff", "--exit-code"], ["breaking", "--against", "proto/published.binpb"]):
        said = subprocess.run([proto.BUF, *words], cwd=ROOT, capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + said.stderr


def test_a_change_that_breaks_programs_is_found(tmp_path: Path) -> None:
    changed = (ROOT / "proto/mailwright/v1/acl.proto").read_text().replace("string rights = 1;", "string letters = 1;")
    folder = tmp_path / "proto/mailwright/v1"
    folder.mkdir(parents=True)
    for each in (ROOT / "proto/mailwright/v1").glob("*.proto"):
        (folder / each.name).write_text(changed if each.name == "acl.proto" else each.read_text())
    (tmp_path / "buf.yaml").write_text((ROOT / "buf.yaml").read_text())
    words = ["breaking", "--against", str(proto.PUBLISHED)]
    said = subprocess.run([proto.BUF, *words], cwd=tmp_path, capture_output=True, text=True)
    assert "rights" in said.stdout
    assert said.returncode != 0


def test_the_code_is_made_from_them(tmp_path: Path) -> None:
    proto.generate(tmp_path)
    made = {each.name: each.read_text() for each in (tmp_path / "mailwright/v1").iterdir()}
    kept = {each.name: each.read_text() for each in (ROOT / "src/mailwright/v1").glob("*_pb2*")}
    assert made == kept, f"run {sys.executable} scripts/proto.py (make proto)"


async def test_health_and_reflection_are_grpcs_own(core: Core) -> None:
    async with opened(core) as world:
        stub = health_pb2_grpc.HealthStub(world.channel())
        for service in ("", "mailwright.v1.MessagesService"):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        services, fields = await asyncio.to_thread(_reflected, world.grpc.port)
        assert {"mailwright.v1.WatchService", "grpc.health.v1.Health"} <= services
        assert fields[0] == "id"
    async with opened(core, reflection=False) as world:
        assert await asyncio.to_thread(_refused, world.grpc.port) is grpc.StatusCode.UNIMPLEMENTED


def _reflected(port: int) -> tuple[set[str], list[str]]:
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        message = DescriptorPool(database).FindMessageTypeByName("mailwright.v1.Message")
        return set(database.get_services()), [each.name for each in message.fields]


def _refused(port: int) -> grpc.StatusCode:
    with grpc.insecure_channel(f"localhost:{port}") as channel, pytest.raises(grpc.RpcError) as refused:
        ProtoReflectionDescriptorDatabase(channel).get_services()
    code: grpc.StatusCode = refused.value.code()  # type: ignore[attr-defined]
    return code
