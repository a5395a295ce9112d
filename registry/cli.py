# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts ...`: the gate a CI job calls. It needs no server and no database, and starts fast."""

from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperGroup

# verb -> (module and function that hold it, what it is for); a verb's module loads when it is called
VERBS: dict[str, tuple[str, str, str]] = {
    "check": ("registry.commands.check", "check", "Say whether contracts are compatible with their earlier versions."),
    "diff": ("registry.commands.diff", "diff", "List what is different between two contracts."),
    "example": ("registry.commands.example", "example", "Write example documents of a contract."),
    "infer": ("registry.commands.infer", "infer", "Draft a contract from observed payloads."),
    "list": ("registry.commands.shipped", "list_contracts", "List the contracts that ship, or those of a registry."),
    "push": ("registry.commands.push", "push", "Register contracts in a registry."),
    "pull": ("registry.commands.pull", "pull", "Write the contracts of a registry into files."),
    "export": ("registry.commands.exchange", "export", "Write a whole registry as a directory tree, or as one xRegistry document."),
    "import": ("registry.commands.exchange", "take", "Take a directory tree over into a registry."),
    "deprecate": ("registry.commands.lifecycle", "deprecate", "Say that a version should no longer be used."),
    "promote": ("registry.commands.lifecycle", "promote", "Move a version on, such as a draft to active."),
}  # fmt: skip


class Verbs(TyperGroup):
    """Finds a verb by name and imports its module then."""

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        module, function, _ = VERBS[cmd_name]
        verb = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        verb.command(cmd_name)(getattr(import_module(module), function))
        command = typer.main.get_command(verb)
        command.name = cmd_name
        return command

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in VERBS.items()])


app = typer.Typer(cls=Verbs, rich_markup_mode=None, no_args_is_help=True, add_completion=False)


@app.callback()
def contracts() -> None:
    """Check contracts against their earlier versions; keep them in a registry."""
