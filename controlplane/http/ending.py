# SPDX-License-Identifier: Apache-2.0
"""What does an answer say of a version that is on its way out? The headers that clients and gateways know."""

from email.utils import format_datetime
from urllib.parse import quote

from registry.lifecycle import State
from registry.tables import ContractVersionRow
from registry.versions import state
from terms.instant import SECOND, Instant, to_datetime

ROOT = "/apis/registry/v1/subjects"


def headers(row: ContractVersionRow) -> dict[str, str]:
    """`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to what follows (RFC 5829); none for a version that stays."""
    return of_state(state(row))


def of_state(ending: State) -> dict[str, str]:
    """The same of a state.

    >>> of_state(State("deprecated", "invoices-api@2.0.0", Instant(1_788_220_800_000_000), Instant(1_814_313_600_000_000)))
    {'Deprecation': '@1788220800', 'Sunset': 'Wed, 30 Jun 2027 00:00:00 GMT', \
'Link': '</apis/registry/v1/subjects/invoices-api/versions/2.0.0>; rel="successor-version"'}
    >>> of_state(State("active"))
    {}
    """
    if not ending.is_leaving:
        return {}
    name, _, version = ending.successor.rpartition("@")
    told = {
        "Deprecation": "" if ending.deprecated_at is None else f"@{ending.deprecated_at // SECOND}",
        "Sunset": "" if ending.sunset_at is None else _http_date(ending.sunset_at),
        "Link": f'<{ROOT}/{quote(name, safe="")}/versions/{quote(version, safe="")}>; rel="successor-version"'
        if version
        else "",
    }
    return {header: value for header, value in told.items() if value}


def _http_date(at: Instant) -> str:
    """The date form of HTTP (RFC 9110, section 5.6.7)."""
    return format_datetime(to_datetime(at), usegmt=True)
