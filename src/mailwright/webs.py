"""The web, as agents of this process reach it: who searches it, which pages are read, who finds papers. Made from the settings.

Called by the working half, by `doctor` and by evaluations. Light to import: connectors come with the first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailwright.core import Core, quotas
from mailwright.settings import Settings

if TYPE_CHECKING:
    from mailwright.connectors.openweb import OpenWeb
    from mailwright.connectors.politepages import PolitePages
    from mailwright.connectors.research import Research
    from mailwright.connectors.websearch import Search


def web_of(settings: Settings) -> OpenWeb | None:
    """The web as tools have it; None when the settings name neither a service that searches nor a host."""
    if settings.web_search == "none" and not settings.web_allowed_hosts:
        return None
    from mailwright.connectors.dns import DnsResolver  # brings much with it
    from mailwright.connectors.openweb import OpenWeb
    from mailwright.connectors.webpages import WebPages
    from mailwright.connectors.websearch import NoSearch

    pages = WebPages(DnsResolver(), allowed=settings.web_allowed_hosts, allow_private=settings.allow_private_web)
    return OpenWeb(search_of(settings) or NoSearch(), pages)


def research_web_of(settings: Settings, core: Core) -> Research | None:
    """The web as the scribe has it; None when the settings name no service that searches."""
    searching = search_of(settings)
    if searching is None:
        return None
    from mailwright.connectors.arxiv import Arxiv  # brings much with it
    from mailwright.connectors.research import Research

    async def pace() -> object:
        return await quotas.turn(core, quotas.ARXIV, quotas.ARXIV_EVERY)

    contact = core.settings.public_url
    papers = Arxiv(url=settings.arxiv_url, pace=pace, contact=contact) if settings.arxiv_search else None
    return Research(searching, pages_of(settings, core), papers)


def pages_of(settings: Settings, core: Core) -> PolitePages:
    """Pages that are fetched as a polite reader does, whether or not anything is searched."""
    from mailwright.connectors.dns import DnsResolver
    from mailwright.connectors.politepages import PolitePages

    return PolitePages(
        DnsResolver(),
        contact=core.settings.public_url,
        seconds=settings.scribe_page_seconds,
        allow_private=settings.allow_private_web,
    )


def search_of(settings: Settings) -> Search | None:
    """Who searches the web; None when the settings name nobody."""
    from mailwright.connectors.websearch import Brave, Exa, Searxng

    if settings.web_search == "exa" and settings.exa_api_key is not None:
        return Exa(settings.exa_api_key.get_secret_value(), url=settings.exa_url)
    if settings.web_search == "brave" and settings.brave_api_key is not None:
        return Brave(settings.brave_api_key.get_secret_value(), url=settings.brave_url)
    if settings.web_search == "searxng" and settings.searxng_url is not None:
        return Searxng(settings.searxng_url)
    return None
