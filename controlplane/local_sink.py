# SPDX-License-Identifier: Apache-2.0
"""Files brought into a data directory that no server holds: the walk of the doors, without the doors."""

from collections.abc import Iterator
from contextlib import contextmanager

from collectors import definitions, intake
from collectors.imports.batch import Batch, Sink, Taken, decode, refused
from controlplane import settings as environment
from controlplane.data_directory import DataDirectory
from controlplane.database import Database
from controlplane.migrations import schema
from controlplane.payloads import Inspector
from controlplane.security.caller import Caller
from controlplane.source_counting import Counting
from terms.instant import wall_clock
from terms.problem import ProblemError

_IMPORTER = Caller("import", "token", ())
"""What is imported here is counted as a source that pushes: `push:import`."""


class LocalSinks:
    """What the roof hands to commands that bring data in."""

    @contextmanager
    def open_sink(self) -> Iterator[Sink]:
        """A sink into the database of the settings. Raises ProblemError when another process holds the data directory.

        KPIs and rules look at what changed when a server next starts.
        """
        settings = environment.from_environment()
        known = definitions.load(settings.definitions, settings.processes)
        with DataDirectory(settings.data_dir):
            schema.upgrade(settings.url)
            database = Database(settings.url, wall_clock)
            inspect = Inspector(database)
            counting = Counting(
                database, wall_clock, lambda s, sent: intake.ingest_all(s, sent, wall_clock(), known)
            )

            def take(batch: Batch) -> Taken:
                try:
                    decoded = decode(batch, known.extractor, wall_clock(), inspect)
                except ProblemError as error:
                    if not batch.line:
                        raise
                    why = error
                    database.write(
                        lambda session: counting.refuse(session, batch.body, why, _IMPORTER),
                        actor=_IMPORTER.actor,
                        reason="line refused",
                    )
                    return refused(batch, str(error))
                (stored,) = database.write(
                    lambda session: counting.store(session, [(decoded, _IMPORTER)]),
                    actor=_IMPORTER.actor,
                    reason="import",
                )
                reasons = tuple(str(one) for one in stored.rejected[:5])
                return Taken(len(stored.rejected), reasons, stored.accepted, stored.duplicates)

            try:
                yield take
            finally:
                database.close()
