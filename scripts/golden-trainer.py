#!/usr/bin/env python3
"""Golden numbers of the trainer's tests: the same small training runs in numpy float64.

It shares no code with src/trainers/two-layer. It has its own Philox4x32-10, so that initial weights and the
order of records are the same; the rest is textbook numpy. The tests compare with tolerances of float32.

Run it by hand with Python 3 and numpy; it writes test/trainers/two-layer/golden/numpy.json.
"""
import json
import math
from pathlib import Path

import numpy as np

WEIGHTS, RECORD_ORDER = 2, 3  # purposes of random streams
M32 = 0xFFFFFFFF


def philox(counter, key):
    """One block of Philox4x32-10 (Salmon et al. 2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & M32, (p0 >> 32) ^ c[3] ^ k[1], p0 & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


def stream(seed, purpose, place0, place1):
    """uniform(index) in [0, 1) with 53 bits."""
    key = (seed & M32, seed >> 32)

    def word(index):
        return philox((index // 4, place0, place1, purpose), key)[index % 4]

    return lambda index: ((word(2 * index) >> 5) * 2**26 + (word(2 * index + 1) >> 6)) / 2**53


def normals(uniform, count):
    """Box and Muller (1958): numbers 2i and 2i + 1 share a radius."""
    out = []
    for i in range(0, count, 2):
        radius = math.sqrt(-2 * math.log(1 - uniform(i)))
        angle = 2 * math.pi * uniform(i + 1)
        out += [radius * math.cos(angle), radius * math.sin(angle)]
    return np.array(out[:count])


def permutation(uniform, count):
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        chosen = int(uniform(last) * (last + 1))
        order[last], order[chosen] = order[chosen], order[last]
    return np.array(order)


def images(count, inputs, classes):
    r, k = np.arange(count)[:, None], np.arange(inputs)[None, :]
    return (r * r * 31 + k * 17 + r * k * 13) % 251, (np.arange(count) * 7) % classes


def train(case):
    x, y = images(case['records'], case['inputs'], case['classes'])
    deviation = x.std(0)
    x = np.divide(x - x.mean(0), deviation, out=np.zeros(x.shape), where=deviation > 0)
    n, d, h, c = case['records'], case['inputs'], case['hidden'], case['classes']
    seed, replicate, batch, lam = case['seed'], case['replicate'], case['batch'], case['lambda']
    w1 = normals(stream(seed, WEIGHTS, replicate, 0), d * h).reshape(d, h) / math.sqrt(d)
    w2 = normals(stream(seed, WEIGHTS, replicate, 1), h * c).reshape(h, c) / math.sqrt(h)
    b1, b2 = np.zeros(h), np.zeros(c)
    per_epoch = -(-n // batch)
    losses, costs, rates, first_gradients = [], [], [], None

    def forward(x, y):
        a = np.maximum(x @ w1 + b1, 0)
        s = a @ w2 + b2
        p = np.exp(s - s.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        return a, p, float(-np.log(p[np.arange(len(y)), y]).mean())

    for t in range(case['steps']):
        epoch, place = divmod(t, per_epoch)
        if place == 0:
            order = permutation(stream(seed, RECORD_ORDER, replicate, epoch), n)
        rows = order[place * batch:(place + 1) * batch]
        phase = t % (2 * case['step_size'])
        rate = case['min'] + (case['max'] - case['min']) * (1 - abs(phase / case['step_size'] - 1))
        a, p, loss = forward(x[rows], y[rows])
        g = (p - np.eye(c)[y[rows]]) / len(rows)
        gh = (g @ w2.T) * (a > 0)
        gradients = [x[rows].T @ gh + 2 * lam * w1, gh.sum(0), a.T @ g + 2 * lam * w2, g.sum(0)]
        if t == 0:
            first_gradients = [float(np.linalg.norm(v)) for v in gradients]
        w1, b1, w2, b2 = (v - rate * dv for v, dv in zip((w1, b1, w2, b2), gradients))
        losses.append(loss)
        rates.append(rate)
        whole = forward(x, y)[2]
        costs.append(whole + lam * float((w1**2).sum() + (w2**2).sum()))
    return {**case, 'batch_losses': losses, 'costs': costs, 'rates': rates, 'first_gradient_norms': first_gradients}


shape = {'inputs': 48, 'records': 37, 'classes': 5, 'hidden': 9, 'batch': 8, 'steps': 10,
         'step_size': 5, 'min': 1e-3, 'max': 0.2}
cases = [
    {**shape, 'seed': 1, 'replicate': 1, 'lambda': 0.0},
    {**shape, 'seed': 2**40 + 7, 'replicate': 3, 'lambda': 0.03},
]
target = Path(__file__).parent.parent / 'test/trainers/two-layer/golden/numpy.json'
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps([train(case) for case in cases], indent=2) + '\n')
