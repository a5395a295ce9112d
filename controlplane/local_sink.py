# SPDX-License-Identifier: Apache-2.0
"""Files brought into a data directory that no server holds: the walk of the doors, without the doors."""

from collections.abc import Iterator
from contextlib import contextmanager

from collectors import definitions, intake
from collectors.imports.batch import Batch, Sink, Taken, decode
from controlplane import settings as environment
from controlplane.data_directory import DataDirectory
from controlplane.database import Actor, Database
from controlplane.migrations import schema
from controlplane.payloads import Inspector
from terms.instant import wall_clock


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

            def take(batch: Batch) -> Taken:
                now = wall_clock()
                decoded = decode(batch, known.extractor, now, inspect)
                stored = database.write(
                    lambda session: intake.ingest(session, decoded, now, known),
                    actor=Actor("machine", "import"),
                    reason="import",
                )
                return Taken(len(stored.rejected), tuple(str(one) for one in stored.rejected[:5]))

            try:
                yield take
            finally:
                database.close()
