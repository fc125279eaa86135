"""A model service that takes its time: speaks OpenAI's chat completions, thinks for some seconds, gives a fixed answer: a category where
one is asked for, else a text.

`python -m benchmarks.slowmodel PORT`, in a process of its own. The path names the seconds: http://127.0.0.1:PORT/2/v1. It
prints the most questions it had at once when it is asked to end.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys


def _answer(arguments: dict[str, object]) -> bytes:
    """The whole HTTP answer of a model that calls the tool of its final result with these arguments."""
    call = {"id": "1", "type": "function", "function": {"name": "final_result", "arguments": json.dumps(arguments)}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body = json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "slow",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
            "usage": {"prompt_tokens": 300, "completion_tokens": 10, "total_tokens": 310},
        }
    ).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


_WORK = _answer({"text": "It is 51.", "because": "arithmetic"})
_TRIAGE = _answer({"category": "needs_reply", "confidence": 0.95, "because": "it asks a question"})


class _Counter:
    now = 0
    most = 0


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = re.search(rb"content-length: (\d+)", head)
            asked = await reader.readexactly(int(length[1]) if length else 0)
            seconds = re.match(rb"\w+ /([\d.]+)/", head)
            _Counter.now += 1
            _Counter.most = max(_Counter.most, _Counter.now)
            await asyncio.sleep(float(seconds[1]) if seconds else 0)
            _Counter.now -= 1
            writer.write(_TRIAGE if b'"category' in asked.replace(b"\\", b"") else _WORK)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port, backlog=1024)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    server.close()
    print(_Counter.most, flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
