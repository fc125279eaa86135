"""HTTP: status, metrics, the mail hook and the description of it all, with FastAPI on one port.

Started by `app.py`: `create_api` makes the application, `HttpServer` serves it. `frame` puts ids, limits and counts around
every request; `errors` is the one table from refusals to HTTP's words; each of the other modules is one group of paths.
"""

from mailwright.protocols.api.application import ApiSettings, create_api
from mailwright.protocols.api.server import HttpServer

__all__ = ["ApiSettings", "HttpServer", "create_api"]
