# SPDX-License-Identifier: Apache-2.0
"""`throughline serve`, begun before its connections file is there: loading the server and starting the sandbox take
seconds each, and go side by side this way."""

import sys
from pathlib import Path

import controlplane.commands.serve
from controlplane.cli import main
from controlplane.demo.process import wait_for

PATIENCE_S = 60

if __name__ == "__main__":
    assert controlplane.commands.serve.app is not None
    wait_for(Path(sys.argv.pop(1)).exists, PATIENCE_S, every_s=0.01)
    main()
