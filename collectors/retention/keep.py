# SPDX-License-Identifier: Apache-2.0
"""How long spans are kept, by age and by size. A promise in numbers; what follows from it is arithmetic."""

from dataclasses import dataclass

from terms.instant import Instant

DAY_US = 86_400_000_000
MIB = 1 << 20
ROW_BYTES = 110
"""What a span costs beside its attributes, its row and index entries (measured on SQLite)."""


@dataclass(frozen=True, slots=True)
class Keep:
    """0 is without end. Age counts from the arrival of a span, not from its own time, so that an imported history stays."""

    days: int = 0
    mib: int = 0

    @property
    def is_endless(self) -> bool:
        """Whether nothing is ever removed."""
        return not self.days and not self.mib

    def arrived_before(self, now: Instant) -> Instant:
        """What arrived before this instant is too old; 0 when nothing is."""
        return Instant(now - self.days * DAY_US) if self.days else Instant(0)

    def excess(self, size: int) -> int:
        """How many bytes of that size are too many.

        >>> Keep(mib=2).excess(3 * MIB), Keep(mib=2).excess(MIB), Keep().excess(MIB)
        (1048576, 0, 0)
        """
        return max(size - self.mib * MIB, 0) if self.mib else 0
