from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.addresses import IPV4, IPV6, canonical


@given(st.ip_addresses(v=6), st.booleans())
def test_every_spelling_of_an_ipv6_address_has_one_form(address, exploded):
    text = address.exploded.upper() if exploded else str(address)
    form = canonical(text, IPV6)
    assert form is not None
    assert ipaddress.ip_address(form) == address
    assert canonical(form, IPV6) == form


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_left_as_it_is(address):
    assert canonical(str(address), IPV4) == str(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.1/24",
        "10.0.0.1\n",
        "10.0.0.1\0",
        "web",
        "\ud800",
        "x" * 10**6,
    ],
)
@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_what_is_no_address_has_no_form(text, family):
    assert canonical(text, family) is None


def test_an_address_of_the_other_family_has_no_form():
    assert canonical("2001:db8::1", IPV4) is None
    assert canonical("10.0.0.1", IPV6) is None
