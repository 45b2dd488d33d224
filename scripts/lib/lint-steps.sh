# shellcheck shell=bash
# Every check that reads the code without running it. Sourced, after steps.sh.

lint_steps() {
    step 'ruff check' .venv/bin/ruff check .
    step 'ruff format' .venv/bin/ruff format --check .
    step 'mypy' .venv/bin/mypy
    step 'import-linter' .venv/bin/lint-imports --no-logo
}
