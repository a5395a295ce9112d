# SPDX-License-Identifier: Apache-2.0
"""A failure: why a stage cannot go on, told so that a person can act on it and like failures group together."""

import re
from dataclasses import dataclass

from sync.outcome import ErrorClass

TITLES = {"salesforce": "Salesforce", "chargebee": "Chargebee", "stripe": "Stripe", "netsuite": "NetSuite"}

# What two failures of one cause differ by: times, dates, quoted values, ids, numbers.
_VARIABLE = re.compile(
    r"\d{4}-\d\d(-\d\d)?(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?|'[^']*'|\"[^\"]*\"|\b(?=\w*\d)[\w-]+|\d+(?:[.,]\d+)*"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """`noun` is what was being written or read, for people: `journal JE-INV-88`."""

    step: str
    system: str  # the system that refused; "throughline" for a contract
    error_class: ErrorClass
    code: str
    message: str
    noun: str = ""
    legal_entity: str = ""
    posted_on: str = ""  # of a posting: its date, whose month may be closed
    attempts: int = 0

    @property
    def fingerprint(self) -> str:
        """The same for failures of one cause: ids, numbers and dates do not count."""
        words = _VARIABLE.sub("#", self.message)
        return "|".join((self.step, self.system, self.error_class, self.code, words))[:500]

    @property
    def sentence(self) -> str:
        """What happened, in one sentence without a full stop."""
        system = TITLES.get(self.system, "Throughline")
        tries = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        match self.error_class:
            case "period_closed":
                return f"{system} refused {self.noun}: period {self.posted_on[:7]} is closed for {self.legal_entity}"
            case "in_doubt":
                return f"{system} has not said whether it has {self.noun}{tries}"
            case "connection" | "intermittent" | "rate_limit":
                return f"{system} did not take {self.noun}{tries}: {self.message}"
            case "contract":
                return f"{self.noun} does not meet its contract: {self.message}"
            case "conflict":
                return f"{system} already has {self.noun} with other content"
            case "parse":
                return f"{self.noun} from {system} cannot be read: {self.message}"
            case _:
                return f"{system} refused {self.noun}: {self.message}"

    @property
    def advice(self) -> str:
        """What to do next, as a sentence."""
        system = TITLES.get(self.system, "Throughline")
        match self.error_class:
            case "period_closed":
                return f"Open period {self.posted_on[:7]} for {self.legal_entity} in {system}, then replay."
            case "in_doubt":
                return f"See that {system} answers, then replay: it is looked for there before anything is sent again."
            case "connection" | "intermittent" | "rate_limit":
                return f"See that {system} is up and its credentials hold, then replay."
            case "missing":
                return f"Add what is missing in {system}, then replay."
            case "contract":
                return "Correct the record in the system it came from, then replay."
            case "conflict":
                return f"Compare both in {system}, correct the wrong one, then replay."
            case _:
                return f"Correct it in {system} or in the record it came from, then replay."


class StageFailedError(Exception):
    """Ends a stage that cannot go on. Everything it finished stays finished."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


class InterruptedRunError(BaseException):
    """The process is stopping. Not an answer: the engine must keep the run as unfinished, so it is no Exception."""
