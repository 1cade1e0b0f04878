"""What real agents sent, twisted: keys gone, renamed and doubled, values of other types, much too large or hostile."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from tests.hostile import CORPUS


def nested(depth: int) -> Any:
    """Lists in lists."""
    tree: Any = "deep"
    for _ in range(depth):
        tree = [tree]
    return tree


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e308, float("nan"),
    float("inf"), "", " ", "0", "-1", "1e400", "NaN", "true", "null", "9" * 400, "x" * 10_000, "2026-13-45T99:99:99Z",
    "\ud83d", [], {}, [None], [[]], {"": ""}, {"a": {"b": None}}, nested(60), ["x"] * 300, *CORPUS.values(),
)  # fmt: skip
"""Values that nobody means."""


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a tree with each of its keys or places."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inside:
        yield tree, key
        yield from places(value)


def twisted(tree: Any, chance: random.Random, times: int) -> Any:
    """A copy of some JSON, twisted in some places."""
    fresh = json.loads(json.dumps(tree))
    for _ in range(times):
        found = list(places(fresh))
        if not found:
            return odd(chance)
        holder, key = chance.choice(found)
        match chance.randrange(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[chance.choice([*holder, *CORPUS.values()])] = holder.pop(key)
            case 2:
                other, place = chance.choice(found)
                holder[key] = json.loads(json.dumps(other[place])) if place in keys(other) else None
            case _:
                holder[key] = odd(chance)
    return fresh


def odd(chance: random.Random) -> Any:
    """A value that nobody means, and that nobody else holds."""
    return copy.deepcopy(chance.choice(ODD))


def keys(holder: Any) -> Any:
    """What a container can be asked for now."""
    return holder if isinstance(holder, dict) else range(len(holder))


def twist_value(value: Any, strange: Any) -> None:
    """Make a slim AnyValue hold something odd, as far as protobuf can."""
    match strange:
        case bool():
            value.b = strange
        case int() if -(2**63) <= strange < 2**63:
            value.i = strange
        case float():
            value.d = strange
        case str():
            value.s = strange.encode("utf-8", "replace").decode()
        case list():
            for _ in range(min(len(strange), 5)):
                value.a.values.add().s = "one of several"
        case _:
            value.Clear()
