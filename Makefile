# Each target is a script below scripts/; this file names them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test lint bench report lock clean-dev

help:
	@echo 'make demo       set up what is missing, start the sample stack, back it up and verify the backup'
	@echo 'make test       set up what is missing, then run every check'
	@echo 'make setup      .venv, Docker engine and compose v2, base image: only what is missing'
	@echo 'make lint       ruff, mypy and import-linter'
	@echo 'make bench      how fast volops is, beside docker run ... tar czf, restic and borg'
	@echo 'make report     run the features and write their HTML report'
	@echo 'make lock       write requirements.lock anew from pyproject.toml'
	@echo 'make clean-dev  remove .venv, caches and reports; volumes and backups stay'

setup:
	@scripts/setup

demo:
	@scripts/demo

test:
	@scripts/test

lint:
	@scripts/setup-python
	@scripts/lint

bench:
	@scripts/setup
	@. scripts/env.sh && .venv/bin/python -m benchmarks

report:
	@scripts/setup trixie bookworm
	@. scripts/env.sh && .venv/bin/pytest features/

lock:
	@scripts/lock

clean-dev:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find reports -mindepth 1 ! -name .gitignore -delete
