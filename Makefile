# Each target works on a fresh machine with Python 3.11 or newer; what is installed is kept in .venv until a lock changes.

PORT ?= 8000

# The first of these that is new enough makes .venv; PYTHON=... says which.
PYTHON ?= python3 python3.11 python3.12 python3.13 python3.14

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
PACKAGE := setup.cfg pyproject.toml

# A lock holds all that is needed, so pip need not look for more. Left to look, the pip of Python 3.11 takes the newest
# release for a requirement with an extra, such as coverage[toml], and then refuses it because it is not in the lock.
INSTALL_LOCK := $(PIP) install --no-deps --require-hashes --requirement

.PHONY: run test prove faults lint bench lock clean

run: .venv/.runtime
	$(BIN)/movietracker serve --port $(PORT)

test: .venv/.development
	$(BIN)/python -m pytest -n auto $(TESTS)

# The long proof of the sync protocol, at most 30 minutes on two cores; docs/sync.md says what it holds.
prove: .venv/.development
	cd tests && ../$(BIN)/python -m sync.prove

# The long proofs under load and faults, about 15 minutes on two cores; docs/reliability.md says what they found.
faults: .venv/.development
	cd tests && ../$(BIN)/python -m faults.prove

lint: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive movietracker plugins migrations
	$(BIN)/python tools/audit.py

# What the README's figures were made with; BENCH="--sizes 2000" for less.
bench: .venv/.development
	$(BIN)/python benchmarks/requests_bench.py $(BENCH)

# Choose the versions anew, within the bounds of setup.cfg; needs uv (https://docs.astral.sh/uv/). The larger set comes
# first, since the tests' packages have bounds of their own. UPGRADE= keeps what can be kept.
UPGRADE ?= --upgrade
LOCK := uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes --quiet \
	--custom-compile-command "make lock"

lock:
	$(LOCK) $(UPGRADE) --extra test --extra lint --output-file requirements-dev.lock
	$(LOCK) $(UPGRADE) --constraints requirements-dev.lock --output-file requirements.lock

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage*

.venv/.created:
	@for python in $(PYTHON); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making a virtual environment in .venv ..."; \
			$$python -m venv .venv && touch $@; exit; \
		fi; \
	done; \
	echo "movietracker needs Python 3.11 or newer; say where it is: make $(MAKECMDGOALS) PYTHON=..." >&2; exit 1

.venv/.runtime: .venv/.created requirements.lock $(PACKAGE)
	@echo "Installing ..."
	@$(INSTALL_LOCK) requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

.venv/.development: .venv/.created requirements-dev.lock $(PACKAGE)
	@echo "Installing, with what tests and lint need ..."
	@$(INSTALL_LOCK) requirements-dev.lock
	@$(PIP) install --no-deps --editable .
	@touch .venv/.runtime $@
