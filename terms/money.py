# SPDX-License-Identifier: Apache-2.0
"""Money: whole minor units of one ISO 4217 currency. Exact, never a float, never added across currencies."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from terms.problem import ProblemError

# ISO 4217 minor units that are not 2; every other active currency has 2.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
         "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit has (ISO 4217): EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS.get(currency, 2)


def currencies_by_exponent() -> dict[int, tuple[str, ...]]:
    """The currencies whose minor unit has not 2 decimals, by how many it has."""
    return {
        decimals: tuple(code for code, own in _EXPONENTS.items() if own == decimals)
        for decimals in sorted(set(_EXPONENTS.values()))
    }


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units of `currency`, a three-letter upper-case code. Negative is a credit."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ProblemError(
                f"{self.currency} and {other.currency} cannot be added", do="sum each currency apart"
            )
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    @property
    def amount(self) -> str:
        """The decimal text at the currency's precision.

        >>> Money(1234, "EUR").amount, Money(1234, "JPY").amount, Money(-5, "EUR").amount
        ('12.34', '1234', '-0.05')
        """
        return str(
            Decimal(self.minor)
            .scaleb(-exponent(self.currency))
            .quantize(Decimal(1).scaleb(-exponent(self.currency)))
        )

    def __str__(self) -> str:
        """For people: currency, then the amount with thousands separators.

        >>> str(Money(18240000, "EUR"))
        'EUR 182,400.00'
        """
        return f"{self.currency} {Decimal(self.amount):,}"


def parse(amount: str | int, currency: str) -> Money:
    """Money from decimal text. Raises ProblemError for a float, an unknown shape, or more decimals than the currency has.

    >>> parse("12.34", "EUR")
    Money(minor=1234, currency='EUR')
    """
    if isinstance(amount, float) or len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise ProblemError(
            f"{amount!r} {currency!r} is not money", do='write {"amount": "12.34", "currency": "EUR"}'
        )
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
        whole = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ProblemError(
            f"{amount!r} is not a decimal amount", do="write digits with a point, such as 12.34"
        ) from error
    if whole != scaled:
        raise ProblemError(
            f"{amount} has more decimals than {currency} allows", do=f"at most {exponent(currency)}"
        )
    return Money(whole, currency)
