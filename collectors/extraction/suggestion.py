# SPDX-License-Identifier: Apache-2.0
"""Unknown spans -> a rule file that loads, whose examples hold, and whose every line says on what evidence it stands.

It is a proposal: what is an event and what is only a step no number tells for sure. A person looks at it and keeps it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from collectors.extraction.extractor import Extractor, Said
from collectors.extraction.key_guess import Guess, Known, Owners, Passed, guesses, owners
from collectors.extraction.profile import NameProfile, Place, places, profiles
from collectors.extraction.suggestion_file import Proposed, Source, rule_file, word
from collectors.extraction.value import UnreadableError
from collectors.span import Span

Lookup = Callable[[Iterable[str]], Known]
_MONEY = re.compile(r"(?i)(^|[^a-z])(amount|total|price|sum|net|gross)([^a-z]|$)")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule file for one service. `events` and `names` count the readings that make events and that only name objects."""

    service: str
    content: str
    spans: int
    events: int
    names: int


def suggest(
    spans: Sequence[Span], extractor: Extractor, lookup: Lookup, origin: str, taken: Collection[str] = ()
) -> tuple[Suggestion, ...]:
    """A rule file for each service whose spans no rule reads and that seem to name business objects.

    Values that rules find in other spans are known keys; `lookup` may know more of them. `origin` says in the file
    where the spans are from, `taken` are ids of rules that are there. The same spans give the same files.
    """
    unread, read, known = _unread(spans, extractor)
    found = profiles(unread)
    shared = owners((*found, *profiles(read)))
    asked = {text for profile in found for values in profile.places for text in values.values}
    for value, kinds in lookup(sorted(asked)).items():
        known[value] = known.get(value, frozenset()) | kinds
    by_service: dict[str, list[NameProfile]] = defaultdict(list)
    for profile in found:
        by_service[profile.service].append(profile)
    made = (
        _of_service(Source(service, _free(service, taken), origin), own, known, shared)
        for service, own in sorted(by_service.items())
    )
    return tuple(one for one in made if one is not None)


def _unread(
    spans: Sequence[Span], extractor: Extractor
) -> tuple[list[Span], list[Span], dict[str, frozenset[str]]]:
    """The spans that no rule reads, the others, and the keys that the rules find in those."""
    unread: list[Span] = []
    read: list[Span] = []
    known: dict[str, frozenset[str]] = {}
    for span in spans:
        try:
            said: Said = extractor.say(span)
        except UnreadableError:
            continue
        (read if said.rule else unread).append(span)
        for key in said.named:
            kind, _, value = key.partition(":")
            known[value] = known.get(value, frozenset()) | {kind.rpartition("/")[2].partition("@")[0]}
    return unread, read, known


def _of_service(
    source: Source, own: Sequence[NameProfile], known: Known, shared: Owners
) -> Suggestion | None:
    told_by = {profile.name: guesses(profile, known, shared) for profile in own}
    naming = [profile for profile in own if told_by[profile.name][0]]
    if not naming:
        return None
    last = _last_names(naming)
    readings: list[Proposed] = []
    steps: dict[tuple[Place, ...], list[NameProfile]] = defaultdict(list)
    for profile in naming:
        found = told_by[profile.name][0]
        if _is_event(profile, found, last):
            readings.append(_event(profile, found, last, readings))
        else:
            steps[tuple(guess.values.place for guess in found)].append(profile)
    readings += [
        _steps(f"steps-{number}" if number > 1 else "steps", group, known, shared, told_by[group[0].name][0])
        for number, group in enumerate(steps.values(), start=1)
    ]
    content, readings = rule_file(source, own, readings, _passed_over(told_by))
    events = sum(one.is_event for one in readings)
    return Suggestion(
        source.service, content, sum(len(one.spans) for one in own), events, len(readings) - events
    )


def _free(service: str, taken: Collection[str]) -> str:
    """An id for the rule of a service that no other rule has."""
    base, tried = word(service, "service"), 0
    rule_id = base
    while rule_id in taken:
        tried += 1
        rule_id = f"{base}-{tried}"
    return rule_id


def _passed_over(told_by: Mapping[str, tuple[tuple[Guess, ...], tuple[Passed, ...]]]) -> list[Passed]:
    """The places that are not proposed, once each, as they look where they vary most."""
    best: dict[Place, Passed] = {}
    proposed = {guess.values.place.attribute for found, _ in told_by.values() for guess in found}
    for _, passed in told_by.values():
        for one in passed:
            if one.values.place.attribute in proposed:
                continue
            known = best.get(one.values.place)
            if one.values.distinct > (known.values.distinct if known else 1):
                best[one.values.place] = one
    return list(best.values())


def _last_names(naming: Sequence[NameProfile]) -> Counter[str]:
    """How often spans of each name that names objects are the last of their trace to end."""
    ends: dict[bytes, tuple[int, str]] = {}
    for profile in naming:
        for span in profile.spans:
            ends[span.trace_id] = max(ends.get(span.trace_id, (0, "")), (span.end_ns, profile.name))
    return Counter(name for _, name in ends.values())


def _is_event(profile: NameProfile, found: Sequence[Guess], last: Counter[str]) -> bool:
    """Whether its spans are most likely events: the last of their traces to end, and one for a key."""
    spans = len(profile.spans)
    return last[profile.name] * 2 > spans and _keys(found) * 10 >= spans * 9


def _event(
    profile: NameProfile, found: tuple[Guess, ...], last: Counter[str], before: Sequence[Proposed]
) -> Proposed:
    spans, base = len(profile.spans), word(profile.name, "span")
    taken = sum(one.id == base or one.id.startswith(f"{base}-n") for one in before)
    why = (
        f"the last of its trace to end in {last[profile.name]} of {spans} spans, and {_keys(found)} keys in {spans} spans: "
        "taken for an event"
    )
    return Proposed(
        f"{base}-n{taken + 1}" if taken else base,
        (profile.name,),
        profile.spans,
        found,
        True,
        why,
        _amount(profile),
    )


def _steps(
    reading_id: str, group: Sequence[NameProfile], known: Known, shared: Owners, first: tuple[Guess, ...]
) -> Proposed:
    """One reading for spans of several names that name the same things at the same places, the `first` of them for sure."""
    spans = tuple(span for profile in group for span in profile.spans)
    whole = NameProfile(group[0].service, "", group[0].scope, spans, places(spans))
    found, _ = guesses(whole, known, shared)
    names = tuple(sorted(profile.name for profile in group))
    why = "not the last of their traces to end, or several for one key: taken for steps, which only name what they are about"
    return Proposed(reading_id, names, spans, found or first, False, why, None)


def _keys(found: Sequence[Guess]) -> int:
    return max(one.values.distinct for one in found)


def _amount(profile: NameProfile) -> tuple[str, str, str] | None:
    """Where an amount and its currency stand; None where either is missing or the unit is in doubt."""
    whole = {one.place.attribute: one for one in profile.places if not one.place.before}
    codes = [name for name, one in whole.items() if all(_CURRENCY.fullmatch(text) for text in one.values)]
    for name, one in whole.items():
        if codes and _MONEY.search(name.replace("_", ".")) and one.present == one.spans:
            if any(re.fullmatch(r"-?[0-9]+\.[0-9]{2,3}", text) for text in one.values):
                return name, "major", codes[0]
            if re.search(r"(?i)minor|cents", name):
                return name, "minor", codes[0]
    return None
