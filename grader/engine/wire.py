"""The language between the grader and a submission: values only, bounded, checked field by field.

A message is a frame: the lengths of two parts, a JSON part, and the raw bytes of its arrays.
Nothing is ever pickled or evaluated. What comes from a submission is a claim.
"""

import json
import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.checking.probe import Observation, Raised
from grader.checking.values import MAX_BYTES, MAX_DEPTH, MAX_ITEMS, MAX_TEXT, Opaque, Rng

MAX_JSON = 16 << 20
_WATCH_SECONDS = 0.05
_HEADER = struct.Struct(">II")
_NUMBERS = ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g")
# In both orders of bytes: that it is another than asked for is the judge's to say.
_DTYPES = {np.dtype(order + name).str for name in _NUMBERS for order in "<>"}


class WireError(Exception):
    """A message that is too large, cut off or not of the form it must have."""


class Closed(WireError):
    """The other side is gone."""


class TimedOut(WireError):
    """The other side did not answer in time."""


def send(connection: socket.socket, message: dict[str, Any], blob: bytes = b"") -> None:
    """Send one message with the bytes of its arrays."""
    text = json.dumps(message, allow_nan=False).encode()
    try:
        connection.sendall(b"".join((_HEADER.pack(len(text), len(blob)), text, blob)))
    except TimeoutError:
        raise TimedOut("it did not read what was sent") from None
    except OSError as error:
        raise Closed(str(error)) from None


def receive(
    connection: socket.socket,
    deadline: float | None = None,
    watch: Callable[[], None] | None = None,
) -> tuple[dict[str, Any], bytes]:
    """Receive one message.

    Args:
        connection: where from.
        deadline: ``time.monotonic()`` value after which to give up.
        watch: is called every so often while nothing comes; what it raises ends the waiting. It
            needs a deadline.

    Raises:
        Closed, TimedOut, WireError: see there.
    """
    json_size, blob_size = _HEADER.unpack(_exactly(connection, _HEADER.size, deadline, watch))
    if json_size > MAX_JSON or blob_size > MAX_BYTES:
        raise WireError("a message larger than allowed")
    text = _exactly(connection, json_size, deadline)
    blob = _exactly(connection, blob_size, deadline)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("a message that is not JSON") from None
    if not isinstance(message, dict):
        raise WireError("a message that is not an object")
    return message, blob


def _exactly(
    connection: socket.socket,
    size: int,
    deadline: float | None,
    watch: Callable[[], None] | None = None,
) -> bytes:
    parts, left = [], size
    while left:
        if deadline is not None:
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                raise TimedOut("no answer in time")
            connection.settimeout(min(seconds, _WATCH_SECONDS) if watch else seconds)
        try:
            part = connection.recv(min(left, 1 << 20))
        except TimeoutError:
            if watch:
                watch()
                continue
            raise TimedOut("no answer in time") from None
        except OSError as error:
            raise Closed(str(error)) from None
        if not part:
            raise Closed("the connection was closed")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class Packer:
    """Turns plain values into JSON and collects the bytes of their arrays in ``blob``."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def blob(self) -> bytes:
        """The bytes of all arrays packed so far."""
        return b"".join(self._parts)

    def pack(self, value: Any) -> list:
        """A plain value as tagged JSON."""
        if value is None:
            return ["none"]
        if isinstance(value, bool):
            return ["bool", value]
        if isinstance(value, int):
            return ["int", str(value)]
        if isinstance(value, float):
            return ["float", value.hex()]
        if isinstance(value, str):
            return ["str", value]
        if isinstance(value, np.ndarray):
            data = np.ascontiguousarray(value).tobytes()
            start, self._size = self._size, self._size + len(data)
            self._parts.append(data)
            return ["array", value.dtype.str, list(value.shape), start]
        if isinstance(value, tuple | list):
            return [type(value).__name__, [self.pack(item) for item in value]]
        if isinstance(value, dict):
            return ["dict", [[self.pack(key), self.pack(item)] for key, item in value.items()]]
        if isinstance(value, Rng):
            return ["rng", value.seed]
        if isinstance(value, Opaque):
            return ["opaque", value.what]
        raise TypeError(f"{type(value).__name__} is not a plain value")


def unpack(tagged: Any, blob: bytes) -> Any:
    """The plain value of tagged JSON and its bytes.

    Raises:
        WireError: it is not of the form that :class:`Packer` writes.
    """
    try:
        return _unpack(tagged, blob, [MAX_ITEMS * 2, len(blob)], MAX_DEPTH * 2)
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"a value of the wrong form ({type(error).__name__})") from None


def _unpack(tagged: Any, blob: bytes, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise WireError("a value with too many parts")
    if not isinstance(tagged, list) or not tagged or not isinstance(tagged[0], str):
        raise WireError("a value without a tag")
    tag, *rest = tagged
    if tag == "none" and not rest:
        return None
    if tag == "array" and len(rest) == 3:
        return _unpack_array(rest[0], rest[1], rest[2], blob, left)
    (body,) = rest
    if tag == "bool" and isinstance(body, bool):
        return body
    if tag == "int" and isinstance(body, str) and len(body) <= 20:
        return int(body)
    if tag == "float" and isinstance(body, str) and len(body) <= 40:
        return float.fromhex(body)
    if tag == "str" and isinstance(body, str) and len(body) <= MAX_TEXT:
        return storable(body)
    if tag == "opaque" and isinstance(body, str):
        return Opaque(storable(body[:200]))
    if tag == "rng" and type(body) is int:
        return Rng(body)
    if tag in ("tuple", "list") and isinstance(body, list):
        items = [_unpack(item, blob, left, depth - 1) for item in body]
        return tuple(items) if tag == "tuple" else items
    if tag == "dict" and isinstance(body, list):
        pairs = [(_unpack(k, blob, left, 0), _unpack(v, blob, left, depth - 1)) for k, v in body]
        if all(type(key) in (str, int) for key, _ in pairs):
            return dict(pairs)
    raise WireError(f"a value that is no {tag[:20]}")


def _unpack_array(dtype: Any, shape: Any, start: Any, blob: bytes, left: list[int]) -> np.ndarray:
    if dtype not in _DTYPES or not isinstance(shape, list) or len(shape) > 8:
        raise WireError("an array of a kind that is not allowed")
    if not all(type(n) is int and 0 <= n < 1 << 40 for n in (*shape, start)):
        raise WireError("an array with an impossible shape")
    count = math.prod(shape)
    size = count * np.dtype(dtype).itemsize
    if start + size > len(blob):
        raise WireError("an array longer than its bytes")
    left[1] -= size
    if left[1] < 0:
        raise WireError("arrays that share their bytes")
    return np.frombuffer(blob, dtype, count, start).reshape(shape).copy()


def pack_observation(observation: Observation) -> tuple[dict[str, Any], bytes]:
    """An observation as a message and its bytes; too large an output becomes Opaque."""
    packer = Packer()
    output = packer.pack(observation.output)
    raised = observation.raised
    message = {
        "output": output,
        "raised": [raised.type, raised.message, raised.line] if raised else None,
        "changed": list(observation.changed),
        "aliases": list(observation.aliases),
        "warned": list(observation.warned),
        "printed": observation.printed,
        "global_random": observation.global_random,
        "seconds": observation.seconds,
    }
    return message, packer.blob


def unpack_observation(message: Any, blob: bytes) -> Observation:
    """The observation that a message claims.

    Raises:
        WireError: a field is missing or of the wrong kind.
    """
    try:
        raised = message["raised"]
        if raised is not None:
            raised = Raised(*(_text(part, 500) for part in _list(raised, 3)))
        return Observation(
            output=unpack(message["output"], blob),
            raised=raised,
            changed=tuple(_text(part, 100) for part in _list(message["changed"], 100)),
            aliases=tuple(int(part) for part in _list(message["aliases"], 100)),
            warned=tuple(_text(part, 200) for part in _list(message["warned"], 3)),
            printed=_text(message["printed"], MAX_TEXT),
            global_random=bool(message["global_random"]),
            seconds=float(message["seconds"]),
        )
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"an observation of the wrong form ({type(error).__name__})") from None


def storable(text: Any) -> str:
    """A text without what no file can hold, one half of a surrogate pair.

    Args:
        text: a claim; what is no text is told as one.
    """
    return str(text).encode("utf-8", "replace").decode("utf-8")


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise WireError("a text that is none")
    return storable(value[:longest])


def _list(value: Any, longest: int) -> list:
    if not isinstance(value, list) or len(value) > longest:
        raise WireError("a list that is none, or too long")
    return value
