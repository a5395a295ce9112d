# SPDX-License-Identifier: Apache-2.0
"""Sources as rules see them."""

from collectors.sources.view import SourceView
from policies.fact import Fact
from terms import instant
from terms.instant import SECOND


def source_fact(view: SourceView) -> Fact:
    """One source as it stands. Durations are whole seconds."""
    silence, error = view.source.max_silence, view.pull.error if view.pull else None
    return Fact(
        "source",
        view.source.name,
        {
            "name": view.source.name,
            "kind": view.source.kind,
            "enabled": view.source.enabled,
            "behind_s": view.behind // SECOND,
            "max_silence_s": None if silence is None else silence // SECOND,
            "watermark": instant.text(view.watermark),
            "truncated": view.truncated,
            "failures": view.pull.failures if view.pull else 0,
            "error": str(error) if error else None,
        },
    )
