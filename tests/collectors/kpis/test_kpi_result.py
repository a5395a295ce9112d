# SPDX-License-Identifier: Apache-2.0
"""KPIs over transactions whose truth is known: open items count, the as-of instant is a wall, small numbers stay silent."""

import random
from collections.abc import Sequence
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from collectors.kpis import result
from collectors.kpis.change import Marker, cuts
from collectors.kpis.definition import KpiDefinition, load
from collectors.kpis.observe import Window
from collectors.kpis.result import KpiResult
from collectors.kpis.sample import Sample, samples_of
from collectors.transactions.transaction import MilestoneView, Status, TransactionView
from terms.instant import DAY, HOUR, MINUTE, Instant, parse
from terms.money import Money
from terms.object_key import ObjectKey
from tests.collectors.kpis import plain

NOW = parse("2026-11-20T12:00:00Z")
WINDOW = Window(NOW, 30)
KPIS = {definition.id: definition for definition in load()}
LATENCY, RENEWAL, FAILED = (
    KPIS[name] for name in ("invoice-latency", "renewal-completion-rate", "failed-transaction-rate")
)


def sample(started_ago: int, took: int | None = None, **more: object) -> Sample:
    """A sample that started so long ago and reached its end after `took`."""
    cohort_at = Instant(NOW - started_ago)
    end_at = None if took is None else Instant(cohort_at + took)
    made = Sample(
        "invoice-latency", 1, "T", "lead-to-cash", cohort_at, end_at, None, None, "DE", "EMEA", "EUR"
    )
    return made._replace(**more)  # type: ignore[arg-type]


def view(status: Status = "open", process: str = "lead-to-cash", **reached: Instant) -> TransactionView:
    started = min(reached.values(), default=NOW)
    last = max(reached.values(), default=NOW)
    return TransactionView(
        "00" * 16, process, 1, ObjectKey("order", "SO-1"), status, started,
        last if status in ("completed", "cancelled") else None, last, Money(100, "EUR"), None, "DE", "EMEA", None, None, None,
        tuple(MilestoneView(name.replace("_", "-"), at, None) for name, at in reached.items()),
    )  # fmt: skip


def measure(
    definition: KpiDefinition, samples: list[Sample], window: Window = WINDOW, markers: Sequence[Marker] = ()
) -> KpiResult:
    """What is said of these samples: the same as is said by looking at one after the other."""
    within = result.inside(markers, window)
    told = plain.cells(definition, samples, window, cuts(within))
    earlier = plain.cells(definition, samples, window.before)
    measured = result.measure(definition, window, told, earlier, within)
    assert measured == plain.measure(definition, samples, window, markers)
    return measured


def of(definition_id: str, samples: list[Sample], window: Window = WINDOW) -> KpiResult:
    return measure(KPIS[definition_id], samples, window)


START, LATER = parse("2026-11-01T08:00:00Z"), parse("2026-11-01T10:00:00Z")


@pytest.mark.parametrize(
    ("transaction", "cohort_at", "end_at", "cancelled_at"),
    [
        (view(activated=START, invoiced=LATER), START, LATER, None),
        (view(activated=START), START, None, None),
        (view(ordered=START), None, None, None),
        (view(process="renewal-amendment", activated=START), None, None, None),
        (view("cancelled", activated=START, closed=LATER), START, None, LATER),
        (view("cancelled", activated=START, invoiced=START, closed=LATER), START, START, None),
    ],
    ids=["done", "open", "not started", "other process", "cancelled", "cancelled after the end"],
)
def test_a_sample_is_read_from_a_transaction(
    transaction: TransactionView, cohort_at: int | None, end_at: int | None, cancelled_at: int | None
) -> None:
    """Start, end and cancellation are moments of the transaction; without a start there is no sample."""
    made = [(one.cohort_at, one.end_at, one.cancelled_at) for one in samples_of([LATENCY], transaction)]
    assert made == ([] if cohort_at is None else [(cohort_at, end_at, cancelled_at)])


def test_a_failed_transaction_stands_failed_since_its_last_event() -> None:
    """And it is no longer failed once it is put right."""
    (failed,) = samples_of([FAILED], view("failed", ordered=START, activated=LATER))
    assert (failed.cohort_at, failed.end_at, failed.failed_at) == (START, None, LATER)
    (right,) = samples_of([FAILED], view("completed", ordered=START, activated=LATER))
    assert (right.end_at, right.failed_at) == (LATER, None)


def test_a_duration_counts_the_open_ones() -> None:
    """30 done in an hour and 30 waiting for two: the median is above what the finished ones say."""
    result = of(
        "invoice-latency",
        [sample(DAY, HOUR + n) for n in range(30)] + [sample(2 * HOUR) for _ in range(30)],
    )
    assert (result.figure.n, result.figure.open, result.figure.hits) == (60, 30, 30)
    assert result.figure.oldest_open_s == 7_200
    assert result.figure.value == pytest.approx(3_600, abs=1)
    assert result.figure.p90_s is None  # nobody knows yet
    assert result.target_met is True


def test_a_median_nobody_reached_is_a_lower_bound() -> None:
    """Of 40 only 10 are invoiced: the median is at least the longest wait seen, and that misses the target for sure or leaves it open."""
    done = [sample(DAY, HOUR) for _ in range(10)]
    young = of("invoice-latency", done + [sample(3 * HOUR) for _ in range(30)])
    assert (young.figure.value, young.figure.is_lower_bound, young.target_met) == (10_800, True, None)
    old = of("invoice-latency", done + [sample(9 * HOUR) for _ in range(30)])
    assert (old.figure.value, old.target_met) == (32_400, False)
    assert (old.by_legal_entity.value, old.by_legal_entity.lower_bound) == ((None,), (32_400,))


def test_a_handful_has_no_percentile() -> None:
    """Below 20 the figure stays silent and shows n; a day of a series speaks from five on."""
    few = of("invoice-latency", [sample(DAY, HOUR) for _ in range(19)])
    assert (few.figure.value, few.figure.p50_s, few.figure.n, few.target_met) == (None, None, 19, None)
    assert few.series.value[-2] == 3_600
    fewer = of("invoice-latency", [sample(DAY, HOUR) for _ in range(4)])
    assert (fewer.series.value[-2], fewer.series.n[-2]) == (None, 4)


def test_a_cancelled_one_never_reaches_the_end() -> None:
    """It stays in n; with four in ten cancelled the 90th percentile does not exist."""
    cancelled = [sample(DAY, cancelled_at=Instant(NOW - DAY + MINUTE)) for _ in range(40)]
    result = of("invoice-latency", [sample(DAY, HOUR) for _ in range(60)] + cancelled)
    assert (result.figure.n, result.figure.cancelled, result.figure.open) == (100, 40, 0)
    assert (result.figure.p50_s, result.figure.p90_s) == (3_600, None)


def test_two_clocks_that_disagree_are_left_out_and_counted() -> None:
    """An end minutes before its start is taken as no wait at all; hours before it says nothing."""
    result = of("invoice-latency", [sample(DAY, -MINUTE), sample(DAY, -HOUR), sample(DAY, HOUR)])
    assert (result.figure.n, result.clock_suspect) == (2, 1)


@pytest.mark.parametrize(
    ("samples", "n", "rate", "open_"),
    [
        ([sample(9 * DAY, HOUR)] * 3 + [sample(9 * DAY)], 4, 0.75, 1),
        ([sample(9 * DAY, HOUR)] * 3 + [sample(DAY)], 3, 1.0, 1),
        ([sample(DAY, HOUR), sample(9 * DAY, cancelled_at=Instant(NOW - 8 * DAY))], 1, 1.0, 0),
        ([sample(9 * DAY, failed_at=Instant(NOW - 8 * DAY)), sample(DAY, failed_at=NOW)], 1, 0.0, 2),
        ([sample(DAY)], 0, None, 1),
        ([], 0, None, 0),
    ],
    ids=["overdue open fails", "young open waits", "cancelled left out", "failed is not done", "none due", "none"],
)  # fmt: skip
def test_the_renewal_completion_rate_counts_what_is_due(
    samples: list[Sample], n: int, rate: float | None, open_: int
) -> None:
    """Due is what is done, or older than its grace of three days."""
    figure = of("renewal-completion-rate", samples).figure
    assert (figure.n, figure.rate, figure.open) == (n, rate, open_)
    assert (figure.rate_low is None) == (rate is None)


@pytest.mark.parametrize(
    ("samples", "n", "rate"),
    [
        ([sample(9 * DAY, HOUR)] * 9 + [sample(9 * DAY, failed_at=Instant(NOW - 8 * DAY))], 10, 0.1),
        ([sample(HOUR, MINUTE), sample(HOUR, failed_at=NOW)], 0, None),
        ([sample(9 * DAY), sample(9 * DAY, cancelled_at=NOW)], 2, 0.0),
    ],
    ids=["one in ten", "too young to tell", "open and cancelled did not fail"],
)
def test_the_failed_rate_counts_mature_transactions(
    samples: list[Sample], n: int, rate: float | None
) -> None:
    """A failure of the last day may be put right yet, and its finished neighbours would flatter the rate."""
    figure = of("failed-transaction-rate", samples).figure
    assert (figure.n, figure.rate) == (n, rate)


def test_a_day_belongs_to_its_start() -> None:
    """Thirty points for thirty days, the last being today; together they count what the figure counts."""
    samples = [sample(days * DAY, HOUR) for days in range(40) for _ in range(3)]
    result = of("invoice-latency", samples)
    assert result.series.day[0] == "2026-10-22"
    assert result.series.day[-1] == "2026-11-20"
    assert result.series.n == (3,) * 30
    assert result.figure.n == 90


def test_legal_entities_stand_apart() -> None:
    """Each has its own figure and series; a start without an entity counts in the whole alone."""
    samples = [sample(DAY, HOUR) for _ in range(20)] + [
        sample(DAY, 3 * HOUR, legal_entity="US") for _ in range(21)
    ]
    result = of("invoice-latency", [*samples, sample(DAY, HOUR, legal_entity=None)])
    assert (result.by_legal_entity.name, result.by_legal_entity.n) == (("DE", "US"), (20, 21))
    assert result.by_legal_entity.value == (3_600, 10_800)
    assert [series.value[-2] for series in result.by_legal_entity.series] == [3_600, 10_800]
    assert result.figure.n == 42


def test_the_window_before_is_seen_as_it_was() -> None:
    """What was still open when that window ended does not profit from what happened since."""
    month = 30 * DAY
    before = [sample(month + 2 * DAY, HOUR) for _ in range(15)] + [
        sample(month + 2 * HOUR, month) for _ in range(15)
    ]
    assert of("invoice-latency", before).previous_value == 3_600
    late = [sample(month + 2 * HOUR, 3 * HOUR) for _ in range(30)]
    assert of("invoice-latency", late).previous_value is None  # nobody was invoiced by then


STEPS = st.lists(
    st.builds(
        lambda ago, took, cancel, fail: sample(
            ago * HOUR,
            None if took is None else took * HOUR,
            cancelled_at=None if cancel is None else Instant(NOW - ago * HOUR + cancel * HOUR),
            failed_at=None if fail is None else Instant(NOW - ago * HOUR + fail * HOUR),
        ),
        st.integers(0, 1_000),
        st.none() | st.integers(0, 200),
        st.none() | st.integers(0, 200),
        st.none() | st.integers(0, 200),
    ),
    max_size=80,
)


@pytest.mark.parametrize("definition", [LATENCY, RENEWAL, FAILED], ids=lambda definition: definition.id)
@settings(max_examples=40, deadline=None)
@given(samples=STEPS, days_back=st.integers(0, 20), order=st.randoms(use_true_random=False))
def test_a_figure_of_the_past_knows_nothing_of_what_came_later(
    definition: KpiDefinition, samples: list[Sample], days_back: int, order: random.Random
) -> None:
    """Taking away every event after the as-of instant changes nothing; neither does the order of the samples."""
    window = Window(Instant(NOW - days_back * DAY), 30)

    def known(at: Instant | None) -> Instant | None:
        return at if at is not None and at <= window.as_of else None

    then = [
        item._replace(end_at=known(item.end_at), cancelled_at=known(item.cancelled_at), failed_at=known(item.failed_at))
        for item in samples
        if item.cohort_at <= window.as_of
    ]  # fmt: skip
    order.shuffle(then)
    assert measure(definition, samples, window) == measure(definition, then, window)


def deals(seed: int, slow_since: Instant | None) -> list[Sample]:
    """2,000 deals of 30 days in four entities; from an instant on DE waits four times as long."""
    draw = random.Random(seed)
    made = []
    for _ in range(2_000):
        at, entity = Instant(NOW - draw.randrange(30 * DAY)), draw.choice(["US", "CA", "DE", "UK"])
        mean = 7 * HOUR if slow_since and entity == "DE" and at >= slow_since else 2 * HOUR
        end_at = Instant(at + round(draw.expovariate(1 / mean)))
        made.append(sample(0, cohort_at=at, end_at=end_at if end_at <= NOW else None, legal_entity=entity))
    return made


MARKERS = [
    Marker(Instant(NOW - days * DAY - HOUR), subject, version, entity)
    for entity in ("US", "CA", "DE", "UK")
    for days, subject, version in ((29, "order-placed", "1.0.0"), (14, "payment-settled", "1.1.0"), (9, "invoice-issued", "1.1.0"))
]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_what_changed_most_is_said_in_a_sentence(seed: int) -> None:
    """Among twelve markers the release that slowed DE is found, with the figures before and after."""
    samples = deals(seed, Instant(NOW - 9 * DAY - HOUR))
    sentence = measure(LATENCY, samples, WINDOW, MARKERS).changed
    assert sentence is not None
    assert sentence.startswith("DE: median invoice latency 1.")
    assert sentence.endswith(" since invoice-issued 1.1.0 was first seen there on 11 Nov")


@pytest.mark.parametrize("seed", range(5))
def test_chance_is_not_called_a_change(seed: int) -> None:
    """Without a planted change nothing is said, although one of twelve markers always looks best."""
    assert measure(LATENCY, deals(seed, None), WINDOW, MARKERS).changed is None


def test_a_rate_can_change_too() -> None:
    """Renewals complete less since a version; a marker of another entity explains nothing."""
    release = Instant(NOW - 10 * DAY)
    samples = [sample(20 * DAY, HOUR)] * 50 + [sample(8 * DAY, HOUR)] * 20 + [sample(8 * DAY)] * 20
    result = measure(RENEWAL, samples, WINDOW, [Marker(release, "renewal-amended", "2.0.0", "DE")])
    assert result.changed == (
        "DE: renewal completion rate 100.0 % → 50.0 % since renewal-amended 2.0.0 was first seen there on 10 Nov"
    )
    elsewhere = measure(RENEWAL, samples, WINDOW, [Marker(release, "renewal-amended", "2.0.0", "US")])
    assert (elsewhere.changed, len(elsewhere.markers)) == (None, 1)


def test_what_is_open_is_known_to_be_open_only_until_its_source_has_told() -> None:
    """Ten hours old, but the source of its end has told up to six hours ago: nobody knows that it waits for more than four."""
    samples = [sample(10 * HOUR)] * 3
    behind = of("invoice-latency", samples, replace(WINDOW, known_until=Instant(NOW - 6 * HOUR)))
    assert of("invoice-latency", samples).figure.oldest_open_s == 10 * 3600
    assert behind.figure.oldest_open_s == 4 * 3600
    ahead = of("invoice-latency", samples, replace(WINDOW, known_until=Instant(NOW + HOUR)))
    assert ahead.figure == of("invoice-latency", samples).figure, "a lead is none"
