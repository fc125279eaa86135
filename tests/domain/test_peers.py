"""Peers: who changes the address at will is still one."""

import pytest

from mailwright.domain.peers import customer


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
