# SPDX-License-Identifier: Apache-2.0
"""Do the rules hold for these facts, now? Pure: the same rules, facts and instant give the same evaluation."""

import re
from collections.abc import Iterable, Sequence

from policies.cel import Bindings, Incomputable, Scope, bind
from policies.definition import Breach, Message, Rule
from policies.fact import VARIABLES, Fact, TargetKind
from policies.finding import Deadline, Evaluation, Finding, Pair, RuleError
from terms.instant import SECOND, Instant, parse
from terms.problem import ProblemError

LOOK_AGAIN = 15 * SECOND
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def evaluate(rules: Sequence[Rule], facts: Iterable[Fact], now: Instant) -> Evaluation:
    """The evaluation of every rule over every fact of its kind, in the order of facts, then rules.

    A rule whose `when` is false has an answer: it holds. A rule that cannot be computed is an error, never a pass. A time
    limit is judged by the instant up to which its milestone would be known; one that has passed since is looked at again.
    """
    findings: list[Finding] = []
    answered: list[Pair] = []
    errors: list[RuleError] = []
    deadlines: list[Deadline] = []
    by_kind: dict[TargetKind, list[Rule]] = {}
    for rule in rules:
        by_kind.setdefault(rule.target, []).append(rule)
    for fact in facts:
        bound: dict[Instant, Bindings | Incomputable] = {}
        for rule in by_kind.get(fact.target_kind, ()):
            pair, judged_by = Pair(rule.id, fact.target_kind, fact.key), _judged_by(rule, fact, now)
            if judged_by not in bound:
                bound[judged_by] = bind(VARIABLES[fact.target_kind], fact.context, judged_by)
            breaches = _breaches(rule, fact, bound[judged_by], judged_by)
            if isinstance(breaches, Incomputable):
                errors.append(RuleError(pair, rule.version, breaches.message))
            else:
                answered.append(pair)
                findings.extend(_finding(rule, pair, fact, breach) for breach in breaches)
            due_at = due(rule, fact)
            if due_at is not None and due_at >= judged_by:
                # Passed, but nobody knows yet whether it was met: its source is behind.
                deadlines.append(Deadline(pair, due_at if due_at >= now else Instant(now + LOOK_AGAIN)))
    return Evaluation(tuple(findings), tuple(answered), tuple(errors), tuple(deadlines))


def _judged_by(rule: Rule, fact: Fact, now: Instant) -> Instant:
    until = rule.time_limit.until if rule.time_limit else None
    return min(fact.known_until.get(until or "", now), now)


def due(rule: Rule, fact: Fact) -> Instant | None:
    """When the rule's time limit for this fact ends; None when there is none, it has not begun, or it was met."""
    limit = rule.time_limit
    reached = fact.context.get("milestones") or {}
    if limit is None or reached.get(limit.until) is not None:
        return None
    begun = next((reached[name] for name in limit.milestones if reached.get(name) is not None), None)
    if begun is None:
        return None
    try:
        return Instant(parse(begun) + limit.after)
    except ProblemError:  # not a time: the rule's own expression says so, as its error
        return None


def _breaches(
    rule: Rule, fact: Fact, bindings: Bindings | Incomputable, now: Instant
) -> tuple[Breach, ...] | Incomputable:
    if isinstance(bindings, Incomputable):
        return bindings
    if rule.when is None and rule.builtin is not None:
        return _of_builtin(rule, fact, now)
    scope = bindings.under(rule.params)
    if rule.when is not None:
        concerned = rule.when.check(scope)
        if concerned is not True:
            return concerned if isinstance(concerned, Incomputable) else ()
    if rule.builtin is not None:
        return _of_builtin(rule, fact, now)
    assert rule.holds is not None
    assert rule.message is not None
    holds = rule.holds.check(scope)
    if isinstance(holds, Incomputable):
        return holds
    return () if holds else (Breach(rule.path, _sentence(rule.message, scope)),)


def _of_builtin(rule: Rule, fact: Fact, now: Instant) -> tuple[Breach, ...] | Incomputable:
    assert rule.builtin is not None
    try:
        return rule.builtin(fact, rule.params, now)
    except (KeyError, TypeError, ValueError) as error:  # a context that lacks or misshapes a field
        return Incomputable(f"{type(error).__name__}: {error}")


def _sentence(message: Message, scope: Scope) -> str:
    """The message with its expressions filled in; one that has no words shows as `?`: the violation stands all the same."""
    parts = [message.texts[0]]
    for expression, following in zip(message.expressions, message.texts[1:], strict=True):
        words = expression.words(scope)
        parts += ["?" if isinstance(words, Incomputable) else _spoken(words), following]
    return "".join(parts)


def _spoken(words: str) -> str:
    """An instant to the minute, as people say it; all else as it is.

    >>> _spoken("2026-03-02T08:00:30.250Z"), _spoken("order:SO-1")
    ('2026-03-02 08:00 UTC', 'order:SO-1')
    """
    return f"{words[:10]} {words[11:16]} UTC" if _INSTANT.fullmatch(words) else words


def _finding(rule: Rule, pair: Pair, fact: Fact, breach: Breach) -> Finding:
    return Finding(
        pair,
        breach.path,
        rule.version,
        rule.severity,
        rule.title,
        breach.message,
        rule.remediation,
        fact.money,
    )
