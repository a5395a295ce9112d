# SPDX-License-Identifier: Apache-2.0
"""JSON from strangers: one meaning only. No NaN, no key twice, no nesting that overflows a stack."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from terms.problem import ProblemError

DEEPEST = 64


def strict_json(body: bytes | str, *, is_exact: bool = False) -> Any:
    """The value of a JSON text (RFC 8259); fractions are Decimal where it must be exact. Raises ProblemError that says what is wrong and where it begins.

    Refused although Python reads them: NaN and Infinity, duplicate keys, more than 64 levels, integers of thousands
    of digits, bytes that are not UTF-8.
    """
    try:
        value = json.loads(
            body,
            parse_float=Decimal if is_exact else None,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except ProblemError:
        raise
    except UnicodeDecodeError as error:
        raise ProblemError("the body is not UTF-8", f"byte {error.start}", "send UTF-8") from error
    except json.JSONDecodeError as error:
        raise ProblemError(
            f"the body is not JSON: {error.msg}",
            f"line {error.lineno}, column {error.colno}",
            "send valid JSON",
        ) from error
    except ValueError as error:
        raise ProblemError("a number has too many digits", do="send it as a string") from error
    except RecursionError as error:
        raise _too_deep() from error
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            raise _too_deep()
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]


def _too_deep() -> ProblemError:
    return ProblemError(f"the body is nested deeper than {DEEPEST} levels", do="send a flatter document")


def _no_constant(name: str) -> NoReturn:
    raise ProblemError(f"{name} is not JSON", do="send null or leave the key out")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ProblemError(f"key '{twice[:80]}' stands twice", do="send each key once")
    return result
