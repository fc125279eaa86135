"""Peers: who changes the address at will is still one."""

import pytest

from mailwright.domain.peers import customer, plain


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("[192.0.2.1]", "192.0.2.1"),
        ("[IPv6:2001:db8:1:2::1]", "2001:db8:1:2::"),
        ("unknown", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_client_is_counted_for_its_customer(address: str, counted: str) -> None:
    assert customer(address) == counted


@pytest.mark.parametrize(
    ("address", "plainly"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv4_address_is_written_as_one_in_whatever_form_it_comes(address: str, plainly: str) -> None:
    assert plain(address) == plainly
