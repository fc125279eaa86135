"""A model service that takes its time: speaks OpenAI's chat completions, thinks for some seconds, gives a fixed answer.

`python -m benchmarks.slowmodel PORT`, in a process of its own. The path names the seconds: http://127.0.0.1:PORT/2/v1. It
prints the most questions it had at once when it is asked to end.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys

_ARGUMENTS = json.dumps({"text": "It is 51.", "because": "arithmetic"})
_CALL = {"id": "1", "type": "function", "function": {"name": "final_result", "arguments": _ARGUMENTS}}
_BODY = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "slow",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": None, "tool_calls": [_CALL]},
            }
        ],
        "usage": {"prompt_tokens": 300, "completion_tokens": 10, "total_tokens": 310},
    }
).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


class _Counter:
    now = 0
    most = 0


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            seconds = re.match(rb"\w+ /([\d.]+)/", head)
            _Counter.now += 1
            _Counter.most = max(_Counter.most, _Counter.now)
            await asyncio.sleep(float(seconds[1]) if seconds else 0)
            _Counter.now -= 1
            writer.write(_ANSWER)
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
