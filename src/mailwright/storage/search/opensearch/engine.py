"""OpenSearch: the connection, and nothing about what it is for.

Used by `index`. The library is imported when the first question is asked: it brings much with it.
Promises: whatever goes wrong is EngineFailed, also an answer that no OpenSearch gives; it says a status and a kind of error and never
what was sent, because the engine's own sentences quote the mail they are about. A question waits as long as the settings say; after
one that got no answer nobody asks for a moment, and then one at a time, until it answers: an engine that hangs makes few wait.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

log = structlog.get_logger(__name__)

T = TypeVar("T")

WRITE_SECONDS = 60.0  # for what changes something: a full batch of long messages takes a while
PAUSE_SECONDS = 3.0  # after a question without an answer
CONNECTIONS = 8  # kept open to each node
AWAY = frozenset({429, 502, 503, 504})  # what passes, or may


class EngineFailed(Exception):
    """The engine could not do it. `status` is None when it did not answer at all; `kind` is its word for the error."""

    def __init__(self, kind: str, status: int | None = None) -> None:
        super().__init__(f"the search engine: {kind}" + ("" if status is None else f" ({status})"))
        self.kind = kind
        self.status = status

    @property
    def is_away(self) -> bool:
        """Whether it may be well again in a moment, and asking it now helps nobody."""
        return self.status is None or self.status in AWAY

    @property
    def is_gone(self) -> bool:
        """Whether what was asked for is not there."""
        return self.status == 404


@dataclass(frozen=True, slots=True)
class Address:
    """Where the engine is: its nodes, and how it is known and knows us."""

    urls: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    seconds: float = 5.0


class Engine:
    """One engine, for any number of threads."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client: OpenSearch | None = None
        self._lock = threading.Lock()
        self._again_at = 0.0
        self._well = True

    @property
    def place(self) -> str:
        """Where it is, to be shown."""
        return ", ".join(self._address.urls)

    @property
    def seconds(self) -> float:
        """How long a question may take."""
        return self._address.seconds

    def ask(self, question: Callable[[OpenSearch], T]) -> T:
        """For what reads: fails at once while the engine is away. Raises EngineFailed."""
        with self._lock:
            now = time.monotonic()
            if now < self._again_at:
                raise EngineFailed("it did not answer a moment ago")
            if not self._well:  # this one sees whether it is back; the others do without it meanwhile
                self._again_at = now + self._address.seconds + PAUSE_SECONDS
        return self.tell(question)

    def tell(self, question: Callable[[OpenSearch], T]) -> T:
        """For what changes something, and for those that look whether it is back. Raises EngineFailed."""
        try:
            answer = self._tell(question)
        except EngineFailed as error:
            if error.is_away:
                self._again_at = time.monotonic() + PAUSE_SECONDS
                if self._well:
                    log.warning("search.engine_away", engine=self.place, error=str(error))
                self._well = False
            else:
                self._is_back()
            raise
        self._is_back()
        return answer

    def _is_back(self) -> None:
        if not self._well:
            log.info("search.engine_back", engine=self.place)
        self._well, self._again_at = True, 0.0

    def _tell(self, question: Callable[[OpenSearch], T]) -> T:
        from opensearchpy.exceptions import ConnectionError as NoConnection
        from opensearchpy.exceptions import ConnectionTimeout, ImproperlyConfigured, OpenSearchException, TransportError

        try:
            return question(self._opened())
        except ConnectionTimeout:
            raise EngineFailed("it takes too long") from None
        except NoConnection as error:
            raise EngineFailed(f"it cannot be reached ({_cause(error)})") from None
        except TransportError as error:
            status = error.status_code
            raise EngineFailed(word(error.error), status if isinstance(status, int) else None) from None
        except (OpenSearchException, ImproperlyConfigured, OSError) as error:
            raise EngineFailed(f"it cannot be asked ({type(error).__name__})") from None
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise EngineFailed(f"its answer is none of OpenSearch's ({type(error).__name__})") from None

    def _opened(self) -> OpenSearch:
        with self._lock:
            if self._client is None:
                self._client = _open(self._address)
            return self._client

    def close(self) -> None:
        """End its connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def _open(address: Address) -> OpenSearch:
    from opensearchpy import OpenSearch

    for name in ("opensearch", "opensearchpy.trace"):  # it would log what it sends, which is mail
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return OpenSearch(
        list(address.urls),
        http_auth=None if address.user is None else (address.user, address.password or ""),
        ca_certs=None if address.ca_file is None else str(address.ca_file),
        timeout=address.seconds,
        # Another node, or the same one by a new connection; what is sent twice does no harm.
        max_retries=len(address.urls),
        retry_on_timeout=False,
        retry_on_status=(),
        pool_maxsize=CONNECTIONS,
    )


def word(kind: object) -> str:
    """The engine's word for an error; anything longer than a word is not its word, and may quote."""
    text = str(kind)
    return text if text.replace("_", "").isalnum() and len(text) < 80 else "it refuses"


def _cause(error: Any) -> str:
    return type(error.info).__name__
