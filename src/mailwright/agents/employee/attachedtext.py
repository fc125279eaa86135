"""Attachments that are files of an office, or PDF, as text: opened by the reader in a process of its own, with its caps.

Called by gather after `contents.read`, which reads what is text already. Zip bombs, endless files and what breaks a library cost the
reader's process and leave the attachment unread; nothing here raises but TryLater.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from mailwright.agents.employee.contents import MAX_ALL_ATTACHED, MAX_ATTACHED, Contents
from mailwright.agents.models import Attached
from mailwright.core.extraction import Extractor

MAX_OPENED = 10  # files of one message: what else there is, a run opens when it needs it
SECONDS = 60.0  # for all of them: a mail with ten slow files must not hold up the others


async def read(extractor: Extractor | None, found: Contents) -> Contents:
    """The same with the texts of its files. Without an extractor one is started for this message. Raises TryLater."""
    reader = extractor or Extractor()
    wanted = [] if found.automatic else _to_open(reader, found)
    if not wanted:
        return found
    attachments = list(found.attachments)
    try:
        async with asyncio.timeout(SECONDS):
            await _open(reader, found, wanted, attachments)
    except TimeoutError:  # what was read in time stays
        pass
    finally:
        if extractor is None:
            await reader.close()
    return replace(found, attachments=tuple(attachments))


def _to_open(reader: Extractor, found: Contents) -> list[int]:
    """Which attachments have to be opened, by their number."""
    kept = {file.part for file in found.files}
    return [
        number
        for number, each in enumerate(found.attachments)
        if each.text is None and number in kept and reader.reads(each.name, each.type)
    ][:MAX_OPENED]


async def _open(reader: Extractor, found: Contents, wanted: list[int], attachments: list[Attached]) -> None:
    room = MAX_ALL_ATTACHED - sum(len(each.text or "") for each in attachments)
    content = {file.part: file.content for file in found.files}
    for number in wanted:
        if room <= 0:
            return
        each = attachments[number]
        told = await reader.text_of_attachment(each.name, each.type, content[number])
        if told.text.strip():
            text = told.text[: min(MAX_ATTACHED, room)]
            room -= len(text)
            attachments[number] = replace(each, text=text, truncated=bool(told.because) or len(text) < len(told.text))
