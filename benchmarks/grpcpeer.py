"""A bare gRPC server: grpcio's asyncio server with the protobufs of the core API and nothing behind them, beside which ours is measured.

Run as `python -m benchmarks.grpcpeer answers.json`: by its path, what every call is answered (base64). Says its port, and serves until it
is ended.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import grpc

from mailwright.v1 import messages_pb2, search_pb2

READ = "/mailwright.v1.MessagesService/GetMessage"
SEARCH = "/mailwright.v1.SearchService/SearchMessages"
APPEND = "/mailwright.v1.MessagesService/AppendMessage"

KINDS: dict[str, tuple[Any, Any]] = {
    READ: (messages_pb2.GetMessageRequest, messages_pb2.GetMessageResponse),
    SEARCH: (search_pb2.SearchMessagesRequest, search_pb2.SearchMessagesResponse),
    APPEND: (messages_pb2.AppendMessageRequest, messages_pb2.AppendMessageResponse),
}
"""The calls: what each takes and answers."""


async def serve(answers: dict[str, str]) -> None:
    """Answer, for ever."""
    server = grpc.aio.server()
    for path, (asks, gives) in KINDS.items():
        service, _, method = path[1:].partition("/")
        handler = _handler(path, asks, gives, gives.FromString(base64.b64decode(answers[path])))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


def _handler(path: str, asks: Any, gives: Any, answer: Any) -> grpc.RpcMethodHandler[Any, Any]:
    async def one(_asked: Any, _context: Any) -> Any:
        return answer

    async def pieces(asked: Any, _context: Any) -> Any:
        async for _ in asked:
            pass
        return answer

    if path == APPEND:
        return grpc.stream_unary_rpc_method_handler(pieces, asks.FromString, gives.SerializeToString)
    return grpc.unary_unary_rpc_method_handler(one, asks.FromString, gives.SerializeToString)


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(json.loads(Path(sys.argv[1]).read_text())))
