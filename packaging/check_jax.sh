#!/usr/bin/env bash
# Training and resuming on JAX instead of TensorFlow: packaging/check_jax.sh [ENVIRONMENT]
#   ENVIRONMENT  folder of the environment, kept for the next time (default: .venv-jax)
# It holds JAX for the CPU (0.3 GB), and sees our own environment behind it. JAX gives up arrays that TensorFlow
# keeps, so that what runs on one may end on the other. Without a connection to the package index the check
# fails, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${1:-.venv-jax}
constraints=packaging/constraints-jax.txt
made=$environment/.installed
ours=$PWD/.venv/bin/python

if ! cmp -s "$constraints" "$made"; then
    echo "Installing JAX into $environment"
    rm -rf "$environment"
    "$(readlink -f "$ours")" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        --constraint "$constraints" jax || {
        echo "It could not be installed; the reason of pip stands above. Without a connection to" \
            "the package index this check cannot be made." >&2
        exit 1
    }
    cp "$constraints" "$made"
fi
# Behind the packages of this environment come those of ours, DeepCINAC among them.
paths='import sysconfig; print(sysconfig.get_path("purelib"))'
echo "import site; site.addsitedir('$("$ours" -c "$paths")')" \
    >"$("$environment/bin/python" -c "$paths")/deepcinac_of_the_checkout.pth"
echo "Size of the environment: $(du -sm "$environment" | cut -f1) MB"

export KERAS_BACKEND=jax JAX_PLATFORMS=cpu
"$environment/bin/python" -m pytest -q -n 0 tests/learning/test_trainer.py tests/tasks/activity/test_task.py
