"""The settings of services outside: who brings and carries mail, who takes payments, who searches the web, whose Gmail we look after. A part of `Settings`."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


def _json(value: object) -> object:
    """What a variable of the environment holds; a settings file has the value itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("should be JSON") from None


def _split(value: str) -> tuple[str, ...]:
    return tuple(each for each in re.split(r"[,\s]+", value) if each)


def _words(value: object) -> object:
    return _split(value) if isinstance(value, str) else value


class McpServer(BaseModel):
    """A server of tools (Model Context Protocol): by `url` (streamable HTTP) or by `command`, a program that is started here."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    url: str | None = None
    command: tuple[str, ...] = ()
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    tools: tuple[str, ...] = ()
    """The tools that may be called; any other is refused."""

    @field_validator("name")
    @classmethod
    def _short(cls, value: str) -> str:
        if _NAME.fullmatch(value) is None:
            raise ValueError("should be a short name in small letters")
        return value


class ServiceSettings(BaseSettings):
    """Postmark, SES, WhatsApp, Stripe, web search, servers of tools."""

    send_through: Literal["smtp", "postmark", "ses"] = Field(
        "smtp", description="what carries mail to other servers: smtp (see smart_host), postmark or ses (Amazon)"
    )
    postmark_server_token: SecretStr | None = Field(None, min_length=1, description="the token of your Postmark server")
    postmark_stream: str = Field("outbound", description="the message stream it sends with")
    postmark_url: str = Field("https://api.postmarkapp.com", description="the address of Postmark's API")
    postmark_hook_password: SecretStr | None = Field(
        None,
        min_length=16,
        description="takes Postmark's hooks at https://postmark:<this>@<our name>/api/inbound/postmark; closed when not set",
    )
    postmark_hook_per_minute: int = Field(600, ge=1, description="calls of Postmark's hooks we take in a minute")

    ses_region: str | None = Field(None, min_length=1, description="the region of your Amazon SES, like eu-central-1")
    ses_access_key_id: str | None = Field(
        None, min_length=1, description="who we are to Amazon; the machine's own role when not set"
    )
    ses_secret_access_key: SecretStr | None = Field(None, min_length=1, description="its secret")
    ses_configuration_set: str | None = Field(None, min_length=1, description="the configuration set it sends with")
    ses_url: str | None = Field(None, description="another address of SES's API")

    whatsapp_phone_number_id: str | None = Field(
        None, min_length=1, description="the id of your number at WhatsApp's Cloud API; no WhatsApp when not set"
    )
    whatsapp_access_token: SecretStr | None = Field(None, min_length=1, description="what we sign in there with")
    whatsapp_app_secret: SecretStr | None = Field(
        None, min_length=8, description="what Meta signs its calls of /webhook/whatsapp with"
    )
    whatsapp_verify_token: SecretStr | None = Field(
        None, min_length=8, description="what Meta proves itself with when the hook is set up; you choose it"
    )
    whatsapp_number: str | None = Field(
        None, description="your number as people see it, like +4915112345678; told to who links a phone"
    )
    whatsapp_mailbox: str | None = Field(
        None, description="the concierge that WhatsApp messages go to; the only one when there is one"
    )
    whatsapp_template: str | None = Field(
        None, description="the approved template for what is sent more than 24 hours after somebody wrote"
    )
    whatsapp_template_languages: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        ("en",), description="the languages it is approved in; the first one for everybody else"
    )
    whatsapp_url: str = Field("https://graph.facebook.com", description="the address of Meta's Graph API")
    whatsapp_hook_per_minute: int = Field(600, ge=1, description="calls of WhatsApp's hook we take in a minute")

    stripe_secret_key: SecretStr | None = Field(
        None, min_length=8, description="Stripe's secret key; plans cannot be bought when not set"
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None, min_length=8, description="what Stripe signs its calls of /api/billing/webhook with"
    )
    stripe_prices: Annotated[dict[str, str], NoDecode, BeforeValidator(_json)] = Field(
        default_factory=dict,
        description='Stripe\'s price of each plan, like {"paid_20": "price_123"}; older prices that still count may follow by comma',
    )
    stripe_url: str = Field("https://api.stripe.com", description="the address of Stripe's API")

    web_search: Literal["none", "exa", "searxng", "brave"] = Field(
        "none", description="who searches the web for agents"
    )
    exa_api_key: SecretStr | None = Field(None, min_length=1, description="Exa's key")
    exa_url: str = Field("https://api.exa.ai", description="the address of Exa's API")
    searxng_url: str | None = Field(None, description="your SearXNG, like http://127.0.0.1:8888")
    brave_api_key: SecretStr | None = Field(None, min_length=1, description="the key of Brave's search API")
    brave_url: str = Field("https://api.search.brave.com", description="the address of Brave's search API")
    arxiv_search: bool = Field(
        True, description="let the scribe look for papers at arXiv, where a service searches the web"
    )
    arxiv_url: str = Field("https://export.arxiv.org", description="the address of arXiv's API")
    web_allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="hosts whose pages agents may always read, subdomains included, like wikipedia.org"
    )
    allow_private_web: bool = Field(False, description="let agents read pages of servers with private addresses, too")
    mcp_servers: Annotated[tuple[McpServer, ...], NoDecode, BeforeValidator(_json)] = Field(
        (),
        description="servers of tools (MCP) for agents, a list (JSON) of name, url or command, headers, and the tools that may be called",
    )

    google_client_id: str | None = Field(
        None,
        min_length=8,
        description="the OAuth client of your Google project; Gmail cannot be connected when not set",
    )
    google_client_secret: SecretStr | None = Field(None, min_length=8, description="its secret")
    google_pubsub_topic: str | None = Field(
        None, description="where Gmail tells of new mail, like projects/mine/topics/gmail; polled when not set"
    )
    google_push_audience: str | None = Field(
        None, description="the audience of the tokens of its push subscription; the address of our hook when not set"
    )
    google_push_account: str | None = Field(
        None, description="the service account that signs its pushes; our hook is closed when not set"
    )
    gmail_url: str = Field("https://gmail.googleapis.com", description="the address of Gmail's API")
    google_auth_url: str = Field(
        "https://accounts.google.com/o/oauth2/v2/auth", description="where people allow us their Gmail"
    )
    google_token_url: str = Field("https://oauth2.googleapis.com/token", description="where tokens are had")
    google_revoke_url: str = Field("https://oauth2.googleapis.com/revoke", description="where tokens are given back")
    google_keys_url: str = Field(
        "https://www.googleapis.com/oauth2/v3/certs", description="the keys that Google signs its tokens with (JWKS)"
    )
    gmail_units_per_second: int = Field(250, ge=10, description="Gmail's quota of one user, in its units a second")
    gmail_hook_unverified_per_minute: int = Field(
        100, ge=1, description="calls of Gmail's hook in a minute that one address may make without a valid token"
    )
    gmail_hook_pushes_per_minute: int = Field(
        600, ge=1, description="pushes in a minute that are taken for one Gmail account"
    )
    connections_poll_seconds: int = Field(
        180, ge=10, le=3600, description="how often accounts elsewhere are looked at when nothing tells us of new mail"
    )
    connections_full_look: int = Field(
        200, ge=1, le=5000, description="messages looked at, newest first, when it is unknown what is new"
    )
    api_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (),
        description="pages of other sites that may call the API with a token, like https://app.example.org; by commas or spaces",
    )
    allow_private_accounts: bool = Field(
        False, description="let people connect accounts on servers with private addresses, too"
    )

    @field_validator(
        "postmark_url",
        "ses_url",
        "whatsapp_url",
        "stripe_url",
        "exa_url",
        "searxng_url",
        "brave_url",
        "arxiv_url",
        "gmail_url",
        "google_auth_url",
        "google_token_url",
        "google_revoke_url",
        "google_keys_url",
    )
    @classmethod
    def _service_address(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
            raise ValueError("should be an address like https://api.example.org")
        return None if value is None else value.rstrip("/")

    @field_validator("api_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            parts = urlsplit(each)  # RFC 6454 §6.2: a scheme, a host and a port, and nothing behind them
            if (
                parts.scheme not in ("http", "https")
                or not parts.hostname
                or each != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError("should be origins like https://app.example.org, without a path")
        return value

    def prices(self) -> dict[str, tuple[str, ...]]:
        """The prices of each plan: the one that is sold, then older ones."""
        return {plan: _split(named) for plan, named in self.stripe_prices.items()}

    def missing_of_services(self) -> list[str]:
        """The settings that others need, by name, each with its reason."""
        pairs: list[tuple[Any, str, str]] = [
            (self.send_through == "postmark" and not self.postmark_server_token, "postmark_server_token", "Postmark"),
            (self.send_through == "ses" and not self.ses_region, "ses_region", "SES"),
            (self.ses_access_key_id and not self.ses_secret_access_key, "ses_secret_access_key", "ses_access_key_id"),
            (self.whatsapp_phone_number_id and not self.whatsapp_access_token, "whatsapp_access_token", "WhatsApp"),
            (self.whatsapp_phone_number_id and not self.whatsapp_app_secret, "whatsapp_app_secret", "WhatsApp"),
            (self.whatsapp_phone_number_id and not self.whatsapp_verify_token, "whatsapp_verify_token", "WhatsApp"),
            (self.web_search == "exa" and not self.exa_api_key, "exa_api_key", "searching with Exa"),
            (self.web_search == "searxng" and not self.searxng_url, "searxng_url", "searching with SearXNG"),
            (self.web_search == "brave" and not self.brave_api_key, "brave_api_key", "searching with Brave"),
            (self.stripe_secret_key and not self.stripe_webhook_secret, "stripe_webhook_secret", "Stripe"),
            (self.google_client_id and not self.google_client_secret, "google_client_secret", "connecting Gmail"),
            # Whoever has a project at Google gets tokens of Google's for our audience: only the account tells them apart.
            (self.google_pubsub_topic and not self.google_push_account, "google_push_account", "hearing of new mail"),
        ]
        plans = {plan.id for plan in getattr(self, "plans", ())}  # they are `PageSettings`', a part of `Settings` too
        odd = [f"stripe_prices|there is no plan {plan!r}" for plan in self.stripe_prices if plan not in plans]
        return [f"{name}|{what} needs it" for wrong, name, what in pairs if wrong] + odd
