# SPDX-License-Identifier: Apache-2.0
"""The newest spans of one service come back whole, for a proposal to be made of them; what is a key already is known."""

from collectors.definitions import load
from collectors.intake import ingest
from collectors.span import Decoded, Origin, Span
from collectors.spans.sample import known_keys, sample
from controlplane.database import Actor, Database
from terms.instant import Instant

DEFINITIONS = load()


def a_span(number: int, service: str = "depot") -> Span:
    words = {"parcel.for": f"SO-{number}", "weights": [1, 2], "throughline.object.order": f"SO-{number}"}
    return Span(
        Origin(service, "lib", {"service.name": service}), (number + 1).to_bytes(16, "big"), b"s" * 8, None, "ship", 2,
        number * 1_000, number * 1_000 + 5, 2, "late", words if service == "ours" else {"parcel.for": f"SO-{number}", "weights": [1, 2]},
    )  # fmt: skip


def take(database: Database, *spans: Span) -> None:
    database.write(
        lambda session: ingest(session, Decoded(spans=list(spans)), Instant(1), DEFINITIONS),
        actor=Actor("machine", "test"), reason="test",
    )  # fmt: skip


def test_the_newest_spans_of_a_service_come_back_as_they_were(database: Database) -> None:
    """Attributes, resource and status with them; other services' spans are looked at and left."""
    for start in range(0, 40, 10):
        take(
            database,
            *(a_span(n) for n in range(start, start + 10)),
            *(a_span(100 + start + n, "ours") for n in range(3)),
        )
    found = database.read(lambda session: sample(session, "depot", 15))
    assert found.looked_at == 52
    numbers = sorted(int(span.attributes["parcel.for"][3:]) for span in found.spans)
    assert len(numbers) == 15
    assert numbers[5:] == list(range(30, 40))
    (one,) = [span for span in found.spans if span.attributes["parcel.for"] == "SO-33"]
    assert dict(one.attributes) == dict(a_span(33).attributes)
    assert one[1:10] == a_span(33)[1:10]
    assert (one.origin.service, one.origin.scope) == ("depot", "lib")
    assert database.read(lambda session: sample(session, "nobody")).spans == ()


def test_values_that_are_keys_already_are_known_by_type(database: Database) -> None:
    take(database, a_span(1, "ours"), a_span(2))
    found = database.read(lambda session: known_keys(session, ["SO-1", "SO-2", "x"]))
    assert found == {"SO-1": frozenset({"order"})}
