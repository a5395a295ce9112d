# SPDX-License-Identifier: Apache-2.0
"""`throughline extract`: write extraction rules and see what they make of real spans, before a server uses them.

Exit codes: 0 as it should be; 1 something is left to do (a value refused, nothing read, an example that does not hold);
2 wrong usage or an unreadable file; 4 a server that was asked does not answer.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.table import Table

from collectors import definitions
from collectors.definitions import Definitions
from collectors.extraction.example import broken_examples, outcomes
from collectors.extraction.extractor import Extractor
from collectors.extraction.suggestion import Suggestion
from collectors.extraction.suggestion import suggest as suggestions
from collectors.extraction.suggestion_file import word
from collectors.extraction.trial import Read, Trial, read_all
from collectors.extraction.trial_told import console, counted, document, sentence, table
from collectors.imports.batch import decode, refused
from collectors.imports.file import KINDS, batches
from collectors.span import Decoded, Rejected
from terms.instant import wall_clock
from terms.problem import ProblemError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Try, test and suggest extraction rules.")

OWN = "throughline"
DONE, LEFT, UNREADABLE = 0, 1, 2
_SHOWN = 1_000  # spans told one by one in JSON

_SUGGESTION = """query Suggestion($service: String!, $anew: Boolean!) {
  ruleSuggestion(service: $service, anew: $anew) { service content spans events steps lookedAt }
}"""
_QUALITY = """query Quality($after: String) {
  keyQuality(first: 200, after: $after) { pageInfo { hasNextPage endCursor } nodes {
    type source verdict reason sentence uses keys moreKeys firstSeenAt lastSeenAt examples { key what uses } } }
}"""

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
        _say(json.dumps(document(trial, shown), indent=2))
    else:
        table(trial)
        _say(sentence(trial))
    for pair in trial.unknown_to(loaded.processes):
        _say(
            f"{pair}: no process has an edge for it, so that it joins nothing; add one to a process's edges.",
            error=True,
        )
    if trial.spans and not (trial.events or trial.naming):
        _say("No rule reads these spans. `throughline extract suggest` proposes one.", error=True)
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
            f"{'FAIL' if broken else 'ok':<5} {rule.name}: {counted(len(tried), 'example')}, {counted(len(rule.readings), 'reading')}"
        )
        for one in tried:
            _say(f"      {'ok' if not one.differences else 'FAIL':<5} {one.example.name}")
    for text in problems:
        _say(text, error=True)
    _say(f"{counted(len(found), 'rule')}, {counted(len(problems), 'problem')}")
    raise typer.Exit(LEFT if problems else DONE if found else UNREADABLE)


@app.command()
def suggest(
    ctx: typer.Context,
    of: Annotated[list[str], typer.Argument(help=f"Files ({KINDS}), or one service of a running server.")],
    service: Annotated[str, typer.Option(help="Of files: only for this service.")] = "",
    into: Annotated[
        Path | None, typer.Option(help="A folder: a file for each service is written there.")
    ] = None,
    anew: Annotated[bool, typer.Option("--all", help="As if no rule read them but our own.")] = False,
    rules: Folders = None,
) -> None:
    """Propose rules for spans that no rule reads, with the evidence of each line. What is proposed loads and holds.

    What is no file is a service whose newest spans THROUGHLINE_URL's server looks at. Exits 1 when there is nothing to
    propose.
    """
    if len(of) == 1 and not Path(of[0]).exists():
        _hand_out(*_asked(ctx, of[0], anew), into)
    files = [Path(one) for one in of]
    loaded = _load(rules)
    extractor = Extractor(one for one in loaded.extraction if one.id == OWN) if anew else loaded.extractor
    spans = [span for path in files for decoded in _decoded(path, loaded) for span in decoded.spans]
    taken = {one.id for one in loaded.extraction}
    found = suggestions(spans, extractor, lambda _: {}, ", ".join(path.name for path in files), taken)
    _hand_out([one for one in found if service in ("", one.service)], len(spans), into)


def _asked(ctx: typer.Context, service: str, anew: bool) -> tuple[list[Suggestion], int]:
    """What a running server proposes for one of its services."""
    ask = _asking(
        ctx, f"'{service}' is no file, and no server is named that could know a service of that name"
    )
    found = ask(_SUGGESTION, {"service": service, "anew": anew})["ruleSuggestion"]
    if found is None:
        return [], 0
    parts = (found[name] for name in ("service", "content", "spans", "events", "steps"))
    return [Suggestion(*parts)], found["lookedAt"]


def _asking(ctx: typer.Context, what: str) -> Any:
    """The roof's way to a server. Raises ProblemError where none is named."""
    ask = getattr(ctx.obj, "ask", None)
    if ask is None or not os.environ.get("THROUGHLINE_URL"):
        raise ProblemError(what, "THROUGHLINE_URL", "set it, and THROUGHLINE_TOKEN, to a running server")
    return ask


@app.command()
def quality(ctx: typer.Context, output: Format = "text") -> None:
    """Tell what is wrong with business keys: what was refused, and what joins less than it could.

    Asks the server that THROUGHLINE_URL names. Exits 1 when there is anything.
    """
    _one_of(output, ("text", "json"), "--format")
    ask = _asking(ctx, "no server is named")
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = ask(_QUALITY, {"after": after})["keyQuality"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    if output == "json":
        _say(json.dumps(found, indent=2))
    else:
        _tell_quality(found)
    raise typer.Exit(LEFT if found else DONE)


def _tell_quality(found: list[dict[str, Any]]) -> None:
    lines = Table(
        "object",
        "source",
        "verdict",
        "reason",
        "events",
        "keys",
        "such as",
        "last seen",
        box=None,
        header_style="bold",
    )
    for one in found:
        examples = ", ".join(example["key"] or "(empty)" for example in one["examples"])
        keys = f"{one['keys']}{'+' if one['moreKeys'] else ''}"
        verdict = one["verdict"].lower()
        lines.add_row(
            one["type"],
            one["source"],
            verdict,
            one["reason"],
            f"{one['uses']:,}",
            keys,
            examples,
            one["lastSeenAt"],
        )
    if found:
        console().print(lines)
    _say(counted(len(found), "finding"))


def _hand_out(found: list[Suggestion], looked_at: int, into: Path | None) -> NoReturn:
    if not found:
        _say(
            f"Nothing to propose: no unread span of {counted(looked_at, 'span')} seems to name a business object.",
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
                f"{path}: {counted(one.events, 'event')} and {counted(one.names, 'step')} from {counted(one.spans, 'span')}"
            )
    raise typer.Exit(DONE)


def _load(rules: list[Path] | None) -> Definitions:
    """The shipped definitions and those named. Raises ProblemError with every problem found."""
    return definitions.load(tuple(rules or ()))


def _decoded(path: Path, loaded: Definitions) -> Iterator[Decoded]:
    for batch in batches(path):
        try:
            decoded = decode(batch, loaded.extractor, wall_clock())
        except ProblemError as error:
            if not batch.line:
                raise
            decoded = Decoded(
                rejected=[Rejected("undecodable", why) for why in refused(batch, str(error)).reasons]
            )
        decoded.rejected.extend(Rejected("left_out", why) for why in batch.left_out)
        yield decoded


def _one_of(word: str, known: tuple[str, ...], where: str) -> None:
    if word not in known:
        raise ProblemError(f"'{word}' is not one of {', '.join(known)}", where)


def _say(text: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(f"{text}\n")
