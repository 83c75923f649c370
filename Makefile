# Users need two commands, `make reproduce` and `make test`; each installs what it needs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=

# the inputs of an installation, apart from the Python files, which are used in place
SOURCES := pyproject.toml constraints.txt CMakeLists.txt $(shell find native -type f)

.DEFAULT_GOAL := help
.PHONY: help reproduce test stress sanitize bench networks kernels seeds recipes frontier selection elsewhere firmware auto docs lint clean

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "make %-10s %s\n", $$1, $$2 }'

reproduce: $(VENV)/.ready-run ## run the report's whole study on Fashion-MNIST (ARGS="--subset 6000" for a small one)
	$(BIN)/gossamer run $(ARGS)

test: $(VENV)/.ready-dev lint ## all checks that take minutes
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

# Installs cross compilers and emulators, if packages can be installed; otherwise their checks are skipped.
stress: $(VENV)/.ready-dev ## the long checks
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	@{ command -v aarch64-linux-gnu-g++ && command -v qemu-aarch64; } >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	    apt-get update -qq && apt-get install -y -qq g++-aarch64-linux-gnu qemu-user; } || \
	  echo "no g++-aarch64-linux-gnu or qemu-user: the checks on ARM are skipped" >&2
	@{ command -v arm-none-eabi-gcc && command -v qemu-system-arm && command -v avr-gcc && \
	  command -v qemu-system-avr && command -v clang && command -v wrk && command -v nginx; } >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	    apt-get install -y -qq gcc-arm-none-eabi qemu-system-arm gcc-avr avr-libc qemu-system-misc clang wrk nginx-light >/dev/null; } || \
	  echo "no arm-none-eabi-gcc, qemu-system-arm, avr-gcc, qemu-system-avr, clang, wrk or nginx: some checks are skipped" >&2
	$(BIN)/pytest -m stress

SANITIZED := build/sanitized
CHECKED   := -g1 -fno-omit-frame-pointer -fno-sanitize-recover=all
LIGHTLY   := -DCMAKE_BUILD_TYPE=None -DGOSSAMER_OPTIMIZATION=-O1

sanitize: ## the native core's tests under sanitizers (needs CMake; ARGS="-DGOSSAMER_INSTRUCTION_SETS=avx2" for one)
	cmake -S tests/native_core -B $(SANITIZED)/address $(LIGHTLY) $(ARGS) \
	  -DCMAKE_CXX_FLAGS="-O1 $(CHECKED) -fsanitize=address,undefined -DGOSSAMER_EXACT_BUFFERS"
	cmake --build $(SANITIZED)/address --parallel 2
	$(SANITIZED)/address/kernel_tests 1000
	cmake -S tests/native_core -B $(SANITIZED)/thread $(LIGHTLY) $(ARGS) -DCMAKE_CXX_FLAGS="-O1 $(CHECKED) -fsanitize=thread"
	cmake --build $(SANITIZED)/thread --parallel 2
	TSAN_OPTIONS=halt_on_error=1 $(SANITIZED)/thread/kernel_tests 10

bench: $(VENV)/.ready-bench ## speed beside other tools (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks $(ARGS)

networks: $(VENV)/.ready-bench ## training speed beside PyTorch, network by network (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.networks $(ARGS)

kernels: $(VENV)/.ready-run ## time of each kernel of the native engine (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.kernels $(ARGS)

seeds: $(VENV)/.ready-run ## test accuracy of ten final fits that differ only in the seed
	$(BIN)/python -m benchmarks.seeds $(ARGS)

recipes: $(VENV)/.ready-run ## what every part of a recipe gains (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.recipes $(ARGS)

frontier: $(VENV)/.ready-dev ## accuracy of the presets and other networks over five seeds (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.frontier --markdown docs/frontier.md --figure docs/images/frontier.svg --short README.md $(ARGS)

firmware: $(VENV)/.ready-dev ## accuracy, memory and instructions in int8 C on emulated chips (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.firmware --markdown docs/export.md $(ARGS)

auto: $(VENV)/.ready-bench ## gossamer auto beside a script, tuned and not, ten minutes each (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.auto --markdown docs/benchmarks.md $(ARGS)

selection: $(VENV)/.ready-dev ## how the networks of the presets were selected, run again (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.frontier.selection --markdown docs/frontier.md $(ARGS)

elsewhere: $(VENV)/.ready-dev ## accuracy of the presets on other images (ARGS="--help" for its options)
	$(BIN)/python -m benchmarks.frontier.elsewhere --markdown docs/frontier.md $(ARGS)

docs: $(VENV)/.ready-dev ## build the documentation (build/site); warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --site-dir build/site

lint: $(VENV)/.ready-dev ## style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean: ## remove the virtual environment and caches (studies under runs/ stay)
	rm -rf $(VENV) build dist .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gossamer needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Without a C++20 compiler and Python's headers the package is installed without the native engine, but with PyTorch.
$(VENV)/.ready-run: $(SOURCES) | $(BIN)/python
	@started=$$(date +%s) && \
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . && \
	{ $(BIN)/python -c 'import gossamer.engine._native' 2>/dev/null || \
	  { echo "no C++20 compiler or no Python headers: installing PyTorch instead of the native engine" >&2 && \
	    $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[torch]'; }; } && \
	echo "installed in $$(( $$(date +%s) - started )) s; $(VENV) takes $$(du -sm $(VENV) | cut -f1) MB"
	@touch $@

# Installs the browser for the tests of pages, if packages can be installed; otherwise those tests are skipped.
$(VENV)/.ready-dev: $(SOURCES) | $(BIN)/python
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	    apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	  echo "no Chromium: the tests in a browser are skipped" >&2
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[torch,dev]'
	@touch $@ $(VENV)/.ready-run

# wrk sends the requests of the benchmark of services; without it, only that benchmark cannot run.
$(VENV)/.ready-bench: $(SOURCES) | $(BIN)/python
	@command -v wrk >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	    apt-get update -qq && apt-get install -y -qq wrk >/dev/null; } || \
	  echo "no wrk: python -m benchmarks.serving cannot run" >&2
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[torch,bench]'
	@touch $@ $(VENV)/.ready-run
