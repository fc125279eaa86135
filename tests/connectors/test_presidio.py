"""Presidio as a recogniser: names of persons, with a model of our own making, and a clear word where it is missing."""

import importlib.util
from pathlib import Path

import pytest

from mailwright.codecs.redaction import Placeholders
from mailwright.connectors import presidio
from mailwright.connectors.presidio import Presidio
from mailwright.domain.refusals import BadInput

INSTALLED = importlib.util.find_spec("presidio_analyzer") is not None


@pytest.mark.skipif(INSTALLED, reason="the extra is installed here")
def test_without_the_extra_it_says_how_to_install_it() -> None:
    with pytest.raises(BadInput, match=r"pip install 'mailwright\[presidio\]'"):
        Presidio()


@pytest.mark.skipif(not INSTALLED, reason="the extra `presidio` is not installed")
class TestWithTheExtra:
    @pytest.fixture
    def model(self, tmp_path: Path) -> str:
        spacy = importlib.import_module("spacy")
        pipeline = spacy.blank("en")
        ruler = pipeline.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": "PERSON", "pattern": "Ada Example"}, {"label": "GPE", "pattern": "Leeds"}])
        pipeline.to_disk(tmp_path / "model")
        return str(tmp_path / "model")

    def test_names_of_persons_and_places_become_placeholders(self, model: str) -> None:
        run = Placeholders([Presidio({"en": model})])
        text = "Please write to Ada Example in Leeds.\nAda Example will answer."
        hidden = run.hide(text)
        assert "Ada" not in hidden
        assert "Leeds" not in hidden
        assert run.hidden == {"person": 1, "place": 1}
        assert run.show(hidden) == text

    def test_a_long_text_is_read_in_pieces(self, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(presidio, "PIECE", 40)
        text = "a line of no interest\n" * 20 + "Ada Example\n" + "another line\n" * 20
        [found] = Presidio({"en": model})(text)
        assert text[found.start : found.end] == "Ada Example"

    def test_a_model_that_is_not_there_is_not_downloaded(self) -> None:
        with pytest.raises(BadInput, match="en_nowhere is not installed"):
            Presidio({"en": "en_nowhere"})
