# SPDX-License-Identifier: Apache-2.0
"""The one file that knows the CEL engine: compile with a type check, bind a context once, evaluate to a value or an error.

The engine gives evaluation errors back as values (a text that is truthy), so nothing outside this file may see its values:
a check is true, false, or an `Incomputable`, which is neither.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NewType

from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_math, ext_optional, ext_strings

from terms.instant import Instant, to_datetime
from terms.problem import ProblemError

_BOOL, _ERROR = cel.Type.BOOL, cel.Type.ERROR
_TEXTS = frozenset({str})
_INT64 = range(-(1 << 63), 1 << 63)
_POSITION = re.compile(r"<input>:(\d+):(\d+): (.*)", re.DOTALL)
_FLAG = re.compile(r"^[A-Z_]+: |\s*\[[A-Z_]+\]\s*$")


@dataclass(frozen=True, slots=True)
class Incomputable:
    """Why an expression has no answer: a missing key, a wrong type, too much work. Never true and never false."""

    message: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression over one target's variable, `params` and `now`."""

    text: str
    _compiled: Any = field(repr=False, compare=False)

    def check(self, scope: "Scope") -> bool | Incomputable:
        """True or false when the engine answers with a BOOL; everything else is Incomputable."""
        answer = self._answer(scope)
        if isinstance(answer, Incomputable):
            return answer
        value, kind = answer
        if kind == _BOOL:
            return bool(value.value())
        return Incomputable(f"gives {_name(kind)}, not true or false: {self.text}")

    def words(self, scope: "Scope") -> str | Incomputable:
        """The value as text for a message: text, numbers, true or false. Anything else is Incomputable."""
        answer = self._answer(scope)
        if isinstance(answer, Incomputable):
            return answer
        value, kind = answer
        plain = value.plain_value()
        match plain:
            case bool():
                return "true" if plain else "false"
            case str() | int() | float():
                return str(plain)
            case _:
                return Incomputable(f"gives {_name(kind)}, which has no words: {self.text}")

    def _answer(self, scope: "Scope") -> tuple[Any, Any] | Incomputable:
        """The engine's value and its type."""
        try:
            value = self._compiled.eval(scope)
        except RuntimeError as error:  # budgets: iterations, depth
            return Incomputable(_clean(str(error)))
        kind = value.type()
        if kind == _ERROR:
            return Incomputable(_clean(str(value.value())))
        return value, kind


# What the engine evaluates in: the variables as it holds them, made once for all expressions of a rule.
Scope = NewType("Scope", object)


@dataclass(frozen=True, slots=True)
class Bindings:
    """A context made fit for the engine once, for all rules that look at it."""

    variables: Mapping[str, Any]
    _environment: Any = field(repr=False, compare=False)

    def under(self, params: Mapping[str, Any]) -> Scope:
        """The scope of a rule with these parameters."""
        return Scope(self._environment.Activation({**self.variables, "params": params}))


def compile_expression(text: str, variable: str, *, must_be_bool: bool) -> Expression:
    """The expression, type-checked over `variable`, `params` and `now`.

    Raises ProblemError with line and column for a syntax error, an unknown name or function, operands that do not
    fit, and, where a truth value is needed, for any other type. A field of the target has no known type, so a check
    that is just a field passes here and is judged by its value.
    """
    try:
        compiled = _environment(variable).compile(text)
    except RuntimeError as error:
        raise ProblemError(*_placed(str(error), text)) from error
    kind = compiled.return_type()
    if must_be_bool and kind not in (cel.Type.BOOL, cel.Type.DYN):
        raise ProblemError(f"gives {kind.name()}, not true or false", text, "compare it with something")
    return Expression(text, compiled)


def bind(variable: str, context: Mapping[str, Any], now: Instant) -> Bindings | Incomputable:
    """The variables `variable` and `now`; Incomputable, with the path, for a value CEL cannot hold."""
    try:
        fit = context if _are_fit((context,)) else normal(context, variable)
        return Bindings({variable: fit, "now": to_datetime(now)}, _environment(variable))
    except ProblemError as error:
        return Incomputable(str(error))


def normal(value: Any, path: str) -> Any:
    """The value as the engine takes it: texts, booleans, 64-bit whole numbers, finite floats, lists, maps keyed by text.

    Decimals and aware datetimes become text. Raises ProblemError, naming the path, for anything else.
    """
    match value:
        case None | bool():
            return value
        case str():
            return value.encode("utf-8", "replace").decode()  # a lone surrogate would stop the engine
        case int() if value in _INT64:
            return value
        case float() if math.isfinite(value):
            return value
        case Decimal() if value.is_finite():
            return str(value)
        case datetime() if value.tzinfo is not None:
            return value.isoformat()
        case timedelta():
            return value
        case Mapping():
            return {str(key): normal(item, f"{path}.{key}") for key, item in value.items()}
        case list() | tuple():
            return [normal(item, f"{path}[{index}]") for index, item in enumerate(value)]
        case set() | frozenset():
            return sorted(normal(item, path) for item in value)
        case _:
            raise ProblemError(f"{value!r} is not a value a rule can look at", where=path)


def _are_fit(values: Iterable[Any]) -> bool:
    """Whether `normal` would give the very same: so it is with nearly every context, and asking costs a quarter."""
    for value in values:
        kind = type(value)
        if kind is str:
            fits = value.isascii()
        elif kind is dict:
            fits = _TEXTS.issuperset(map(type, value)) and _are_fit(value.values())
        elif kind is list:
            fits = _are_fit(value)
        else:
            fits = value is None or kind is bool or (kind is int and value in _INT64)
        if not fits:
            return False
    return True


@cache
def _environment(variable: str) -> Any:
    kind = cel.Type
    return cel.NewEnv(
        variables={
            variable: kind.Map(kind.STRING, kind.DYN),
            "params": kind.Map(kind.STRING, kind.DYN),
            "now": kind.TIMESTAMP,
        },
        extensions=[
            ext_optional.ExtOptional(),
            ext_strings.ExtStrings(),
            ext_math.ExtMath(),
            ext_bindings.ExtBindings(),
        ],
    )


def _name(kind: Any) -> str:
    return str(kind.name()).lower()


def _placed(message: str, text: str) -> tuple[str, str, str]:
    """What is wrong and where in the expression, from the engine's report."""
    found = _POSITION.search(message)
    if not found:
        return _clean(message), text, "write a shorter expression"
    line, column, rest = found.groups()
    return _clean(rest.split("\n", 1)[0]), f"line {line} column {column} of '{text}'", ""


def _clean(message: str) -> str:
    return _FLAG.sub("", _FLAG.sub("", message)).strip()
