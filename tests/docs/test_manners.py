"""How every file behaves: docstrings, length, no machine's paths, no registry's name, locks with hashes."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for path in (ROOT / "src").rglob("*.py") if "_pb2" not in path.name)  # those are protoc's own
LONGEST = 400  # lines of a module; tables of pure data and migrations may be longer
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-setup.lock",
    "requirements-node.lock",
    "requirements-agentdojo.lock",
    "requirements-celery.lock",
    "requirements-sentry.lock",
    "requirements-deploy.lock",
)

# Put together from pieces, so that this file passes its own test.
REGISTRIES = re.compile(
    r"(?:files\.)?python" + r"hosted\.org|\bpypi\." + r"(?:org|python)|registry\." + r"npmjs|" + r"npmjs\.(?:org|com)"
)
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:work|root|Users)/\w|/home/(?!ada|bashir|chen)\w")


def _ours() -> list[Path]:
    """Every text file that is, or is about to be, part of the repository."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    found = []
    for name in listed:
        path = ROOT / name
        if path.is_file() and "tests/messages" not in name and b"\0" not in path.read_bytes()[:8192]:
            found.append(path)
    return found


def _places(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in _ours()
        for found in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert _places(MACHINE_PATHS) == []


def test_no_file_names_a_package_registry() -> None:
    assert _places(REGISTRIES) == []


def test_every_module_opens_with_a_docstring() -> None:
    def opens_well(path: Path) -> bool:
        source = path.read_text(encoding="utf-8")
        return not source.strip() or ast.get_docstring(ast.parse(source)) is not None

    assert [str(path.relative_to(ROOT)) for path in MODULES if not opens_well(path)] == []


def test_a_module_with_more_than_four_hundred_lines_is_a_table() -> None:
    def too_long(path: Path) -> bool:
        is_table = path.name.endswith("_table.py") or path.name == "schema.py" or "migrations/versions" in str(path)
        return not is_table and len(path.read_text(encoding="utf-8").splitlines()) > LONGEST

    assert [str(path.relative_to(ROOT)) for path in MODULES if too_long(path)] == []


def test_no_module_is_named_for_everything_and_nothing() -> None:
    vague = {"utils", "util", "common", "base", "manager", "helper", "helpers", "info", "data", "misc"}
    allowed = {"protocols/smtp/verbs/data.py", "codecs/smtp/data.py"}  # DATA is a verb of SMTP
    named = [path.relative_to(ROOT / "src/mailwright").as_posix() for path in MODULES]
    assert [name for name in named if Path(name).stem in vague and name not in allowed] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    entries = re.sub(r"\\\n\s*", " ", (ROOT / lock).read_text(encoding="utf-8")).splitlines()
    assert [entry.split()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []
    assert any("==" in entry for entry in entries)


def test_the_lock_files_agree_with_each_other() -> None:
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for pin in re.findall(r"^[a-z0-9][^ ;\\]*==[^ ;\\]+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE):
            name, _, version = pin.partition("==")
            versions.setdefault(name.partition("[")[0], set()).add(version)
    several_by_marker = {name for name, found in versions.items() if len(found) > 1 and _forked(name)}
    assert {name: found for name, found in versions.items() if len(found) > 1 and name not in several_by_marker} == {}


def _forked(name: str) -> bool:
    """One lock file may hold a version for each of several Pythons, with markers; then all of them must."""
    per_lock = [
        frozenset(
            re.findall(rf"^{re.escape(name)}==([^ ;\\]+) ;", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
        )
        for lock in LOCKS
    ]
    return len({found for found in per_lock if found}) == 1


def test_every_package_we_ask_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]],
    }
    for lock, wanted in asked.items():
        locked = set(re.findall(r"^([a-z0-9][a-z0-9.-]*)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
        names = {re.split(r"[\[<>=~! ;]", each)[0].lower() for each in wanted}
        assert names - locked == set(), lock
