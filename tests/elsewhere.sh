#!/bin/sh
# The quick tests with another Python, in an environment of their own: sh tests/elsewhere.sh python3.12 newest
# `oldest` installs exactly the lower bounds of pyproject.toml, `newest` whatever the package index has.
set -eu
cd "$(dirname "$0")/.."
python=$1 versions=$2 home=.venv-$1-$2

if ! "$python" -c '' 2>/dev/null; then
    echo "$python is not installed here, so the tests do not run on it; install it and run this again."
    exit 0
fi
# An index without builds for the CPU alone brings the libraries of a GPU with torch.
if [ "$(df -Pk . | awk 'NR == 2 {print int($4 / 1048576)}')" -lt 15 ]; then
    echo "$python needs an environment of up to 10 GB and less than 15 GB are free, so the tests do not run on it; make room."
    exit 0
fi
if [ ! -e "$home/ready" ]; then
    "$python" -m venv "$home"
    if [ "$versions" = oldest ]; then "$home/bin/python" tests/lower_bounds.py; fi > "$home/constraints.txt"
    # torch first: otherwise pip may choose a build that brings several GB of GPU packages.
    "$home/bin/python" -m pip install --quiet -c "$home/constraints.txt" torch
    "$home/bin/python" -m pip install --quiet -c "$home/constraints.txt" --editable '.[dev]'
    touch "$home/ready"
fi
echo "The quick tests on $("$home/bin/python" --version), $versions versions:"
OMP_NUM_THREADS=1 "$home/bin/python" -m pytest -q -n auto --dist worksteal -m "not slow"
