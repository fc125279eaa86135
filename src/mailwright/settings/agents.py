"""The settings of agents: who thinks, how much a run may cost, what waits for a person. A part of `Settings`."""

from __future__ import annotations

import os
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from mailwright.domain.modelnames import PURPOSES, Purpose, is_model_name

KEY_VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
"""Where the makers of models tell people to keep their keys; used when MAILWRIGHT_MODEL_API_KEY is not set."""


class AgentSettings(BaseSettings):
    """Models, limits of a run, and policy."""

    model: str = Field(
        "rules",
        description="who thinks: rules (built in) or provider:model; several, by comma: the next when one fails",
    )
    model_judge: str | None = Field(None, description="for judging what is a task; `model` when not set")
    model_work: str | None = Field(None, description="for doing tasks; `model` when not set")
    model_triage: str | None = Field(None, description="for triaging an inbox; `model` when not set")
    model_draft: str | None = Field(None, description="for drafting replies; `model` when not set")
    model_extract: str | None = Field(
        None, description="for reading what is to be followed up when; `model` when not set"
    )
    model_template: str | None = Field(
        None, description="for reading what an outreach template asks for; `model` when not set"
    )
    model_research: str | None = Field(
        None, description="for finding facts in pages that were researched; `model` when not set"
    )
    model_compose: str | None = Field(None, description="for composing outreach; `model` when not set")
    model_base_url: str | None = Field(  # may hold a password
        None, description="another address of the provider's API (any OpenAI-compatible server)", repr=False
    )
    model_api_key: SecretStr | None = Field(
        None, min_length=1, description="the provider's key; ANTHROPIC_API_KEY or OPENAI_API_KEY when not set"
    )
    model_timeout_seconds: float = Field(60, gt=0, le=3600, description="how long one call of a model may take")
    model_requests_per_minute: int | None = Field(
        None, ge=1, description="calls of one model in a minute, by all processes together; no limit when not set"
    )
    model_tokens_per_minute: int | None = Field(
        None, ge=1000, description="tokens of one model in a minute, by all processes together; no limit when not set"
    )
    model_monthly_usd: float | None = Field(
        None, ge=0, description="what models may cost in a calendar month, in US dollars; no limit when not set"
    )
    model_transcripts_kept_days: int = Field(
        30, ge=0, description="how long it is kept what was sent to a model; 0 keeps none"
    )
    agent_runtime: Literal["pydantic-ai", "claude-agent-sdk"] = Field(
        "pydantic-ai", description="what runs a task with its tools; claude-agent-sdk needs the extra `claude`"
    )

    judge_threshold: float = Field(0.6, ge=0, le=1, description="below this confidence a mail is not treated as a task")
    task_turns: int = Field(30, ge=1, le=200, description="turns of a model in one run of a task")
    task_tokens: int = Field(500_000, ge=1000, description="tokens of one run of a task, in and out")
    task_usd: float = Field(5.0, ge=0, description="what one run of a task may cost, in US dollars")
    task_seconds: float = Field(900, ge=10, le=24 * 3600, description="how long one run of a task may take")
    task_progress_seconds: int = Field(
        120, ge=10, description="after this long a task's sender is told once that it is being worked on"
    )
    agent_hold_seconds: int = Field(
        0, ge=0, le=7 * 24 * 3600, description="how long what an agent sends is held, to be taken back"
    )
    agent_sends_per_day: int = Field(
        200, ge=1, description="messages agents may send for one person in a day; what is beyond waits for approval"
    )
    approval_days: int = Field(14, ge=1, le=365, description="how long an approval may be given")
    assistant_threshold: float = Field(
        0.7, ge=0, le=1, description="from this confidence that a reply is due one is drafted; owners may set their own"
    )
    assistant_draft_words: int = Field(
        200, ge=20, le=2000, description="words a draft has at most, unless more is asked for"
    )
    assistant_kept_days: int = Field(
        90, ge=1, description="how long what the assistant gathered, asked and drafted is kept beside the mail itself"
    )
    assistant_bulk_at_once: int = Field(
        1000, ge=1, le=100_000, description="mails that one call may ask to be processed again"
    )
    concierge_threshold: float = Field(
        0.6, ge=0, le=1, description="below this confidence the concierge asks whether something is to be followed up"
    )
    concierge_question_days: int = Field(
        7,
        ge=1,
        le=90,
        description="how long the concierge waits for the answer to a question; halfway it asks once more",
    )
    concierge_open: int = Field(
        2000, ge=1, le=100_000, description="follow-ups one person may have waiting at the same time"
    )
    concierge_kept_days: int = Field(
        60,
        ge=1,
        description="how long the text of what people and the concierge wrote to each other, and of follow-ups that ended, is kept",
    )
    concierge_trusts_hook: bool = Field(
        False,
        description="believe the From line of what comes through the mail hook, when it is told to the concierge; only where the "
        "service behind the hook proves who wrote",
    )
    scribe_at_once: int = Field(
        8, ge=1, le=200, description="outreach mails that are written at the same time, by all processes together"
    )
    scribe_per_day: int = Field(
        200, ge=1, le=100_000, description="outreach mails one person may have written in a day"
    )
    scribe_batch: int = Field(500, ge=1, le=10_000, description="recipients of one batch of outreach")
    scribe_sends_per_day: int = Field(
        50, ge=1, le=10_000, description="outreach one person may send in a day; the rest goes on the days after"
    )
    scribe_domain_per_day: int = Field(
        10, ge=1, le=10_000, description="outreach one person may send to addresses of one domain in a day"
    )
    scribe_pages: int = Field(8, ge=1, le=30, description="pages that are read for one mail of outreach, at most")
    scribe_page_seconds: float = Field(8, gt=0, le=60, description="how long one of these pages may take")
    scribe_cache_hours: int = Field(
        24, ge=0, le=24 * 30, description="how long results of searches and pages that were read are used again"
    )
    redaction_presidio: bool = Field(
        False, description="look for names and places with Presidio, too, before a model sees a text (extra `presidio`)"
    )

    def models_for(self, purpose: Purpose) -> tuple[str, ...]:
        """The models to ask, in order."""
        chosen = getattr(self, f"model_{purpose}") or self.model
        return tuple(each.strip() for each in chosen.split(","))

    def api_key_for(self, provider: str) -> SecretStr | None:
        """The key for a provider: ours, or the provider's own variable."""
        if self.model_api_key is not None:
            return self.model_api_key
        theirs = os.environ.get(KEY_VARIABLES.get(provider, ""), "")
        return SecretStr(theirs) if theirs else None

    @field_validator("model", *(f"model_{purpose}" for purpose in PURPOSES))
    @classmethod
    def _model_names(cls, value: str | None) -> str | None:
        for each in (value or "rules").split(","):
            name = each.strip()
            if not is_model_name(name):
                raise ValueError(f"{name!r} should be rules or provider:model, like anthropic:claude-sonnet-4-5")
        return value

    @field_validator("model_base_url")
    @classmethod
    def _model_address(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
            raise ValueError("should be an address like http://127.0.0.1:8000/v1")
        return value
