# `make run` serves, `make test` tests, `make check` lints. Each sets up what it needs, once.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEER   := .venv-bench
RUST   := examples/rust
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test test-fast check format docs screenshots texts bench lock clean

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(VENV)/.runtime  ## serve on http://localhost:3001/
	@exec $(BIN)/athena-auth serve

test: $(VENV)/.dev node_modules/.installed $(VENV)/.packages $(RUST)/target/.built  ## run every test, on SQLite and on a real PostgreSQL
	@$(BIN)/python tools/run_tests.py -n auto $(TESTS)

test-fast: $(VENV)/.dev  ## run what takes a minute: no test that starts programs or waits
	@$(BIN)/python tools/run_tests.py -n auto -m "not slow" --hypothesis-profile=fast $(TESTS)

check: $(VENV)/.dev  ## lint, formatting, types, import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev  ## rewrite the code in the house format
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

docs: $(VENV)/.dev node_modules/.installed  ## write the reference from the code, and build the documentation site
	@$(BIN)/python tools/reference.py
	@$(BIN)/python tools/compatibility.py
	@$(BIN)/python tools/coming_from_better_auth.py
	@$(BIN)/zensical build --strict --clean
	@echo "The documentation is in site/index.html"

screenshots: $(VENV)/.dev node_modules/.installed $(VENV)/.packages  ## keep a picture of every page and state in build/screenshots
	@$(BIN)/python tools/run_tests.py -n auto --screenshots=build/screenshots tests/pages/test_accessibility.py

bench: $(VENV)/.dev node_modules/.installed $(PEER)/.installed  ## measure this server beside others (BENCH=--quick: 2 minutes)
	@$(BIN)/python benchmarks/side_by_side.py $(BENCH)

texts: $(VENV)/.dev  ## bring the message catalogues in line with the code, compile them, and list what is not translated
	@$(BIN)/python tools/texts.py

lock: $(VENV)/.uv  ## pin the newest versions that pyproject.toml allows
	@$(BIN)/python tools/lock.py

clean:  ## remove what make set up (never a database)
	@rm -rf $(VENV) $(PEER) node_modules .crates $(RUST)/.cargo $(RUST)/target $(RUST)/Cargo.lock

# Everything comes from the lock files, by hash; the package itself is installed in place.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 1))' \
	  || { echo "Athena Auth needs Python 3.11.1 or newer; say which one: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' \
	  || { echo "This Python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) (once) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: lock/build.txt lock/runtime.txt pyproject.toml | $(BIN)/python
	@$(PIP) --require-hashes -r lock/build.txt -r lock/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: lock/dev.txt clients/python/pyproject.toml $(VENV)/.runtime
	@$(PIP) --require-hashes -r lock/dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable clients/python
	@touch $@

$(VENV)/.uv: | $(BIN)/python
	@$(PIP) uv
	@touch $@

# A server that `make bench` measures; its versions never meet ours.
$(PEER)/.installed: lock/bench.txt | $(BIN)/python
	@$(PYTHON) -m venv $(PEER) && echo '*' > $(PEER)/.gitignore
	@$(PEER)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r lock/bench.txt
	@touch $@

# What cannot be installed here fails the tests that need it, and says what to do.
$(VENV)/.packages: tools/debian_packages.sh | $(BIN)/python
	@tools/debian_packages.sh || true
	@touch $@

# Compiled here, once: it takes longer than a test may. Without the stamp its test fails and names this target.
$(RUST)/target/.built: $(RUST)/Cargo.toml $(RUST)/src/main.rs tools/rust_example.py | $(BIN)/python
	@echo "Compiling $(RUST) for its tests (once) …"
	@$(BIN)/python tools/rust_example.py && touch $@ || true

# The tests drive the server with an independent client; Node itself comes from lock/dev.txt.
node_modules/.installed: package.json package-lock.json $(VENV)/.dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@
