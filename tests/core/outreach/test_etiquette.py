"""What stands below outreach: who writes, how to be left alone, in the mail's language, and never a link that leads nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailwright.core import Core
from mailwright.core.outreach import etiquette, unsubscribing
from mailwright.core.outreach.etiquette_table import LINES
from mailwright.domain.addresses import Address
from mailwright.domain.ids import new_id

ADA, AMARA = Address.parse("ada@mailwright.test"), Address.parse("amara@tides.example")


@pytest.mark.parametrize("language", sorted(LINES))
def test_every_language_says_how_to_be_left_alone_with_and_without_a_link(language: str) -> None:
    clicked = etiquette.below(language, "Ada, London", "https://mail.mailwright.test/unsubscribe/x")
    answered = etiquette.below(language, "Ada, London", "")
    assert clicked.startswith("-- \nAda, London\n\n")
    assert clicked.endswith(" https://mail.mailwright.test/unsubscribe/x")
    assert "http" not in answered
    assert len(answered.splitlines()[-1]) > 40


def test_a_language_nobody_speaks_here_and_a_missing_note_do_no_harm() -> None:
    assert etiquette.below("xx", "", "") == etiquette.below("en-GB", " ", "")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]",
        "http://10.1.2.3",
        "https://mail.local",
        "http://mail",
    ],
)
def test_there_is_no_link_to_pages_that_only_we_can_reach(core: Core, url: str) -> None:
    core.settings = replace(core.settings, public_url=url)
    assert etiquette.link(core, new_id(), AMARA) == ""


def test_a_link_names_nobody_and_is_read_back(core: Core) -> None:
    core.settings = replace(core.settings, public_url="https://mail.mailwright.test")
    tenant = new_id()
    link = etiquette.link(core, tenant, AMARA)
    assert "amara" not in link
    assert "tides" not in link
    found = unsubscribing.read(core, link.rpartition("/")[2])
    assert found == unsubscribing.Wish(tenant, "amara@tides.example")


def test_the_one_click_is_offered_only_where_pages_come_by_tls() -> None:
    names = [name for name, _ in etiquette.header_fields(ADA, "https://mail.mailwright.test/unsubscribe/x")]
    assert names == ["List-Unsubscribe", "List-Unsubscribe-Post"]
    assert [name for name, _ in etiquette.header_fields(ADA, "http://mail.mailwright.test/unsubscribe/x")] == names[:1]
    assert dict(etiquette.header_fields(ADA, "")) == {
        "List-Unsubscribe": "<mailto:ada@mailwright.test?subject=unsubscribe>"
    }


def test_what_has_a_meaning_in_a_link_is_quoted() -> None:
    [(_, value)] = etiquette.header_fields(Address.parse("a?b&c%d@mailwright.test"), "")
    assert value == "<mailto:a%3Fb%26c%25d@mailwright.test?subject=unsubscribe>"
