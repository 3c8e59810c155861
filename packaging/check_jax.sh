#!/usr/bin/env bash
# Training and resuming on JAX instead of TensorFlow: packaging/check_jax.sh [ENVIRONMENT]
#   ENVIRONMENT  folder of the environment, kept for the next time (default: .venv-jax)
# It holds JAX for the CPU (0.6 GB). JAX gives up arrays that TensorFlow keeps, so that what runs on one may end on
# the other.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${1:-.venv-jax}
packaging/environment_beside.sh "$environment" packaging/constraints-jax.txt jax

export KERAS_BACKEND=jax JAX_PLATFORMS=cpu
"$environment/bin/python" -m pytest -q -n 0 tests/learning/test_trainer.py tests/tasks/activity/test_task.py
