# SPDX-License-Identifier: Apache-2.0
# Two commands set everything up on a machine that has only Python >= 3.11 (with venv) and make: `make demo`, `make test`.

PYTHON ?= python3
ARGS ?=
JOBS ?= auto
UV_VERSION := 0.13.9

VENV := .venv
BIN := $(VENV)/bin
UV := UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv
ROOMS := controlplane registry sync collectors policies dashboards terms
CODE := $(ROOMS) tests $(wildcard bench examples)
LOCKED := pyproject.toml uv.lock

.DEFAULT_GOAL := help
.PHONY: help demo test check walls bench soak clean

help:  ## Say what can be made.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.server  ## Start the sandbox and the control plane, with a history and live deals. ARGS="--deals 50 --seed 7 --exit"
	@exec env -u PYTHONDONTWRITEBYTECODE $(BIN)/throughline demo $(ARGS)

test: $(VENV)/.development  ## Run all tests, a file to a core. ARGS="-k name" for some of them, JOBS=0 for one after another.
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

check: $(VENV)/.development walls  ## Check formatting, lint, types and the walls between the rooms.
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

# What no linter of ours can say: one place commits, and every file says its licence.
walls:
	@! grep -rnE --include='*.py' '\.(commit|begin)\(\)' $(ROOMS) \
		| grep -vE '^(controlplane/database\.py|controlplane/migrations/|sync/sandbox/)' \
		|| { echo 'commit only in controlplane/database.py, controlplane/migrations/ and sync/sandbox/'; exit 1; }
	@! grep -rL --include='*.py' '^# SPDX-License-Identifier: Apache-2.0$$' $(CODE) | grep . \
		|| { echo 'start these files with: # SPDX-License-Identifier: Apache-2.0'; exit 1; }

# Those that take an hour, gigabytes, or a program of somebody else's run when they are named.
LONG := kill day growth phoenix
bench: $(VENV)/.development  ## Print the figures of bench/. ARGS=ingest for one of them; ARGS=phoenix PEER=its-start-script.
	@for one in $(or $(ARGS),$(filter-out $(LONG),$(patsubst bench/%.py,%,$(wildcard bench/*.py)))); do $(BIN)/python bench/$$one.py || exit 1; done

soak: $(VENV)/.development  ## Kill a server 200 times while spans come in, half of them on PostgreSQL: about half an hour.
	$(BIN)/python bench/kill.py --kills 100 --deals 10000
	$(BIN)/python bench/kill.py --kills 100 --deals 10000 --postgres

clean:  ## Remove the environment, the caches and the demo's data.
	rm -rf $(VENV) .data dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(ROOMS) tests -name __pycache__ -type d -prune -exec rm -rf {} +

# pip of the machine, when it has one, saves the seconds that a second pip would take to unpack.
$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Throughline needs Python 3.11 or later: make PYTHON=python3.12 ...'; exit 1; }
	@echo 'Making the environment in $(VENV) ...'
	@$(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install -q --disable-pip-version-check uv==$(UV_VERSION) 2>/dev/null \
		|| { $(BIN)/python -m ensurepip -q && $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION); }

# --inexact leaves uv itself, and what the other stamp installed, where they are. Compiling all of it beforehand takes a
# newcomer ten seconds longer to the first page than letting the first start compile the part it loads.
$(VENV)/.server: $(LOCKED) | $(BIN)/uv
	@$(UV) sync -q --frozen --inexact --extra server --no-dev
	@touch $@

$(VENV)/.development: $(LOCKED) | $(BIN)/uv
	@$(UV) sync -q --frozen --inexact --extra server --compile-bytecode
	@touch $(VENV)/.server $@
