# Each target works on a fresh machine with Python 3.11 or newer; .venv is reused until a lock changes.

PORT ?= 8000

# The first of these that is new enough creates .venv; PYTHON=... chooses another.
PYTHON ?= python3 python3.11 python3.12 python3.13 python3.14

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
PACKAGE := setup.cfg pyproject.toml

# A lock is complete, so pip must not resolve dependencies: the pip of Python 3.11 would take the newest release for a
# requirement with an extra, such as coverage[toml], and then refuse it because it is not in the lock.
INSTALL_LOCK := $(PIP) install --no-deps --require-hashes --requirement

# With the setuptools of a lock; build isolation would download one without a hash.
INSTALL_US := $(PIP) install --no-deps --no-build-isolation --editable .

.PHONY: run web web-types test coverage check prove faults mutate lint bench lock clean

run: .venv/.runtime web
	$(BIN)/movietracker serve --port $(PORT)

# Builds the page at / if its sources changed; where Node or npm's registry cannot be had, there is none.
web: .venv/.created
	@$(BIN)/python tools/web.py

# Types of requests and responses, from the server's OpenAPI document, for whoever works on the page.
web-types: .venv/.development
	$(BIN)/python tools/web.py --types

test: .venv/.development web
	$(BIN)/python -m pytest -n auto $(TESTS)

# All tests with branch coverage; fails below fail_under in setup.cfg. Code in processes that tests start is not counted.
coverage: .venv/.development web
	$(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered $(TESTS)

# What to run while editing: the checks of style, types and imports, and quick tests of every part; under a minute on two
# cores. CHECK="tests/backup" adds tests.
QUICK := tests/schemas tests/services tests/plugin tests/test_settings.py tests/project/test_documents.py \
	$(addprefix tests/api/test_,movies.py people.py lists.py recommendations.py errors.py bad_input.py openapi.py) \
	$(addprefix tests/sync/test_,plain_day.py push.py pull.py conflicts.py) \
	tests/backup/test_export.py tests/backup/test_import.py tests/cli/test_users.py \
	tests/plugins/test_plugin_guide.py tests/plugins/test_offline_provider.py

check: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto -m "not slow" -k "not postgresql" $(QUICK) $(CHECK)

# The long proofs of proofs/README.md: of the sync protocol (at most 20 minutes on two cores), and under load and faults
# (about 15 minutes).
prove: .venv/.development
	$(BIN)/python -m proofs.prove sync

faults: .venv/.development
	$(BIN)/python -m proofs.prove faults

# How many of 200 small edits of the sync protocol's source its tests notice, about 25 minutes; MUTATE="--seed 2" for others.
mutate: .venv/.development
	$(BIN)/python -m proofs.mutate --sample 200 --threshold 70 $(MUTATE)

lint: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive movietracker plugins migrations
	$(BIN)/python tools/audit.py
	$(BIN)/python tools/web.py --check

# Measures the figures of docs/performance.md; BENCH="--sizes 2000" for fewer.
bench: .venv/.development
	$(BIN)/python benchmarks/requests_bench.py $(BENCH)

# Upgrades all packages within the bounds of setup.cfg; needs uv (https://docs.astral.sh/uv/). The larger set is resolved
# first, because the tests' packages have bounds of their own. UPGRADE= keeps the present versions where possible.
UPGRADE ?= --upgrade
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --custom-compile-command "make lock"
EXTRAS := postgres redis remote s3 sftp webdav

# deploy/locks/ has what each extra needs besides requirements.lock, and what the build needs.
lock:
	$(LOCK) $(UPGRADE) setup.cfg --extra test --extra lint --output-file requirements-dev.lock
	$(LOCK) $(UPGRADE) setup.cfg --constraints requirements-dev.lock --output-file requirements.lock
	for extra in $(EXTRAS); do \
		$(LOCK) $(UPGRADE) setup.cfg --constraints requirements-dev.lock --extra $$extra \
			$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements.lock) \
			--output-file deploy/locks/$$extra.lock || exit 1; \
	done
	echo setuptools | $(LOCK) $(UPGRADE) - --constraints requirements-dev.lock --output-file deploy/locks/build.lock

clean:
	rm -rf web/node_modules web/.node plugins/web/static .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage*

.venv/.created:
	@for python in $(PYTHON); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Creating a virtual environment in .venv ..."; \
			$$python -m venv .venv && touch $@; exit; \
		fi; \
	done; \
	echo "movietracker needs Python 3.11 or newer; choose one: make $(MAKECMDGOALS) PYTHON=..." >&2; exit 1

.venv/.runtime: .venv/.created requirements.lock deploy/locks/build.lock $(PACKAGE)
	@echo "Installing ..."
	@$(INSTALL_LOCK) requirements.lock --requirement deploy/locks/build.lock
	@$(INSTALL_US)
	@touch $@

.venv/.development: .venv/.created requirements-dev.lock $(PACKAGE)
	@echo "Installing, including the tools of tests and lint ..."
	@$(INSTALL_LOCK) requirements-dev.lock
	@$(INSTALL_US)
	@touch .venv/.runtime $@
