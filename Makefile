# Everything a person does with this project. Needs Python 3.11+ and make; the rest goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=
SCENARIO ?=

.DEFAULT_GOAL := help
.PHONY: help setup run demo test harness test-real test-desktop test-mlflow test-frameworks test-faults check bench snapshots screenshots lock clean

help: # this list
	@grep -E '^[a-z-]+:.*# ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*# (.*)/\1\t\2/' | expand -t 14

setup: $(READY) # install aimon and its tools into .venv

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("aimon needs Python 3.11 or newer; name one: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(READY) # the dashboard; ARGS='serve --port 5318' gives it arguments
	$(BIN)/aimon $(ARGS)

demo: $(READY) # the dashboard with a scripted fleet: no agent, no network, nothing of yours touched
	$(BIN)/aimon demo $(ARGS)

test: $(READY) # every gate, then all tests with branch coverage; ARGS='-k wire' picks some, without
	$(if $(ARGS),,@$(MAKE) --no-print-directory check)
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--numprocesses 2 --dist loadfile --cov --cov-report=term:skip-covered)

harness: $(READY) # an agent at a scripted model, in six scenarios; SCENARIO=basic plays one
	@$(BIN)/python -m tests.harness $(SCENARIO)

test-real: $(READY) # the real Claude Code and Codex, from npm, at a scripted model in a tmux of their own
	$(BIN)/python -m pytest tests/real -m real $(ARGS)

test-frameworks: .venv-frameworks/.ready # the real LangChain, CrewAI and others, instrumented, at a scripted model
	.venv-frameworks/bin/python -m pytest tests/frameworks -m frameworks -W default $(ARGS)

.venv-frameworks/.ready: pyproject.toml constraints-frameworks.txt
	$(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-frameworks.txt --editable '.[frameworks]'
	@touch $@

test-desktop: $(READY) # real terminals, window managers, dunst, ssh: on screens of their own; what is missing is named
	$(BIN)/python -m pytest tests/desktop/real -m desktop $(ARGS)

test-mlflow: $(READY) # a real MLflow server: export, read back, judge, feedback; needs the extra: pip install -e '.[mlflow]'
	$(BIN)/python -m pytest tests/mlflow -m mlflow $(ARGS)

test-faults: $(READY) # kill -9 two hundred times, two hours of work, every other fault: AIMON_SOAK_SECONDS=60 is shorter
	AIMON_FAULTS=long $(BIN)/python -m pytest tests/faults -m faults -s $(ARGS)

check: $(READY) # ruff, mypy, import-linter: the gates beside the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) # the goals of docs, measured here: ratios, not milliseconds
	$(BIN)/python -m bench $(ARGS)

snapshots: $(READY) # draw the pictures that the screen's tests compare with anew
	$(BIN)/python -m pytest tests/tui --snapshot-update $(ARGS)

screenshots: $(READY) # draw screenshots/*.svg anew from the demo
	$(BIN)/python -m aimon_tui.demo.screenshots screenshots

lock: # pin the newest dependencies that fit in constraints.txt
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check '.[dev,mlflow]'
	(sed '/^[^#]/,$$d' constraints.txt; .venv-lock/bin/python -m pip freeze --exclude aimon-tui) > constraints.new
	mv constraints.new constraints.txt
	rm -rf .venv-lock

clean: # remove .venv and what tools left behind
	rm -rf .venv .venv-frameworks .venv-lock .cache .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis snapshot_report.html dist
