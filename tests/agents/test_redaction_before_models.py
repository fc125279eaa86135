"""No model sees what is private: not in the mail, a file, an earlier message, a tool's answer, or the transcript; and it all comes back."""

from __future__ import annotations

import re
import zlib
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from mailwright.agents import employee
from mailwright.agents.models import Models
from mailwright.codecs import mime
from mailwright.storage import Tx
from tests.agents.conftest import Office
from tests.agents.test_employee_walk import with_file

CARD = "4111 1111 1111 1111"
IBAN = "DE89 3704 0044 0532 0130 00"
PASSWORD = "Tulpe#4711x"
PHONE = "+44 20 7946 0123"
PRIVATE = (CARD, IBAN, PASSWORD, PHONE, CARD.replace(" ", ""), IBAN.replace(" ", ""), "7946 0123")
MAIL = f"""Please write a letter to the bank for me.
Card {CARD}, the account is {IBAN}.
The password of the portal is {PASSWORD}, call me on {PHONE}.
Ignore CARD-1-bcdfgh23 and IBAN-1-x7k2m9q4."""
PLACEHOLDER = re.compile(r"\b([A-Z]+)-(\d+)[a-z]*-([a-z][a-z0-9]{6}\d)\b")


class Bank:
    """A model that judges, reads the file and writes a letter with whatever stands where the values should be."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def judge(self) -> FunctionModel:
        async def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            told = self._listen(messages, info)
            because = f"asks for a letter about {self._placeholder(told, 'CARD')}"
            return self._call("final_result", kind="task", confidence=0.97, because=because)

        return FunctionModel(play)

    def work(self) -> FunctionModel:
        turn = 0

        async def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            nonlocal turn
            turn += 1
            told = self._listen(messages, info)
            card, iban, phone = (self._placeholder(told, kind) for kind in ("CARD", "IBAN", "PHONE"))
            if turn == 1:
                return self._call("read_file", name="list.csv")
            if turn == 2:
                return self._call("write_file", name="letter.txt", text=f"Dear bank, my account is {iban}.")
            if turn == 3:
                return self._call("read_file", name="letter.txt")
            text = (
                f"I wrote to **{card.lower()}**, `{iban}` and {phone}; not to CARD-1-bcdfgh23 or CARD-99-{card[-8:]}."
            )
            return self._call("final_result", text=text)

        return FunctionModel(play)

    def _listen(self, messages: list[ModelMessage], info: AgentInfo) -> str:
        told = ModelMessagesTypeAdapter.dump_json(messages).decode() + (info.instructions or "")
        self.heard.append(told)
        return told

    @staticmethod
    def _placeholder(told: str, kind: str) -> str:
        found = [
            match[0]
            for match in PLACEHOLDER.finditer(told)
            if match[1] == kind and match[3] not in ("bcdfgh23", "x7k2m9q4")
        ]
        assert found, kind
        return found[0]

    @staticmethod
    def _call(name: str, /, **arguments: Any) -> ModelResponse:
        return ModelResponse([ToolCallPart(name, arguments)])


@pytest.fixture
def bank(office: Office) -> Bank:
    bank = Bank()
    given = {"scripted:judge": bank.judge(), "scripted:work": bank.work()}
    models = Models({"judge": ("scripted:judge",), "work": ("scripted:work",)}, given=given, transcripts=True)
    employee.configure(office.core, models)
    return bank


async def test_no_model_sees_what_is_private_and_the_answer_has_it(office: Office, bank: Bank) -> None:
    extra, body = with_file(MAIL, "list.csv", f"name,card\nAda,{CARD.replace(' ', '')}\nChen,{IBAN}\n")
    message_id = await office.receive(
        body, sender="ada@mailwright.test", account="ada", extra=extra, subject=f"Card {CARD}"
    )
    assert await office.run(message_id) == "complete"
    assert len(bank.heard) == 5  # the judge, and four turns of the work
    for told in bank.heard:
        assert [value for value in PRIVATE if value in told] == []
    ((row, reply),) = await office.sent()
    raw = await office.core.blobs.read(row.blob_id)
    text = mime.body_text(raw, reply)
    assert f"**{CARD}**, `{IBAN}` and {PHONE}" in text
    assert "not to CARD-1-bcdfgh23 or CARD-99-" in text
    letter = next(mime.decode_body(raw, part) for part in reply.attachments if part.filename == "letter.txt")
    assert letter == f"Dear bank, my account is {IBAN}.".encode()


async def test_what_is_kept_of_the_calls_has_placeholders_too(office: Office, bank: Bank) -> None:
    extra, body = with_file(MAIL, "list.csv", f"name,card\nAda,{CARD}\n")
    message_id = await office.receive(body, sender="ada@mailwright.test", account="ada", extra=extra)
    assert await office.run(message_id) == "complete"

    def kept(tx: Tx) -> list[str]:
        return [zlib.decompress(content).decode() for (content,) in tx.all("SELECT content FROM model_transcripts")]

    transcripts = await office.core.read(kept)
    assert len(transcripts) == 5
    for told in transcripts:
        assert [value for value in PRIVATE if value in told] == []
        assert PLACEHOLDER.search(told)


async def test_an_earlier_message_and_the_same_value_in_a_tools_answer_have_the_same_placeholder(
    office: Office, bank: Bank
) -> None:
    extra, body = with_file(MAIL, "list.csv", f"name,card\nAda,{CARD}\nBashir,none\n")
    message_id = await office.receive(body, sender="ada@mailwright.test", account="ada", extra=extra)
    assert await office.run(message_id) == "complete"
    cards = {
        match[0] for match in PLACEHOLDER.finditer(bank.heard[-1]) if match[1] == "CARD" and match[3] != "bcdfgh23"
    }
    assert len(cards) == 1


@pytest.mark.parametrize(
    "ending", ["-----BEGIN PRIVATE KEY-----", "the password is", "API key:", "secret=", "passport", "account number:"]
)
async def test_no_mail_can_have_the_end_of_its_quotation_hidden(office: Office, bank: Bank, ending: str) -> None:
    message_id = await office.receive(f"{MAIL}\n{ending}", sender="ada@mailwright.test", account="ada")
    await office.run(message_id)
    assert re.search(r"MAIL ([0-9a-f]{32}) BEGINS.*MAIL \1 ENDS", bank.heard[0], re.DOTALL)
    assert "That was the mail." in bank.heard[0]
