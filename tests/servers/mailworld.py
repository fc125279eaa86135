"""A small world of domains: what DNS says about them, and their keys to sign with. Nothing leaves this process.

Used by the tests of authentication, of the codec and of core.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from functools import lru_cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from nacl.signing import SigningKey

from mailwright.codecs.mailauth import Answer, Examination, Findings, Question
from mailwright.domain.addresses import Address

CLIENT = "192.0.2.7"  # the server of example.org
ED25519_SEED = bytes(range(32))


@lru_cache(maxsize=8)
def rsa_key(bits: int = 2048) -> bytes:
    """A private key as PEM (PKCS#1), one of each size for a whole test run."""
    return rsa.generate_private_key(65537, bits).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


@lru_cache(maxsize=8)
def rsa_record(pem: bytes) -> bytes:
    """The TXT record of its public half."""
    key = serialization.load_pem_private_key(pem, None).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


@dataclass
class World:
    """DNS in memory: `texts` and the other records by name; names in `down` never answer. Counts what it is asked."""

    texts: dict[str, list[bytes]] = field(default_factory=dict)
    others: dict[tuple[str, str], list[str | tuple[int, str]]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    asked: list[Question] = field(default_factory=list)

    @classmethod
    def usual(cls) -> World:
        """example.org sends from CLIENT, signs with `s1` (RSA) and `ed` (Ed25519) and wants forgeries rejected;
        example.net has SPF and no policy; evil.example is honest about itself."""
        world = cls()
        world.texts |= {
            "example.org": [b"v=spf1 ip4:192.0.2.0/28 -all", b"some other text"],
            "_dmarc.example.org": [b"v=DMARC1; p=reject; rua=mailto:reports@example.org"],
            "s1._domainkey.example.org": [rsa_record(rsa_key())],
            "ed._domainkey.example.org": [
                b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(SigningKey(ED25519_SEED).verify_key))
            ],
            "example.net": [b"v=spf1 ip4:198.51.100.9 ~all"],
            "evil.example": [b"v=spf1 ip4:203.0.113.66 -all"],
            "s1._domainkey.evil.example": [rsa_record(rsa_key())],
            "s1._domainkey.mailwright.test": [rsa_record(rsa_key())],
        }
        return world

    async def look_up(self, question: Question) -> Answer:
        """As `core.authentication` asks."""
        return self.answer(question)

    def answer(self, question: Question) -> Answer:
        """What is known of a name."""
        self.asked.append(question)
        if question.name in self.down:
            return Answer(failed=True)
        if question.kind == "TXT":
            return Answer(tuple(self.texts.get(question.name, ())))
        return Answer(tuple(self.others.get((question.name, question.kind), ())))

    def examine(
        self,
        raw: bytes,
        *,
        client: str | None = CLIENT,
        sender: str | None = "eve@example.org",
        helo: str = "mx.example.org",
    ) -> Findings:
        """All of an examination."""
        exam = Examination(raw, client=client, helo=helo, sender=None if sender is None else Address.parse(sender))
        while questions := exam.questions():
            exam.answer({question: self.answer(question) for question in questions})
        return exam.findings()


def letter(
    author: str = "Eve <eve@example.org>", *, to: str = "ada@mailwright.test", body: str = "Hi.", extra: str = ""
) -> bytes:
    """A small message with CRLF line ends."""
    text = (
        f"From: {author}\nTo: {to}\nSubject: Hello\nMessage-ID: <1@example.org>\n"
        f"Date: Fri, 20 Nov 2026 10:00:00 +0000\n{extra}\n{body}\n"
    )
    return text.replace("\n", "\r\n").encode()


def signed(
    raw: bytes,
    domain: str = "example.org",
    *,
    selector: str = "s1",
    key: bytes | None = None,
    form: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
    length: bool = False,
    algorithm: bytes = b"rsa-sha256",
) -> bytes:
    """The message with a signature of that domain on top, made by dkimpy."""
    secret = base64.b64encode(ED25519_SEED) if algorithm.startswith(b"ed25519") else key or rsa_key()
    field_ = dkim.sign(
        raw,
        selector.encode(),
        domain.encode(),
        secret,
        canonicalize=form,
        signature_algorithm=algorithm,
        include_headers=[b"from", b"to", b"subject", b"date", b"message-id"],
        length=length,
    )
    return bytes(field_) + raw


def sealed(raw: bytes, domain: str = "example.org", *, told: str = "spf=pass smtp.mailfrom=example.org") -> bytes:
    """The message with one more ARC set of that domain, which found `told`."""
    raw = f"Authentication-Results: {domain}; {told}\r\n".encode() + raw
    fields = dkim.arc_sign(raw, b"s1", domain.encode(), rsa_key(), domain.encode())
    return b"".join(fields) + raw


def results(findings: Findings, method: str) -> list[str]:
    """The results of one method, in their order."""
    return [each.result for each in findings.results if each.method == method]


def without_fields(raw: bytes, name: str) -> bytes:
    """The message without the fields of that name."""
    return re.sub(rb"(?im)^" + name.encode() + rb":[^\n]*\n(?:[ \t][^\n]*\n)*", b"", raw)


__all__ = ["CLIENT", "World", "letter", "results", "rsa_key", "rsa_record", "sealed", "signed", "without_fields"]
