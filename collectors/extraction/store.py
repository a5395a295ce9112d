# SPDX-License-Identifier: Apache-2.0
"""Which versions of which extraction rules made the events that are stored: an event bears a number, the rule stands once."""

from collections.abc import Iterable, Sequence

from collectors import tables
from collectors.bulk import Bulk
from collectors.extraction.rule import ExtractionRule
from collectors.span import BusinessEvent
from terms.instant import Instant
from terms.tenant import TENANT


def rule_numbers(
    bulk: Bulk, rules: Sequence[ExtractionRule], events: Iterable[BusinessEvent], now: Instant
) -> dict[str, int]:
    """The number of each rule that made one of the events, by its name (`throughline@1`). A rule gets one on first use."""
    used = {event.rule for event in events if event.rule}
    if not used:
        return {}
    known = _known(bulk, used)
    while new := [rule for rule in rules if rule.name in used and rule.name not in known]:
        (last,) = bulk.select("max(rule_no)", "extraction_rule", "tenant", [TENANT])
        start = (last[0] or 0) + 1
        rows = [(start + n, rule.id, rule.version, rule.digest, now) for n, rule in enumerate(new)]
        # Another process may take the same number at this moment; whoever comes second looks again.
        columns = "rule_no, id, version, digest, first_used_at"
        bulk.insert(tables.ExtractionRuleRow, columns, rows, known="skip")
        known = _known(bulk, used)
    return known


def _known(bulk: Bulk, names: Iterable[str]) -> dict[str, int]:
    ids = {name.rpartition("@")[0] for name in names}
    rows = bulk.select("id, version, rule_no", "extraction_rule", "id", ids)
    return {f"{rule_id}@{version}": number for rule_id, version, number in rows}
