"""Settings: what an installation is told, from the command line, `MAILWRIGHT_*` variables or `mailwright.toml`.

Read once by the command line with `load`, then handed down by `app.py` in the pieces each part needs.
Promises: everything is checked before anything starts; each bad setting is one clear line (`BadSettings.lines`); a secret is
never printed, in an error neither.
Does not: look at ports, disks or services (`mailwright doctor` does).

Precedence: command line, environment, file, default. The file is `MAILWRIGHT_CONFIG`, else `mailwright.toml` in the current
folder; paths in it are relative to the file.

    model       the settings and their checks       reading     where they come from
    agents, services, pages   parts of the model    reference   the table of docs/reference
"""

from mailwright.settings.agents import KEY_VARIABLES as KEY_VARIABLES
from mailwright.settings.model import PREFIX as PREFIX
from mailwright.settings.model import BadSettings as BadSettings
from mailwright.settings.model import Settings as Settings
from mailwright.settings.model import variable as variable
from mailwright.settings.reading import load as load
from mailwright.settings.reading import unknown_variables as unknown_variables
