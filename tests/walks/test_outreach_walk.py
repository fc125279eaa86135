"""Outreach from a wish to a mail in the world and back, with a whole Mailwright in a process of its own that is killed on the way.

Research goes over a web of this machine, its searches and its papers; a model that quotes it writes; what leaves goes to a server that
catches it. What a step found before the process died is not done again, nothing is sent twice, and who wants none gets none.
"""

from __future__ import annotations

import imaplib
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from aiosmtpd.controller import Controller

from tests.servers.issuer import AUDIENCE, Issuer
from tests.servers.localweb import LocalWeb
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers.outreachworld import HERE, INTEREST, TEMPLATE, host, make, names
from tests.servers.ports import free_port
from tests.servers.scribemodel import QUOTE, ScribeModel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MANY = 12
AT_ONCE = 2
HANGS = 60.0  # seconds: longer than it takes to notice
PUBLIC = f"https://mail.{DOMAIN}"
NOTE = "Ada Byron, Example Press, 12 Example Street"
NAMES = list(names(MANY))
PAPER = "A diary of harbour lights as a record of fog"


@dataclass
class World:
    """Everybody else's mail server: keeps what it is sent, and knows no `gone` addresses."""

    port: int
    gone: set[str] = field(default_factory=set)
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.gone:
            return "550 5.1.1 nobody of that name is here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 taken"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received += [(address, mail) for address in envelope.rcpt_tos]
        return "250 2.0.0 taken"

    def mails(self) -> dict[str, int]:
        """How many mails each got. A server that dies before it knows that one was taken brings the same mail again (RFC 5321 §4.5.4.1)."""
        return dict(Counter(address for address, _ in {(each, mail["Message-ID"]) for each, mail in self.received}))

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for each, mail in self.received if each == address]


class Caller:
    """Somebody who asks the API: with a token as programs do, or signed in as at a browser."""

    def __init__(self, server: MailwrightServer, token: str = "") -> None:
        self._url = f"http://127.0.0.1:{server.http_port}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def sign_in(self, who: str) -> Caller:
        answer = self.ask("POST", "/api/session", 200, email=f"{who}@{DOMAIN}", password=PASSWORD)
        cookie = answer.headers["Set-Cookie"].partition(";")[0]  # the pages are behind TLS, and this test is not
        self._headers = {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf"], "Origin": PUBLIC}
        return self

    def ask(self, method: str, path: str, status: int = 0, **body: object) -> httpx.Response:
        """The answer, which has that status, or is one of success."""
        with httpx.Client(base_url=self._url, trust_env=False, timeout=60) as http:
            answer = http.request(method, path, headers=self._headers, json=body if method != "GET" else None)
        assert answer.status_code == status if status else answer.is_success, f"{answer.status_code} {answer.text}"
        return answer

    def get(self, path: str) -> Any:
        return self.ask("GET", path).json()

    def post(self, path: str, **body: object) -> Any:
        return self.ask("POST", path, 0, **body).json()

    def refused(self, path: str, status: int = 403) -> str:
        """Why."""
        return str(self.ask("POST", path, status).json()["error"]["message"])


@dataclass
class Place:
    """All that there is."""

    server: MailwrightServer
    web: LocalWeb
    model: ScribeModel
    world: World
    issuer: Issuer

    def program(self, **claims: object) -> Caller:
        return Caller(self.server, self.issuer.token(claims=claims))

    def person(self, who: str = "ada") -> Caller:
        return Caller(self.server).sign_in(who)

    def until(self, found: Callable[[], Any], seconds: float = 120.0) -> Any:
        ends = time.monotonic() + seconds
        while not (value := found()):
            assert time.monotonic() < ends, f"{Counter(self.model.calls)}\n{self.server.log()[-4000:]}"
            time.sleep(0.05)
        return value

    def asked(self, purpose: str) -> list[str]:
        """About whom the model was asked, in order."""
        return [each.recipient for each in self.model.calls if each.purpose == purpose]

    def dies(self) -> None:
        """And comes back."""
        self.server.kill()
        self.server.start()

    def written(self, caller: Caller, task_id: str) -> dict[str, Any]:
        """The mail, once it is."""

        def look() -> Any:
            status = caller.get(f"/api/email/status/{task_id}")
            assert status["status"] in ("PENDING", "STARTED", "SUCCESS"), status
            return status["email_id"]

        found: dict[str, Any] = caller.get(f"/api/email/{self.until(look)}")
        return found

    def write(self, caller: Caller, number: int, key: str = "") -> str:
        """Ask for a mail to one of the recipients; its task."""
        wish = {"recipient_name": NAMES[number], "recipient_email": address(number), "recipient_interest": INTEREST}
        return str(caller.post("/api/email/generate", template=TEMPLATE, **wish, key=key)["task_id"])


def address(number: int) -> str:
    return f"lights@{host(number)}"


def body_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    folder = make(tmp_path / "web", MANY)
    paper = f'id = "2403.01234"\ntitle = "{PAPER}"\nauthors = ["{NAMES[0]}"]\npublished = "2024-03-02"\n'
    other = 'id = "2403.09999"\ntitle = "Sheep"\nauthors = ["Chen Wei"]\npublished = "2024-03-03"\n'
    (folder / "papers.toml").write_text(f"[[paper]]\n{paper}\n[[paper]]\n{other}")
    world, issuer = World(free_port()), Issuer()
    catcher = Controller(world, hostname="127.0.0.1", port=world.port)
    catcher.start()
    try:
        with LocalWeb(folder) as web, ScribeModel(kind=getattr(request, "param", "GENERAL")) as model:
            server = MailwrightServer(
                tmp_path / "data",
                **web.settings("exa"),
                **model.settings(),
                public_url=PUBLIC,
                smart_host=f"smtp://127.0.0.1:{world.port}",
                oidc_issuer=issuer.name,
                oidc_audience=AUDIENCE,
                scribe_at_once=AT_ONCE,
            )
            server.command = HERE
            server.prepare(people=("ada", "bashir"), employee=False)
            server.start()
            try:
                yield Place(server, web, model, world, issuer)
            finally:
                server.kill()
    finally:
        catcher.stop()
        issuer.stop()


@pytest.mark.parametrize("place", ["RESEARCH"], indirect=True)
def test_a_program_has_a_mail_written_over_two_crashes_and_a_person_lets_it_out(place: Place) -> None:
    program, to = place.program(), address(0)

    # Killed while it reads the pages, with what the searches found in its hands.
    place.web.rules[host(0)] = {path: {"seconds": HANGS} for path in ("/", "/lights.html")}
    task_id = place.write(program, 0, key="one")
    place.until(lambda: place.web.count("page"))
    assert place.write(program, 0, key="one") == task_id
    assert program.get(f"/api/email/status/{task_id}")["current_step"] == "web_research"
    place.server.kill()
    place.web.rules.clear()

    # Killed while the model writes.
    place.model.slow["compose"] = HANGS
    place.server.start()
    place.until(lambda: place.asked("compose"))
    assert program.get(f"/api/email/status/{task_id}")["current_step"] == "composer"
    place.server.kill()
    pages = place.web.count("page")
    place.model.slow.clear()
    place.server.start()

    mail = place.written(program, task_id)
    assert (place.web.count("search"), place.web.count("papers"), place.web.count("page")) == (2, 1, pages)
    assert Counter(each.purpose for each in place.model.calls) == {"template": 1, "research": 1, "compose": 2}
    _is_verified(program, mail)
    assert [each["title"] for each in mail["metadata"]["papers"]] == [PAPER]
    assert program.get("/api/scribe")["generated"] == 1

    # A program asks; a person says yes to the very text.
    program.ask("PATCH", "/api/scribe", note=NOTE)
    assert program.post(f"/api/email/{mail['id']}/send")["sent"]["state"] == "asked"
    place.dies()
    ada = place.person()
    [approval] = ada.get("/api/approvals?status=pending")["approvals"]
    ada.post(f"/api/approvals/{approval['id']}/approve")
    [sent] = place.until(lambda: place.world.to(to))
    assert f"I read that {NAMES[0]} {QUOTE}." in body_of(sent)
    assert NOTE in body_of(sent)
    assert sent["From"].addresses[0].addr_spec == f"ada@{DOMAIN}"
    place.until(lambda: program.get(f"/api/email/{mail['id']}")["sent"]["state"] == "sent")
    assert program.post(f"/api/email/{mail['id']}/send")["sent"]["state"] == "sent"
    [copy] = _in_sent(place.server)
    assert copy["Message-ID"] == sent["Message-ID"]

    # Who has a token of somebody else sees nothing of it.
    stranger = place.program(sub="b4", email=f"bashir@{DOMAIN}")
    stranger.ask("GET", f"/api/email/{mail['id']}", 404)
    stranger.ask("GET", f"/api/email/status/{task_id}", 404)
    assert stranger.get("/api/email")["emails"] == []
    assert place.world.mails() == {to: 1}


def test_a_batch_is_paused_over_a_crash_and_who_wants_none_or_is_not_there_gets_no_second_mail(place: Place) -> None:
    place.model.seconds = 0.5
    ada = place.person()
    recipients = [
        {"name": name, "email": address(number), "interest": INTEREST} for number, name in enumerate(NAMES[:MANY])
    ]
    path = f"/api/queue/batches/{ada.post('/api/queue/batch', template=TEMPLATE, recipients=recipients)['id']}"

    def counts() -> Counter[str]:
        return Counter(ada.get(path)["counts"])

    # Paused: what is begun is finished, and nothing begins, before a crash or after it; others are served.
    place.until(lambda: counts()["COMPLETED"] >= 2)
    assert ada.post(f"{path}/pause")["paused"]
    place.until(lambda: counts()["PROCESSING"] == 0)
    paused = counts()
    assert 2 <= paused["COMPLETED"] < MANY
    place.dies()
    bashir = place.person("bashir")
    _is_verified(bashir, place.written(bashir, place.write(bashir, 0)))
    assert counts() == paused
    assert not ada.post(f"{path}/resume")["paused"]
    place.until(lambda: counts()["COMPLETED"] > paused["COMPLETED"])
    place.dies()
    place.until(lambda: counts()["COMPLETED"] == MANY, 240)
    for purpose in ("template", "research", "compose"):
        asked = Counter(place.asked(purpose))
        assert sorted(asked) == sorted(NAMES)
        # One more for Bashir, and what was in hand when it died.
        assert asked.total() <= MANY + 1 + AT_ONCE
    rows = ada.get(f"/api/email?batch={path.rpartition('/')[2]}&confident=true")["emails"]
    assert sorted(each["recipient_name"] for each in rows) == sorted(NAMES)

    # Sent, once its owner says who they are: each once, and one comes back.
    assert "note" in ada.refused(f"{path}/send")
    ada.ask("PATCH", "/api/scribe", note=NOTE)
    place.world.gone.add(address(1))
    done = ada.post(f"{path}/send")
    assert (done["queued"], done["refused"]) == (MANY, [])
    place.dies()
    place.until(lambda: ada.get(path)["sent"] == MANY - 1)
    assert ada.post(f"{path}/send")["queued"] == 0
    [failed] = [each for each in rows if each["recipient_email"] == address(1)]
    place.until(lambda: ada.get(f"/api/email/{failed['id']}")["sent"]["state"] == "failed")
    assert place.world.mails() == {address(number): 1 for number in range(MANY) if number != 1}

    # One click of their mail program, twice as it may be, and the next mail to them is refused; so is one to who is not there.
    received = place.world.to(address(0))[0]
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(str(received["List-Unsubscribe"]).partition(">")[0].lstrip("<"))
    assert f"{link.scheme}://{link.netloc}" == PUBLIC
    there = f"http://127.0.0.1:{place.server.http_port}{link.path}"
    for _ in range(2):
        httpx.post(there, data={"List-Unsubscribe": "One-Click"}, trust_env=False, timeout=60).raise_for_status()
    for number, because in ((0, "asked not to be written to"), (1, "came back")):
        again = place.written(ada, place.write(ada, number))
        assert because in ada.refused(f"/api/email/{again['id']}/send")
        assert because in ada.refused(f"/api/email/{again['id']}/draft")
    bashir = place.person("bashir")  # of the same house
    [his] = bashir.get("/api/email")["emails"]
    assert "asked not to be written to" in bashir.refused(f"/api/email/{his['id']}/send")
    assert set(place.world.mails().values()) == {1}
    assert place.server.get("/readyz")[0] == 200


def _is_verified(caller: Caller, mail: dict[str, Any]) -> None:
    """Its claim stands in the stored copy of a source."""
    assert (mail["status"], mail["is_confident"]) == ("COMPLETED", True), mail["because"]
    states = Counter(each["state"] for each in mail["sentences"])
    assert (states["verified"], states["marked"]) == (1, 0)
    [sentence] = [each for each in mail["sentences"] if each["state"] == "verified"]
    assert QUOTE in sentence["text"]
    for source in sentence["sources"]:
        copy = caller.get(f"/api/email/{mail['id']}/sources/{source['number']}")
        assert source["quote"] in copy["text"]


def _in_sent(server: MailwrightServer) -> list[EmailMessage]:
    """What is in Ada's Sent."""
    context = ssl._create_unverified_context()  # it made its certificate itself
    with imaplib.IMAP4_SSL("127.0.0.1", server.imaps_port, ssl_context=context, timeout=60) as client:
        client.login(f"ada@{DOMAIN}", PASSWORD)
        client.select("Sent", readonly=True)
        _, found = client.fetch("1:*", "(BODY.PEEK[])")
    return [message_from_bytes(each[1], policy=policy.default) for each in found if isinstance(each, tuple)]
