"""The brand: every word on our pages that an installation may want to say differently. The words only.

Filled from the settings by `app.py`, read by the landing page, the application in the browser and the mails of sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NAME = "Mailwright"
TAGLINE = "Your AI employee. Email any task."
DESCRIPTION = (
    "Send a task by mail to a digital worker. It reads the thread and the attachments, does the work, and answers in the "
    "same conversation."
)


@dataclass(frozen=True, slots=True)
class Brand:
    """Names, words and links. What is None is left out of the pages, or found by them where it says so.

    `employee_address` is where the first page sends people's tasks (None: the first employee of this installation);
    `support_email` None: the postmaster of the first domain; `status_url` None: our own page.
    """

    name: str = NAME
    tagline: str = TAGLINE
    description: str = DESCRIPTION
    employee_address: str | None = None
    support_email: str | None = None
    legal_url: str | None = None
    status_url: str | None = None

    def as_values(self) -> dict[str, Any]:
        """What the application in the browser is told."""
        return {
            "name": self.name,
            "tagline": self.tagline,
            "employee_address": self.employee_address,
            "support_email": self.support_email,
            "legal_url": self.legal_url,
            "status_url": self.status_url or "/status",
        }
