"""Any request that the OpenAPI document allows, and many it does not: none of them may be our fault (5xx), and where the document says
exactly what is answered, that is what is answered."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

EXAMPLES = 12  # requests for each operation
# What ends the session that the others need, or fills the outbox with mail.
_LEFT_OUT = r"^/api/(session|account/(sessions|password|totp)|admin/users/\{user_id\}/sign-out)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailwrightServer]:
    started = MailwrightServer(tmp_path_factory.mktemp("api") / "data")
    started.prepare(people=("ada", "admin"), roles={"admin": "admin"})
    started.start()
    yield started
    log = started.log()
    started.stop()
    assert '"event": "http.broke"' not in log


@pytest.fixture(scope="module")
def signed_in(server: MailwrightServer) -> dict[str, str]:
    """Headers of an admin's browser."""
    with httpx.Client(base_url=f"http://localhost:{server.http_port}") as http:
        answer = http.post("/api/session", json={"email": f"admin@{DOMAIN}", "password": PASSWORD})
        answer.raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        return {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf"]}


@pytest.fixture(scope="module")
def document(server: MailwrightServer) -> schemathesis.BaseSchema:
    loaded = schemathesis.openapi.from_url(f"http://localhost:{server.http_port}/openapi.json")
    return loaded.exclude(path_regex=_LEFT_OUT)


_EXACT = r"^/api/(assistant|process-email|task-status|health)"
_AS_DOCUMENTED = (status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.mark.slow
def test_no_request_is_our_fault(document: schemathesis.BaseSchema, signed_in: dict[str, str]) -> None:
    assert _ask_everything(document, signed_in, not_a_server_error) > 20 * EXAMPLES  # the document told of them


@pytest.mark.slow
def test_the_assistant_answers_as_the_document_says(
    document: schemathesis.BaseSchema, signed_in: dict[str, str]
) -> None:
    exact = document.include(path_regex=_EXACT)
    assert _ask_everything(exact, signed_in, not_a_server_error, *_AS_DOCUMENTED) > 10 * EXAMPLES


def _ask_everything(document: schemathesis.BaseSchema, headers: dict[str, str], *checks: Any) -> int:
    """How many requests were made."""
    asked = 0
    wanted = itertools.product(document.get_all_operations(), (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    for found, mode in wanted:
        strategy = found.ok().as_strategy(generation_mode=mode)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            answer = case.call(headers=headers, timeout=20)
            case.validate_response(answer, checks=[*checks])

        with contextlib.suppress(Unsatisfiable):  # nothing that could be wrong: no parameter, no body
            ask()
    return asked
