# Python 3.11 or later and make are all that is taken for granted; the rest is installed into this folder.
#
#   make demo     a Freshsales to try against, the whole pipeline, and what it found
#   make test     lint, types, tests
#
SHELL := /bin/sh
.DELETE_ON_ERROR:
# Compiled once here, or else each time a program starts where Python may not write its bytecode.
export UV_COMPILE_BYTECODE := 1
.DEFAULT_GOAL := help

BIN := .venv/bin
UV := $(BIN)/uv
MELTANO := .venv-meltano/bin/meltano
# Loaders that are no plugin of meltano.yml, each in an environment of its own: the tests load through all of them.
LOADERS := .venv-loaders
# Another reader of Okta, which the tests let read the played one.
AIRBYTE := .venv-airbyte
# The face for Airbyte, and PyAirbyte, which runs it in the tests. airbyte-cdk does not go with the client of Okta.
PYAIRBYTE := .venv-pyairbyte

# DuckDB 1.1.3, which target-duckdb needs, has wheels up to Python 3.13: Meltano and its plugins run on that or older.
PIPELINE_PYTHON := >=3.11,<3.14

# Airflow 3.3 has the same range.
FLEET := .venv-fleet
FLEET_PYTHON := >=3.11,<3.14

# Superset 6.1.0 asks for releases of packages that have no wheels for Python 3.13.
SUPERSET := .venv-superset
SUPERSET_PYTHON := >=3.11,<3.13

.PHONY: help demo install test superset test-superset fleet test-fleet lint types pytest format docs pictures site release-check pins clean
help:
	@sed -n 's/^#   \(make [a-z-]*\) */\1|/p' Makefile | while IFS='|' read -r command does; do printf '  %-20s%s\n' "$$command" "$$does"; done

## The two commands

demo: $(BIN)/.ready .meltano/.ready
	@$(BIN)/python -m demo

test: lint types pytest

lint: $(BIN)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(BIN)/.ready
	$(BIN)/mypy

pytest: $(BIN)/.ready .meltano/.ready $(LOADERS)/.ready $(AIRBYTE)/.ready $(PYAIRBYTE)/.ready
	@echo "Looking for a browser and for LibreOffice, and installing what is not there"
	@$(BIN)/python -c 'from tools.chromium import executable; executable()'
	@$(BIN)/python -c 'from tools.libreoffice import executable; executable()'
	$(BIN)/python -m pytest -n 3 --dist worksteal

## The same as a Superset dashboard

#   make superset  the access review in Apache Superset, on this machine alone; PORT= names another port
superset: $(SUPERSET)/.ready
	@$(SUPERSET)/bin/python -m dashboards.superset serve $(if $(PORT),--port $(PORT))

#   make test-superset   that dashboard in a browser, on DuckDB and PostgreSQL
test-superset: $(BIN)/.ready $(SUPERSET)/.ready
	$(BIN)/python -m pytest tests/superset

## Many accounts, on Airflow

#   make fleet    twelve played accounts read by Apache Airflow, on this machine alone; SERVE= runs once and ends
SERVE ?= yes
fleet: $(BIN)/.ready .meltano/.ready $(FLEET)/.ready
	@$(BIN)/python -m fleet $(if $(SERVE),,--once)

#   make test-fleet      the DAG of the fleet in a real Airflow, on PostgreSQL and DuckDB
test-fleet: $(BIN)/.ready .meltano/.ready $(FLEET)/.ready
	$(BIN)/python -m pytest -n 2 --dist loadscope tests/fleet

## For a real account

#   make install  build Meltano and its plugins, for `.venv-meltano/bin/meltano run identity`
install: $(BIN)/.ready .meltano/.ready

## For working on the project

#   make format   format the code and mend what ruff can
format: $(BIN)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

#   make docs     write the generated parts of docs/, SECURITY.md, meltano.yml and hub/ anew from the code
docs: $(BIN)/.ready
	$(BIN)/python -m tools.documents

#   make pictures   take the pictures of the documents anew, of what `make demo` wrote
pictures: $(BIN)/.ready $(SUPERSET)/.ready
	$(BIN)/python -m tools.pictures

#   make site     build the documents as a web site, in site/
site: $(BIN)/.ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

#   make bench    measure the tap beside its peers: a quarter of an hour; writes benchmarks/RESULTS.md
bench: $(BIN)/.ready
	$(BIN)/python -m benchmarks

#   make release-check   whether the changelog is ready for the tag that TAG= names
release-check: $(BIN)/.ready
	@$(BIN)/python -m tools.release "$(TAG)"

#   make pins     resolve the versions of constraints.txt anew
pins: $(BIN)/.ready
	printf 'meltano\nuv\n' | $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
		--extra review --extra sandbox --extra idp --extra dlt --group dev \
		--no-header --no-annotate pyproject.toml - | sed 's/ ;.*//' | sort -u > .cache-pins
	{ head -n 1 constraints.txt; cat .cache-pins; } > constraints.new && mv constraints.new constraints.txt && rm .cache-pins

#   make clean    remove everything that was built here, the warehouse in output/ excepted
clean:
	rm -rf .venv .venv-* .meltano build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

## What is built once

$(BIN)/.ready: pyproject.toml constraints.txt
	@test -x $(BIN)/python || { \
		for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
			"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
			echo "Making .venv with $$("$$python" --version)"; \
			exec "$$python" -m venv .venv; \
		done; \
		echo "No Python of 3.11 or later that can make environments was found on the PATH." >&2; \
		echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
		exit 1; }
	@echo "Installing the packages of this project into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@$(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[review,sandbox,idp,dlt]' --group dev
	@touch $@

.venv-meltano/.ready: constraints.txt | $(BIN)/.ready
	@echo "Installing Meltano"
	@python=$$($(UV) python find "$(PIPELINE_PYTHON)" 2>/dev/null || echo "$(PIPELINE_PYTHON)"); \
		$(UV) venv --quiet --clear --no-project --python "$$python" .venv-meltano
	@$(UV) pip install --quiet --python .venv-meltano/bin/python --constraint constraints.txt meltano
	@touch $@

.meltano/.ready: meltano.yml pyproject.toml constraints.txt .venv-meltano/.ready
	@echo "Installing the plugins of meltano.yml"
	@$(MELTANO) --log-level=warning install --clean
	@touch $@

$(SUPERSET)/.ready: dashboards/superset/requirements.txt dashboards/superset/constraints.txt | $(BIN)/.ready
	@echo "Installing Superset"
	@python=$$($(UV) python find "$(SUPERSET_PYTHON)" 2>/dev/null || echo "$(SUPERSET_PYTHON)"); \
		$(UV) venv --quiet --clear --no-project --python "$$python" $(SUPERSET)
	@$(UV) pip install --quiet --python $(SUPERSET)/bin/python --constraint dashboards/superset/constraints.txt \
		--requirement dashboards/superset/requirements.txt
	@touch $@

$(FLEET)/.ready: fleet/requirements.txt fleet/constraints.txt pyproject.toml | $(BIN)/.ready
	@echo "Installing Airflow"
	@python=$$($(UV) python find "$(FLEET_PYTHON)" 2>/dev/null || echo "$(FLEET_PYTHON)"); \
		$(UV) venv --quiet --clear --no-project --python "$$python" $(FLEET)
	@$(UV) pip install --quiet --python $(FLEET)/bin/python --constraint fleet/constraints.txt \
		--requirement fleet/requirements.txt --editable '.[review]'
	@touch $@

$(LOADERS)/.ready: Makefile .venv-meltano/.ready
	@echo "Installing the other loaders"
	@$(call loader,target-duckdb-unpinned,target-duckdb==0.8.0 'duckdb>=1.4$(comma)<2')
	@$(call loader,pipelinewise-target-postgres,pipelinewise-target-postgres==2.1.2)
	@$(call loader,meltanolabs-target-csv,meltanolabs-target-csv==0.5.0)
	@touch $@

$(AIRBYTE)/.ready: Makefile .venv-meltano/.ready
	@echo "Installing Airbyte's source for Okta"
	@$(UV) venv --quiet --clear --no-project --python .venv-meltano/bin/python $(AIRBYTE)
	@$(UV) pip install --quiet --python $(AIRBYTE)/bin/python airbyte-source-okta==0.3.26
	@touch $@

$(PYAIRBYTE)/.ready: Makefile pyproject.toml .venv-meltano/.ready
	@echo "Installing PyAirbyte, and the source to run with it"
	@$(UV) venv --quiet --clear --no-project --python .venv-meltano/bin/python $(PYAIRBYTE)
	@$(UV) pip install --quiet --python $(PYAIRBYTE)/bin/python airbyte==0.71.3 pytest==9.2.0 --editable '.[airbyte]'
	@touch $@

# $(call loader,name,requirements)
comma := ,
loader = $(UV) venv --quiet --clear --no-project --python .venv-meltano/bin/python $(LOADERS)/$(1) \
	&& $(UV) pip install --quiet --python $(LOADERS)/$(1)/bin/python $(2)
