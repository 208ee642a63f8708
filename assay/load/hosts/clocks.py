"""How far another machine's clock is ahead of ours, by asking it what time it is, and how surely that is known.

All times are ns of `clock.now`, which each machine counts from a moment of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ASKED: Final = 12
"""How often a clock is asked; the answer that came fastest tells."""


@dataclass(frozen=True, slots=True)
class Offset:
    """`ahead` ns, give or take `uncertain`: half of the shortest way there and back, and what it drifted by since."""

    ahead: int
    uncertain: int

    def here(self, there: int) -> int:
        """A time of the other clock, on ours."""
        return there - self.ahead

    def there(self, here: int) -> int:
        """A time of ours, on the other clock."""
        return here + self.ahead

    def drifted(self, later: Offset) -> Offset:
        """The same offset, as uncertain as another one, taken later, shows that it was in between."""
        return Offset(self.ahead, max(self.uncertain, later.uncertain) + abs(later.ahead - self.ahead))


def offset_of(answers: Iterable[tuple[int, int, int]]) -> Offset:
    """From when we asked, what the other clock then said, and when we heard it. Raises ValueError without answers."""
    asked, said, heard = min(answers, key=lambda each: each[2] - each[0])
    way = max(heard - asked, 0)
    return Offset(said - asked - way // 2, -(-way // 2))
