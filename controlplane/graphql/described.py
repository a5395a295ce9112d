# SPDX-License-Identifier: Apache-2.0
"""Descriptions in the schema are our docstrings: written once, beside the code they are about."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from typing_extensions import dataclass_transform

C = TypeVar("C", bound=type)


@dataclass_transform(field_specifiers=(strawberry.field,))
def noun(cls: C) -> C:
    """A GraphQL type of the class's name."""
    return strawberry.type(cls, description=inspect.getdoc(cls))


@dataclass_transform(field_specifiers=(strawberry.field,))
def noun_named(name: str) -> Callable[[C], C]:
    """A GraphQL type of another name than the class, where Python has taken it."""
    return lambda cls: strawberry.type(cls, name=name, description=inspect.getdoc(cls))


@dataclass_transform(field_specifiers=(strawberry.field,))
def asked(cls: C) -> C:
    """A GraphQL input."""
    return strawberry.input(cls, description=inspect.getdoc(cls))


def answer(resolver: Callable[..., Any]) -> Any:
    """A field that a function answers."""
    return strawberry.field(resolver=resolver, description=inspect.getdoc(resolver))


def change(resolver: Callable[..., Any]) -> Any:
    """A mutation."""
    return strawberry.mutation(resolver=resolver, description=inspect.getdoc(resolver))
