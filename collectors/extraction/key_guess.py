# SPDX-License-Identifier: Apache-2.0
"""Which values of unknown spans are business keys, and of what: guessed from numbers, each told with its evidence. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from collectors.extraction.key_form import PLAIN, is_date, judged
from collectors.extraction.profile import NameProfile, Place, Values
from terms.instant import parse
from terms.problem import ProblemError

KINDS = (
    "account", "amendment", "bill", "contract", "credit-memo", "customer", "delivery", "exception", "invoice", "journal",
    "opportunity", "order", "payment", "payout", "product", "quote", "receipt", "refund", "shipment", "subscription", "ticket",
)  # fmt: skip
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ENOUGH = 0.5  # of the values at a place
_ALIKE = 0.8  # of the values have one shape
_MACHINE = {
    "trace",
    "span",
    "request",
    "run",
    "session",
    "correlation",
    "thread",
    "port",
    "pid",
    "host",
    "ip",
    "flavor",
    "status",
}

Known = Mapping[str, frozenset[str]]
Owners = Mapping[str, frozenset[tuple[str, str]]]


class Guess(NamedTuple):
    """Values at a place are keys of `type`. `evidence` says why, a sentence each."""

    values: Values
    type: str
    evidence: tuple[str, ...]
    is_known: bool


class Passed(NamedTuple):
    """A place that may hold keys and is not proposed, and why."""

    values: Values
    why: str


def owners(profiles: Iterable[NameProfile]) -> Owners:
    """For each value that varies, the (service, attribute) pairs it stands in: what two services say of one thing."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for profile in profiles:
        for values in profile.places:
            for text in values.values:
                found[text].add((profile.service, values.place.attribute))
    return {text: frozenset(pairs) for text, pairs in found.items()}


def guesses(
    profile: NameProfile, known: Known, shared: Owners
) -> tuple[tuple[Guess, ...], tuple[Passed, ...]]:
    """The places of a profile that hold keys, at most one of each type (the best), and those that are passed over.

    `known` are the object types of values that are keys already; `shared` says where else values stand.
    """
    best: dict[str, Guess] = {}
    passed: list[Passed] = []
    for values in profile.places:
        found = _guess(profile.service, values, known, shared)
        if isinstance(found, Passed):
            passed.append(found)
        elif found is not None:
            before = best.get(found.type)
            best[found.type] = found if before is None or _rank(found) > _rank(before) else before
    return tuple(best[kind] for kind in sorted(best)), tuple(passed)


def kind_of(name: str) -> str:
    """The object type that a name speaks of; empty for none.

    >>> kind_of("cart.orderNumber"), kind_of("/invoices/"), kind_of("http.status_code"), kind_of("credit_memo.id")
    ('order', 'invoice', '', 'credit-memo')
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    singular = [word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s") for word in words]
    joined = {f"{one}-{other}" for one, other in pairwise(singular)}
    found = [kind for kind in KINDS if kind in joined] + [kind for kind in singular if kind in KINDS]
    return found[0] if found else ""


def _guess(service: str, values: Values, known: Known, shared: Owners) -> Guess | Passed | None:
    texts = list(values.values)
    kinds = Counter(kind for text in texts for kind in known.get(text, ()))
    hinted = kind_of(values.place.before) or kind_of(values.place.attribute)
    elsewhere = Counter(owner for text in texts for owner in shared.get(text, ()) if owner[0] != service)
    kind, count = kinds.most_common(1)[0] if kinds else ("", 0)
    is_known = count >= _ENOUGH * len(texts)
    is_shared = bool(elsewhere) and elsewhere.most_common(1)[0][1] >= _ENOUGH * len(texts)
    if not is_known and not _looks_like_keys(values):
        return None
    if not is_known and _is_of_the_machine(values):
        return Passed(values, "looks like an id that machines make for themselves") if is_shared else None
    if not is_known and not hinted:
        return (
            Passed(values, "may be keys, and nothing says of what") if is_shared or _varies(values) else None
        )
    evidence = list(_told(values))
    if is_known:
        evidence.append(f"{count} of {len(texts)} values are keys of the type {kind} already")
    if elsewhere:
        (other, attribute), shares = elsewhere.most_common(1)[0]
        evidence.append(f"{shares} of {len(texts)} stand in {other}'s {attribute} too")
    if not is_known:
        evidence.append(f"its name speaks of {hinted}")
    return Guess(values, kind if is_known else hinted, tuple(evidence), is_known)


def _told(values: Values) -> Iterable[str]:
    yield (
        f"in {values.present} of {values.spans} spans, {values.distinct} different, "
        f"{values.shaped * 100 // values.present} % shaped {values.shape}"
    )
    refused = Counter(reason for text in values.values if (reason := judged(PLAIN, text)[1]))
    for reason, count in sorted(refused.items()):
        yield f"{count} of {values.distinct} are {reason}, and are left out"
    if dates := sum(is_date(text) for text in values.values):
        yield f"{dates} of {values.distinct} look like dates: write dates: false if none of these keys is one"


def _looks_like_keys(values: Values) -> bool:
    """Short texts with a digit, of one shape, that are neither times nor numbers with a fraction."""
    texts = list(values.values)
    if values.shaped < _ALIKE * values.present or not all(len(text) <= 64 for text in texts):
        return False
    sample = texts[:50]
    with_digit = sum(any(letter.isdigit() for letter in text) for text in sample)
    return with_digit >= _ALIKE * len(sample) and not any(_is_no_key(text) for text in sample)


def _is_no_key(text: str) -> bool:
    if any(sign in text for sign in " /=?") or text.startswith(("{", "[")):
        return True
    if re.fullmatch(r"-?[0-9]+\.[0-9]+|[0-9]{1,3}(\.[0-9]{1,3}){3}", text):
        return True
    try:
        parse(text)
    except ProblemError:
        return False
    return not is_date(text)


def _is_of_the_machine(values: Values) -> bool:
    words = {word.lower() for word in _WORDS.findall(values.place.attribute)}
    return values.shape == "a UUID" or (bool(words & _MACHINE) and not kind_of(values.place.before))


def _varies(values: Values) -> bool:
    return values.distinct >= 5 and values.distinct >= _ENOUGH * values.present


def _rank(guess: Guess) -> tuple[bool, bool, int, int]:
    """What is known beats what is guessed, a whole attribute beats a part of one, and more beats less."""
    place: Place = guess.values.place
    return guess.is_known, not place.before, guess.values.present, guess.values.distinct
