from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.address import Address, AddressError

WORD = st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable())
HOST = st.one_of(
    st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=9),
    st.sampled_from(["127.0.0.1", "::1", "/run/a b", "/data/å&?#=%/x"]),
)


@given(
    st.builds(
        Address,
        user=WORD,
        database=WORD,
        host=HOST,
        port=st.integers(1, 65535),
        password=st.none() | WORD,
        options=st.dictionaries(st.sampled_from(["sslmode", "target"]), WORD).map(
            lambda options: tuple(options.items())
        ),
    )
)
def test_a_url_says_what_its_address_says(address: Address) -> None:
    assert Address.parse(address.url) == address


def test_a_login_never_takes_the_old_password_along() -> None:
    owner = Address.parse("postgresql://owner:hunter2@h/connect")
    assert owner.login("other").url == "postgresql://other@h:5432/connect"


def test_the_password_stays_out_of_the_repr() -> None:
    assert "hunter2" not in repr(Address.parse("postgresql://owner:hunter2@h/connect"))


@pytest.mark.parametrize(
    "url",
    ["", "connect", "http://u@h/d", "postgresql://h/d", "postgresql://u@/d", "postgresql://u@h",
     "postgresql://u@h:0x10/d", "postgresql://u@/d?host=/s&port=x"],
)  # fmt: skip
def test_an_incomplete_url_is_refused(url: str) -> None:
    with pytest.raises(AddressError):
        Address.parse(url)
