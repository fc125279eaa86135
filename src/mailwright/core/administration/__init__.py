"""Administration: what those who look after the server may see and change, and the use cases only they have.

Called by the administration pages (`protocols/api/admin`). `reach` decides for each caller what they reach, and is asked by every
other module here before anything is shown or changed; what exists already (domains, aliases, keys, the outbox) is core's own, called
with the actor. Promises: every change is audited in its own transaction, and nobody reaches another tenant but operators.
"""

from mailwright.core.administration.reach import Reach, reach_of

__all__ = ["Reach", "reach_of"]
