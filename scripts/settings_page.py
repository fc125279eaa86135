"""Writes docs/reference/settings.md from the settings themselves.

Called by `make reference` after a setting was added or changed; a test compares the page with the program.
"""

from pathlib import Path

from mailwright.settings import settings_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "settings.md"
HEAD = """\
# Settings

Made by `make reference`; the texts stand beside the settings in `src/mailwright/settings.py`.

A setting comes from the command line, else from a `MAILWRIGHT_…` variable, else from `mailwright.toml` in the current folder
(`MAILWRIGHT_CONFIG` names another file), else it has its default. All are checked before anything starts: each bad one is one line
on standard error, and nothing starts. Sizes take `50MB`, `2GiB` or plain bytes; port 0 picks a free one. Paths in the file are
relative to the file.

```toml
# mailwright.toml
hostname = "mail.example.org"
host = "0.0.0.0"
data = "data"
tls_cert = "fullchain.pem"
tls_key = "privkey.pem"
```

Secrets belong into variables, or into a file only its owner can read; they are never printed.

"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(HEAD + settings_table(), encoding="utf-8")


if __name__ == "__main__":
    main()
