# SPDX-License-Identifier: Apache-2.0
"""The words that a query may use because the processes define them: their ids, milestones, systems and owners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from collectors.processes.process import MilestoneRule, Process


@dataclass(frozen=True)
class Vocabulary:
    """`roles` gives each configured system its place in the line (`chargebee`: `billing`): both words name it."""

    processes: Sequence[Process]
    roles: Mapping[str, str]

    @cached_property
    def object_types(self) -> frozenset[str]:
        """Types of business keys: `invoice:INV-7` is a word of a query where `invoice` is one."""
        edges = [rule for process in self.processes for rule in process.edges]
        anchors = [process.anchor for process in self.processes]
        return frozenset([*anchors, *(rule.child for rule in edges), *(rule.parent for rule in edges)])

    @cached_property
    def _stages(self) -> tuple[tuple[str, MilestoneRule], ...]:
        return tuple((process.id, rule) for process in self.processes for rule in process.milestones)

    def stages_of(self, field: str, word: str) -> tuple[tuple[str, str], ...]:
        """The (process, milestone) pairs that wait for this system, by name or role, or for this owner."""
        return tuple(
            (process, rule.name)
            for process, rule in self._stages
            if word in (self.words_of(rule) if field == "system" else (rule.owner,))
        )

    def words_of(self, rule: MilestoneRule) -> tuple[str, ...]:
        """What a milestone's system is called: its name, then its role where it has one."""
        role = self.roles.get(rule.system)
        return (rule.system, role) if role else (rule.system,)

    @cached_property
    def systems(self) -> Mapping[tuple[str, str], str]:
        """The system behind each (process, milestone)."""
        return {(process, rule.name): rule.system for process, rule in self._stages}

    def known(self, field: str) -> Mapping[str, str] | None:
        """The values a field is known to have, each with what it means; None for one that takes any."""
        if field == "process":
            return {process.id: process.title for process in self.processes}
        if field == "waiting":
            return {rule.name: rule.title for _, rule in self._stages}
        if field == "owner":
            return {rule.owner: "" for _, rule in self._stages if rule.owner}
        if field == "system":
            names = dict.fromkeys(rule.system for _, rule in self._stages if rule.system)
            by_role = {role: name for name, role in self.roles.items() if name in names}
            return {**dict.fromkeys(names, ""), **{role: f"that is {name}" for role, name in by_role.items()}}
        return None
