"""
Search peers: Optuna on the search tables of `bench-search.ts`, with simulated workers.

    python3 search-peers.py --tables DIR --table main|cube --cycles N --replications R

Prints one line of JSON for each search: its name, and steps, regret and test accuracy of each replication. A
replication is defined as in `test/search/support/table-trials.ts`, with other draws. Workers are simulated in units of a
cycle: each trains one cycle, then results are reported in the order of the workers. Rungs are the ends of cycles.
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import optuna
from optuna.pruners import NopPruner, SuccessiveHalvingPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

parser = argparse.ArgumentParser()
parser.add_argument("--tables", type=Path, required=True)
parser.add_argument("--table", choices=["main", "cube"], default="main")
parser.add_argument("--cycles", type=int, default=4)
parser.add_argument("--replications", type=int, default=100)
options = parser.parse_args()


def load():
    """Axes by name, and bits by seed, cycle and node."""
    if options.table == "main":
        with np.load(options.tables / "main-bits.npz") as arrays:
            bits = [
                [np.unpackbits(arrays[f"c{cycle}_seed{seed}"], axis=1) for cycle in range(1, options.cycles + 1)]
                for seed in (1, 2, 3)
            ]
            return {"lambda": arrays["lam"]}, np.array(bits)
    hidden = [20, 50, 100]
    rates = np.geomspace(0.01, 0.5, 6)
    with np.load(options.tables / "cube-bits.npz") as arrays:
        # hidden, rate, cycle, λ -> cycle, hidden, λ, rate
        bits = np.array([[arrays[f"cube-h{h}-lr{r:.4f}"] for r in rates] for h in hidden]).transpose(2, 0, 3, 1, 4)
    bits = np.unpackbits(bits.reshape(2, -1, bits.shape[-1]), axis=2)
    axes = {"hidden": hidden, "lambda": np.geomspace(1e-6, 1e-1, 8), "learning_rate.max": rates}
    return axes, bits[None]


axes, table = load()
seeds, cycles, nodes, images = table.shape
means = table[:, -1].mean(axis=(0, 2))
if options.table == "main":  # A smooth curve, as in the benchmark.
    padded = np.pad(means, 1, mode="edge")
    means = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
validation_count = 10_000 if options.table == "main" else 5_000


def corners(params):
    """Nodes around a point, with the share of each."""
    found = [(0, 1.0)]
    for name, values in axes.items():
        if name == "hidden":
            sides = [(values.index(params[name]), 1.0)]
        else:
            after = min(len(values) - 1, max(1, int(np.searchsorted(values, params[name]))))
            low, high = values[after - 1], values[after]
            share = min(1.0, max(0.0, np.log(params[name] / low) / np.log(high / low)))
            sides = [(after - 1, 1 - share), (after, share)]
        found = [(node * len(values) + at, share * part) for node, share in found for at, part in sides]
    return [(node, share) for node, share in found if share > 0]


class Replication:
    def __init__(self, number):
        self.random = np.random.default_rng(number)
        self.bits = table[number % seeds]
        self.order = self.random.permutation(images)

    def train(self, params):
        """Accuracy at the end of each cycle, and on the test images at the end."""
        found = corners(params)
        picked = self.random.choice(len(found), size=images, p=np.array([share for _, share in found]))
        node = np.array([node for node, _ in found])[picked]
        right = self.bits[:, node, np.arange(images)]
        validation, test = self.order[:validation_count], self.order[validation_count:]
        return right[:, validation].mean(axis=1), right[-1, test].mean()


def suggest(trial):
    if options.table == "main":
        return {"lambda": trial.suggest_float("lambda", 1e-9, 1e-1, log=True)}
    return {
        "hidden": trial.suggest_categorical("hidden", [20, 50, 100]),
        "lambda": trial.suggest_float("lambda", 1e-6, 1e-1, log=True),
        "learning_rate.max": trial.suggest_float("learning_rate.max", 0.01, 0.5, log=True),
    }


def search(number, sampler, pruner, trials, workers):
    replication = Replication(number)
    study = optuna.create_study(direction="maximize", sampler=sampler(number), pruner=pruner())
    running, asked, steps = [None] * workers, 0, 0
    best = (-1.0, None, None)
    while asked < trials or any(running):
        for worker in range(workers):
            if running[worker] is None and asked < trials:
                trial = study.ask()
                params = suggest(trial)
                running[worker] = [trial, params, replication.train(params), 0]
                asked += 1
        for worker in range(workers):
            if running[worker] is None:
                continue
            trial, params, (accuracies, test), cycle = running[worker]
            value = float(accuracies[cycle])
            steps += 1_000
            trial.report(value, cycle + 1)
            if cycle + 1 == cycles:
                study.tell(trial, value)
                best = max(best, (value, params, test), key=lambda one: one[0])
            elif trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
            else:
                running[worker][3] = cycle + 1
                continue
            running[worker] = None
    _, params, test = best
    mean = sum(share * means[node] for node, share in corners(params))
    return steps, 100 * (means.max() - mean), 100 * test


def tpe(seed):
    return TPESampler(seed=seed)


def halving():
    return SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)


def random(seed):
    return RandomSampler(seed=seed)


searches = [("Optuna random 60", random, NopPruner, 60, 1)]
for workers in (1, 8):
    suffix = "1 worker" if workers == 1 else f"{workers} workers"
    searches.append((f"Optuna TPE 24, {suffix}", tpe, NopPruner, 24, workers))
    if options.table == "cube":
        searches.append((f"Optuna TPE 40, {suffix}", tpe, NopPruner, 40, workers))
    searches.append((f"Optuna TPE 30 + SHA, {suffix}", tpe, halving, 30, workers))

for name, sampler, pruner, trials, workers in searches:
    runs = [search(number, sampler, pruner, trials, workers) for number in range(options.replications)]
    steps, regret, test = (list(map(float, column)) for column in zip(*runs))
    print(json.dumps({"search": name, "steps": steps, "regret": regret, "test": test}), flush=True)
