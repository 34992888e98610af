"""The language between grader and submission: what goes over, and what is refused."""

import json
import socket
import struct
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.checking.probe import Observation, Raised
from grader.checking.values import Rng
from grader.engine import wire

numbers = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_]), hnp.array_shapes(min_dims=0)
)
plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 62), 1 << 62)
    | st.floats()
    | st.text(max_size=20)
    | st.builds(Rng, st.integers(0, 9))
    | numbers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def same(a, b):
    if isinstance(a, np.ndarray):
        equal = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and equal
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and (a == b or (a != a and b != b))


@given(plain_values)
def test_a_plain_value_comes_back_as_it_was(value):
    packer = wire.Packer()
    tagged = json.loads(json.dumps(packer.pack(value)))
    assert same(wire.unpack(tagged, packer.blob), value)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", np.typecodes["AllInteger"] + np.typecodes["Float"] + "?")
def test_numbers_of_any_size_and_order_come_back_as_they_were(kind, order):
    value = np.arange(6).reshape(2, 3).astype(np.dtype(kind).newbyteorder(order))
    packer = wire.Packer()
    assert same(wire.unpack(json.loads(json.dumps(packer.pack(value))), packer.blob), value)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        | st.tuples(st.sampled_from(["array", "dict", "int", "float", "tuple", "str"]), inner).map(
            list
        )
    ),
    max_leaves=12,
)


@given(anything, st.binary(max_size=40))
def test_anything_else_is_refused_or_plain_and_never_an_accident(tagged, blob):
    try:
        value = wire.unpack(tagged, blob)
    except wire.WireError:
        return
    wire.Packer().pack(value)


@pytest.mark.parametrize(
    "tagged",
    [
        ["array", "<f8", [1 << 39], 0],
        ["array", "<f8", [-1], 0],
        ["array", "|O", [1], 0],
        ["array", "<f8", [1, 2], 8],
        ["array", "<M8[s]", [1], 0],
        ["array", "<f8", [0.5], 0],
        ["int", "9" * 21],
        ["float", "1" * 41],
        ["tuple", "not a list"],
        ["exec", "1"],
        ["none", 1],
        [],
        None,
    ],
)
def test_a_forged_value_is_refused(tagged):
    with pytest.raises(wire.WireError):
        wire.unpack(tagged, bytes(16))


def test_nesting_without_end_is_refused():
    deep = ["none"]
    for _ in range(500):
        deep = ["list", [deep]]
    with pytest.raises(wire.WireError):
        wire.unpack(deep, b"")


@given(
    st.builds(
        Observation,
        output=numbers,
        raised=st.none()
        | st.builds(Raised, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)),
        changed=st.lists(st.text(max_size=5), max_size=3).map(tuple),
        aliases=st.lists(st.integers(0, 9), max_size=3).map(tuple),
        printed=st.text(max_size=30),
        global_random=st.booleans(),
    )
)
def test_an_observation_comes_back_as_it_was(observation):
    message, blob = wire.pack_observation(observation)
    again = wire.unpack_observation(json.loads(json.dumps(message)), blob)
    assert same(again.output, observation.output)
    for name in ("raised", "changed", "aliases", "printed", "global_random", "seconds"):
        assert getattr(again, name) == getattr(observation, name)


@given(st.dictionaries(st.sampled_from(["output", "raised", "changed", "printed"]), anything))
def test_a_forged_observation_is_refused(message):
    with pytest.raises(wire.WireError):
        wire.unpack_observation(message, b"")


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_message_and_its_bytes_arrive(pair):
    ours, theirs = pair
    wire.send(theirs, {"a": 1}, b"xyz")
    assert wire.receive(ours, time.monotonic() + 1) == ({"a": 1}, b"xyz")


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">II", 0xFFFFFFFF, 0),
        struct.pack(">II", 2, 0xFFFFFFFF) + b"{}",
        struct.pack(">II", 2, 0) + b"[]",
        struct.pack(">II", 2, 0) + b"\xff\xff",
        struct.pack(">II", 100_000, 0) + b"[" * 100_000,
    ],
)
def test_a_forged_frame_is_refused(pair, frame):
    ours, theirs = pair
    theirs.setblocking(False)
    theirs.send(frame)
    with pytest.raises(wire.WireError):
        wire.receive(ours, time.monotonic() + 1)


def test_a_message_that_trickles_in_ends_at_the_deadline(pair):
    ours, theirs = pair
    theirs.send(struct.pack(">II", 10, 0) + b"{")
    start = time.monotonic()
    with pytest.raises(wire.TimedOut):
        wire.receive(ours, time.monotonic() + 0.2)
    assert time.monotonic() - start < 10


def test_a_closed_connection_is_told(pair):
    ours, theirs = pair
    theirs.send(b"\x00\x00")
    theirs.close()
    with pytest.raises(wire.Closed):
        wire.receive(ours, time.monotonic() + 1)
