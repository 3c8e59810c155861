"""Multinomial logistic regression with an L2 penalty: enough for a dozen features and few cells."""

from __future__ import annotations

import numpy as np

PENALTY = 1.0
"""Weight of half the sum of squared weights beside the sum of log losses over the cells."""


def fit(
    inputs: np.ndarray, classes: np.ndarray, n_classes: int, penalty: float = PENALTY
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (n_classes, n_inputs) and intercepts (n_classes,) for standardised inputs (n, n_inputs).

    ``classes`` (n,) int. The intercepts are not penalised; each column of the weights sums to 0.
    The same data always give the same result.
    """
    from scipy.optimize import minimize

    n_inputs = inputs.shape[1]
    one_hot = np.eye(n_classes)[classes]

    def loss_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, intercept = _unpacked(flat, n_classes, n_inputs)
        share = softmax(inputs @ weights.T + intercept)
        chosen = np.clip(share[np.arange(len(classes)), classes], 1e-300, None)
        loss = -np.log(chosen).sum() + penalty / 2 * (weights**2).sum()
        error = share - one_hot
        slope = np.concatenate([(error.T @ inputs + penalty * weights).ravel(), error.sum(0)])
        return float(loss), slope

    start = np.zeros(n_classes * (n_inputs + 1))
    found = minimize(loss_and_slope, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    weights, intercept = _unpacked(found.x, n_classes, n_inputs)
    return weights, intercept - intercept.mean()


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares (n, n_classes) that are positive and add up to 1."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _unpacked(flat: np.ndarray, n_classes: int, n_inputs: int) -> tuple[np.ndarray, np.ndarray]:
    n_weights = n_classes * n_inputs
    return flat[:n_weights].reshape(n_classes, n_inputs), flat[n_weights:]
