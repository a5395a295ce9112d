# SPDX-License-Identifier: Apache-2.0
"""A pipeline, end to end: declare the application, ask whether it may go, deploy, record it. Every step is a real command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from served_plane import ControlPlane

ERP = """name: erp-sync
version: 2.3.0
owner: finance-systems
consumes:
  - subject: invoice-issued
    version: 1.0.0
    fields: [/invoice_number, /total, /memo]
"""
BILLING = "name: billing\nversion: 4f2c1a9\nproduces:\n  - subject: invoice-issued\n    version: {version}\n"


@pytest.fixture
def outside_url() -> str:
    """One database is enough: the store's own tests run on both."""
    return ""


def throughline(plane: ControlPlane | None, *words: str) -> tuple[int, str]:
    """Exit code and all that was said."""
    token = plane.http.headers["authorization"].removeprefix("Bearer ") if plane else "tl_x"
    url = plane.url if plane else "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", *words],
        env={**os.environ, "THROUGHLINE_URL": url, "THROUGHLINE_TOKEN": token, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_pipeline_asks_before_it_deploys(plane: ControlPlane, tmp_path: Path) -> None:
    """No record is no yes; a break names the reader and the field; what is recorded counts from then on."""
    erp, billing = tmp_path / "erp.yaml", tmp_path / "billing.yaml"
    erp.write_text(ERP)
    billing.write_text(BILLING.format(version="1.1.0"))

    code, said = throughline(plane, "can-i-deploy", "billing", "4f2c1a9", "--to", "dev")
    assert (code, "UNDECIDED" in said, "throughline applications push" in said) == (1, True, True)
    assert throughline(plane, "record-deployment", "erp-sync", "2.3.0", "--to", "dev")[0] == 2
    for file in (erp, billing):
        code, said = throughline(plane, "applications", "push", str(file))
        assert code == 0, said
    assert "nothing is recorded" in throughline(plane, "can-i-deploy", "billing", "4f2c1a9", "--to", "dev")[1]
    assert throughline(plane, "record-deployment", "erp-sync", "2.3.0", "--to", "dev")[0] == 0

    code, said = throughline(plane, "can-i-deploy", "billing", "4f2c1a9", "--to", "dev")
    assert (code, "YES" in said, "/properties/e_invoice" in said) == (0, True, True), said

    code, said = throughline(plane, "can-i-deploy", "billing", "4f2c1a9", "--to", "prod", "--format", "json")
    answer = json.loads(said)
    assert (code, answer["answer"], answer["reasons"][0]["kind"]) == (1, "no", "not-promoted")
    assert throughline(plane, "can-i-deploy", "billing", "4f2c1a9", "--to", "production")[0] == 2
    assert throughline(plane, "record-deployment", "erp-sync", "2.3.0", "--to", "dev", "--ended")[0] == 0
    assert plane.http.get("/apis/registry/v1/deployments").json() == {"deployments": []}
    (was,) = plane.http.get("/apis/registry/v1/deployments?history=1").json()["deployments"]
    assert (was["version"], bool(was["endedAt"])) == ("2.3.0", True)


def test_who_does_not_answer_has_not_said_yes(tmp_path: Path) -> None:
    """A server that is away is exit 4, a typo in the file is exit 2 before anybody is asked."""
    code, said = throughline(None, "can-i-deploy", "billing", "1", "--to", "dev")
    assert (code, "gave no answer" in said) == (4, True)
    file = tmp_path / "application.yaml"
    file.write_text(ERP.replace("fields:", "field:"))
    code, said = throughline(None, "applications", "push", str(file))
    assert code == 2
    assert f"{file}:7: unknown key 'field' (did you mean 'fields'?)" in said
