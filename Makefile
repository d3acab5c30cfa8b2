# `make help` lists the targets. Everything is installed into .venv, nothing outside this folder but the data folder.
PYTHON ?= python3
PROMPT ?= rainy-night lo-fi hip hop, 82 bpm, 1 minute
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help song test test-backends test-faults lint types imports unit bench bench-intent bench-load bench-neural lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo '  Example: make song PROMPT="synthwave night drive, 100 bpm, 2 minutes" ARGS="--seed 7"'

$(VENV)/.song: pyproject.toml constraints.txt scripts/setup.sh
	@PYTHON="$(PYTHON)" sh scripts/setup.sh song

$(VENV)/.dev: pyproject.toml constraints.txt scripts/setup.sh
	@PYTHON="$(PYTHON)" sh scripts/setup.sh dev

song: $(VENV)/.song ## Set up what a song needs and make one: PROMPT="…" ARGS="--seed 7"
	@$(BIN)/aurax make "$(PROMPT)" $(ARGS)

test: $(VENV)/.dev lint types imports unit ## Set up the rest, then lint, types, import rules and every test

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports --no-logo

unit: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadscope

test-backends: $(VENV)/.dev ## Every integration test again, on real servers of PostgreSQL and S3 (15 minutes)
	AURAX_TEST_BACKENDS=production $(BIN)/pytest -n 2 --dist loadscope tests/integration \
	  --ignore tests/integration/test_modal_server.py # its double of Modal's servers knows no secrets

test-faults: $(VENV)/.dev ## Kill, hang, cut, fill, damage on both backends: more than 100 rounds, 3,000 strange inputs; writes benchmarks/results/faults.md
	$(BIN)/python tests/faults
	AURAX_FUZZ_INPUTS=600 $(BIN)/pytest -q tests/faults/test_strange_inputs.py

bench: $(VENV)/.dev ## Measure speed and quality; writes benchmarks/results/
	$(BIN)/python -m benchmarks

bench-intent: $(VENV)/.dev ## Score the prompt reader on labelled prompts; writes benchmarks/results/intent.md
	$(BIN)/python -m benchmarks intent

bench-load: $(VENV)/.dev ## Fifty sessions at once, workers added, a model of 10,000 songs an hour; writes benchmarks/results/load.md
	$(BIN)/python -m benchmarks load

bench-neural: $(VENV)/.dev ## Measure the neural engines at full size, on a GPU where there is one
	$(BIN)/python -m benchmarks neural

lock: $(VENV)/.dev ## Write the installed versions to constraints.txt
	sh scripts/lock.sh

clean: ## Remove everything that make and the tools created; songs in out/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
