"""Providers: from `provider:model` to something that can be asked. One provider object, and so one pool of connections, for each.

Made by `remote`. A provider whose library has an HTTP client of ours is listened to (see `wire`); the others work all the same.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.providers import Provider, infer_provider, infer_provider_class

from mailwright.agents.models import wire

_VARIABLE = re.compile(r"`([A-Z][A-Z0-9_]{3,})`")


class Providers:
    """`given` are models that are used as they are, by name. Not for use by several threads at once."""

    def __init__(
        self, *, base_url: str | None, api_key: Callable[[str], str | None], given: Mapping[str, Any] | None = None
    ) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._models: dict[str, Model] = dict(given or {})
        self._providers: dict[str, Provider[Any]] = {}
        self._clients: list[httpx2.AsyncClient] = []

    def known(self, name: str) -> Model | None:
        """The model, when it was made before."""
        return self._models.get(name)

    def model(self, name: str) -> Model:
        """The model `provider:model`. May import its library, which takes a while. Raises what pydantic-ai does: UserError, ImportError,
        ValueError."""
        known = self._models.get(name)
        return known if known is not None else self._models.setdefault(name, self._make(name))

    def unfit(self, name: str) -> str:
        """Why the model cannot be asked, for people; "" when nothing is missing. Nobody is asked: a name that the provider does not
        have is found out later."""
        provider = name.partition(":")[0]
        try:
            self.model(name)
        except ImportError:
            return f"{name}: the library for {provider} is not installed"
        except UserError as error:  # its text names the variables of the provider, in marks
            wanted = dict.fromkeys(_VARIABLE.findall(str(error)))
            return f"{name}: {provider} is not set up: set {' or '.join(wanted) or 'its key'}"
        except Exception:
            return f"{name}: {provider!r} is no provider that is known here"
        return ""

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.aclose()

    def _make(self, name: str) -> Model:
        provider, _, model = name.partition(":")
        if provider == "openai" and self._base_url is not None:
            # What calls itself compatible with OpenAI speaks chat completions; few speak the newer interface.
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

            compatible = self._providers.get("openai-compatible")
            if compatible is None:
                key = self._api_key(provider) or "no-key-needed"
                compatible = OpenAICompatibleProvider(
                    name="compatible", base_url=self._base_url, api_key=key, http_client=self._client()
                )
                self._providers["openai-compatible"] = compatible
            return OpenAIChatModel(model, provider=compatible)
        return infer_model(name, provider_factory=self._provider)

    def _provider(self, name: str) -> Provider[Any]:
        known = self._providers.get(name)
        if known is None:
            known = self._providers[name] = self._make_provider(name)
        return known

    def _make_provider(self, name: str) -> Provider[Any]:
        key = self._api_key(name)
        if name == "anthropic":
            from pydantic_ai.providers.anthropic import AnthropicProvider

            return AnthropicProvider(api_key=key, base_url=self._base_url, http_client=self._client())
        if name == "openai" and key is not None:
            from pydantic_ai.providers.openai import OpenAIProvider

            return OpenAIProvider(api_key=key, http_client=self._client())
        kind = infer_provider_class(name)
        if "openai_client" not in inspect.signature(kind.__init__).parameters:
            return infer_provider(name)
        # It speaks OpenAI's words through OpenAI's library: so it is listened to, and takes our key when it has none of its own.
        made: Callable[..., Provider[Any]] = kind
        client = self._client()
        try:
            return made(http_client=client)
        except UserError:
            if key is None:
                raise
            return made(api_key=key, http_client=client)

    def _client(self) -> httpx2.AsyncClient:
        self._clients.append(wire.client())
        return self._clients[-1]
