"""The workflow engine's file is where the data folder is, whatever that is called."""

import pytest

from mailwright.pipeline.engine import Engine


@pytest.mark.parametrize("name", ["a b", "a%20b", "a?b", "a#b", "a%b"])
async def test_the_engines_file_is_in_the_folder_it_was_told(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    await Engine(f"sqlite:///{folder}/flows.db", "embedded").close()
    assert (folder / "flows.db").exists()
    assert {entry.name for entry in tmp_path.iterdir()} == {name}
