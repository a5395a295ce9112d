# SPDX-License-Identifier: Apache-2.0
"""Does every reference of a document name something in it, and come to an end? A document with one that does not is refused."""

from collections.abc import Iterable, Iterator

from registry.schema import IN_PLACE, Node, Schema, children, walk
from terms.problem import Problem


def reference_problems(schema: Schema, roots: Iterable[Node] | None = None) -> tuple[Problem, ...]:
    """References that leave the document, lead nowhere or never end; empty when there are none.

    `roots` are the schemas to look through with all they refer to, where the document itself is no schema.
    """
    if roots is None:
        schema.base("")  # finds the URIs that are stated inside, which every comparison asks for
    return tuple(_reference_problems(schema, [schema.root] if roots is None else list(roots)))


_IN_PLACE_OR_ELSEWHERE = IN_PLACE | {"$ref", "$dynamicRef", "$recursiveRef"}


def _reference_problems(schema: Schema, waiting: list[Node]) -> Iterator[Problem]:
    seen: set[str] = set()
    binding: list[Node] = []
    dynamic: list[tuple[str, str]] = []
    while waiting:
        top = waiting.pop()
        for node in walk(top) if top.pointer not in seen else ():  # what was met was met with all below it
            if node.pointer in seen or not isinstance(node.raw, dict):
                continue
            seen.add(node.pointer)
            if not _IN_PLACE_OR_ELSEWHERE.isdisjoint(node.raw):
                binding.append(node)
            for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
                ref = node.raw.get(keyword)
                if not isinstance(ref, str):
                    continue
                target = schema.target(ref, node.pointer)
                place = f"{node.pointer}/{keyword}"
                if target is None and not ref.startswith("#"):
                    what = f"{keyword} '{ref}' leaves the document; nothing is fetched"
                    yield Problem(
                        what, place, "copy the definition into $defs and refer to it as '#/$defs/...'"
                    )
                elif target is None:
                    yield Problem(
                        f"{keyword} '{ref}' names nothing in this document", place, "correct the pointer"
                    )
                else:
                    waiting.append(target)
                    if keyword != "$ref":
                        dynamic.append((ref, node.pointer))
    schema.memo["rebinds"] = any(schema.dynamic_target(*each) is None for each in dynamic)
    yield from _endless(schema, binding)


def _endless(schema: Schema, nodes: list[Node]) -> Iterator[Problem]:
    """References that come back to where they started without going into the value: no validator can end on them."""
    done: set[str] = set()
    for node in sorted(nodes, key=lambda node: node.pointer):
        if node.pointer in done:
            continue
        path: list[tuple[Node, Iterator[Node]]] = [(node, _in_place(schema, node))]
        on_path = {node.pointer}
        while path:
            step = next(path[-1][1], None)
            if step is None:
                left = path.pop()[0].pointer
                on_path.discard(left)
                done.add(left)
            elif step.pointer in on_path:
                what = "refers to itself without end"
                yield Problem(what, step.pointer, "put the reference under a property or items")
                return
            elif step.pointer not in done:
                on_path.add(step.pointer)
                path.append((step, _in_place(schema, step)))


def _in_place(schema: Schema, node: Node) -> Iterator[Node]:
    if not isinstance(node.raw, dict):
        return
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        ref = node.raw.get(keyword)
        target = schema.target(ref, node.pointer) if isinstance(ref, str) else None
        if target is not None:
            yield target
    if not IN_PLACE.isdisjoint(node.raw):
        for keyword, inner in children(node):
            if keyword in IN_PLACE:
                yield inner
