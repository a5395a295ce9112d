# SPDX-License-Identifier: Apache-2.0
"""Settings come from the environment and a wrong one is named."""

import os
from pathlib import Path

import pytest

from controlplane.data_directory import DataDirectory, write_private
from controlplane.settings import Settings, from_environment
from terms.problem import ProblemError


def test_nothing_set_is_loopback_and_embedded() -> None:
    """The first start listens on this machine only and needs no server."""
    settings = from_environment({"PATH": "/bin"})
    assert settings.host == "127.0.0.1"
    assert settings.is_embedded
    assert settings.url.startswith("sqlite:///")


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        pytest.param(
            {"THROUGHLINE_PROT": "1"}, "THROUGHLINE_PROT: unknown setting (did you mean port?)", id="typo"
        ),
        pytest.param({"THROUGHLINE_PORT": "web"}, "THROUGHLINE_PORT", id="not a number"),
        pytest.param(
            {"THROUGHLINE_DEMO": "yes"}, "THROUGHLINE_DEMO: 'yes' is neither 0 nor 1", id="not a flag"
        ),
        pytest.param({"THROUGHLINE_ROLE": "boss"}, "it may be one of: all, api", id="unknown role"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], says: str) -> None:
    """The operator reads which variable is wrong and what it may be."""
    with pytest.raises(ProblemError) as caught:
        from_environment(environment)
    assert says in str(caught.value)


def test_every_field_can_be_set() -> None:
    """No setting is out of the environment's reach."""
    samples = {
        "port": "1",
        "grpc_port": "1",
        "otlp_port": "1",
        "keep_spans_days": "30",
        "keep_payloads_days": "7",
        "keep_spans_mib": "500",
        "seed": "1",
        "poll_s": "2",
        "behind_proxy": "1",
        "demo": "1",
        "role": "api",
    }
    for name in Settings.__dataclass_fields__:
        value = samples.get(name, "/somewhere")
        assert getattr(from_environment({f"THROUGHLINE_{name.upper()}": value}), name) != getattr(
            Settings(), name
        )


def test_a_held_directory_names_its_holder(tmp_path: Path) -> None:
    """A second process on the same data is refused before it touches anything, and told who holds it."""
    with DataDirectory(tmp_path / "data"), pytest.raises(ProblemError, match=f"process {os.getpid()} holds"):
        DataDirectory(tmp_path / "data")
    DataDirectory(tmp_path / "data").close()


def test_a_private_file_is_its_owners(tmp_path: Path) -> None:
    """Links and tokens on disk are readable by nobody else."""
    write_private(tmp_path / "token", "secret")
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
