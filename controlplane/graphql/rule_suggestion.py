# SPDX-License-Identifier: Apache-2.0
"""A proposed extraction rule in the schema: what the spans of a service that no rule reads would say."""

import strawberry
from sqlmodel import Session

from collectors.extraction import suggestion
from collectors.extraction.extractor import Extractor
from collectors.spans import sample as span_sample
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun

_OWN = "throughline"


@noun
class RuleSuggestion:
    """A rule file for the spans of a service, with the evidence of each line as comments. `events` of its readings make
    events, `steps` only name objects. It was made of `spans`, the newest of the service among the `lookedAt` stored last.
    """

    service: str
    content: str
    spans: int
    events: int
    steps: int
    looked_at: int


async def rule_suggestion(info: Info, service: str, anew: bool = False) -> RuleSuggestion | None:
    """A rule for the service's newest spans that no rule reads, or with `anew` for all of them; null where nothing is
    found to propose.
    """
    definitions = info.context.sources.definitions
    own = [rule for rule in definitions.extraction if rule.id == _OWN]
    extractor = Extractor(own) if anew else definitions.extractor
    taken = {rule.id for rule in definitions.extraction}

    def work(session: Session) -> RuleSuggestion | None:
        found = span_sample.sample(session, service)
        made = suggestion.suggest(
            found.spans,
            extractor,
            lambda values: span_sample.known_keys(session, values),
            "the database",
            taken,
        )
        if not made:
            return None
        one = made[0]
        return RuleSuggestion(
            service=one.service,
            content=one.content,
            spans=one.spans,
            events=one.events,
            steps=one.names,
            looked_at=found.looked_at,
        )

    return await info.context.read(work)


@strawberry.type
class RuleSuggestionQuery:
    rule_suggestion: RuleSuggestion | None = answer(rule_suggestion)
