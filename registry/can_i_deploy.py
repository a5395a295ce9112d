# SPDX-License-Identifier: Apache-2.0
"""May this version of an application go there? Judged from the schemas of what it writes and reads against all that runs there.

Pure: what is known comes in, an answer comes out. Yes is said only when everything was compared; what is not known is a
reason, never a yes.
"""

from dataclasses import asdict, dataclass
from typing import Any

from registry.deploy_question import Question
from registry.deploy_reason import (
    Reason,
    nobody,
    nothing_deployed,
    of_fields,
    of_meeting,
    of_promotion,
    of_versions,
    undeclared,
    writes_nothing,
)
from registry.deployment import Declaration, Use, named
from registry.meeting import Meeting, meet, spoken_of
from registry.verdict import UNDECIDED

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """`answer` is yes, no or undecided; only yes lets a pipeline go on. Reasons: what blocks first, then by subject."""

    answer: str
    application: str
    version: str
    environment: str
    policy: str
    reasons: tuple[Reason, ...]
    meetings: tuple[Meeting, ...]

    def as_json(self) -> dict[str, Any]:
        """The answer as plain values; each finding with its fingerprint."""
        said = asdict(self)
        kept: list[Reason | Meeting] = [*self.reasons, *self.meetings]
        for one, told in zip(kept, [*said["reasons"], *said["meetings"]], strict=True):
            for finding, plain in zip(one.findings, told["findings"], strict=True):
                plain["fingerprint"] = finding.fingerprint
        return said


def can_i_deploy(asked: Question) -> Answer:
    """The answer. Raises ProblemError for an environment there is none of."""
    environment = named(asked.environments, asked.environment)
    reasons = list(of_promotion(asked, environment))
    meetings: list[Meeting] = []
    if asked.declaration is None:
        reasons.append(undeclared(asked))
    else:
        if not asked.deployed and not asked.is_first:
            reasons.append(nothing_deployed(asked))
        for use in asked.declaration.uses:
            met, said = _judged(asked, asked.declaration, use)
            meetings += met
            reasons += said
    order = ("blocks", "undecided", "warns", "told")
    reasons.sort(key=lambda one: (order.index(one.weight), one.subject, one.application, one.kind))
    weights = {one.weight for one in reasons}
    answer = NO if "blocks" in weights else UNDECIDED if "undecided" in weights else YES
    return Answer(
        answer,
        asked.application,
        asked.version,
        environment.name,
        asked.policy,
        tuple(reasons),
        tuple(meetings),
    )


def _judged(asked: Question, mine: Declaration, use: Use) -> tuple[list[Meeting], list[Reason]]:
    versions = asked.versions.get(use.subject, ())
    spoken = spoken_of(use, versions, mine.declared_at)
    reasons = [*of_versions(use, versions, spoken), *of_fields(use, spoken)]
    if not spoken:
        return [], reasons
    meetings: list[Meeting] = []
    others = [(other, theirs) for other in asked.deployed for theirs in other.uses if _meets(use, theirs)]
    for other, theirs in others:
        if use.role == "produces":
            written = spoken
            pairs = [(mine, one, other, theirs) for one in written]
        else:
            written = spoken_of(theirs, versions, other.declared_at)
            pairs = [(other, one, mine, use) for one in written]
        if not written:
            reasons.append(writes_nothing(asked, other, theirs))
        meetings += [meet(*pair, versions, asked.policy) for pair in pairs]
    if not others:
        reasons.append(nobody(asked, use))
    reasons += [reason for one in meetings for reason in of_meeting(asked, one)]
    return meetings, reasons


def _meets(mine: Use, theirs: Use) -> bool:
    return theirs.subject == mine.subject and theirs.role != mine.role
