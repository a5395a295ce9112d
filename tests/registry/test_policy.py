# SPDX-License-Identifier: Apache-2.0
"""The same change under the three policies: pure validation, tolerant readers, generated code."""

import json
from typing import Any

import pytest

from registry.change import EFFECTS
from registry.check import check_documents
from registry.dialect import DRAFT_2020_12
from registry.document import parse
from registry.rules import BACKWARD, FORWARD, POLICIES, rules
from registry.sources import Versions
from registry.verdict import Verdict

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {**opened(required, **properties), "additionalProperties": False}


def opened(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def verdict(old: Any, new: Any, mode: str = "BACKWARD", policy: str = "validation") -> Verdict:
    a, b = (
        parse(json.dumps(each).encode(), f"{name}.json", dialect=DRAFT_2020_12.uri)
        for name, each in (("old", old), ("new", new))
    )
    return check_documents(b, Versions((a,), complete=False), mode, policy)


# old, new, the BACKWARD verdict under validation, lenient and codegen.
CASES = {
    "optional field added to an open object": (opened(a=TEXT), opened(a=TEXT, b=TEXT), "breaking compatible breaking"),
    "required field added to an open object": (opened(a=TEXT), opened(("b",), a=TEXT, b=TEXT), "breaking breaking breaking"),
    "required field with a default added": (opened(a=TEXT), opened(("b",), a=TEXT, b={**TEXT, "default": "x"}), "breaking compatible breaking"),
    "field removed from a closed object": (closed(a=TEXT, b=TEXT), closed(a=TEXT), "breaking compatible breaking"),
    "field removed from an open object": (opened(a=TEXT, b=TEXT), opened(a=TEXT), "compatible compatible breaking"),
    "field of any kind removed": (opened(a=TEXT, b=True), opened(a=TEXT), "compatible compatible breaking"),
    "optional field added to a closed object": (closed(a=TEXT), closed(a=TEXT, b=TEXT), "compatible compatible compatible"),
    "object closed": (opened(a=TEXT), closed(a=TEXT), "breaking compatible breaking"),
    "other fields typed": (opened(a=TEXT), {**opened(a=TEXT), "additionalProperties": WHOLE}, "breaking compatible breaking"),
    "list closed": ({"prefixItems": [TEXT]}, {"prefixItems": [TEXT], "items": False}, "breaking breaking breaking"),
    "field made optional": (closed(("a",), a=TEXT), closed(a=TEXT), "compatible compatible breaking"),
    "enum value added": ({"enum": ["a"]}, {"enum": ["a", "b"]}, "compatible compatible breaking"),
    "format changed": ({**TEXT, "format": "date"}, {**TEXT, "format": "time"}, "compatible compatible breaking"),
    "media type added": (TEXT, {**TEXT, "contentMediaType": "text/html"}, "compatible compatible breaking"),
    "type widened": (WHOLE, {"type": "number"}, "compatible compatible breaking"),
    "branch added": ({"anyOf": [TEXT]}, {"anyOf": [TEXT, WHOLE]}, "compatible compatible breaking"),
    "default changed": ({**TEXT, "default": "a"}, {**TEXT, "default": "b"}, "compatible compatible compatible"),
    "bound raised": ({**TEXT, "maxLength": 3}, {**TEXT, "maxLength": 4}, "compatible compatible compatible"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CASES.values(), ids=CASES.keys())
def test_one_change_under_three_policies(old: Any, new: Any, said: str) -> None:
    """All three are answered at once; the one asked for decides; swapped contracts say the same forwards."""
    expected = dict(zip(POLICIES, said.split(" "), strict=True))
    for policy in POLICIES:
        there, back = verdict(old, new, "BACKWARD", policy), verdict(new, old, "FORWARD", policy)
        assert (dict(there.policies), there.status) == (expected, expected[policy])
        assert (dict(back.policies), back.status) == (expected, expected[policy])
        assert bool(there.difference) == (len(set(expected.values())) > 1)


def test_lenient_only_forgives_and_codegen_only_adds() -> None:
    """No rule is stricter for tolerant readers than for validation, none looser for generated code."""
    rank = {"safe": 0, "warning": 1, "undecided": 2, "breaking": 3}
    for kind in EFFECTS:
        for direction in (BACKWARD, FORWARD):
            lenient, validation, codegen = (
                rank[rules()[kind, direction, policy].level]
                for policy in ("lenient", "validation", "codegen")
            )
            assert lenient <= validation <= codegen, kind
