# SPDX-License-Identifier: Apache-2.0
"""What a GraphQL document asks for, measured before anything runs: depth, aliases, cost, and the fields it selects.

Each fragment is measured once, so the work grows with the length of the document and not with what it expands to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

LARGEST_PAGE = 200
ESTIMATED_LIST = 5  # how many a list without a page argument is taken to hold
# What one object costs beside itself, where answering it reads far more than it shows.
WEIGHTS: Mapping[str, int] = {
    "Query.line": 100,
    "Query.kpis": 500,
    "Hop.wait": 10,
    "Query.kpi": 100,
    "Transaction.spans": 100,
    "Transaction.related": 20,
    "Query.trace": 100,
    "Query.spans": 100,
    "Transaction.comparison": 20,
    "Member.supports": 5,
    "Spans.links": 20,
    "Query.policies": 20,
    "Query.sources": 20,
    "Query.source": 20,
    "TransactionConnection.facets": 20,
    "TransactionConnection.histogram": 10,
}
_CAP = 1_000_000  # doubling fragments would make numbers of many digits; beyond every limit, all are alike


@dataclass(frozen=True, slots=True)
class Measure:
    """`cost` counts the objects an answer may hold; scalars are free. `fields` are `Type.field` names, all fragments included.

    `each` is what every item of the connection that is being measured costs; it becomes cost where the page's size is known.
    """

    depth: int = 0
    aliases: int = 0
    roots: int = 0
    directives: int = 0
    cost: int = 0
    each: int = 0
    fields: frozenset[str] = frozenset()

    def beside(self, other: "Measure") -> "Measure":
        """Both in one selection."""
        return Measure(
            max(self.depth, other.depth),
            min(self.aliases + other.aliases, _CAP),
            min(self.roots + other.roots, _CAP),
            min(self.directives + other.directives, _CAP),
            min(self.cost + other.cost, _CAP),
            min(self.each + other.each, _CAP),
            self.fields | other.fields,
        )


NOTHING = Measure()


def measure(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]
) -> Measure:
    """The measure of one operation of a valid document. A page size that a variable gives is read from `variables`."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    operation = next(
        (node for node in operations if node.name and node.name.value == operation_name), operations[0]
    )
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    root = schema.get_root_type(operation.operation)
    assert root is not None, "a valid document has an operation that the schema knows"
    walk = _Walk(schema, fragments, variables, _defaults(operation))
    whole = walk.selection(operation.selection_set, root)
    roots = walk.root_fields(operation.selection_set)
    return replace(whole, roots=roots)


def _defaults(operation: OperationDefinitionNode) -> dict[str, int]:
    return {
        definition.variable.name.value: int(definition.default_value.value)
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode)
    }


@dataclass(slots=True)
class _Walk:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    defaults: Mapping[str, int]
    measured: dict[str, Measure] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

    def selection(self, node: SelectionSetNode, parent: Any) -> Measure:
        whole = NOTHING
        for child in node.selections:
            whole = whole.beside(Measure(directives=len(child.directives or ())))
            match child:
                case FieldNode():
                    whole = whole.beside(self._field(child, parent))
                case InlineFragmentNode():
                    condition = child.type_condition
                    inner = self.schema.get_type(condition.name.value) if condition else parent
                    whole = whole.beside(self.selection(child.selection_set, inner))
                case FragmentSpreadNode():
                    whole = whole.beside(self._fragment(child.name.value))
        return whole

    def root_fields(self, node: SelectionSetNode) -> int:
        """Fields at the top, those of fragments included."""
        count = 0
        for child in node.selections:
            match child:
                case FieldNode():
                    count += 1
                case InlineFragmentNode():
                    count += self.root_fields(child.selection_set)
                case FragmentSpreadNode():
                    name = child.name.value
                    if name not in self.counted:
                        self.counted[name] = self.root_fields(self.fragments[name].selection_set)
                    count += self.counted[name]
        return min(count, _CAP)

    def _fragment(self, name: str) -> Measure:
        if name not in self.measured:
            node = self.fragments[name]
            inner = self.schema.get_type(node.type_condition.name.value)
            self.measured[name] = self.selection(node.selection_set, inner)
        return self.measured[name]

    def _field(self, node: FieldNode, parent: Any) -> Measure:
        name = node.name.value
        aliases = 1 if node.alias else 0
        if name == "__typename":
            return Measure(depth=1, aliases=aliases)
        if name.startswith("__"):
            # Introspection reads the schema in memory; the depth of its lists is limited by a rule of graphql-core.
            return Measure(depth=1, aliases=aliases, cost=1)
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        definition = parent.fields[name]
        own = Measure(1, aliases, fields=frozenset({f"{parent.name}.{name}"}))
        if node.selection_set is None or is_leaf_type(get_named_type(definition.type)):
            return own
        inner = self.selection(node.selection_set, get_named_type(definition.type))
        cost, each = WEIGHTS.get(f"{parent.name}.{name}", 0), 0
        if parent.name.endswith("Connection") and name in ("nodes", "edges"):
            each = 1 + inner.cost
        elif get_named_type(definition.type).name.endswith("Connection"):
            # What a connection tells of the whole list, its facets say, it tells once and not for every item.
            cost += self._size(node, definition) * (1 + inner.each) + inner.cost
        else:
            cost += self._size(node, definition) * (1 + inner.cost)
        return own.beside(
            replace(inner, depth=inner.depth + 1, roots=0, cost=min(cost, _CAP), each=min(each, _CAP))
        )

    def _size(self, node: FieldNode, definition: GraphQLField) -> int:
        """How many objects the field may give: the page asked for, the estimate for a plain list, else one."""
        if "first" in definition.args:
            given = [item.value for item in node.arguments or () if item.name.value in ("first", "last")]
            if not given:
                default = definition.args["first"].default_value
                return int(default) if isinstance(default, int) else LARGEST_PAGE
            return max(map(self._page, given))
        return ESTIMATED_LIST if is_list_type(get_nullable_type(definition.type)) else 1

    def _page(self, given: Any) -> int:
        size: Any = None
        if isinstance(given, IntValueNode):
            size = int(given.value)
        elif isinstance(given, VariableNode):
            name = given.name.value
            size = self.variables.get(name, self.defaults.get(name))
        if not isinstance(size, int) or isinstance(size, bool):
            return LARGEST_PAGE
        return min(max(size, 0), LARGEST_PAGE)
