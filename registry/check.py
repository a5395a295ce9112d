# SPDX-License-Identifier: Apache-2.0
"""The whole of walk (b): contract files in, verdict out. No server, no database."""

from datetime import date
from pathlib import Path

from registry import sources
from registry.compare import compare
from registry.document import Document
from registry.neighbours import read
from registry.sources import Versions
from registry.verdict import COMPATIBLE, DEFAULT_MODE, DEFAULT_POLICY, Verdict, checked, judge


def check(
    new: Path, old: Path, mode: str | None = None, policy: str = DEFAULT_POLICY, on: date | None = None
) -> Verdict:
    """The verdict for two files, with witnesses. Raises ProblemError when one cannot be read as a contract."""
    return check_documents(
        read(new), Versions((read(old),), complete=False), mode, policy, on, witnesses=True
    )


def check_named(
    new: str, against: str, mode: str | None = None, policy: str = DEFAULT_POLICY, on: date | None = None
) -> Verdict:
    """The verdict for two texts as a person writes them: a path, or the name of a shipped contract, `@version` or not.

    With witnesses. Raises ProblemError for a text that names nothing, and for what cannot be read as a contract.
    """
    if mode is not None:
        checked(mode, policy)
    return check_documents(sources.one(new), sources.versions(against), mode, policy, on, witnesses=True)


def check_documents(
    new: Document,
    old: Versions,
    mode: str | None = None,
    policy: str = DEFAULT_POLICY,
    on: date | None = None,
    *,
    witnesses: bool = False,
) -> Verdict:
    """The verdict for documents at hand; `old` holds earlier versions, the latest last.

    Without a mode the latest old version's own `x-throughline.compatibility` counts, else BACKWARD. Only a transitive
    mode looks past the latest version. `on` is the day that the sunset dates of an API are held against; None: none has come.

    With `witnesses` documents are searched that prove what breaks, which may also settle what is undecided, and patches
    that would repair it; without, the answer comes at once.
    """
    asked = mode or old.compatibility or DEFAULT_MODE
    asked, policy = checked(asked, policy)
    documents = old.documents if asked.endswith("_TRANSITIVE") else old.documents[-1:]
    pairs = [(document, compare(document, new, on)) for document in documents]
    verdict = judge(pairs, new, asked, policy, all_versions=old.complete)
    if not witnesses or set(verdict.policies.values()) == {COMPATIBLE}:
        return verdict
    # Most checks find nothing to prove, and start faster without these.
    from registry.confirm import confirm
    from registry.fix import repaired

    return repaired(confirm(verdict, new, documents), new, documents, on)
