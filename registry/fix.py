# SPDX-License-Identifier: Apache-2.0
"""How could a breaking change be repaired? By a JSON Patch (RFC 6902) of the new contract, kept only if a new check clears the finding."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import unquote

from registry.api.traits import applied
from registry.change import ABSENT
from registry.compare import compare
from registry.document import Document, parse
from registry.effort import spend, within
from registry.finding import Finding
from registry.json_lines import unescape
from registry.json_patch import Operation, PatchError, patched, value_at
from registry.json_value import key
from registry.rules import Level
from registry.verdict import Verdict, judge, with_findings
from terms import canonical_json
from terms.problem import ProblemError

Patch = tuple[Operation, ...]

_MOST_TEXT = (
    300_000  # characters of both contracts; every patch is checked, which takes as long as the check itself
)
_MOST_PATCHES = 25
_CHARACTERS = 8  # of a contract that are read and compared in about a step

MOST_STEPS = 300_000
"""Steps spent on patches of a new version against one old; what is left over has none."""

_ANNOTATIONS = ("title", "description", "deprecated", "$comment", "examples")
_TWINS = {
    "minimum": "exclusiveMinimum",
    "exclusiveMinimum": "minimum",
    "maximum": "exclusiveMaximum",
    "exclusiveMaximum": "maximum",
}
_FAILS = (Level.BREAKING, Level.UNDECIDED)


def repaired(verdict: Verdict, new: Document, olds: Iterable[Document], on: date | None = None) -> Verdict:
    """The verdict with a patch on each breaking finding that one clears without breaking anything else.

    `on` is the day that the verdict was made for: a patch is checked as of the same day, so that a sunset that has come
    has come for it too. At most 25 findings against each old version are tried, and none of contracts too large to check
    again and again.
    """
    findings = list(verdict.findings)
    for old in olds:
        if old.type == new.type and len(old.text) + len(new.text) <= _MOST_TEXT:
            within(MOST_STEPS, partial(_repair, verdict, old, new, findings, on), None)
    return with_findings(verdict, findings)


def _repair(verdict: Verdict, old: Document, new: Document, findings: list[Finding], on: date | None) -> None:
    """Puts a patch on those of the findings that one repairs, as far as the steps reach."""
    asked = [p for p, finding in enumerate(findings) if finding.against == old.name and _breaks(finding)]
    for place in asked[:_MOST_PATCHES]:
        findings[place] = replace(findings[place], patch=_patch(verdict, findings[place], old, new, on))


def _breaks(finding: Finding) -> bool:
    return finding.level == Level.BREAKING or Level.BREAKING in finding.levels.values()


def _patch(verdict: Verdict, finding: Finding, old: Document, new: Document, on: date | None) -> Patch:
    before = _failing(verdict.findings, finding.against)
    if any(f"{finding.pointer_new}/".startswith(f"{copy.pointer}/") for copy in new.copies):
        return ()  # what is to be mended stands in another file
    for patch in _candidates(finding, applied(old.schema).data, new.schema.data):
        if any(step.get("value") is ABSENT for step in patch):
            continue  # what stood there was put together from several places
        spend((len(old.text) + len(new.text)) // _CHARACTERS)
        repaired_new = _applied(patch, new)
        if repaired_new is None:
            continue
        pairs = [(old, compare(old, repaired_new, on))]
        after = judge(pairs, repaired_new, verdict.mode, verdict.policy, all_versions=True)
        left = _failing(after.findings, finding.against)
        if left <= before and left[_identity(finding)] < before[_identity(finding)]:
            return patch
    return ()


def _failing(findings: Sequence[Finding], against: str) -> Counter[tuple[str, ...]]:
    """What fails under any policy, told apart by its place in the old contract: places in the new one may move."""
    return Counter(
        _identity(each)
        for each in findings
        if each.against == against and any(level in _FAILS for level in (each.level, *each.levels.values()))
    )


def _identity(finding: Finding) -> tuple[str, ...]:
    named = finding.after if finding.rule.endswith("required-added") else ""
    return (finding.rule, finding.direction, finding.pointer_old, named)


def _applied(patch: Patch, new: Document) -> Document | None:
    """The document after the patch; None when that is no contract."""
    try:
        data = patched(new.schema.data, patch)
        if new.type != "json-schema" and any(value_at(data, ref) is ABSENT for ref in _references(data)):
            return None
        text = canonical_json.text(data).encode()
        return parse(text, new.name, "json", new.schema.dialect.uri)
    except (PatchError, ProblemError):
        return None


def _references(data: Any) -> Iterator[str]:
    """The places inside the document that it refers to; reading a contract checks these, reading an API does not."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    if isinstance(data, dict) and isinstance(data.get("$ref"), str) and data["$ref"].startswith("#/"):
        yield unquote(data["$ref"][1:])
    for item in inner:
        yield from _references(item)


def _candidates(finding: Finding, old: Any, new: Any) -> Iterator[Patch]:
    """Patches that may help, the one that changes least first."""
    place, was = finding.pointer_new, value_at(old, finding.pointer_old)
    now = value_at(new, place)
    rule = finding.rule.rpartition(".")[2]
    yield from _special(rule, finding, was, now, new)
    yield from _restored(finding.pointer_old, was, place, now)
    if was is not ABSENT and finding.pointer_old != place:
        yield ({"op": "add", "path": finding.pointer_old, "value": was},)
    above_old, above_new = _above(finding.pointer_old), _above(place)
    if above_new.count("/") > 1 and _name(above_old) == _name(above_new):
        yield ({"op": "replace", "path": above_new, "value": value_at(old, above_old)},)


def _restored(place_old: str, was: Any, place: str, now: Any) -> Iterator[Patch]:
    """What it was before: the same keyword's value, a member or item that is gone, or without one that came."""
    if _name(place_old) == _name(place):
        if was is not ABSENT:
            yield ({"op": "add" if now is ABSENT else "replace", "path": place, "value": was},)
        elif now is not ABSENT and place:
            yield ({"op": "remove", "path": place},)
    elif _name(_above(place_old)) == _name(place) and was is not ABSENT and now is not ABSENT:
        end = "-" if isinstance(now, list) else _name(place_old)
        yield ({"op": "add", "path": f"{place}/{end}", "value": was},)
    elif _name(_above(place)) == _name(place_old) and now is not ABSENT:
        yield ({"op": "remove", "path": place},)


def _special(rule: str, finding: Finding, was: Any, now: Any, new: Any) -> Iterator[Patch]:
    place = finding.pointer_new
    match rule:
        case "values-removed" if isinstance(was, list) and isinstance(now, list):
            kept = {key(value) for value in now}
            yield tuple(
                {"op": "add", "path": f"{place}/-", "value": value} for value in was if key(value) not in kept
            )
        case "required-added" | "required-with-default-added":
            yield ({"op": "remove", "path": place},)
        case "required-removed" | "required-with-default-removed":
            add: Operation = {"op": "add", "path": f"{place}/-", "value": was}
            yield (add,) if isinstance(now, list) else ({"op": "add", "path": place, "value": [was]},)
        case "property-removed-from-closed" | "property-removed-from-open" | "property-removed":
            yield from _restored_property(finding, was, new)
        case _ if _name(place) in _TWINS and _TWINS[_name(place)] == _name(finding.pointer_old):
            here = f"{_above(place)}/{_name(finding.pointer_old)}"
            gone: Patch = ({"op": "remove", "path": place},) if now is not ABSENT else ()
            yield (*gone, *(({"op": "add", "path": here, "value": was},) if was is not ABSENT else ()))
        case "property-added-to-open" if isinstance(now, dict):
            said = {name: now[name] for name in _ANNOTATIONS if name in now}
            yield ({"op": "replace", "path": place, "value": said},)


def _restored_property(finding: Finding, was: Any, new: Any) -> Iterator[Patch]:
    """The property again, beside the keyword that speaks for all others."""
    node, name = _above(finding.pointer_new), _name(finding.pointer_old)
    if value_at(new, f"{node}/properties") is ABSENT:
        yield ({"op": "add", "path": f"{node}/properties", "value": {unescape(name): was}},)
    else:
        yield ({"op": "add", "path": f"{node}/properties/{name}", "value": was},)


def _above(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def _name(pointer: str) -> str:
    return pointer.rpartition("/")[2]
