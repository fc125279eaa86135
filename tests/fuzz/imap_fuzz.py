"""Fuzz target of the IMAP codec's reading half: `python tests/fuzz/imap_fuzz.py [seconds]`.

With atheris installed its coverage guides the search (`python tests/fuzz/imap_fuzz.py -max_total_time=60`); without it
known conversations are mutated at random. `run` is also called, short, by the tests. A finding is an exception, a
conversation that reads differently when its bytes come one by one, or a set or a name that does not read back.
"""

import random
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "codecs"))
from imap.conversation import converse, signed_in, singly

from mailwright.codecs.imap import Create, Fetch, Garbled, Limits, SequenceSet, ServerSession, names

SEEDS = [
    b'a LOGIN ada {6+}\r\nsecret\r\nb ENABLE UTF8=ACCEPT\r\nc SELECT "INBOX" (QRESYNC (1 2 1:9 (1 2)) CONDSTORE)\r\nd LOGOUT\r\n',
    b"a AUTHENTICATE PLAIN\r\nAGFkYQBzZXNhbWU=\r\nb EXAMINE Entw&APw-rfe\r\nc IDLE\r\nDONE\r\nd CLOSE\r\ne STARTTLS\r\n",
    b'a UID FETCH 1,2,5:9,*:7 (FLAGS BODY.PEEK[1.HEADER.FIELDS (From "To")]<0.5> BINARY.SIZE[1] PREVIEW (LAZY)) (CHANGEDSINCE 7 VANISHED)\r\n',
    b"a STORE $ (UNCHANGEDSINCE 9) +FLAGS.SILENT (\\Seen $Forwarded)\r\nb UID MOVE 1:* Trash\r\nc EXPUNGE\r\nd UID EXPUNGE 1\r\n",
    b'a SEARCH RETURN (MIN SAVE) CHARSET UTF-8 OR NOT SEEN (HEADER X "a\\"b" SINCE 1-Jul-2026 UID 1:3) SUBJECT {2}\r\nab\r\n',
    b"a SORT (REVERSE DATE FROM) UTF-8 MODSEQ 5 EMAILID x\r\nb THREAD REFERENCES UTF-8 YOUNGER 5 KEYWORD k\r\n",
    b'a APPEND Sent (\\Draft) "17-Jul-2026 02:44:25 +0200" {3}\r\nabc UTF8 (~{2+}\r\nxy) {60+}\r\n'
    + b"x" * 60
    + b"\r\nb NOOP\r\n",
    b'a LIST (SUBSCRIBED) "" (INBOX "%/x*") RETURN (CHILDREN STATUS (MESSAGES SIZE))\r\nb STATUS x (UNSEEN)\r\nc CREATE x/ (USE (\\Sent))\r\n',
    b'a SETACL x anyone +lr\r\nb GETMETADATA (DEPTH 1) "" /shared/x\r\nc SETMETADATA x (/private/c {1+}\r\ny /shared/d NIL)\r\nd ID ("a" NIL)\r\n',
]
SPICE = [
    *(b"\r\n", b"\r", b"\n", b"\0", b"(", b")", b"[", b"]", b"<", b">", b'"', b"\\", b" ", b"*", b"%", b"$", b"&", b"&-", b"~", b"\xff"),
    *(b"{3}\r\n", b"{4+}\r\n", b"~{2+}\r\n", b"{0}\r\n", b"{99999}\r\n", b"{70+}\r\n", b"x" * 400, b"NIL", b"UID ", b"0", b"4294967296", b":", b","),
]  # fmt: skip
SMALL = Limits(command=300, literal=20, literals=30, stranger=10, message=50, append=80)


def check(talk: bytes) -> None:
    """One conversation, by a stranger and by somebody with a mailbox selected."""
    for make in (lambda: ServerSession(SMALL), lambda: signed_in(SMALL), signed_in):
        said, state = converse([talk], make())
        assert converse(singly(talk), make()) == (said, state), talk
        for command in said:
            if isinstance(command, Fetch):
                assert SequenceSet.parse(command.set.encode()) == command.set
                command.set.resolve([1, 2, 5, 9, 1000], uid=True, saved=[2, 9])
            elif isinstance(command, Create):
                assert names.decode(names.encode(command.mailbox, utf8=False), utf8=False) == command.mailbox
            elif isinstance(command, Garbled):
                assert command.text.isprintable()


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
