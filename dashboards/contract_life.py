# SPDX-License-Identifier: Apache-2.0
"""Where does a version stand in its life, and where may a person take it? Its stages, who holds it back, and a form for each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import contract_address
from dashboards.contract_form import Told, press_key
from dashboards.format import count, day

STAGES = ("draft", "active", "deprecated", "sunset", "retired")
LEAVING = ("deprecated", "sunset", "retired")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `tense` is past, now or ahead; `at` when it began or will, empty where nobody said."""

    word: str
    tense: str
    at: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who was still seen with the version: `seen` how often and when last, `declared` whether it ever said so."""

    application: str
    uses: str
    seen: str
    declared: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """A version on its way out: since when, until when, what instead (with its address), and who is still on it.

    `holders` are those with the most uses, `more` how many others there are.
    """

    semver: str
    address: str
    state: str
    told: str
    successor: str
    successor_address: str
    holders: tuple[Holder, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may be done, as a form: what it asks for, its hidden fields, what stands against it, how it was answered.

    `values` fill the fields in: as the person had them, else as they are now.
    """

    id: str
    title: str
    why: str
    button: str
    address: str
    asks: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...]
    refusal: str
    ends: bool
    told: Told
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Life:
    """The life of the version that a page shows; `successors` are versions that a form proposes."""

    semver: str
    stages: tuple[Stage, ...]
    acts: tuple[Act, ...]
    successors: tuple[str, ...]


_REASON = ("reason",)
_ANNOUNCED = ("successor", "deprecated", "sunset", "reason")
_ENDS = ("reason", "force")
_ACTS: Mapping[tuple[str, str], tuple[str, str, tuple[str, ...]]] = {
    ("draft", "active"): ("Agree on the draft", "Make it active", ("compatible", "reason")),
    ("draft", "retired"): ("Give the draft up", "Retire the draft", _REASON),
    ("active", "deprecated"): ("Deprecate it", "Deprecate", _ANNOUNCED),
    ("active", "retired"): ("Retire it at once", "Retire", _ENDS),
    ("deprecated", "active"): ("Take the deprecation back", "Make it active again", _REASON),
    ("deprecated", "deprecated"): ("Change what was announced", "Announce", _ANNOUNCED),
    ("deprecated", "sunset"): ("Set its last day", "Set the day", ("sunset", "reason")),
    ("deprecated", "retired"): ("Retire it", "Retire", _ENDS),
    ("sunset", "sunset"): ("Move its last day", "Move the day", ("sunset", "reason")),
    ("sunset", "deprecated"): ("Open the day again", "Open the day", _REASON),
    ("sunset", "retired"): ("Retire it", "Retire", _ENDS),
}
"""For each step that the API offers: its title, the word on the button, and what its form asks for."""


def life(contract: Mapping[str, Any], version: Mapping[str, Any], now: str, told: Told) -> Life:
    """The life of one version, with the steps that the API says are open to it."""
    others = [
        one
        for one in reversed(contract["versions"])
        if one["number"] != version["number"] and one["lifecycle"] in ("active", "deprecated", "draft")
    ]
    later = [one["semver"] for one in others if one["number"] > version["number"]]
    acts = [_act(contract["subject"], version, step, later, now, told) for step in version["steps"]]
    return Life(
        semver=version["semver"],
        stages=_stages(version),
        acts=(*acts, _deletion(contract["subject"], version, told)),
        successors=tuple(one["semver"] for one in others),
    )


def endings(contract: Mapping[str, Any]) -> tuple[Ending, ...]:
    """Every version that is on its way out, newest first: a retired one only while somebody is still seen with it."""
    used = {one["version"]: one for one in contract["stillUsed"]}
    return tuple(
        _ending(contract["subject"], version, used.get(version["semver"]))
        for version in sorted(contract["versions"], key=lambda one: -one["number"])
        if version["lifecycle"] in LEAVING
        and (version["lifecycle"] != "retired" or version["semver"] in used)
    )


def _ending(subject: str, version: Mapping[str, Any], used: Mapping[str, Any] | None) -> Ending:
    holders = tuple(_holder(one) for one in used["most"]) if used else ()
    said = (("since", "deprecatedAt"), ("may stop after", "sunsetAt"), ("retired on", "retiredAt"))
    told = [f"{words} {day(version[name])}" for words, name in said if version[name]]
    name, _, semver = (version["successor"] or "").rpartition("@")
    return Ending(
        semver=version["semver"],
        address=contract_address.contract(subject, version=version["semver"]),
        state=version["lifecycle"],
        told=", ".join(told),
        successor=version["successor"].removeprefix(f"{subject}@") if semver else "",
        successor_address=contract_address.contract(name, version=semver) if semver else "",
        holders=holders,
        more=used["applications"] - len(holders) if used else 0,
    )


def _holder(one: Mapping[str, Any]) -> Holder:
    return Holder(one["application"], count(one["uses"]), day(one["lastSeenAt"]), one["declared"])


def _stages(version: Mapping[str, Any]) -> tuple[Stage, ...]:
    here = STAGES.index(version["lifecycle"])
    times = {name: version[f"{name}At"] for name in ("deprecated", "sunset", "retired")}
    began, ends = version["registeredAt"], version["deprecatedAt"]
    # What was registered when it was deprecated already has no day on which it became active here.
    times["active"] = began if version["lifecycle"] != "draft" and (not ends or began < ends) else None
    found = []
    for place, word in enumerate(STAGES):
        is_skipped = place < here and word not in ("active",) and not times.get(word)
        if is_skipped or (word == "draft" and here):
            continue
        tense = "now" if place == here else "past" if place < here else "ahead"
        found.append(Stage(word, tense, day(times[word]) if times.get(word) else ""))
    return tuple(found)


def _act(
    subject: str,
    version: Mapping[str, Any],
    step: Mapping[str, Any],
    later: Sequence[str],
    now: str,
    told: Told,
) -> Act:
    before, to = version["lifecycle"], step["to"]
    title, button, asks = _ACTS.get((before, to), (f"Make it {to}", f"Make it {to}", _REASON))
    successor = (version["successor"] or "").removeprefix(f"{subject}@")
    values = {
        "successor": successor or (later[0] if later and before == "active" else ""),
        "deprecated": (version["deprecatedAt"] or now)[:10],
        "sunset": (version["sunsetAt"] or "")[:10],
        "reason": "",
        "force": "",
    }
    form, mine = f"life-{to}", told.of(f"life-{to}")
    state = "|".join(str(version[name]) for name in ("lifecycle", "successor", "deprecatedAt", "sunsetAt"))
    return Act(
        id=form,
        title=title,
        why=step["why"],
        button=button,
        address=contract_address.contract(subject, "life"),
        asks=asks,
        hidden=(
            ("version", str(version["number"])),
            ("to", to),
            ("key", press_key(subject, str(version["number"]), state, to)),
        ),
        refusal=step["refusal"] or "",
        ends=to == "retired",
        told=mine,
        values={**values, **mine.filled},
    )


def _deletion(subject: str, version: Mapping[str, Any], told: Told) -> Act:
    mine = told.of("delete")
    number = str(version["number"])
    return Act(
        id="delete",
        title="Delete it",
        why="it should never have been registered; it can be restored",
        button="Delete",
        address=contract_address.contract(subject, "delete"),
        asks=_ENDS,
        hidden=(("version", number), ("key", press_key(subject, number, version["registeredAt"], "delete"))),
        refusal="",
        ends=True,
        told=mine,
        values={"reason": "", "force": "", **mine.filled},
    )


@dataclass(frozen=True, slots=True)
class Gone:
    """A version that was deleted softly, and the form that brings it back."""

    semver: str
    state: str
    deleted: str
    act: Act


def gone(contract: Mapping[str, Any], told: Told) -> tuple[Gone, ...]:
    """The versions that were deleted softly, newest first."""
    subject = contract["subject"]
    return tuple(
        Gone(one["semver"], one["lifecycle"], day(one["deletedAt"]), _restoration(subject, one, told))
        for one in reversed(contract["deletedVersions"])
    )


def _restoration(subject: str, version: Mapping[str, Any], told: Told) -> Act:
    number = str(version["number"])
    return Act(
        id=f"restore-{number}",
        title=f"Restore {version['semver']}",
        why="",
        button="Restore",
        address=contract_address.contract(subject, "restore"),
        asks=(),
        hidden=(("version", number), ("key", press_key(subject, number, version["deletedAt"], "restore"))),
        refusal="",
        ends=False,
        told=told.of(f"restore-{number}"),
        values={},
    )
