"""Files: which there are, what they say, and writing new ones.

Text is read here; documents of an office and PDF go through the reader in a process of its own (`core.extraction`), with its caps of
time, memory and size. What is written is a new version and takes no other file's place.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.tools.folder import File, Listed
from mailwright.agents.tools.thread import page_of
from mailwright.codecs import mime
from mailwright.codecs.mime import charsets
from mailwright.codecs.search.attachments import kind_of
from mailwright.core import workspaces

if TYPE_CHECKING:
    from mailwright.agents.tools.run import Run

MAX_NAME = 400  # characters; what is kept of a name is shorter: workspaces.safe_name
MAX_TEXT = 400_000  # characters of a text file that a model writes
MAX_READ = 8 * 1024 * 1024  # octets of a text file that are decoded
THREADED_BYTES = 64 * 1024  # decoding more than this is done in a thread
_TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".json": "application/json",
    ".xml": "application/xml",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
# A text that calls itself one of these would not open, or would do something when it is opened.
_NOT_TEXTS = (
    *(".pdf", ".docx", ".xlsx", ".pptx", ".doc", ".xls", ".ppt", ".odt", ".ods", ".odp", ".zip", ".gz", ".7z", ".rar"),
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".exe", ".dll", ".msi", ".scr", ".com", ".bat", ".cmd", ".ps1", ".vbs"),
    *(".js", ".jse", ".wsf", ".hta", ".lnk", ".iso", ".img", ".jar", ".apk", ".dmg", ".docm", ".xlsm", ".pptm", ".url"),
)


class ListArguments(BaseModel):
    """Of list_files."""

    model_config = ConfigDict(extra="forbid")

    older: bool = Field(False, description="The files of the person's other conversations instead.")


class ReadArguments(BaseModel):
    """Of read_file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME, description="The name, as list_files tells it.")
    start: int = Field(0, ge=0, le=10_000_000, description="Where to begin, in characters; 0 is the beginning.")


class WriteArguments(BaseModel):
    """Of write_file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME, description="A name with its end, like summary.md.")
    text: str = Field(max_length=MAX_TEXT, description="The whole text of the file.")
    attach: bool = Field(True, description="Whether the file goes out with the answer.")


def tools(run: Run) -> tuple[Tool, ...]:
    """list_files, read_file, write_file."""

    async def list_files(arguments: ListArguments) -> str:
        await run.allow(Effect(Action.READ, "files"))
        found = await run.folder.listed(older=arguments.older)
        return "\n".join(_line(each) for each in found) or "There are no files."

    async def read_file(arguments: ReadArguments) -> str:
        return page_of(await text_of(run, arguments.name), arguments.start)

    async def write_file(arguments: WriteArguments) -> str:
        name = await write_text(run, arguments.name, arguments.text, attached=arguments.attach)
        return kept(name, len(arguments.text.encode()), attached=arguments.attach)

    return (
        Tool("list_files", "List the files of this conversation with type and size.", ListArguments, list_files),
        Tool(
            "read_file",
            "Read a file as text: text files, PDF, Word, Excel, PowerPoint, OpenDocument. For numbers in a table use read_table.",
            ReadArguments,
            read_file,
        ),
        Tool(
            "write_file",
            "Write a text file (txt, md, csv, json, html …). A file that is there already is not changed: the new one gets a number.",
            WriteArguments,
            write_file,
        ),
    )


async def opened(run: Run, name: str) -> File:
    """A file that the run may read. Raises ToolFailed."""
    await run.allow(Effect(Action.READ, name))
    return await run.folder.read(name)


async def text_of(run: Run, name: str) -> str:
    """A file as text. Raises ToolFailed."""
    file = await opened(run, name)
    kind = kind_of(file.content_type, file.name)
    if kind in ("file", "picture") and run.shop.extractor.reads(file.name, file.content_type):
        found = await run.shop.extractor.text_of_attachment(file.name, file.content_type, file.content)
        if not found.text.strip():
            raise ToolFailed(f"the file has no text that could be read: {found.because or 'it is empty, or a scan'}")
        return found.text + (f"\n[{found.because}]" if found.because else "")
    if kind != "text" and not _looks_like_text(file):
        raise ToolFailed(f"files of the type {file.content_type[:100]} cannot be read as text")
    if len(file.content) > THREADED_BYTES:
        return await asyncio.to_thread(_decoded, file)
    return _decoded(file)


async def write_text(run: Run, name: str, text: str, *, attached: bool) -> str:
    """Write a text file; the name it has got. Raises ToolFailed."""
    lower = workspaces.safe_name(name).lower()  # as it will be called: "a.js." becomes a.js
    if lower.endswith(_NOT_TEXTS):
        raise ToolFailed(
            "that name does not belong to a text file; make_document, make_table and make_chart make others"
        )
    await run.allow(Effect(Action.WRITE, name))
    content_type = next((type_ for end, type_ in _TYPES.items() if lower.endswith(end)), "text/plain")
    return await run.folder.write(name, charsets.clean(text).encode(), content_type, attached=attached)


def kept(name: str, size: int, *, attached: bool) -> str:
    """What a model is told when a file was made."""
    return f"Made {name} ({size} bytes); it {'goes out with the answer' if attached else 'stays in the workspace'}."


def _line(file: Listed) -> str:
    return f"{file.name} · {file.content_type} · {file.size} bytes · {file.origin}"


def _looks_like_text(file: File) -> bool:
    head = file.content[:4096]
    return b"\x00" not in head and not head.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))


def _decoded(file: File) -> str:
    if file.content_type == "message/rfc822" or file.name.lower().endswith(".eml"):
        parsed = mime.parse(file.content)
        fields = [f"{name}: {parsed.header.get(name)}" for name in ("From", "To", "Date", "Subject")]
        return "\n".join(fields) + "\n\n" + mime.body_text(file.content, parsed)
    text = charsets.decode(file.content[:MAX_READ], _charset(file.content)).removeprefix("\ufeff")
    if file.content_type == "text/html" or file.name.lower().endswith((".html", ".htm")):
        text = mime.html_to_text(text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _charset(content: bytes) -> str:
    # Spreadsheets that save "Unicode text" write UTF-16 and say so with its first two octets.
    return "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
