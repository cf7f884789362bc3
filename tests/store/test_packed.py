"""Packed values: small, and refused when they are not whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.packed import PackedError, pack, pack_bytes, unpack, unpack_bytes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_packed_comes_back(value: object) -> None:
    assert unpack(pack(value)) == value


@given(st.binary(max_size=2000))
def test_bytes_come_back_whole(raw: bytes) -> None:
    assert unpack_bytes(pack_bytes(raw)) == raw


def test_an_ordinary_act_shrinks_to_less_than_half() -> None:
    act = {
        "facts": [
            ["interview.accepted", True, "form", "hold_return_interview"],
            ["risk.level", "high", "form"],
        ],
        "happened": [["task_completed", "return-interview", "hold_interview", {"task": "t3"}]],
    }
    assert len(pack(act)) < len(str(act)) / 2


@pytest.mark.parametrize("damage", [b"", b"\x09abc", b"\x01", b"\x01\xff\xff\xff"])
def test_damaged_bytes_are_refused(damage: bytes) -> None:
    with pytest.raises(PackedError):
        unpack_bytes(damage)


def test_bytes_that_were_cut_off_are_refused() -> None:
    with pytest.raises(PackedError):
        unpack_bytes(pack_bytes(b"a long enough text that is cut off in its middle" * 3)[:-4])
