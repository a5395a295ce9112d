# SPDX-License-Identifier: Apache-2.0
"""Definitions in the schema: which processes, extraction rules, KPIs and policy rules hold, since when, and what of their files could not be taken."""

import strawberry

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.problem import Problem, problems_of
from terms.instant import Instant


@noun
class Definition:
    """One definition that holds. `kind` is process, extraction, kpi or policy."""

    kind: str
    id: str
    version: int
    title: str


@noun
class Definitions:
    """What holds in this process since `since`. While `problems` is not empty, newer files are there and are not taken.

    `differences` are other processes over the same database that work with other definitions: as long as there are some,
    no process judges history anew.
    """

    since: Instant
    in_force: list[Definition]
    problems: list[Problem]
    differences: list[Problem]


async def definitions(info: Info) -> Definitions:
    """Processes, extraction rules, KPIs and policy rules in force. Files are looked at every second; a definition that changes has a new version."""
    sources = info.context.sources
    held = sources.definitions.current
    return Definitions(
        since=sources.reload.since if sources.reload else info.context.now,
        in_force=[
            *(Definition(kind="process", id=p.id, version=p.version, title=p.title) for p in held.processes),
            *(
                Definition(kind="extraction", id=r.id, version=r.version, title=r.title)
                for r in held.extraction
            ),
            *(
                Definition(kind="kpi", id=k.id, version=k.version, title=k.title)
                for k in sources.criteria.kpis
            ),
            *(
                Definition(kind="policy", id=r.id, version=r.version, title=r.title)
                for r in sources.criteria.rules
            ),
        ],
        problems=problems_of(sources.reload.problems if sources.reload else ()),
        differences=problems_of(sources.reload.differences if sources.reload else ()),
    )


@strawberry.type
class DefinitionQuery:
    definitions: Definitions = answer(definitions)
