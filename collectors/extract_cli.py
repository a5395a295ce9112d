# SPDX-License-Identifier: Apache-2.0
"""`throughline extract`: write extraction rules and see what they make of real spans, before a server uses them.

Exit codes: 0 as it should be; 1 something is left to do (a value refused, nothing read, an example that does not hold);
2 wrong usage or an unreadable file; 4 a server that was asked does not answer.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from collectors import definitions
from collectors.definitions import Definitions
from collectors.extraction import Extractor
from collectors.extraction_example import broken_examples, outcomes, told
from collectors.imports.batch import decode
from collectors.imports.file import KINDS, batches
from collectors.span import Decoded, Rejected
from collectors.suggestion import Suggestion
from collectors.suggestion import suggest as suggestions
from collectors.suggestion_file import word
from collectors.trial import Line, Read, Trial, read_all
from terms.instant import wall_clock
from terms.problem import ProblemError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Try, test and suggest extraction rules.")

OWN = "throughline"
DONE, LEFT, UNREADABLE = 0, 1, 2
_WIDTH = 160  # where the output goes to no terminal
_SHOWN = 1_000  # spans told one by one in JSON

Folders = Annotated[
    list[Path] | None,
    typer.Option("--rules", help="A rule file, or a folder of definitions; may be given several times."),
]
Format = Annotated[str, typer.Option("--format", help="text or json")]


@app.command("try")
def try_file(
    files: Annotated[list[Path], typer.Argument(help=f"{KINDS}.")],
    rules: Folders = None,
    output: Format = "text",
) -> None:
    """Show what the rules make of the spans in files: events, objects, and what they refuse. Nothing is stored.

    Exits 1 when no rule reads any of it, or a value that stands where a key should is none.
    """
    _one_of(output, ("text", "json"), "--format")
    loaded = _load(rules)
    trial = Trial()
    shown: list[Read] = []
    for path in files:
        for decoded in _decoded(path, loaded):
            for read in read_all(decoded, loaded.extractor):
                trial.add(read)
                if len(shown) < _SHOWN:
                    shown.append(read)
            trial.rejected += len(decoded.rejected)
    if output == "json":
        _say(json.dumps(_document(trial, shown), indent=2))
    else:
        _tell(trial)
    nothing = not (trial.events or trial.naming)
    raise typer.Exit(LEFT if nothing or trial.refused or trial.rejected else DONE)


@app.command("test")
def run_examples(
    rules: Annotated[
        list[Path] | None,
        typer.Argument(help="Rule files or folders of definitions; without any, the shipped rules."),
    ] = None,
) -> None:
    """Run the examples of every rule. Exits 1 when one gives something else than its author expects."""
    problems: list[str] = []
    try:
        found = definitions.read_rules(tuple(rules or ()))
    except ProblemError as error:
        for problem in error.problems:
            _say(str(problem), error=True)
        raise typer.Exit(UNREADABLE) from None
    for rule in found:
        tried = outcomes(rule)
        broken = [str(problem) for problem in broken_examples(rule)]
        problems += broken
        _say(
            f"{'FAIL' if broken else 'ok':<5} {rule.name}: {_count(len(tried), 'example')}, {_count(len(rule.readings), 'reading')}"
        )
        for one in tried:
            _say(f"      {'ok' if not one.differences else 'FAIL':<5} {one.example.name}")
    for text in problems:
        _say(text, error=True)
    _say(f"{_count(len(found), 'rule')}, {_count(len(problems), 'problem')}")
    raise typer.Exit(LEFT if problems else DONE if found else UNREADABLE)


@app.command()
def suggest(
    files: Annotated[list[Path], typer.Argument(help=f"{KINDS}.")],
    service: Annotated[str, typer.Option(help="Only for this service.")] = "",
    into: Annotated[
        Path | None, typer.Option(help="A folder: a file for each service is written there.")
    ] = None,
    anew: Annotated[bool, typer.Option("--all", help="As if no rule read them but our own.")] = False,
    rules: Folders = None,
) -> None:
    """Propose rules for spans that no rule reads, with the evidence of each line. What is proposed loads and holds.

    Exits 1 when there is nothing to propose.
    """
    loaded = _load(rules)
    extractor = Extractor(one for one in loaded.extraction if one.id == OWN) if anew else loaded.extractor
    spans = [span for path in files for decoded in _decoded(path, loaded) for span in decoded.spans]
    taken = {one.id for one in loaded.extraction}
    found = suggestions(spans, extractor, lambda _: {}, ", ".join(path.name for path in files), taken)
    _hand_out([one for one in found if service in ("", one.service)], into, len(spans))


def _hand_out(found: list[Suggestion], into: Path | None, looked_at: int) -> None:
    if not found:
        _say(
            f"Nothing to propose: no unread span of {_count(looked_at, 'span')} seems to name a business object.",
            error=True,
        )
        raise typer.Exit(LEFT)
    if into is None and len(found) > 1:
        names = ", ".join(one.service for one in found)
        raise ProblemError(
            f"there are proposals for {names}",
            "--service",
            "name one, or write all of them with --into FOLDER",
        )
    for one in found:
        if into is None:
            sys.stdout.write(one.content)
        else:
            into.mkdir(parents=True, exist_ok=True)
            path = into / f"{word(one.service, 'service')}.yaml"
            path.write_text(one.content)
            _say(
                f"{path}: {_count(one.events, 'event')} and {_count(one.names, 'step')} from {_count(one.spans, 'span')}"
            )
    raise typer.Exit(DONE)


def _load(rules: list[Path] | None) -> Definitions:
    """The shipped definitions and those named. Raises ProblemError with every problem found."""
    return definitions.load(tuple(rules or ()))


def _decoded(path: Path, loaded: Definitions) -> Iterator[Decoded]:
    for batch in batches(path):
        decoded = decode(batch, loaded.extractor, wall_clock())
        decoded.rejected.extend(Rejected("left_out", why) for why in batch.left_out)
        yield decoded


def _tell(trial: Trial) -> None:
    table = Table(
        "spans", "service", "name", "rule", "event", "objects", "refused", box=None, header_style="bold"
    )
    for line in trial.sorted_lines():
        table.add_row(*_cells(line))
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    console.print(table)
    _say(
        f"{_count(trial.spans, 'span')}: {_count(trial.events, 'event')}, {_count(trial.naming, 'more span')} that only name "
        f"objects, {trial.unread} that no rule reads, {_count(trial.refused, 'value')} refused, {trial.rejected} rejected"
    )
    if trial.spans and not (trial.events or trial.naming):
        _say("No rule reads these spans. `throughline extract suggest` proposes one.", error=True)


def _cells(line: Line) -> tuple[str, ...]:
    rule = f"{line.rule} {line.reading}".strip()
    return (
        str(line.count), line.service, line.name, rule, line.makes, " ".join(line.objects), "; ".join(line.refused),
    )  # fmt: skip


def _document(trial: Trial, shown: list[Read]) -> dict[str, Any]:
    return {
        "spans": trial.spans,
        "events": trial.events,
        "naming": trial.naming,
        "unread": trial.unread,
        "refused": trial.refused,
        "rejected": trial.rejected,
        "lines": [
            {
                "spans": line.count,
                "service": line.service,
                "name": line.name,
                "rule": line.rule,
                "reading": line.reading,
                "event": line.makes,
                "objects": list(line.objects),
                "refused": list(line.refused),
            }
            for line in trial.sorted_lines()
        ],
        "read": [_read_document(read) for read in shown],
    }


def _read_document(read: Read) -> dict[str, Any]:
    span = read.span
    ids = {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex(), "name": span.name} if span else {}
    return {
        **ids,
        "rule": read.rule,
        "reading": read.reading,
        "named": list(read.named),
        "events": [told(event) for event in read.events],
        "refused": [{"reason": one.reason, "type": one.type, "value": one.key} for one in read.findings],
        **(
            {"rejected": {"reason": read.rejected.reason, "what": read.rejected.what}}
            if read.rejected
            else {}
        ),
    }


def _one_of(word: str, known: tuple[str, ...], where: str) -> None:
    if word not in known:
        raise ProblemError(f"'{word}' is not one of {', '.join(known)}", where)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _say(text: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(f"{text}\n")
