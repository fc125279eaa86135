"""The port of processes without HTTP, at which they are asked how they are: for whom it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import FastAPI

from mailwright.openings import open_operations
from mailwright.settings import load
from tests.servers.ports import free_port


async def test_figures_are_for_this_machine_though_mail_is_for_all(tmp_path: Path) -> None:
    given = {"data": tmp_path, "roles": "smtp", "host": "0.0.0.0", "operations_port": free_port()}
    for more, others in (({}, False), ({"operations_host": "0.0.0.0"}, True)):
        settings = load(**given, **more)
        door = await open_operations(settings, FastAPI)
        assert door is not None
        try:
            assert await _answers("127.0.0.1", door.port)
            assert await _answers("127.0.0.2", door.port) is others
        finally:
            await door.close(1)


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
