# SPDX-License-Identifier: Apache-2.0
"""What the made-up API answers to changes of contracts: whatever is asked for is kept, and some of it is refused."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.dashboards.made_up import Row

STILL_USED = "it is still used by spreadsheet (14 times, last on 2026-11-20)"


def answers(changed: list[Row]) -> Mapping[str, Callable[..., Row]]:
    """A resolver for each mutation; each appends what it was asked to `changed`."""

    def keep(asked: Mapping[str, Any]) -> Row:
        changed.append(dict(asked["input"]))
        return changed[-1]

    def move(_: Any, **asked: Any) -> Row:
        wanted = keep(asked)
        if wanted["to"] == "retired" and not (wanted["force"] and wanted["reason"]):
            return refused(
                "forced without a reason" if wanted["force"] else STILL_USED, "to", "move them first"
            )
        return {
            "__typename": "LifecycleChanged", "alreadyThere": wanted["to"] == "active", "contract": None,
            "version": {"semver": "1.1.0", "lifecycle": wanted["to"]},
        }  # fmt: skip

    def register(_: Any, **asked: Any) -> Row:
        wanted = keep(asked)
        if wanted["document"].startswith("{"):
            return {
                "__typename": "ContractRegistered", "alreadyThere": False, "contract": {"subject": "invoice-issued"},
                "version": {"semver": "1.2.0", "number": 3, "lifecycle": "draft" if wanted["asDraft"] else "active"},
            }  # fmt: skip
        problem = {
            "what": "is neither JSON nor YAML",
            "where": "draft:1",
            "next": "check it with a formatter",
        }
        return {"__typename": "DraftUnreadable", "problems": [problem]}

    def approve(_: Any, **asked: Any) -> Row:
        wanted = keep(asked)
        if not wanted["reason"]:
            return refused("an approval without a reason", "reason", "say why the break is accepted")
        return {"__typename": "FindingApproved", "fingerprint": wanted["fingerprint"]}

    def withdraw(_: Any, **asked: Any) -> Row:
        return {"__typename": "ApprovalWithdrawn", "alreadyGone": keep(asked)["fingerprint"] == "gone"}

    def delete(_: Any, **asked: Any) -> Row:
        if keep(asked)["number"] == 1:
            return refused("version 1 is referred to by order version 2", "version", "delete that first")
        return {"__typename": "VersionDeleted", "alreadyDone": False}

    def restore(_: Any, **asked: Any) -> Row:
        keep(asked)
        return {"__typename": "VersionRestored", "alreadyDone": False}

    return {
        "changeLifecycle": move,
        "registerContract": register,
        "approveFinding": approve,
        "withdrawApproval": withdraw,
        "deleteVersion": delete,
        "restoreVersion": restore,
    }


def refused(message: str, where: str, do: str) -> Row:
    """An expected refusal."""
    return {
        "__typename": "ContractRefused",
        "kind": "transition",
        "message": message,
        "where": where,
        "next": do,
    }
