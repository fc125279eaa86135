"""Makes the Python code of the protobufs: src/mailwright/v1, from proto/mailwright/v1. Called by `make proto`.

With `--publish` it also writes proto/published.binpb: what programs out there were built with. `buf breaking` compares the protobufs with
it (a test does), so it is written when a version is released, and never to get a breaking change through.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
PUBLISHED = PROTO / "published.binpb"
BUF = Path(sys.executable).parent / "buf"


def main() -> None:
    """Write what is made."""
    generate(ROOT / "src")
    if "--publish" in sys.argv[1:]:
        subprocess.run([BUF, "build", "-o", PUBLISHED], cwd=ROOT, check=True)


def generate(target: Path) -> None:
    """Write the modules below `target`."""
    files = sorted(str(each.relative_to(PROTO)) for each in PROTO.rglob("*.proto"))
    made = (f"--{kind}={target}" for kind in ("python_out", "pyi_out", "grpc_python_out"))
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *made, *files], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
