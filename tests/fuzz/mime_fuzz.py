"""A fuzz target for the MIME codec: `python tests/fuzz/mime_fuzz.py --seconds 60`.

With atheris installed it is driven by coverage; without, by a plain mutator over the specimens, whose seed is printed and can
be given again with `--seed`. The normal tests run the mutator for a moment. It fails by raising, and leaves the message that
did it in `mime_fuzz_failure.eml` in the folder it was started in.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mailwright.codecs import mime
from mailwright.domain.addresses import Address

SPECIMENS = Path(__file__).parents[1] / "messages"
TOKENS = (
    b"\r\n", b"\n", b"\r", b"\x00", b"\t", b'"', b"\\", b"(", b")", b"<", b">", b",", b";", b":", b"=", b"=?", b"?=", b"--", b"--b",
    b"\xff", b"\xc3", b"\xed\xa0\x80", b"boundary=", b"multipart/mixed; boundary=b", b"message/rfc822", b"text/html", b"base64",
    b"quoted-printable", b"x-uuencode", b"utf-7", b"utf-16", b"*0*=", b"%", b"'", b"&#", b"<!--", b"<style>", b"Content-Type: ",
)  # fmt: skip
MAX_OCTETS = 20_000  # of a mutant: small ones find more in the same time


def check(raw: bytes) -> None:
    """Read everything of `raw`; raises when a promise is broken."""
    parsed = mime.parse(raw)
    for part in parsed.root.walk():
        if not 0 <= part.header_start <= part.body_start <= part.body_end <= len(raw):
            raise AssertionError(f"part {part.number} lies outside the message")
        mime.text_of(raw, part).encode()
        mime.decode_body(raw, part, limit=100)
    if mime.Part.from_json(parsed.root.to_json()) != parsed.root:
        raise AssertionError("the structure does not survive its JSON")
    for name, _value in parsed.header.fields:
        for text in parsed.header.all(name):
            text.encode()
    mailboxes = (*parsed.from_, *parsed.sender, *parsed.reply_to, *parsed.to, *parsed.cc, *parsed.bcc)
    answer = mime.compose(
        from_=mime.Mailbox("Ada", "ada@example.org"),
        to=[mailbox for mailbox in mailboxes if mailbox.address],
        subject=mime.reply_subject(parsed.subject),
        text=mime.body_text(raw, parsed),
        html=mime.body_html(raw, parsed),
        attachments=[mime.Attachment(part.filename, mime.decode_body(raw, part)) for part in parsed.attachments],
        message_id="<answer@example.org>",
        in_reply_to=parsed.message_id,
        references=mime.reply_references(parsed),
        date=parsed.date or 0,
        headers=[("X-Preview", parsed.preview), ("X-Because", mime.is_automatic(parsed.header) or "")],
    )
    read = mime.parse(answer)
    # What is composed writes a domain in A-labels, however it was written to us.
    wanted = [Address.parse(mailbox.address) for mailbox in mailboxes if mailbox.address]
    if read.defects or [Address.parse(mailbox.address) for mailbox in read.to] != wanted:
        raise AssertionError("an answer to the message does not read back")


def mutate(chance: random.Random, specimens: list[bytes]) -> bytes:
    """A specimen with some of its octets changed, dropped, doubled or taken from another."""
    mutant = bytearray(chance.choice(specimens))
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(mutant) + 1)
        length = chance.choice((0, 0, 1, 1, 2, 8, 64))
        kind = chance.randrange(4)
        if kind == 0:
            mutant[at : at + length] = chance.choice(TOKENS)
        elif kind == 1:
            mutant[at : at + length] = chance.randbytes(chance.randint(0, 4))
        elif kind == 2:
            mutant[at:at] = mutant[at : at + length] * chance.randint(1, 20)
        else:
            other = chance.choice(specimens)
            start = chance.randrange(len(other) + 1)
            mutant[at:at] = other[start : start + 200]
    return bytes(mutant[:MAX_OCTETS])


def run(seconds: float, seed: int, report: Callable[[str], None] = print) -> int:
    """Mutate and check for so long; returns how many mutants were read."""
    chance = random.Random(seed)
    specimens = [path.read_bytes() for path in sorted(SPECIMENS.glob("*.eml"))]
    until = time.monotonic() + seconds
    count = 0
    while time.monotonic() < until:
        mutant = mutate(chance, specimens)
        try:
            check(mutant)
        except Exception:
            Path("mime_fuzz_failure.eml").write_bytes(mutant)
            report(f"seed {seed}, mutant {count}: kept in mime_fuzz_failure.eml")
            raise
        count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments, rest = parser.parse_known_args()
    try:
        import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]  # optional, and without types
    except ImportError:
        print(f"atheris is not installed; mutating the specimens, seed {arguments.seed}", file=sys.stderr)
        print(f"{run(arguments.seconds, arguments.seed)} messages read")
        return
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={int(arguments.seconds)}", *rest, str(SPECIMENS)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
