"""The settings of the pages people open in a browser: words, links and plans. A part of `Settings`, which inherits them."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from mailwright.domain import brand as words
from mailwright.domain.addresses import Address
from mailwright.domain.brand import Brand
from mailwright.domain.plans import STANDARD, Plan
from mailwright.domain.refusals import BadAddress


def _json(value: object) -> object:
    """What a variable of the environment holds; a settings file has the list itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("should be a list in JSON") from None


class PageSettings(BaseSettings):
    """What the landing page, the application in the browser and the mails of sign-in say."""

    brand_name: str = Field(words.NAME, min_length=1, max_length=60, description="what our pages and mails call us")
    brand_tagline: str = Field(
        words.TAGLINE, min_length=1, max_length=120, description="the headline of the first page"
    )
    brand_description: str = Field(
        words.DESCRIPTION, max_length=300, description="what stands below it, and what search engines show"
    )
    employee_address: str | None = Field(
        None, description="where the first page sends people's tasks; the first employee's address when not set"
    )
    support_email: str | None = Field(
        None, description="whom people ask for help; the postmaster of the first domain when not set"
    )
    legal_url: str | None = Field(None, description="the page with your legal notice; no link when not set")
    status_url: str | None = Field(None, description="your status page; the one built in, /status, when not set")
    plans: Annotated[tuple[Plan, ...], NoDecode, BeforeValidator(_json)] = Field(
        STANDARD,
        min_length=1,
        description="what tasks cost, a list (JSON) of id, name, price_usd_month, tasks (null: unlimited) and period (ever, "
        "month, year); everybody begins with the first",
    )

    @property
    def brand(self) -> Brand:
        """What our pages say."""
        return Brand(
            self.brand_name,
            self.brand_tagline,
            self.brand_description,
            self.employee_address,
            self.support_email,
            self.legal_url,
            self.status_url,
        )

    @field_validator("employee_address", "support_email")
    @classmethod
    def _mail_address(cls, value: str | None) -> str | None:
        try:
            return None if value is None else str(Address.parse(value))
        except BadAddress as error:
            raise ValueError(str(error)) from None

    @field_validator("legal_url", "status_url")
    @classmethod
    def _page(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
            raise ValueError("should be a web address like https://example.org/legal")
        return value

    @field_validator("plans")
    @classmethod
    def _plans(cls, value: tuple[Plan, ...]) -> tuple[Plan, ...]:
        if len({plan.id for plan in value}) < len(value):
            raise ValueError("two plans have the same id")
        for plan in value:
            if plan.price_usd_month < 0 or (plan.tasks is not None and plan.tasks < 0):
                raise ValueError(f"the plan {plan.id} has a number below 0")
        return value
