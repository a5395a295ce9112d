# SPDX-License-Identifier: Apache-2.0
"""Many contracts against their earlier versions: the whole of walk (b) for a CI job. Candidates in, a `Report` out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from registry.against import place
from registry.approvals import apply
from registry.candidate import Candidate, Candidates
from registry.catalogue import CONTRACTS, REMOVED
from registry.check import check_documents
from registry.document import Document
from registry.earlier import Place, Settings
from registry.finding import Finding
from registry.manifest import Manifest, Row
from registry.report.report import NEW, RETIRED, Notice, Outcome, Report
from registry.rules import BACKWARD, POLICIES
from registry.server import UnreachableError
from registry.sources import Versions
from registry.verdict import BREAKING, COMPATIBLE, DEFAULT_MODE, DEFAULT_POLICY, Verdict, checked
from terms.problem import Problem, ProblemError

NONE = "NONE"
"""The mode of a subject of which nothing is asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What options say over every manifest; empty texts say nothing. `on`: the day that approvals and sunsets are held to."""

    on: date
    mode: str = ""
    policy: str = ""


def run(
    candidates: Candidates, against: Sequence[str], asked: Asked, approved: Iterable[Path] = ()
) -> Report:
    """The whole check as a person asks for it. Raises ProblemError for a mode or policy there is none of, when nothing says
    what to compare with, or that place or a file of approvals cannot be read, and UnreachableError when a registry does not
    answer."""
    if asked.mode.upper() != NONE:
        checked(asked.mode or DEFAULT_MODE, asked.policy or DEFAULT_POLICY)
    earlier = place(against, candidates)
    report = check(candidates, earlier, asked)
    said = [approval for each in candidates.manifests for approval in each.approvals]
    for file in approved:
        from registry import approvals_file

        said += approvals_file.read(file)
    return apply(report, [*said, *earlier.approvals], asked.on)


def check(candidates: Candidates, at: Place, asked: Asked) -> Report:
    """One outcome for each contract that is there, was removed or is retired, and what differs in the registry.

    A contract that cannot be read, on either side, is an outcome with problems; the others are checked all the same.
    """
    if at.is_one and len(candidates.each) != 1:
        raise ProblemError(
            "is what one contract is compared with, and several are checked",
            "--against",
            "name a folder, a git revision such as main:contracts/, or the URL of a registry",
        )
    outcomes = [_outcome(candidate, at, asked) for candidate in candidates.each]
    differing = [notice for each in candidates.each for notice in _differing(each, at)]
    if not at.is_one:
        for folder in candidates.folders:
            outcomes += _gone(folder, candidates, at, asked)
    each = {(outcome.contract, outcome.file): outcome for outcome in outcomes}
    notices = (*differing, *_unstated(candidates, outcomes, at))
    return Report(tuple(each[key] for key in sorted(each)), notices)


def _unstated(candidates: Candidates, outcomes: Iterable[Outcome], at: Place) -> Iterable[Notice]:
    """New contracts that may be new by name only."""
    new = {outcome.file for outcome in outcomes if outcome.status == NEW}
    for candidate in candidates.each:
        if at.by_subject and candidate.file in new and not candidate.subject:
            what = f"{candidate.file} states no subject, and the registry has none named '{candidate.key}'"
            yield Notice("subject-unstated", candidate.key, what, f"{candidate.file}:1")


def _outcome(candidate: Candidate, at: Place, asked: Asked) -> Outcome:
    if candidate.document is None or candidate.problems:
        return Outcome(candidate.key, candidate.file, problems=candidate.problems)
    try:
        olds = at.versions(candidate)
        if olds is None:
            return Outcome(candidate.key, candidate.file, state=NEW)
        row = candidate.row
        kept = Settings() if candidate.is_listed else at.settings(candidate.key)
        mode = asked.mode or row.mode or kept.mode or None
        policy = asked.policy or row.policy or kept.policy or DEFAULT_POLICY
        return Outcome(
            candidate.key, candidate.file, _verdict(candidate.document, olds, mode, policy, asked.on)
        )
    except UnreachableError:
        raise
    except ProblemError as error:
        return Outcome(candidate.key, candidate.file, problems=error.problems)


def _verdict(new: Document, olds: Versions, mode: str | None, policy: str, on: date) -> Verdict:
    if (mode or "").upper() != NONE:
        return check_documents(new, olds, mode, policy, on, witnesses=True)
    # Nothing is promised, so nothing can break; that the policy exists is asked all the same.
    checked(DEFAULT_MODE, policy)
    names = tuple(document.name for document in olds.documents[-1:])
    return Verdict(COMPATIBLE, NONE, policy, new.name, names, (), dict.fromkeys(POLICIES, COMPATIBLE))


def _differing(candidate: Candidate, at: Place) -> Iterable[Notice]:
    """What the registry has set otherwise than the manifest says."""
    row, kept = candidate.row, at.settings(candidate.key)
    pairs = (
        ("mode", row.mode, kept.own_mode),
        ("policy", row.policy, kept.own_policy),
        ("type", row.type, kept.type),
    )
    for name, said, set_there in pairs:
        if said and set_there and said != set_there:
            what = f"{name} of {candidate.key} is {set_there} in the registry and {said} in the manifest"
            yield Notice("registry-differs", candidate.key, what, row.where or candidate.manifest.path)


def _gone(folder: Path, candidates: Candidates, at: Place, asked: Asked) -> Iterable[Outcome]:
    """The contracts the folder no longer holds: those of the place, and those that its manifest still lists."""
    here = {candidate.key for candidate in candidates.each}
    manifest = next((m for m in candidates.manifests if _is_below(folder, m.folder)), Manifest(folder, {}))
    retired = {
        name: row for row in manifest.rows.values() if row.retired for name in (row.file, row.subject) if name
    }
    for key, below in _left(folder, manifest, at, here).items():
        file = (folder / below).as_posix()
        path = _path(folder / below, manifest)
        row = manifest.rows.get(path) or retired.get(key) or Row(path)
        gone = Candidate(file, path, manifest, None)
        yield from _gone_one(gone, key, row, at, asked)


def _left(folder: Path, manifest: Manifest, at: Place, here: set[str]) -> Mapping[str, str]:
    """What is no longer there: key -> path below the folder."""
    left = {key: below for key, below in at.left(folder, manifest).items() if key not in here}
    for row in manifest.rows.values():
        file = manifest.folder / row.file
        key = row.subject or row.file
        if key not in here and not file.exists() and _is_below(file, folder):
            left[key] = file.absolute().relative_to(folder.absolute()).as_posix()
    # A file that is there under another subject was compared with what stood in its place.
    return {key: below for key, below in left.items() if not (folder / below).exists()}


def _gone_one(gone: Candidate, key: str, row: Row, at: Place, asked: Asked) -> Iterable[Outcome]:
    try:
        olds = at.versions(gone)
    except UnreachableError:
        raise
    except ProblemError as error:
        yield Outcome(key, gone.file, problems=error.problems)
        return
    if row.retired:
        if olds:
            yield Outcome(key, gone.file, state=RETIRED)
    elif olds:
        verdict = _removed(gone, row, olds.documents[-1].name, asked)
        yield Outcome(key, gone.file, verdict=verdict)
    else:
        what = f"the manifest lists '{row.file}', and there is no such file"
        yield Outcome(
            key, gone.file, problems=(Problem(what, row.where, "correct the path, or remove the entry"),)
        )


def _removed(gone: Candidate, row: Row, old: str, asked: Asked) -> Verdict:
    """Every reader and writer loses its promise, whatever the mode and policy."""
    level, what, why, fix = CONTRACTS[REMOVED]
    policies = dict.fromkeys(POLICIES, BREAKING)
    finding = Finding(
        REMOVED, level.value, BACKWARD, "", "", f"{old}:1", row.where or f"{gone.file}:1", what, "", "", why, fix, old,
        dict.fromkeys(POLICIES, level.value), confirmed=True,
    )  # fmt: skip
    mode = asked.mode or gone.row.mode or DEFAULT_MODE
    policy = asked.policy or gone.row.policy or DEFAULT_POLICY
    return Verdict(BREAKING, mode, policy, gone.file, (old,), (finding,), policies)


def _path(file: Path, manifest: Manifest) -> str:
    folder = manifest.folder.absolute()
    full = file.absolute()
    return full.relative_to(folder).as_posix() if full.is_relative_to(folder) else file.as_posix()


def _is_below(path: Path, folder: Path) -> bool:
    return path.absolute().is_relative_to(folder.absolute())
