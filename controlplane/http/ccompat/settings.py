# SPDX-License-Identifier: Apache-2.0
"""Config and mode over the Confluent door: for all subjects, or for one. A subject without its own is told so, not given the global one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.ccompat import shapes
from controlplane.http.ccompat.refusing import (
    INVALID_LEVEL,
    INVALID_MODE,
    NO_CONFIG,
    NO_MODE,
    NOT_PERMITTED,
    ConfluentError,
)
from controlplane.http.raw_routes import Asked
from registry import config, subjects
from registry.config import ALL, COMPATIBILITIES, IMPORT, REGISTRY_MODES, Config
from terms.instant import Clock

_POLICIES = {"STRICT": "validation", "LENIENT": "lenient"}
_KEPT = (
    "alias", "normalize", "validateFields", "validateRules", "defaultMetadata", "overrideMetadata", "defaultRuleSet",
    "overrideRuleSet",
)  # fmt: skip
_MODES = tuple(mode for mode in REGISTRY_MODES if mode != "FORWARD")


@dataclass(frozen=True, slots=True)
class Settings:
    """The handlers, over the database."""

    database: Database
    clock: Clock

    async def config(self, asked: Asked) -> Response:
        """The level and what goes with it."""
        name, to_global = _name(asked), asked.is_set("defaultToGlobal", "default_to_global")

        def read(session: Session) -> Config | None:
            own = config.own(session, name) or Config()
            stated = own.compatibility or (subjects.stated_mode(session, name) if name else "")
            if name and not to_global:
                return replace(own, compatibility=stated) if stated or _says_more(own) else None
            held = config.effective(session, name)
            return replace(own, compatibility=held.compatibility, policy=held.policy, group_by=held.group_by)

        found = await self.database.read_async(read)
        if found is None:
            raise _no_config(name)
        return shapes.answer(_shown(found, "compatibilityLevel"))

    async def set_config(self, asked: Asked) -> Response:
        """Settles what the body names; the rest stays as it was."""
        name, given = _name(asked), await shapes.body(asked)

        def settle(session: Session) -> Config:
            wanted = _with(config.own(session, name) or Config(), given)
            config.settle(session, name, ALL, wanted, self.clock())
            return wanted

        kept = await self.database.write_async(
            settle, actor=asked.caller.actor, reason=f"config of {name or 'all subjects'}"
        )
        answered = {key: value for key, value in given.items() if key != "compatibilityLevel"}
        return shapes.answer({**answered, **_level(kept, "compatibility")})

    async def delete_config(self, asked: Asked) -> Response:
        """Takes back what was settled, and answers with it."""
        name = _name(asked)

        def unsettle(session: Session) -> Config | None:
            own = config.own(session, name)
            if own is None or not (own.compatibility or _says_more(own)):
                return None
            config.unsettle(session, name)
            if own.registry_mode:
                config.settle(session, name, ALL, Config(registry_mode=own.registry_mode), self.clock())
            return own

        gone = await self.database.write_async(
            unsettle, actor=asked.caller.actor, reason=f"config of {name or 'all subjects'} taken back"
        )
        if gone is None and name:
            raise _no_config(name)
        return shapes.answer(_shown(gone or Config(compatibility="BACKWARD"), "compatibilityLevel"))

    async def mode(self, asked: Asked) -> Response:
        """Whether it may be written to."""
        name, to_global = _name(asked), asked.is_set("defaultToGlobal", "default_to_global")

        def read(session: Session) -> str:
            own = config.own(session, name)
            if name and not to_global:
                return own.registry_mode if own else ""
            return config.effective(session, name).registry_mode

        found = await self.database.read_async(read)
        if not found:
            raise _no_mode(name)
        return shapes.answer({"mode": found})

    async def set_mode(self, asked: Asked) -> Response:
        """Settles the mode. An import begins with nothing there, unless it is forced."""
        name, given, force = _name(asked), await shapes.body(asked), asked.is_set("force")
        mode = str(given.get("mode", "")).upper()
        if mode not in _MODES:
            raise ConfluentError(422, INVALID_MODE, f"Invalid mode. Valid values are {', '.join(_MODES)}")

        def settle(session: Session) -> None:
            if mode == IMPORT and not force and subjects.names(session, name):
                raise ConfluentError(422, NOT_PERMITTED, "Cannot import since found existing subjects")
            own = config.own(session, name) or Config()
            config.settle(session, name, ALL, replace(own, registry_mode=mode), self.clock())

        await self.database.write_async(
            settle, actor=asked.caller.actor, reason=f"mode of {name or 'all subjects'}: {mode}"
        )
        return shapes.answer({"mode": mode})

    async def delete_mode(self, asked: Asked) -> Response:
        """Takes the mode back, and answers with it."""
        name = _name(asked)

        def unsettle(session: Session) -> str:
            own = config.own(session, name)
            if own is None or not own.registry_mode:
                return ""
            config.settle(session, name, ALL, replace(own, registry_mode=""), self.clock())
            return own.registry_mode

        gone = await self.database.write_async(
            unsettle, actor=asked.caller.actor, reason=f"mode of {name or 'all subjects'} taken back"
        )
        if not gone:
            raise _no_mode(name)
        return shapes.answer({"mode": gone})


def _name(asked: Asked) -> str:
    return shapes.subject(asked) if "subject" in asked.path else ALL


def _with(own: Config, given: Mapping[str, Any]) -> Config:
    """The settings with what the body names in them; null takes one back."""
    level = given.get("compatibility", given.get("compatibilityLevel", own.compatibility)) or ""
    policy = given.get("compatibilityPolicy")
    if not isinstance(level, str) or (level and level.upper() not in COMPATIBILITIES):
        valid = ", ".join(one.lower() for one in COMPATIBILITIES)
        raise ConfluentError(422, INVALID_LEVEL, f"Invalid compatibility level. Valid values are {valid}")
    if policy is not None and str(policy).upper() not in _POLICIES:
        raise ConfluentError(
            422, INVALID_LEVEL, "Invalid compatibility policy. Valid values are strict, lenient"
        )
    kept = {**own.extra, **{name: given[name] for name in _KEPT if name in given}}
    return replace(
        own,
        compatibility=level.upper(),
        policy=_POLICIES[str(policy).upper()]
        if policy
        else ""
        if "compatibilityPolicy" in given
        else own.policy,
        group_by=str(given.get("compatibilityGroup", own.group_by) or ""),
        extra={name: value for name, value in kept.items() if value is not None},
    )


def _shown(held: Config, level: str) -> dict[str, Any]:
    return {**_level(held, level), **held.extra}


def _level(held: Config, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = {name: held.compatibility} if held.compatibility else {}
    policy = next((theirs for theirs, ours in _POLICIES.items() if ours == held.policy), None)
    if policy:
        shown["compatibilityPolicy"] = policy
    if held.group_by:
        shown["compatibilityGroup"] = held.group_by
    return shown


def _says_more(own: Config) -> bool:
    return bool(own.policy or own.group_by or own.extra)


def _no_config(name: str) -> ConfluentError:
    return ConfluentError(
        404, NO_CONFIG, f"Subject '{name}' does not have subject-level compatibility configured"
    )


def _no_mode(name: str) -> ConfluentError:
    return ConfluentError(404, NO_MODE, f"Subject '{name}' does not have subject-level mode configured")
