# SPDX-License-Identifier: Apache-2.0
"""Who makes sure that a run that began also ends, whatever dies in between? The one file that knows the durable engine.

A flow is registered under a name and started with a workflow id and JSON arguments. Flows of one key exclude each
other. A flow cut off by the end of its process is taken up at the next start; the steps it finished are not repeated.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from dbos import DBOS, DBOSConfig, Serializer
from sqlalchemy.engine import URL, make_url

FlowFunction = Callable[[dict[str, Any]], None]
WorkflowState = Literal["waiting", "running", "ended", "broken"]

QUEUE = "stages"
POLL_S = 0.1
RECOVERIES = 8  # deaths of the process that one workflow may see before it counts as their cause
POOL = 6
SCHEMA = "dbos"  # of the engine's own tables on PostgreSQL
# Fixed: the engine strands what is in flight under another version. Flows change by new effect and step names instead.
APPLICATION_VERSION = "1"

_STATES: Mapping[str, WorkflowState] = {
    "ENQUEUED": "waiting",
    "DELAYED": "waiting",
    "PENDING": "running",
    "SUCCESS": "ended",
}


class JsonSerializer(Serializer):  # type: ignore[misc, unused-ignore]
    """Plain JSON: the engine's default would let whoever writes its database run code in this process."""

    def name(self) -> str:
        return "throughline_json"

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"error": type(data).__name__, "message": str(data)}
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        found = json.loads(serialized_data)
        if isinstance(found, dict) and found.keys() == {"error", "message"}:
            return RuntimeError(f"{found['error']}: {found['message']}")
        return found


class Engine:
    """One for a process: what it stands on is global. `flows` maps a name to a plain function of one JSON object."""

    def __init__(
        self, database_url: str, executor_id: str, flows: Mapping[str, FlowFunction], workers: int = 16
    ) -> None:
        self._url = make_url(database_url)
        self._executor_id = executor_id
        self._flows = dict(flows)
        self._workers = workers
        self._active = 0
        self._change = threading.Condition()

    def start(self) -> None:
        """Starts the workers and takes up what a former process of this executor id left unfinished."""
        if self._url.get_backend_name() == "sqlite":
            _use_write_ahead_log(self._url)
        config: DBOSConfig = {
            "name": "throughline",
            "system_database_url": self._url.render_as_string(hide_password=False),
            "dbos_system_schema": SCHEMA,
            "application_version": APPLICATION_VERSION,
            "executor_id": self._executor_id,
            "serializer": JsonSerializer(),
            "enable_otlp": False,
            "log_level": "ERROR",
            "sys_db_pool_size": POOL,
        }
        DBOS(config=config)
        for name, flow in self._flows.items():
            DBOS.workflow(name=name, max_recovery_attempts=RECOVERIES)(self._counted(name, flow))
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._workers,
            partition_concurrency=1,
            polling_interval_sec=POLL_S,
            on_conflict="always_update",
        )

    def stop(self, drain_s: float) -> None:
        """Waits up to `drain_s` seconds for running flows, then lets go. The rest is taken up at the next start."""
        self.drain(drain_s)
        DBOS.destroy(destroy_registry=True)

    def drain(self, drain_s: float) -> bool:
        """Whether all running flows ended within that time."""
        ends_at = time.monotonic() + drain_s
        with self._change:
            return self._change.wait_for(lambda: self._active == 0, max(0.0, ends_at - time.monotonic()))

    def enqueue(self, flow: str, workflow_id: str, arguments: Mapping[str, Any], key: str) -> None:
        """Starts the flow as soon as no other of its key runs. The same workflow id starts it once, ever.

        Flows of one key start in the order of their ids when they were enqueued in the same second.
        """
        DBOS.enqueue_workflow_with_options(
            {
                "workflow_name": flow,
                "queue_name": QUEUE,
                "workflow_id": workflow_id,
                "queue_partition_key": key,
                "app_version": APPLICATION_VERSION,
            },
            dict(arguments),
        )

    def step(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `work` returned, kept: a flow taken up again gets it without another call. Only inside a flow."""
        return DBOS.run_step({"name": name}, work)

    def states(self, workflow_ids: Sequence[str]) -> dict[str, WorkflowState]:
        """How the engine sees these workflows. One it does not know is left out; broken ones will not go on by themselves."""
        if not workflow_ids:
            return {}
        found = DBOS.list_workflows(workflow_ids=list(workflow_ids), load_input=False, load_output=False)
        return {status.workflow_id: _STATES.get(status.status, "broken") for status in found}

    def state(self, workflow_id: str) -> WorkflowState | None:
        """`states` of one; None when the engine does not know it."""
        return self.states([workflow_id]).get(workflow_id)

    def _counted(self, name: str, flow: FlowFunction) -> FlowFunction:
        def run(arguments: dict[str, Any]) -> None:
            with self._change:
                self._active += 1
            try:
                flow(arguments)
            finally:
                with self._change:
                    self._active -= 1
                    self._change.notify_all()

        run.__qualname__ = run.__name__ = name
        return run


def _use_write_ahead_log(url: URL) -> None:
    """Set once on the file: two to three times the throughput, and readers do not wait for the writer."""
    path = Path(str(url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
