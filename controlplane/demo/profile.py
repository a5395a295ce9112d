# SPDX-License-Identifier: Apache-2.0
"""What the demo's company is like: its legal entities, prices, working hours, and how long each hop takes.

History and live deals draw from the same figures, so that the boards do not bend where one meets the other.
"""

import math
from dataclasses import dataclass
from random import Random

from terms.instant import DAY, HOUR, SECOND, Instant, to_datetime

# Sunday has 0.2 of a weekday's deals, and the night a tenth of the day's.
_WEEKDAY = (1.0, 1.05, 1.1, 1.05, 0.9, 0.25, 0.2)
_BUSY_FROM, _BUSY_TO, _NIGHT = 8, 18, 0.1


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity. `share` is its part of all deals; `typical_minor` its median order."""

    code: str
    currency: str
    region: str
    share: float
    hours_east: int
    typical_minor: int
    form: str  # what its customers' names end with


ENTITIES = (
    Entity("US", "USD", "AMER", 0.40, -5, 720_000, "Inc."),
    Entity("CA", "CAD", "AMER", 0.15, -5, 610_000, "Ltd."),
    Entity("DE", "EUR", "EMEA", 0.25, 1, 640_000, "GmbH"),
    Entity("UK", "GBP", "EMEA", 0.20, 0, 540_000, "plc"),
)
BY_CODE = {entity.code: entity for entity in ENTITIES}


@dataclass(frozen=True, slots=True)
class Hop:
    """How long one hop takes: log-normal around `median_s`, never outside `least_s` to `most_s`."""

    median_s: float
    sigma: float
    least_s: float
    most_s: float

    def draw(self, random: Random, slower: float = 1.0) -> int:
        """Microseconds. `slower` stretches the whole distribution, its bounds too."""
        seconds = math.exp(random.gauss(math.log(self.median_s), self.sigma))
        return round(min(max(seconds, self.least_s), self.most_s) * slower * SECOND)


# Lead to cash, then the amendment's first hop. Posting stays inside its limit of four hours: what is late was planted.
CUSTOMER_READY = Hop(240, 0.7, 20, 50 * 60)
ACTIVATED = Hop(6 * 3600, 0.55, 1800, 20 * 3600)
INVOICED = Hop(72 * 60, 0.45, 360, 4.5 * 3600)
POSTED = Hop(420, 0.8, 20, 3.3 * 3600)
PAID = Hop(2.2 * 86_400, 0.6, 7200, 9 * 86_400)
CASH_APPLIED = Hop(540, 0.7, 30, 2 * 3600)
CLOSED_IN_CRM = Hop(240, 0.6, 15, 1800)
RECALCULATED = Hop(48 * 60, 0.45, 240, 3 * 3600)

# The release that is to be found: invoices say contract 1.1.0 from then on, and in one entity take this much longer.
RELEASED_BEFORE = 9 * DAY
SLOWED_IN = "DE"
SLOWER = 3.5


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "Alder Amber Birch Canal Cedar Cobalt Copper Delta Ember Falcon Fjord Garnet Harbour Heron Indigo Juniper Kestrel "
    "Lantern Larch Linden Maple Meadow Mistral North Oak Onyx Orchard Pine Quarry River Rowan Saffron Silver Slate "
    "Solstice Tern Umber Vale Willow Zephyr"
)
_SECOND = _words(
    "Analytics Bakery Brewing Ceramics Cycles Dental Energy Foods Freight Gardens Glass Health Instruments Kitchens "
    "Labs Logistics Marine Media Mobility Optics Outdoor Paper Pharma Print Robotics Schools Software Systems Textiles "
    "Tools Travel Water"
)


def customer_name(number: int, entity: Entity) -> str:
    """A made-up company's name, the same for the same number."""
    mixed = number * 2_654_435_761 % 2**32
    return f"{_FIRST[mixed % len(_FIRST)]} {_SECOND[mixed // 97 % len(_SECOND)]} {entity.form}"


def known_customer(entity: Entity, index: int) -> int:
    """The number of a customer from before the history: no two entities share one, so each has one currency."""
    return 2_000 + index * len(ENTITIES) + ENTITIES.index(entity)


def order_minor(random: Random, entity: Entity, part: float = 1.0) -> int:
    """An order's total, or `part` of one, in whole units of the currency."""
    units = math.exp(random.gauss(math.log(entity.typical_minor * part / 100), 0.75))
    return max(40, round(units / 5) * 5) * 100


def busy_instant(random: Random, entity: Entity, since: Instant, until: Instant) -> Instant:
    """An instant between the two, mostly on a working day in the entity's working hours."""
    while True:
        instant = Instant(random.randrange(since, until) // 1000 * 1000)
        if random.random() * 1.1 < _busyness(instant, entity):
            return instant


def _busyness(instant: Instant, entity: Entity) -> float:
    local = to_datetime(Instant(instant + entity.hours_east * HOUR))
    hour = local.hour + local.minute / 60
    in_hours = 1.0 if _BUSY_FROM <= hour < _BUSY_TO else _NIGHT
    return _WEEKDAY[local.weekday()] * in_hours


def spread(random: Random, least_s: float, most_s: float) -> int:
    """Microseconds, evenly between the two."""
    return round(random.uniform(least_s, most_s) * SECOND)
