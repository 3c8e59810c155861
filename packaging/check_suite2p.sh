#!/usr/bin/env bash
# The real suite2p 1.1 on a movie with known cells, in an environment of its own:
# packaging/check_suite2p.sh [ENVIRONMENT]
#   ENVIRONMENT  folder of the environment, kept for the next time (default: .venv-suite2p)
# It fails when the packages can be had and the step breaks, and also when they cannot be had: a check
# that skips itself is one that nobody notices is gone. Needs about 2 GB and the package index.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${1:-.venv-suite2p}
ours=.venv/bin
constraints=packaging/constraints-suite2p.txt
made=$environment/.installed

if ! cmp -s "$constraints" "$made"; then
    echo "Installing suite2p into $environment"
    rm -rf "$environment"
    "$(readlink -f $ours/python)" -m venv "$environment"
    # torch first, so that the pinned build is there when suite2p asks for any.
    for package in torch suite2p; do
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
            --constraint "$constraints" "$package" || {
            echo "suite2p could not be installed; the reason of pip stands above. Without a" \
                "connection to the package index this check cannot be made." >&2
            exit 1
        }
    done
    site=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    cp packaging/torchvision_schemas.py "$site/sitecustomize.py"
    cp "$constraints" "$made"
fi
echo "Size of the environment: $(du -sm "$environment" | cut -f1) MB"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$ours/deepcinac simulate --out "$work/simulated" --preset small --n-frames 600 --height 96 \
    --width 96 --n-cells 12 --seed 3 --quiet
$ours/python packaging/check_suite2p.py flatten "$work/simulated/movie.tif" "$work/raw/movie.tif"

echo "A run of suite2p itself"
"$environment/bin/python" packaging/run_suite2p.py "$work/raw" "$work/own" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    exit 1
}
$ours/python packaging/check_suite2p.py folder "$work/own/suite2p/plane0" "$work/raw/movie.tif"

echo "deepcinac detect, from the compressed movie"
$ours/deepcinac detect "$work/simulated/movie.tif" --out "$work/found.deepcinac" --frame-rate 10 \
    --pixel-size 2 --suite2p-python "$environment/bin/python" --progress none
$ours/deepcinac predict "$work/found.deepcinac" --progress none
$ours/python packaging/check_suite2p.py session "$work/found.deepcinac" "$work/own/suite2p/plane0"
