# SPDX-License-Identifier: Apache-2.0
"""The operations of our own REST, one row each: what the routes answer and what /openapi.json describes."""

from controlplane.database import Database
from controlplane.http.raw_routes import Row
from controlplane.http.registering import Registering
from controlplane.http.registry.exchange import Exchange
from controlplane.http.registry.settings import Settings
from controlplane.http.registry.subjects import Subjects
from controlplane.http.registry.use import Uses
from controlplane.http.registry.validation import Validation
from controlplane.http.registry.versions import Versions
from controlplane.security.permissions import Permission
from registry.facets import FACETS
from registry.transition import Users
from terms.instant import Clock
from terms.recent import Recent

_FILTERS = ("prefix", *FACETS)


def rows(database: Database, clock: Clock, registering: Registering, users: Users) -> tuple[Row, ...]:
    """Every operation below /apis/registry/v1 that is about contracts."""
    subjects, settings = Subjects(database, clock), Settings(database, clock)
    versions = Versions(database, clock, registering, users)
    validation, exchange = Validation(database, Recent(256)), Exchange(database, clock)
    read: Permission = "contracts:read"
    write: Permission = "contracts:write"
    one, version = "subjects/{subject}", "subjects/{subject}/versions/{version}"
    return (
        Row("GET", "subjects", read, subjects.listed, ("search", *_FILTERS, "first", "after", "facets")),
        Row("GET", "latest", read, subjects.latest, ("type", "documents")),
        Row("GET", one, read, subjects.one, ("documents", "deleted")),
        Row("DELETE", one, write, subjects.delete, ("permanent",)),
        Row("GET", f"{one}/use", read, Uses(database, clock).one, ("days", "first", "after")),
        Row("GET", f"{one}/versions", read, versions.listed, ("documents", "deleted")),
        Row("POST", f"{one}/versions", write, versions.register, ("if_compatible", "dialect")),
        Row("POST", f"{one}/check", read, versions.check, ("mode", "policy", "against", "dialect")),
        Row("GET", version, read, versions.one, ("deleted",)),
        Row("DELETE", version, write, versions.delete, ("permanent",)),
        Row("POST", f"{version}/restore", write, versions.restore),
        Row("GET", f"{version}/document", read, versions.document, ("bundled", "deleted")),
        Row("POST", f"{version}/lifecycle", write, versions.move, ("if_compatible",)),
        Row("POST", f"{version}/validate", read, validation.one, ("at",)),
        Row("POST", f"{version}/validate-batch", read, validation.batch, ("at",)),
        Row("GET", f"{one}/export", read, exchange.export),
        Row("POST", f"{one}/import", write, exchange.take, ("new_ids",)),
        Row("GET", "names", read, exchange.names),
        Row("GET", "xregistry", read, exchange.xregistry),
        Row("GET", "contents/{content_id}", read, versions.content),
        Row("GET", "event-types/{type}", read, subjects.of_event_type),
        Row("GET", "config", read, settings.config),
        Row("PUT", "config", write, settings.settle),
        Row("DELETE", "config", write, settings.unsettle),
        Row("GET", f"{one}/config", read, settings.config, ("group",)),
        Row("PUT", f"{one}/config", write, settings.settle, ("group",)),
        Row("DELETE", f"{one}/config", write, settings.unsettle, ("group",)),
        Row("GET", f"{one}/approvals", read, settings.approvals),
        Row("POST", f"{one}/approvals", write, settings.approve),
        Row("DELETE", f"{one}/approvals/{{fingerprint}}", write, settings.withdraw),
    )
