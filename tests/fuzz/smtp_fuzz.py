"""Fuzz target of the SMTP codec: `python tests/fuzz/smtp_fuzz.py [seconds]`.

With atheris installed its coverage guides the search (`python tests/fuzz/smtp_fuzz.py -max_total_time=60`); without it
known conversations are mutated at random. `run` is also called, short, by the tests. A finding is an exception, or a
conversation that reads differently when its bytes come one by one.
"""

import random
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "codecs" / "smtp"))
from conversation import converse, singly

from mailwright.codecs.smtp import Offer

SEEDS = [
    b"EHLO c\r\nMAIL FROM:<a@example.org> SIZE=9 BODY=8BITMIME\r\nRCPT TO:<ada@mailwright.test>\r\nDATA\r\nx\r\n..\r\n.\r\nQUIT\r\n",
    b'HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<"a\\"b>c"@[192.0.2.1]>\r\nRSET\r\nVRFY x\r\nHELP DATA\r\nNOOP\r\n',
    b"EHLO c\r\nAUTH LOGIN\r\nYWRh\r\n*\r\nAUTH PLAIN AGFkYQBwdw==\r\nSTARTTLS\r\nEXPN x\r\n",
    "EHLO c\r\nMAIL FROM:<ü@exämple.org> SMTPUTF8\r\nRCPT TO:<@a,@b:ö@c>\r\nDATA\r\n\r\n.\n.\r\n.\r.\r\n".encode(),
]
SPICE = [
    b"\r\n",
    b"\r",
    b"\n",
    b".",
    b"\r\n.\r\n",
    b"\0",
    b"<",
    b">",
    b'"',
    b"\\",
    b" ",
    b"=",
    b"\xff",
    b"x" * 2500,
    b"@",
    b":",
]
OFFERS = [
    Offer(mechanisms=("PLAIN", "LOGIN"), auth_in_clear=True, starttls=True),
    Offer(max_size=20),
    Offer(lmtp=True, max_size=100),
]


def check(talk: bytes) -> None:
    """One conversation, against every kind of server."""
    for offer in OFFERS:
        given = talk.replace(b"EHLO", b"LHLO") if offer.lmtp else talk
        assert converse([given], offer) == converse(singly(given), offer), (offer, given)


def mutate(chance: random.Random) -> bytes:
    """A known conversation with a few things wrong."""
    talk = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(talk) + 1)
        match chance.randrange(4):
            case 0:
                talk[at:at] = chance.choice(SPICE)
            case 1:
                del talk[at : at + chance.randint(1, 10)]
            case 2:
                talk[at : at + 1] = bytes([chance.randrange(256)])
            case _:
                talk[at:at] = chance.choice(SEEDS)[chance.randrange(40) :]
    return bytes(talk)


def run(seconds: float, seed: int) -> int:
    """Mutate for so long; how many conversations were tried. Raises AssertionError, or whatever breaks."""
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end:
        check(mutate(chance))
        tried += 1
    return tried


def main() -> None:
    """From the command line."""
    try:
        import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]  # optional
    except ImportError:
        seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
        seed = random.randrange(1_000_000)
        print(f"atheris is not installed: mutating at random for {seconds:g} s, seed {seed}")
        print(f"{run(seconds, seed)} conversations, nothing found")
        return
    atheris.instrument_all()
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
