"""Tools: what a model may do while it works on a task. Every one of them asks the monitor first.

    run       a run with its tools: rulings, placeholders, bounds, quotation    folder   the files of a run
    thread    the conversation's history                                        files    list, read and write files
    tables    CSV and Excel, in and out                                         making   charts, Word, PDF
    computing Python, in the sandbox                                            web      what is needed of the web
    shop      processes that all runs share: sandbox, reader, makers (…_child: what runs in them, confined)

Rules of the place: arguments are typed and bounded; a result is somebody else's words and is marked so in one place; nothing is kept
before the run ends (`Run.save`), so that a run may be repeated.
"""

from mailwright.agents.tools.run import Monitor, Placeholders, Run, tools_of
from mailwright.agents.tools.shop import Workshop
from mailwright.core.madefiles import made

__all__ = ["Monitor", "Placeholders", "Run", "Workshop", "made", "tools_of"]
