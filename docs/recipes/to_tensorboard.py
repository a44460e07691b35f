"""Writes the trials of a study as TensorBoard runs: curves by step, hyperparameters and the final values.

    ridgeline results STUDY --replicates -o trials.jsonl
    ridgeline results STUDY --curves -o curves.jsonl
    python to_tensorboard.py trials.jsonl curves.jsonl runs
    tensorboard --logdir runs

Needs torch, or tensorboardX.
"""

import json
import os
import sys

try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:
    from tensorboardX import SummaryWriter

keys = {"schema_version", "study", "stage", "index", "trial", "replicate", "step"}
trials_file, curves_file, folder = sys.argv[1:]
with open(trials_file) as file:
    trials = {row["trial"]: row for row in map(json.loads, file)}
with open(curves_file) as file:
    curves = list(map(json.loads, file))

for name, trial in trials.items():
    writer = SummaryWriter(os.path.join(folder, trial["study"], name))
    for point in curves:
        if point["trial"] != name:
            continue
        for metric, value in point.items():
            if metric not in keys | trial["params"].keys() and value is not None:
                writer.add_scalar(metric, value, point["step"])
    writer.add_text("trial", json.dumps(trial))
    if trial["value"] is not None:
        writer.add_hparams(trial["params"], {"value": trial["value"]}, name="hparams")
    writer.close()
