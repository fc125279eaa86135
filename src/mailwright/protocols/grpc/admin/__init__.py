"""AdminService: looking after the server, as `core.administration` has it. Its reach decides who may.

One module a part of it, as in core: `people`, `places`, `queues`, and `switches`. Rules of the place: `reach()` comes first in every
method, what is said of a thing has no word of mail, and a text that no table takes is refused before core sees it.
"""

from mailwright.protocols.grpc.admin import people, places, queues, switches
from mailwright.protocols.grpc.talk import Methods

METHODS: Methods = people.METHODS | places.METHODS | queues.METHODS | switches.METHODS

__all__ = ["METHODS"]
