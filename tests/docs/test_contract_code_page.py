# SPDX-License-Identifier: Apache-2.0
"""The command that docs/contract-code.md shows for models is run here, and its models take the examples of the contract."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from registry import canonical
from registry.example import examples

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "contract-code.md").read_text()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The class that the documented command writes, from the newest invoice contract."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "contracts").mkdir()
    shutil.copy(
        ROOT / "registry" / "canonical" / "invoice-issued" / "1.1.0.json",
        folder / "contracts" / "invoice-issued.json",
    )
    (command,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    spec = importlib.util.spec_from_file_location("invoice_issued", folder / "invoice_issued.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["invoice_issued"] = module
    spec.loader.exec_module(module)
    return module.InvoiceIssued


@pytest.mark.parametrize("full", [False, True], ids=["minimal", "full"])
def test_the_models_take_what_the_contract_takes(model: type[BaseModel], full: bool) -> None:
    """Examples of the contract are examples of the models."""
    contract = next(c for c in canonical.load() if (c.subject, c.semver) == ("invoice-issued", "1.1.0"))
    found = examples(contract.document.schema, full=full, count=3)
    assert found
    for payload in found:
        model.model_validate(payload)


def test_the_models_refuse_what_the_contract_refuses(model: type[BaseModel]) -> None:
    """Neither a missing field nor money as a number passes."""
    contract = next(c for c in canonical.load() if (c.subject, c.semver) == ("invoice-issued", "1.1.0"))
    (payload,) = examples(contract.document.schema)
    for wrong in ({**payload, "total": 12}, {n: v for n, v in payload.items() if n != "total"}):
        with pytest.raises(ValidationError):
            model.model_validate(wrong)
