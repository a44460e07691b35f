#!/usr/bin/env python3
"""Golden numbers of the local regression in src/search: the same curve in numpy float64.

It shares no code with the TypeScript: parabolas come from numpy's least squares (by singular values) instead
of cofactors, the whole hat matrix is built, and t quantiles come from integrating Student's density.

Run it by hand with Python 3 and numpy; it writes test/search/statistics/golden/smooth-fit.json.
"""
import json
import math
from pathlib import Path

import numpy as np

SPANS = [0.3, 0.4, 0.5, 0.65, 0.8, 1.0]


def near_of(span, n):
    return min(n, max(6, math.ceil(span * n)))


def hat_row(x0, x, counts, near):
    n = len(x)
    distance = np.abs(x - x0)
    reach = np.sort(distance)[near - 1]
    weights = counts * np.where(distance < reach, (1 - (distance / reach) ** 3) ** 3, 0)
    root = np.sqrt(weights)
    design = np.stack([np.ones(n), x - x0, (x - x0) ** 2], axis=1)
    # The value at x0 is the constant term: its row of the pseudo-inverse, times the root weights.
    return np.linalg.pinv(root[:, None] * design)[0] * root


def fit_with(x, y, counts, near):
    n = len(x)
    hat = np.stack([hat_row(x0, x, counts, near) for x0 in x])
    residual = y - hat @ y
    trace = np.trace(hat)
    degrees = n - 2 * trace + np.sum(counts[:, None] * hat**2 / counts[None, :])
    squares = np.sum(counts * residual**2)
    penalty = 2 * (trace + 1) / (n - trace - 2) if n - trace - 2 > 0 else math.inf
    return {"near": near, "degrees": degrees, "criterion": math.log(squares / n) + penalty,
            "deviation": math.sqrt(squares / degrees) if degrees > 0 else math.nan}


def fit(x, y, counts):
    """The chosen regression, and the number of near points of the finer one, which estimates its bias."""
    n = len(x)
    known = [{"span": span, **fit_with(x, y, counts, near_of(span, n))} for span in SPANS]
    known = [one for one in known if one["degrees"] >= 4]
    best = min(known, key=lambda one: one["criterion"])
    half = fit_with(x, y, counts, near_of(best["span"] / 2, n))
    return best, (half if half["degrees"] >= 4 else known[0])["near"]


def student_width(degrees):
    """t with P(|T| <= t) = 0.95, by Simpson's rule and bisection."""
    norm = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)

    def inside(t):
        grid = np.linspace(0, t, 20001)
        density = norm * (1 + grid**2 / degrees) ** (-(degrees + 1) / 2)
        step = grid[1] - grid[0]
        return 2 * step / 3 * (density[0] + density[-1] + 4 * density[1:-1:2].sum() + 2 * density[2:-1:2].sum())

    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < 0.95 else (low, middle)
    return low


def curve_at(row, y):
    """The fitted value, limited to the range of the near points."""
    near = y[row != 0]
    return float(np.clip(row @ y, near.min(), near.max()))


def case(name, lambdas, values, errors):
    order = np.argsort(lambdas)
    x, y, e = np.log(lambdas[order]), values[order], errors[order]
    counts = np.ones(len(x))
    chosen, finer = fit(x, y, counts)
    width = student_width(chosen["degrees"])
    points = []
    for x0 in np.linspace(x[0], x[-1], 81):
        row = hat_row(x0, x, counts, chosen["near"])
        curve, error = curve_at(row, y), max(0.0, float(row @ e))
        bend = abs(curve - curve_at(hat_row(x0, x, counts, finer), y))
        half = width * math.sqrt(chosen["deviation"] ** 2 * float(row @ row) + error**2) + bend
        points.append([math.exp(x0), curve, curve - half, curve + half])
    return {
        "name": name,
        "inputs": [[float(a), float(b), float(c)] for a, b, c in zip(lambdas, values, errors)],
        "span": chosen["span"], "degrees": chosen["degrees"], "deviation": chosen["deviation"], "points": points[::4],
    }


def main():
    random = np.random.default_rng(20240101)
    cases = []
    for name, count, noise in [("a hump, thirty trials", 30, 0.003), ("a hump, twenty trials", 20, 0.001),
                               ("a hump, sixty noisy trials", 60, 0.01)]:
        lambdas = 10 ** random.uniform(-9, -1, count)
        z = np.log10(lambdas) + 2
        truth = np.where(z > 0, 0.47 - 0.07 * z**2, 0.44 + 0.03 * np.exp(-2 * z**2))
        values = truth + noise * random.standard_normal(count)
        cases.append(case(name, lambdas, values, np.sqrt(values * (1 - values) / 10_000)))
    out = Path(__file__).parent.parent / "test/search/statistics/golden/smooth-fit.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(cases, indent=None) + "\n")


if __name__ == "__main__":
    main()
