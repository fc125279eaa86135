"""Names of persons and places, found by Presidio with models of spaCy that are installed beside it: an extra.

Made by `staff.py` when `redaction_presidio` is set, and handed to `codecs.redaction.Placeholders` as a recogniser. Works on this
machine; nothing is downloaded, and no text leaves it. Far slower than the built-in recognisers: call it in a thread. Promises: a clear word when the extra or a model is missing, when it is made and not when the first mail comes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from mailwright.codecs.redaction import Found
from mailwright.codecs.redaction.reading import Reading
from mailwright.domain.refusals import BadInput

MODELS: Mapping[str, tuple[str, ...]] = {
    "en": ("en_core_web_lg", "en_core_web_md", "en_core_web_sm"),
    **{
        language: tuple(f"{language}_core_news_{size}" for size in ("lg", "md", "sm"))
        for language in ("da", "de", "es", "fi", "fr", "it", "nl", "pl", "pt", "sv")
    },
}
"""The models looked for, by language; the first that is installed is taken."""

KINDS = {"PERSON": "person", "LOCATION": "place"}
LEAST_SCORE = 0.5  # of 1: spaCy's names have 0.85
PIECE = 100_000  # characters at once: spaCy takes a million, and a gigabyte of memory for them


class Presidio:
    """A recogniser: call it with a text. `models`, by language, are names of installed packages or folders."""

    def __init__(self, models: Mapping[str, str] | None = None) -> None:
        if find_spec("presidio_analyzer") is None:
            raise BadInput(
                "MAILWRIGHT_REDACTION_PRESIDIO: Presidio is not installed: pip install 'mailwright[presidio]'"
            )
        chosen = _installed() if models is None else dict(models)
        if not chosen:
            raise BadInput(
                "MAILWRIGHT_REDACTION_PRESIDIO: Presidio has no model to find names with: python -m spacy download en_core_web_sm"
            )
        self._languages = tuple(chosen)
        self._engine = _engine(chosen)
        self._lock = Lock()  # spaCy's pipelines are not for two threads at once

    def __call__(self, text: str) -> Iterator[Found]:
        """The names in `text`, read in its own language where there is a model for it."""
        spoken = Reading(text).languages
        language = next((each for each in spoken if each in self._languages), self._languages[0])
        for start, piece in _pieces(text):
            with self._lock:
                results = self._engine.analyze(
                    text=piece, language=language, entities=list(KINDS), score_threshold=LEAST_SCORE
                )
            for result in results:
                written = piece[result.start : result.end]
                value = " ".join(written.split()).casefold()
                yield Found(start + result.start, start + result.end, KINDS[result.entity_type], value)


def _installed() -> dict[str, str]:
    is_package = importlib.import_module("spacy.util").is_package
    found: dict[str, str] = {}
    for language, names in MODELS.items():
        name = next((name for name in names if is_package(name)), None)
        if name is not None:
            found[language] = name
    return found


def _engine(models: Mapping[str, str]) -> Any:
    is_package = importlib.import_module("spacy.util").is_package
    for name in models.values():
        if not is_package(name) and not Path(name).is_dir():  # Presidio would download it
            raise BadInput(f"MAILWRIGHT_REDACTION_PRESIDIO: the model {name} is not installed")
    presidio: Any = importlib.import_module("presidio_analyzer")
    engines: Any = importlib.import_module("presidio_analyzer.nlp_engine")
    recognisers: Any = importlib.import_module("presidio_analyzer.predefined_recognizers")
    languages = list(models)
    nlp = engines.SpacyNlpEngine(
        models=[{"lang_code": language, "model_name": name} for language, name in models.items()]
    )
    nlp.load()
    # Only what reads spaCy's names: the other recognisers of Presidio look for what the built-in ones find, and one asks the network.
    registry = presidio.RecognizerRegistry(
        recognizers=[recognisers.SpacyRecognizer(supported_language=language) for language in languages],
        supported_languages=languages,
    )
    return presidio.AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=languages)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while start < len(text):
        end = min(len(text), start + PIECE)
        if end < len(text):
            line = text.rfind("\n", start + PIECE // 2, end)
            end = line + 1 if line != -1 else end
        yield start, text[start:end]
        start = end
