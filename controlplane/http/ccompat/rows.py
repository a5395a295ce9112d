# SPDX-License-Identifier: Apache-2.0
"""The operations of the Confluent door, one row each."""

from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.ccompat import shapes
from controlplane.http.ccompat.compatibility import Compatibility
from controlplane.http.ccompat.schemas import Schemas
from controlplane.http.ccompat.settings import Settings
from controlplane.http.ccompat.subjects import Subjects
from controlplane.http.raw_routes import Asked, Row
from controlplane.http.registering import Registering
from controlplane.security.permissions import Permission
from terms.instant import Clock
from terms.recent import Recent

SPEAKS = "7.9.0"
"""The version of the protocol that clients are told."""


def rows(database: Database, clock: Clock, registering: Registering) -> tuple[Row, ...]:
    """Every operation below /apis/ccompat/v7."""
    schemas, settings = Schemas(database, Recent(4_096)), Settings(database, clock)
    subjects, compatibility = (
        Subjects(database, clock, registering, schemas),
        Compatibility(database, registering),
    )
    read: Permission = "contracts:read"
    write: Permission = "contracts:write"
    version = "subjects/{subject}/versions/{version}"
    return (
        Row("GET", "", read, _nothing),
        Row("GET", "schemas/ids/{id}", read, schemas.by_id),
        Row("GET", "schemas/ids/{id}/schema", read, schemas.text),
        Row("GET", "schemas/ids/{id}/subjects", read, schemas.subjects),
        Row("GET", "schemas/ids/{id}/versions", read, schemas.versions),
        Row("GET", "schemas/guids/{guid}", read, schemas.by_guid),
        Row("GET", "schemas/guids/{guid}/ids", read, schemas.ids_of_guid),
        Row("GET", "schemas/types", read, schemas.types),
        Row("GET", "schemas", read, schemas.listed),
        Row("GET", "subjects", read, subjects.listed),
        Row("POST", "subjects/{subject}", read, subjects.lookup),
        Row("DELETE", "subjects/{subject}", write, subjects.delete),
        Row("GET", "subjects/{subject}/versions", read, subjects.versions),
        Row("POST", "subjects/{subject}/versions", write, subjects.register),
        Row("GET", "subjects/{subject}/metadata", read, subjects.with_metadata),
        Row("GET", version, read, subjects.version),
        Row("DELETE", version, write, subjects.delete_version),
        Row("GET", f"{version}/schema", read, subjects.text),
        Row("GET", f"{version}/referencedby", read, subjects.referenced_by),
        Row("POST", "compatibility/subjects/{subject}/versions/{version}", read, compatibility.with_one),
        Row("POST", "compatibility/subjects/{subject}/versions", read, compatibility.with_all),
        *(
            row
            for at in ("", "/{subject}")
            for row in (
                Row("GET", f"config{at}", read, settings.config),
                Row("PUT", f"config{at}", write, settings.set_config),
                Row("DELETE", f"config{at}", write, settings.delete_config),
                Row("GET", f"mode{at}", read, settings.mode),
                Row("PUT", f"mode{at}", write, settings.set_mode),
                Row("DELETE", f"mode{at}", write, settings.delete_mode),
            )
        ),
        Row("GET", "contexts", read, subjects.contexts),
        Row("DELETE", "contexts/{context}", write, subjects.delete_context),
        Row("GET", "v1/metadata/id", read, _cluster),
        Row("GET", "v1/metadata/version", read, _version),
    )


async def _nothing(_: Asked) -> Response:
    return shapes.answer({})


async def _cluster(_: Asked) -> Response:
    return shapes.answer({"scope": {"path": [], "clusters": {}}})


async def _version(_: Asked) -> Response:
    return shapes.answer({"version": SPEAKS, "commitId": "throughline"})
