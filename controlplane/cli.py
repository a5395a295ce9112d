# SPDX-License-Identifier: Apache-2.0
"""The command `throughline`: one verb or group a room, each loaded only when it is called, so that the gate starts fast."""

import sys
from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperGroup

from registry.server import UnreachableError
from terms.problem import ProblemError

USAGE, UNREACHABLE = 2, 4

# group or verb -> (module that holds its typer app, what it is for)
VERBS: dict[str, tuple[str, str]] = {
    "demo": (
        "controlplane.commands.demo",
        "Start the sandbox and the control plane, with a history and live deals.",
    ),
    "serve": ("controlplane.commands.serve", "Run the control plane."),
    "sandbox": ("sync.cli", "Run the stand-ins of CRM, billing, payments and ERP."),
    "check": (
        "controlplane.commands.check",
        "Check contracts, policy rules and can-i-deploy in one go; no server needed.",
    ),
    "contracts": ("registry.cli", "Check contracts; no server needed."),
    "applications": ("controlplane.commands.applications", "Declare what an application writes and reads."),
    "record-deployment": ("controlplane.commands.record_deployment", "Record what runs where."),
    "can-i-deploy": ("controlplane.commands.can_i_deploy", "Ask whether a version may go to an environment."),
    "traces": ("collectors.cli", "Import traces and event logs."),
    "sources": ("controlplane.commands.sources", "Set up and watch where spans come from."),
    "extract": (
        "collectors.extraction.cli",
        "Try, test and suggest extraction rules, and report on the quality of keys.",
    ),
    "policies": ("policies.cli", "Test and check policy rules."),
    "exceptions": ("controlplane.commands.exceptions", "List what a person must clear, and replay it."),
    "db": ("controlplane.commands.db", "Bring the database to this version, or check that it is."),
}
NEEDS_SERVER = "this command needs the server parts: install throughline[server]"


class Verbs(TyperGroup):
    """Finds a verb by name and imports its module then; the list of verbs imports none."""

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        try:
            module = import_module(VERBS[cmd_name][0])
        except ModuleNotFoundError as error:
            if error.name and error.name.partition(".")[0] in _ROOMS:
                raise
            raise ProblemError(f"{NEEDS_SERVER} ({error.name} is missing)") from error
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_help(self, _ctx: Any, formatter: Any) -> None:
        formatter.write_usage("throughline", "COMMAND ...")
        formatter.write_paragraph()
        formatter.write_text("The control plane of a subscription business's integrations.")
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


class Handed:
    """What the roof hands to a room's commands, made only when one asks."""

    def open_sink(self) -> Any:
        """A sink into this machine's own data directory."""
        return import_module("controlplane.local_sink").LocalSinks().open_sink()

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of a running server's answer."""
        found: dict[str, Any] = import_module("controlplane.commands.client").ask(query, variables)
        return found


_ROOMS = {"controlplane", "registry", "sync", "collectors", "policies", "dashboards", "terms"}

app = typer.Typer(
    cls=Verbs,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def throughline() -> None:
    """The control plane of a subscription business's integrations."""


def main() -> None:
    """Runs the command line. A problem with what was asked is told on stderr, a line each, and exits with 2; with 4 when
    a server that had to be asked gave no answer."""
    try:
        app(obj=Handed())
    except ProblemError as error:
        sys.stderr.write("".join(f"throughline: {problem}\n" for problem in error.problems))
        sys.exit(UNREACHABLE if isinstance(error, UnreachableError) else USAGE)


if __name__ == "__main__":
    main()
