"""A confined process: started by core/confined.py as a script with the path of a job, and nothing else of ours beside it.

Reads from standard input: the length of a JSON head in four octets, the head, `size` octets; answers the same way, and again, until its
input ends. What it is given was written by strangers. Before it reads any of it, it gives up memory, processor time, files and the
network: a limit that is met ends this process, and the next question gets another.

A job is a file with `answer(head, data) -> (octets, because)` that raises nothing, and, where it needs more than is usual:
`MEMORY`, `CPU_SECONDS`, `WRITTEN` (octets of one file), `PROGRAMS` (that it may start), `SCRATCH` (it may write below its own folder) and
`OPENS` (the only folders it may read below).
"""

import contextlib
import ctypes
import importlib.util
import json
import os
import resource
import sys
from typing import Any

MEMORY = 1024**3  # octets of address space; libraries take 300 MB of it
CPU_SECONDS = 30  # for one answer
WRITTEN = 16 * 1024 * 1024  # octets of one file
OPEN_FILES = 64
ANSWERS = 50  # given by one process: what leaks in a library does not grow for ever

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FORBIDDEN = frozenset(
    ["os.system", "os.exec", "os.fork", "os.forkpty", "os.kill", "os.rename", "os.link", "os.symlink"]
)


def give_up(
    memory: int = MEMORY,
    written: int = WRITTEN,
    programs: tuple[str | None, ...] = (),
    scratch: str | None = None,
    opens: tuple[str, ...] | None = None,
) -> None:
    """Let go of everything that a job does not need."""
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    # A network of its own with nobody in it, where the system lets us; and below no socket in any case.
    libc = ctypes.CDLL(None, use_errno=True)
    new_user, new_network = 0x10000000, 0x40000000
    with contextlib.suppress(AttributeError):
        if libc.unshare(new_network) != 0:
            libc.unshare(new_user | new_network)
    sys.dont_write_bytecode = True
    own = None if scratch is None else os.path.join(os.path.realpath(scratch), "")
    known = None if opens is None else tuple(os.path.join(os.path.realpath(each), "") for each in opens)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        """Python asks here before it does anything to the world; what a job has no business to do is an OSError."""
        if event.startswith("socket.") or event in _FORBIDDEN:
            raise PermissionError(f"{event} is not for this process")
        if event in ("subprocess.Popen", "os.posix_spawn") and str(args[0]) not in programs:
            raise PermissionError(f"{event} is not for this process")
        if event == "open" and isinstance(args[0], str | bytes) and os.fsdecode(args[0]) != os.devnull:
            path = os.path.join(
                os.path.realpath(os.fsdecode(args[0])), ""
            )  # a temporary file is asked for by its folder
            if own is not None and path.startswith(own):
                return
            if int(args[2] or 0) & _WRITING:
                raise PermissionError("this process writes no files")
            if known is not None and not path.startswith(known):
                raise PermissionError("this process does not read that file")

    sys.addaudithook(watch)


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # libraries that print must not print into an answer
    questions = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    job = _job(sys.argv[1])
    give_up(
        getattr(job, "MEMORY", MEMORY),
        getattr(job, "WRITTEN", WRITTEN),
        getattr(job, "PROGRAMS", ()),
        os.getcwd() if getattr(job, "SCRATCH", False) else None,
        getattr(job, "OPENS", None),
    )
    for _ in range(ANSWERS):
        length = questions.read(4)
        if len(length) < 4:
            return
        head = json.loads(questions.read(int.from_bytes(length, "big")))
        data = questions.read(head["size"])
        usage = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(usage.ru_utime + usage.ru_stime) + getattr(job, "CPU_SECONDS", CPU_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        content, because = job.answer(head, data)
        said = json.dumps({"size": len(content), "because": because}, ensure_ascii=False).encode("utf-8", "replace")
        answers.write(len(said).to_bytes(4, "big") + said)
        answers.write(content)
        answers.flush()


def _job(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("job", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
