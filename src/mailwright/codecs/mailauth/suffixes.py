"""Whose domain is it: the organisational domain of a name (RFC 7489 §3.2), by the public suffix list.

Called by `dmarc`. The list is the one that the library authheaders brings; it is read once, when it is first needed (some tens of
milliseconds, two megabytes). The library's own look-up is not used: it counts every unlisted top-level domain as one owner's.
"""

from __future__ import annotations

import importlib.resources
from functools import lru_cache


def organizational(domain: str) -> str:
    """The name below the public suffix, for a domain in lower case and A-labels; the domain itself when it is a suffix."""
    labels = domain.split(".")
    return ".".join(labels[max(0, len(labels) - _suffix_labels(labels) - 1) :])


def _suffix_labels(labels: list[str]) -> int:
    """How many labels of the name are its public suffix. Of the rules that fit the longest wins, an exception always."""
    rules = _rules()
    for start in range(len(labels)):  # the longest first
        name = ".".join(labels[start:])
        if f"!{name}" in rules:
            return len(labels) - start - 1
        if name in rules or ".".join(["*", *labels[start + 1 :]]) in rules:
            return len(labels) - start
    return 1  # a name under no rule: the top-level domain is the suffix


@lru_cache(maxsize=1)
def _rules() -> frozenset[str]:
    text = (importlib.resources.files("authheaders") / "public_suffix_list.txt").read_text(encoding="utf-8")
    found = set()
    for line in text.splitlines():
        rule = line.partition(" ")[0]
        if rule and not rule.startswith("//"):
            found.add(rule if rule.isascii() else _a_labels(rule))
    return frozenset(found)


def _a_labels(rule: str) -> str:
    return ".".join(each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in rule.split("."))
