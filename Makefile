# `make run` and `make test` work in a fresh clone: they create the virtual environment and install the packages.
# To use another interpreter: make run PYTHON=python3.12     To pass arguments: make run ARGS="-i eth0 -p 80"
# To run some of the tests: make test TESTS="tests/store -x"     In one process: make test PARALLEL=

PYTHON ?= python3
ARGS ?= --demo
TESTS ?=
MINUTES ?= 10
FUZZ_SECONDS ?= 60
PARALLEL ?= -n auto --no-loadscope-reorder

CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPF := capture/keys/secrets.bpf

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.run-packages
TEST_STAMP := $(VENV)/.test-packages
CORE_STAMP := $(VENV)/.core
CORE := $(shell find core \( -name target -o -path core/fuzz \) -prune -o -type f -print)
CARGO := $(shell command -v cargo)
PIP := $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check

.PHONY: run man bpf picture test test-all test-python test-core fast fuzz attacks check check-python check-core bench bench-quick soak soak-proxy clean help
.DEFAULT_GOAL := help

run: $(RUN_STAMP) ## run the monitor: ARGS="-i eth0 -p 80"; without ARGS, the demo
	@$(MAKE) --no-print-directory fast || true
	@$(VENV_PYTHON) exercise.py $(ARGS)

ifdef CARGO
fast: $(CORE_STAMP) ## build the core, the decoder in Rust, if cargo is installed
else
fast:
	@echo "cargo is missing, so the Python decoder is used, about twenty times slower; install cargo (https://rustup.rs), then: make fast" >&2
endif

test: SELECTED := -m 'not slow'
test: test-python test-core ## run all tests but the slow ones, with each available decoder; those with live traffic need root
	@echo "the slow tests were left out; make test-all runs them too" >&2

test-all: test-python test-core ## run every test, including the slow ones

test-python: $(TEST_STAMP) fast
	$(VENV_PYTHON) exercise_test.py
	$(VENV_PYTHON) -m pytest $(PARALLEL) $(SELECTED) $(TESTS)

test-core:
ifdef CARGO
	cd core && cargo test --quiet
endif

bpf: ## compile the program that fetches TLS keys; needs clang, llvm-strip and libbpf's header files (libbpf-dev)
	$(CLANG) -O2 -g -Wall -Werror -target bpf $(addprefix -I,$(wildcard /usr/include/$(shell uname -m)-linux-gnu)) \
		-DSOURCE="\"$$(sha256sum <$(BPF).c | cut -d' ' -f1)\"" -c $(BPF).c -o $(BPF).o
	$(LLVM_STRIP) -g $(BPF).o

man: $(TEST_STAMP) ## write the manual page and the completion scripts into build/share
	@$(VENV_PYTHON) packaging/documents.py

picture: $(TEST_STAMP) fast ## draw the full screens of the demo and of a fleet into docs; needs tmux
	@$(VENV_PYTHON) packaging/picture.py

fuzz: $(TEST_STAMP) fast ## fuzz parsers, decoders and core for FUZZ_SECONDS (60); guided if atheris and cargo-fuzz are installed
	@$(PIP) 'atheris>=3,<4' 2>/dev/null || true
	$(VENV_PYTHON) -m tests.attacks.fuzz --seconds $(FUZZ_SECONDS)
	$(VENV_PYTHON) -m tests.attacks.fuzz_core --seconds $(FUZZ_SECONDS)

attacks: $(RUN_STAMP) ## measure the memory and time that hostile traffic costs; takes some minutes
	$(VENV_PYTHON) -m tests.attacks.table

check: check-python check-core ## check lint rules, formatting and types

check-python: $(TEST_STAMP)
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy --strict .

check-core:
ifdef CARGO
	cd core && cargo fmt --check
	cd core && cargo clippy --all-targets -- -D warnings
endif

bench: $(TEST_STAMP) fast ## compare speed, loss and memory with other tools, 20 minutes, into docs/performance.md; live runs need root
	@$(VENV_PYTHON) -m bench --into docs/performance.md

bench-quick: $(TEST_STAMP) fast ## measure the same in three minutes, and print it
	@$(VENV_PYTHON) -m bench --quick

soak: $(TEST_STAMP) fast ## run under full load for MINUTES (10), and check that memory stays constant; needs root
	@$(VENV_PYTHON) -m bench.soak $(MINUTES)

soak-proxy: $(TEST_STAMP) fast ## run the inline proxy under full load and faults for MINUTES (10), and check that it serves; needs nginx and wrk
	@$(VENV_PYTHON) -m bench.proxy_soak $(MINUTES)

clean: ## remove the virtual environment, build results and caches
	rm -rf $(VENV) build core/target core/fuzz/target .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

$(RUN_STAMP): requirements.txt | $(VENV_PYTHON)
	@echo "installing the packages of requirements.txt into $(VENV)"
	@$(PIP) -r requirements.txt
	@touch $@

$(TEST_STAMP): requirements-dev.txt $(RUN_STAMP)
	@echo "installing the packages of requirements-dev.txt into $(VENV)"
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(CORE_STAMP): requirements-fast.txt $(CORE) | $(RUN_STAMP)
	@$(PIP) -r requirements-fast.txt
	@cd core && VIRTUAL_ENV=$(abspath $(VENV)) $(abspath $(VENV_PYTHON)) -m maturin develop --release
	@touch $@

$(VENV_PYTHON):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.10 or later, or choose another with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) -V 2>&1), but Python 3.10 or later is needed: choose one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot create virtual environments: sudo apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
