#!/usr/bin/env bash
# Everything that must hold before a change lands: tests, lint and types.
#
#   bash tools/run_tests.sh                  environment, pytest, ruff, mypy
#   bash tools/run_tests.sh --all            also the tests that take minutes each, and Triton's interpreter (290 MB)
#   bash tools/run_tests.sh tests/rooms -x   further arguments go to pytest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/environment.sh
. tools/environment.sh

selection=(-m 'not long')
extras=()
case "${1:-}" in
    --all) selection=(); extras=(triton); shift ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac

enter_environment
install_package
for extra in "${extras[@]}"; do
    python -m pip install --quiet -r "requirements/$extra.txt"
done

step "Lint"
ruff check .
ruff format --check .
step "Types"
mypy
step "Tests"
# a process for each core beats threads: most tests compute little
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
python -m pytest -n auto --dist loadfile "${selection[@]}" "$@"
