#!/usr/bin/env bash
# mypy over all that ships, under its installed names, and over the benchmarks.
#
# gui, models and data stand at the top of the repository and are installed inside deepcinac; mypy
# follows no such mapping, so it is shown a folder of links that has the shape of what is installed.
#   packaging/typecheck.sh [MYPY [FOLDER OF LINKS]]
set -euo pipefail
cd "$(dirname "$0")/.."

mypy=${1:-.venv/bin/mypy}
links=${2:-.mypy_cache/installed}
root=$PWD

rm -rf "$links"
mkdir -p "$links/deepcinac"
for entry in deepcinac/* gui models data; do
    [ "$(basename "$entry")" = __pycache__ ] || ln -s "$root/$entry" "$links/deepcinac/"
done
export MYPYPATH=$links:tests:benchmarks
"$mypy" --package deepcinac
"$mypy" benchmarks/*.py
