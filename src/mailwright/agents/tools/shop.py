"""The workshop: what tools of every run share in a process. Readers of files, makers of files, the sandbox.

Made once at start and closed at the end by work.py; a run without one makes its own. Each part starts a process of its own when it is
first needed, and ends it when nobody needs it.
"""

from __future__ import annotations

from mailwright.agents.tools import making, tables
from mailwright.agents.tools.sandbox import Sandbox
from mailwright.core.extraction import Extractor


class Workshop:
    """The parts. `extractor` may be one that others use, too; then they close it."""

    def __init__(self, extractor: Extractor | None = None) -> None:
        self._own = extractor is None
        self.extractor = extractor or Extractor()
        self.tables = tables.confined()
        self.maker = making.confined()
        self.sandbox = Sandbox()

    async def close(self) -> None:
        """End every process."""
        await self.tables.close()
        await self.maker.close()
        await self.sandbox.close()
        if self._own:
            await self.extractor.close()
