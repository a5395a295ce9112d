# SPDX-License-Identifier: Apache-2.0
"""Which mark does a state wear? Always an icon, a word and a tone together: colour alone tells nobody anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Badge:
    """`tone` is one of good, warn, bad, wait, calm; `icon` names a symbol of the page's sprite."""

    tone: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class System:
    """A system as a person knows it: `key` picks its colour (crm, billing, payments, erp, other)."""

    key: str
    word: str


_SYSTEMS = {
    "salesforce": System("crm", "Salesforce"),
    "chargebee": System("billing", "Chargebee"),
    "stripe": System("payments", "Stripe"),
    "netsuite": System("erp", "NetSuite"),
    "throughline": System("other", "Throughline"),
    "crm": System("crm", "CRM"),
    "billing": System("billing", "Billing"),
    "payments": System("payments", "Payments"),
    "erp": System("erp", "ERP"),
}

_TRANSACTION = {
    "OPEN": Badge("wait", "clock", "open"),
    "COMPLETED": Badge("good", "check", "completed"),
    "FAILED": Badge("bad", "cross", "failed"),
    "CANCELLED": Badge("calm", "minus", "cancelled"),
}
_PAYLOAD = {
    "KEPT": Badge("good", "check", "keeps its contract"),
    "BROKEN": Badge("bad", "cross", "breaks its contract"),
    "UNJUDGED": Badge("calm", "minus", "no contract to judge by"),
}
_SPAN = {
    "ok": Badge("good", "check", "ok"),
    "error": Badge("bad", "cross", "error"),
    "unset": Badge("calm", "dots", "unset"),
}
_MILESTONE = {
    "REACHED": Badge("good", "check", "reached"),
    "LATE": Badge("warn", "alert", "reached late"),
    "WAITING": Badge("wait", "clock", "waiting"),
    "OVERDUE": Badge("bad", "alert", "overdue"),
    "SOURCE_LAGGING": Badge("warn", "clock", "source lags"),
    "NOT_PLANNED": Badge("calm", "minus", "not planned"),
    "FAILED": Badge("bad", "cross", "failed"),
    "PENDING": Badge("calm", "dots", "not yet due"),
}
_HOP = {
    "OK": Badge("good", "check", "moving"),
    "SLOW": Badge("warn", "alert", "slow"),
    "BROKEN": Badge("bad", "cross", "broken"),
}
_EXCEPTION = {
    "OPEN": Badge("bad", "cross", "needs a person"),
    "RETRYING": Badge("wait", "replay", "replaying"),
    "RESOLVED": Badge("good", "check", "resolved"),
}
_VIOLATION = {
    "OPEN": Badge("bad", "cross", "open"),
    "RESOLVED": Badge("good", "check", "resolved"),
}
_VERDICT = {
    "COMPATIBLE": Badge("good", "check", "compatible"),
    "BREAKING": Badge("bad", "cross", "breaking"),
    "UNDECIDED": Badge("warn", "alert", "undecided"),
}
_SEVERITY = {
    "critical": Badge("bad", "alert", "critical"),
    "high": Badge("bad", "alert", "high"),
    "error": Badge("bad", "alert", "error"),
    "medium": Badge("warn", "alert", "medium"),
    "warning": Badge("warn", "alert", "warning"),
    "low": Badge("calm", "dots", "low"),
    "info": Badge("calm", "dots", "info"),
}
_LIFECYCLE = {
    "active": Badge("good", "check", "active"),
    "draft": Badge("wait", "dots", "draft"),
    "deprecated": Badge("warn", "alert", "deprecated"),
    "sunset": Badge("warn", "clock", "sunset"),
    "retired": Badge("calm", "minus", "retired"),
}
_MEETING = {
    "declared": Badge("good", "check", "declared"),
    "compatible": Badge("good", "check", "compatible"),
    "breaking": Badge("bad", "cross", "breaking"),
    "undecided": Badge("warn", "alert", "undecided"),
}
_DEPLOY = {
    "YES": Badge("good", "check", "yes"),
    "NO": Badge("bad", "cross", "no"),
    "UNDECIDED": Badge("warn", "alert", "undecided"),
}
_WEIGHT = {
    "blocks": Badge("bad", "cross", "blocks"),
    "undecided": Badge("warn", "alert", "not known"),
    "warns": Badge("warn", "alert", "warning"),
    "told": Badge("calm", "dots", "note"),
}
_KEY = {
    "REJECTED": Badge("bad", "cross", "left out"),
    "DEMOTED": Badge("warn", "alert", "joins less"),
}
_SUPPORT = {
    "HOLDS": Badge("good", "check", "holds"),
    "REFUSED": Badge("warn", "alert", "refused"),
    "RETRACTED": Badge("calm", "minus", "said no more"),
}
_SOURCE = {
    "OK": Badge("good", "check", "up to date"),
    "BEGINNING": Badge("wait", "clock", "first pull"),
    "BEHIND": Badge("warn", "clock", "catching up"),
    "FAILING": Badge("bad", "cross", "failing"),
    "SILENT": Badge("bad", "alert", "silent"),
    "LAGGING": Badge("bad", "alert", "lagging"),
    "PAUSED": Badge("calm", "minus", "paused"),
    "QUIET": Badge("calm", "dots", "quiet"),
}
NO_VERDICT = Badge("calm", "minus", "first version")


def system(name: str | None) -> System:
    """The system of that name; one we do not know keeps its own name and the neutral colour."""
    return _SYSTEMS.get(name or "", System("other", name or "–"))


def payload(verdict: str) -> Badge:
    """Whether a payload keeps its contract; what nothing could judge is never shown as kept."""
    return _PAYLOAD[verdict]


def span(word: str) -> Badge:
    """A span's status; one that says nothing is neither good nor bad."""
    return _SPAN.get(word, _SPAN["unset"])


def transaction(status: str, overdue: bool, source_lagging: str | None = None) -> Badge:
    """A transaction's state; an open one past its limit says so, and whether that is only by the clock."""
    if status == "OPEN" and overdue:
        return Badge("warn", "alert", "overdue, source lagging" if source_lagging else "overdue")
    return _TRANSACTION[status]


def milestone(state: str) -> Badge:
    return _MILESTONE[state]


def hop(state: str) -> Badge:
    return _HOP[state]


def exception(state: str) -> Badge:
    return _EXCEPTION[state]


def violation(state: str) -> Badge:
    return _VIOLATION[state]


def verdict(status: str | None) -> Badge:
    """A version's verdict against the one before; the first version has none."""
    return NO_VERDICT if status is None else _VERDICT[status]


def approved(status: str) -> Badge:
    """A verdict that stops nothing while it is accepted; until when is told beside it."""
    return Badge("warn", "check", _VERDICT[status].word)


def key(verdict: str) -> Badge:
    """What became of keys of which something is wrong."""
    return _KEY[verdict]


def meeting(word: str) -> Badge | None:
    """How a version stands with an application; None where it has nothing to do with it."""
    return _MEETING[word] if word else None


def deploy(answer: str) -> Badge:
    """The answer of can-i-deploy; what is undecided is never a yes."""
    return _DEPLOY[answer]


def support(state: str) -> Badge:
    """Whether one word on where an object belongs holds."""
    return _SUPPORT[state]


def source(state: str) -> Badge:
    """How a source of spans is."""
    return _SOURCE[state]


def weight(word: str) -> Badge:
    """How much a reason of can-i-deploy weighs."""
    return _WEIGHT[word]


def severity(word: str) -> Badge:
    return _SEVERITY.get(word.lower(), Badge("calm", "dots", word))


def lifecycle(word: str) -> Badge:
    return _LIFECYCLE.get(word.lower(), Badge("calm", "dots", word))


def finding(level: str) -> Badge:
    """The level of one change: breaking and error stop a release, warnings do not."""
    tones = {"breaking": ("bad", "cross"), "error": ("bad", "cross"), "undecided": ("warn", "alert")}
    tones |= {"warning": ("warn", "alert"), "compatible": ("good", "check"), "safe": ("good", "check")}
    tone, icon = tones.get(level.lower(), ("calm", "dots"))
    return Badge(tone, icon, level.lower())


def target(met: bool | None, words: str) -> Badge:
    """Whether a KPI keeps its target; unknown is said as such, never shown as kept."""
    if met is None:
        return Badge("calm", "minus", f"no verdict yet, target {words}")
    return Badge("good", "check", f"within {words}") if met else Badge("bad", "alert", f"outside {words}")
