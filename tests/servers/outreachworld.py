"""A world of pages about many recipients, for the local web: each has two pages of their own that say what the scribe's model quotes.

`names(count)` are theirs, all different; `make(folder, count)` writes the tree. Used by the tests of reliability and the benchmarks.
`HERE` is the command of a Mailwright that finds them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.servers.scribemodel import QUOTE

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); sys.argv[1:] = ['up']; "
    "from tests.servers.localweb import names_here; names_here(); from mailwright.cli import main; main()"
)
HERE = (sys.executable, "-c", _PROGRAM)
"""The command of a Mailwright whose process knows the hosts of the local web."""

TEMPLATE = """Subject: Your diary

Dear {{name}},

I keep a small museum of lamps. {{something about their diary}}

May I come and see it?

Kind regards
"""
INTEREST = "harbour lights"

_FIRST = ("Ada", "Bo", "Cleo", "Dina", "Emil", "Fay", "Gil", "Hedda", "Ilse", "Jon", "Kira", "Leo")
_ONE = (
    "Bren",
    "Cal",
    "Dor",
    "Fen",
    "Gar",
    "Hol",
    "Kel",
    "Lor",
    "Mar",
    "Nor",
    "Pen",
    "Quin",
    "Ros",
    "Sel",
    "Tor",
    "Wil",
)
_TWO = ("a", "e", "i", "o", "ari", "eno")
_THREE = ("beck", "dahl", "gard", "hult", "kamp", "lund", "mark", "quist", "rup", "stad", "tveit", "vold")
_FILL = (
    "The harbour has four lights, two at the mole and two at the yard. ",
    "In winter the fog comes in before noon and stays for days. ",
    "Ships that wait outside ring a bell, and the children count the strokes. ",
    "The old keeper painted the doors green because there was green paint. ",
)


def names(count: int) -> Iterator[str]:
    """So many names, each with a family name that no other has."""
    families = [one + two + three for three in _THREE for two in _TWO for one in _ONE]
    for number in range(count):
        yield f"{_FIRST[number % len(_FIRST)]} {families[number]}"


def host(number: int) -> str:
    return f"p{number:04d}.example"


def make(folder: Path, count: int) -> Path:
    """The tree, in that folder; where it is."""
    for number, name in enumerate(names(count)):
        here = folder / host(number)
        here.mkdir(parents=True)
        (here / "index.html").write_text(
            _page(name, f"About {name}", f"{name} {QUOTE}. {name} reads from it every May.")
        )
        lamps = f"{name} knows all harbour lights of this coast by heart. {name} {QUOTE}, and nobody has seen the first volume."
        (here / "lights.html").write_text(_page(name, f"{name} and the harbour lights", lamps))
    return folder


def _page(name: str, title: str, text: str) -> str:
    filling = "".join(f"<p>{line * 4}</p>\n" for line in _FILL)
    head = f"<title>{title}</title><style>body {{ margin: 0 }}</style>"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{head}</head><body><nav><a href="/">Home</a></nav>\n'
        f"<main><h1>{title}</h1><p>{text}</p>\n{filling}</main><footer>Written by {name}.</footer></body></html>\n"
    )
