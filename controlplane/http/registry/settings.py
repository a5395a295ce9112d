# SPDX-License-Identifier: Apache-2.0
"""Settings over REST: mode, policy, groups and read-only, for all subjects, one, or a group of one; and approvals of breaks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.raw_routes import Asked
from controlplane.http.refusal import refusal
from controlplane.http.registry import shapes
from registry import approval_store, config
from registry.approval_store import Approval
from registry.config import Config, Settled
from terms import instant
from terms.instant import DAY, Clock, Instant
from terms.problem import Problem, ProblemError

_KEYS = {
    "compatibility": "compatibility",
    "policy": "policy",
    "group_by": "group_by",
    "mode": "registry_mode",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The handlers, over the database."""

    database: Database
    clock: Clock

    async def config(self, asked: Asked) -> Response:
        """What was settled for all subjects, or for one (`group` for a group of its versions), and what holds."""
        place = _place(asked)

        def read(session: Session) -> tuple[Config | None, Settled]:
            return config.own(session, *place), config.effective(session, place[0])

        return shapes.answer(shapes.config(*await self.database.read_async(read)))

    async def settle(self, asked: Asked) -> Response:
        """Settles `{"compatibility", "policy", "group_by", "mode"}` there; what is left out or null is not settled there."""
        place, wanted = _place(asked), _config(await asked.json())

        def settle(session: Session) -> tuple[Config | None, Settled]:
            before = config.own(session, *place)
            kept = Config(
                wanted.compatibility,
                wanted.policy,
                wanted.group_by,
                wanted.registry_mode,
                before.extra if before else {},
            )
            config.settle(session, *place, kept, self.clock())
            return kept, config.effective(session, place[0])

        settled = await self.database.write_async(
            settle, actor=asked.caller.actor, reason=f"settings of {place[0] or 'all subjects'}"
        )
        return shapes.answer(shapes.config(*settled))

    async def unsettle(self, asked: Asked) -> Response:
        """Takes back what was settled there; 404 when nothing was."""
        place = _place(asked)
        gone = await self.database.write_async(
            lambda session: config.unsettle(session, *place),
            actor=asked.caller.actor,
            reason=f"settings of {place[0] or 'all subjects'} taken back",
        )
        if gone is None:
            return refusal(asked.request, 404, Problem("nothing was settled there", "subject"))
        settled = await self.database.read_async(lambda session: config.effective(session, place[0]))
        return shapes.answer(shapes.config(None, settled))

    async def approvals(self, asked: Asked) -> Response:
        """All approvals of a subject, ended ones too."""
        name = asked.path["subject"]
        found = await self.database.read_async(lambda session: approval_store.approvals(session, name))
        return shapes.answer({"approvals": [shapes.approval(each) for each in found]})

    async def approve(self, asked: Asked) -> Response:
        """Accepts one finding: `{"fingerprint", "reason", "until"}`, `until` the last day (YYYY-MM-DD, UTC) it counts."""
        wanted = self._approval(asked, await asked.json())
        await self.database.write_async(
            lambda session: approval_store.approve(session, wanted),
            actor=asked.caller.actor,
            reason=f"approve {wanted.fingerprint} of {wanted.subject} until {wanted.last_day}: {wanted.reason}",
        )
        return shapes.answer(shapes.approval(wanted), 201)

    async def withdraw(self, asked: Asked) -> Response:
        """Takes an approval back; 404 when there is none."""
        name, fingerprint = asked.path["subject"], asked.path["fingerprint"]
        gone = await self.database.write_async(
            lambda session: approval_store.withdraw(session, name, fingerprint),
            actor=asked.caller.actor,
            reason=f"withdraw the approval of {fingerprint} of {name}",
        )
        if not gone:
            return refusal(asked.request, 404, Problem("there is no such approval", "fingerprint"))
        return shapes.answer({"subject": name, "withdrawn": fingerprint})

    def _approval(self, asked: Asked, said: dict[str, Any]) -> Approval:
        texts = {name: said.get(name) for name in ("fingerprint", "reason", "until")}
        for name, value in texts.items():
            if not isinstance(value, str) or not value.strip():
                raise ProblemError(f"{name} is missing", f"/{name}", "name fingerprint, reason and until")
        now = self.clock()
        return Approval(
            asked.path["subject"],
            str(texts["fingerprint"]).strip(),
            str(texts["reason"]),
            asked.caller.name,
            now,
            _end_of(str(texts["until"])),
        )


def _end_of(day: str) -> Instant:
    try:
        begins = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError as error:
        raise ProblemError(f"'{day[:40]}' is not a day", "/until", "write it like 2026-12-31") from error
    return Instant(instant.from_datetime(begins) + DAY)


def _place(asked: Asked) -> tuple[str, str]:
    return asked.path.get("subject", config.ALL), asked.query.get("group", config.ALL)


def _config(said: dict[str, Any]) -> Config:
    for name, value in said.items():
        if name not in _KEYS:
            raise ProblemError(f"'{name[:40]}' is not a setting", f"/{name}", f"use {', '.join(_KEYS)}")
        if not isinstance(value, str | None):
            raise ProblemError(f"{name} is not a text", f"/{name}", "write it in quotes")
    values = {field: str(said.get(name) or "") for name, field in _KEYS.items()}
    return Config(values["compatibility"], values["policy"], values["group_by"], values["registry_mode"])
