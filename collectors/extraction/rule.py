# SPDX-License-Identifier: Apache-2.0
"""A rule: which spans of one runtime carry business events or name objects, and where the parts of an event stand. Read from YAML.

A CloudEvent is looked at like a span: its type is the name, its source the service, the members of its data the attributes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from collectors.extraction.key_form import KeyForm
from collectors.extraction.normaliser import Normaliser

Place = Literal["text", "attribute", "resource", "span", "span_event", "item"]
RelationRole = Literal["child_of", "parent_of", "same_as", "link", "succeeds"]
RELATION_ROLES: tuple[RelationRole, ...] = get_args(RelationRole)
SPAN_WORDS = ("name", "service", "scope", "trace_id", "span_id", "status", "status_message", "kind")
TEXT_FIELDS = (
    "system", "currency", "legal_entity", "region", "contract_subject", "contract_version", "message",
)  # fmt: skip
TIME_FORMATS = ("rfc3339", "unix_s", "unix_ms", "unix_us", "unix_ns")


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value stands. Of several `names` the first that is there is taken; `pointer` leads into JSON that stands there.

    For a `text` the one name is the value itself; `event` names the span event whose attribute is meant.
    """

    place: Place
    names: tuple[str, ...]
    pointer: tuple[str, ...] = ()
    normalise: tuple[Normaliser, ...] = ()
    event: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Texts, exact or by their beginning. Without any it fits every text."""

    exact: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        return not self.exact and not self.beginnings

    def fits(self, text: str) -> bool:
        """Whether the text is one of them, or begins with one that ends in `*`."""
        return self.is_any or text in self.exact or text.startswith(self.beginnings)


@dataclass(frozen=True, slots=True)
class When:
    """Which spans a reading is for. Everything that is said must hold; `equals` are the texts an attribute may have."""

    name: Pattern = Pattern()
    has: frozenset[str] = frozenset()
    equals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kinds: frozenset[int] = frozenset()
    statuses: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Amount:
    """Where an amount stands: whole minor units, or (`is_major`) a decimal number of the currency's main unit.

    `exponent` is how many decimals the minor unit has; None: as ISO 4217 says for the currency.
    """

    value: Value
    is_major: bool
    exponent: int | None


@dataclass(frozen=True, slots=True)
class ObjectWord:
    """Where keys of objects stand: of one `type` at `value`, or (with a `prefix`) of the type that ends the attribute's name.

    `forms` are the forms of keys by type, for a prefix; `form` holds for all others. With `each`, keys stand in every item of
    that list. `relations` say what the objects are to others, `allocated` what of the event's amount is theirs; objects that
    are `beside` are shown with the event, and bring it nowhere.
    """

    type: str
    value: Value | None
    prefix: str
    form: KeyForm
    forms: Mapping[str, KeyForm]
    namespace: Value | None = None
    scope: Value | None = None
    each: Value | None = None
    relations: "tuple[Relation, ...]" = ()
    allocated: Amount | None = None
    is_beside: bool = False

    @property
    def is_related(self) -> bool:
        """Whether anything is said of its objects but their keys."""
        return bool(self.relations or self.each or self.allocated or self.is_beside)


@dataclass(frozen=True, slots=True)
class Relation:
    """What an object is to `others`: to all of a type that the event names, or to those that stand at a place of their own."""

    role: RelationRole
    others: str | ObjectWord


@dataclass(frozen=True, slots=True)
class Planned:
    """Where it stands how many objects of a type are planned to follow, and for how much in all."""

    number: Value | None
    amount: Amount | None


@dataclass(frozen=True, slots=True)
class Time:
    """When an event happened: at the span's start or end, or when the value says; where there is none, at the start."""

    value: Value | None
    format: str
    at_end: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a span. Without `event` it only names objects, and is passed over when it finds none; so is one
    that `must_name` an object.

    `texts` are the fields of the event that are texts, by their names in TEXT_FIELDS. `keep` are attributes kept beside
    the event as they are, `annotate` values kept under a name. `each` is a list of which every item is an event. `planned`
    says by object type what is to follow.
    """

    id: str
    when: When
    event: Value | None
    event_id: Value | None
    source: Value | None
    each: Value | None
    objects: tuple[ObjectWord, ...]
    time: Time
    amount: Amount | None
    texts: Mapping[str, Value]
    must_name: bool
    keep: tuple[str, ...]
    annotate: Mapping[str, Value]
    planned: Mapping[str, Planned]
    where: str  # file:line


@dataclass(frozen=True, slots=True)
class Example:
    """A span, or a CloudEvent, and what must come out: for each event the parts that are told, or the names alone."""

    name: str
    given: Mapping[str, Any]
    is_cloudevent: bool
    gives: tuple[Mapping[str, Any], ...]
    rejects: tuple[str, ...]
    where: str  # file:line


@dataclass(frozen=True, slots=True)
class ExtractionRule:
    """The readings for the spans of some services and scopes, in the order they are tried.

    A `strict` rule refuses a span whose words cannot be read, so that its sender learns of it; any other keeps the span,
    makes no event of it and reports the key. `digest` is over all that decides what comes out.
    """

    id: str
    version: int
    title: str
    description: str
    is_strict: bool
    service: Pattern
    scope: Pattern
    readings: tuple[Reading, ...]
    examples: tuple[Example, ...] = field(repr=False)
    digest: str
    path: str

    @property
    def name(self) -> str:
        """`temporal@2`: what an event remembers of the rule that made it."""
        return f"{self.id}@{self.version}"
