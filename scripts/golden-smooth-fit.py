#!/usr/bin/env python3
"""Golden numbers of the smooth fit in src/search/statistics: the same curve in numpy float64.

It shares no code with the TypeScript: it inverts whole covariance matrices by eigenvalues instead of solving
with Cholesky factors, predicts all places at once, and integrates Student's density for the t quantile.

Run it by hand with Python 3 and numpy; it writes test/search/statistics/golden/smooth-fit.json.
"""
import json
import math
from pathlib import Path

import numpy as np

LENGTHS = [0.5, 0.8, 1.3, 2.2, 3.6, 6.0]
RATIOS = [1, 8, 64, 512, 4096, 32768]
FLOOR, FLOOR_DEGREES = 0.06, 5


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


def bent_scale(values, resolution):
    """The scale for shares that are maximized: forward, backward and slope."""
    logit = np.log(values / (1 - values))
    reference = np.sort(logit)[::-1][int(0.1 * len(values))]
    share = 1 / (1 + np.exp(-reference))
    step = resolution / (share * (1 - share))
    neighbours = np.median(np.abs(np.diff(logit))) / (math.sqrt(2) * 0.6744897501960817)
    unit = 10 * max(neighbours, step / 2, 1e-3 * np.ptp(logit))

    def slope(value):
        inner = (np.log(value / (1 - value)) - reference) / unit
        return 1 / (value * (1 - value)) / unit / np.sqrt(1 + inner**2)

    return (
        lambda value: np.arcsinh((np.log(value / (1 - value)) - reference) / unit),
        lambda y: 1 / (1 + np.exp(-(reference + unit * np.sinh(y)))),
        slope,
        step / unit,
    )


def matern(a, b, length):
    u = math.sqrt(5) * np.abs(a[:, None] - b[None, :]) / length
    return (1 + u + u**2 / 3) * np.exp(-u)


def stretches(x):
    yield lambda at: at
    distance = (x[-1] - x[0]) / 6
    for index in range(5):
        for side in (1, -1):
            place, soft = x[0] + distance * (index + 1), distance / 4
            yield lambda at, place=place, side=side, soft=soft: (
                at / 8 + side * soft * 7 / 8 * np.logaddexp(0, side * (at - place) / soft))


def entry(x, y, places, length, ratio, stretch, prior, floor):
    """One row of the table: logarithm of its weight, curve, variance and noise."""
    n = len(x)
    covariance = ratio * matern(stretch(x), stretch(x), length) + np.eye(n)
    values, vectors = np.linalg.eigh(covariance)
    inverse = vectors @ np.diag(1 / values) @ vectors.T
    ones = np.ones(n)
    precision = ones @ inverse @ ones
    center = (ones @ inverse @ y) / precision
    squares = (y - center) @ inverse @ (y - center) + FLOOR_DEGREES * floor**2
    degrees = n - 1 + FLOOR_DEGREES
    weight = prior - np.log(values).sum() / 2 - math.log(precision) / 2 - degrees / 2 * math.log(squares)
    cross = ratio * matern(stretch(places), stretch(x), length)
    curve = center + cross @ inverse @ (y - center)
    left = 1 - cross @ inverse @ ones
    variance = ratio - np.einsum("ij,jk,ik->i", cross, inverse, cross) + left**2 / precision
    return weight, curve, variance * squares / degrees, squares / degrees


def fit(x, y, places, step):
    floor = max(FLOOR, 0.5 * step)
    every = list(stretches(x))
    even = math.log(len(every) - 1)
    rows = [entry(x, y, places, 1.0, 0, every[0], even + math.log(len(LENGTHS)), floor)]
    for index, stretch in enumerate(every):
        for length in LENGTHS:
            for ratio in RATIOS:
                rows.append(entry(x, y, places, length, ratio, stretch, 0 if index else even, floor))
    weights = np.exp(np.array([row[0] for row in rows]) - max(row[0] for row in rows))
    order = np.argsort(-weights, kind="stable")
    kept, share = [], 0.0
    for index in order:
        if share >= 0.98 * weights.sum() or len(kept) >= 16:
            break
        kept.append(index)
        share += weights[index]
    weights = weights[kept] / share
    curves = np.array([rows[index][1] for index in kept])
    variances = np.array([rows[index][2] for index in kept])
    curve = weights @ curves
    return curve, weights @ (variances + (curves - curve) ** 2), math.sqrt(weights @ [rows[i][3] for i in kept])


def case(name, exponents, values, errors):
    order = np.argsort(exponents)
    x, values, errors = exponents[order], values[order], errors[order]
    lambdas = 10**x
    forward, backward, slope, step = bent_scale(values, 1e-4)
    places = np.array([x[i] + (x[i + 1] - x[i]) * share for i in range(len(x) - 1) for share in (0, 0.5)])
    curve, variance, deviation = fit(x, forward(values), places, step)
    # The errors of the images decide what the curve says, and are not in its band.
    half = student_width(len(x) - 1 + FLOOR_DEGREES) * np.sqrt(variance)
    points = np.stack([places, backward(curve), backward(curve - half), backward(curve + half)], axis=1)
    return {
        "name": name,
        "inputs": [[float(a), float(b), float(c)] for a, b, c in zip(lambdas, values, errors)],
        "deviation": deviation,
        # At the trials.
        "points": points[::2].tolist(),
    }


def main():
    random = np.random.default_rng(20240101)
    cases = []
    for name, count, noise in [("a hump, thirty trials", 30, 0.003), ("a hump, sixty noisy trials", 60, 0.01)]:
        exponents = random.uniform(-9, -1, count)
        z = exponents + 2
        truth = np.where(z > 0, 0.47 - 0.07 * z**2, 0.44 + 0.03 * np.exp(-2 * z**2))
        values = truth + noise * random.standard_normal(count)
        cases.append(case(name, exponents, values, 0.002 * np.abs(random.standard_normal(count))))
    exponents = random.uniform(-6, 0, 24)
    truth = 1 / (1 + np.exp(-2.5 + np.maximum(0, 3 * (exponents + 1.2)) ** 2))
    cases.append(case("a cliff", exponents, truth + 0.001 * random.standard_normal(24), np.zeros(24)))
    out = Path(__file__).parent.parent / "test/search/statistics/golden/smooth-fit.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(cases, indent=None) + "\n")


if __name__ == "__main__":
    main()
