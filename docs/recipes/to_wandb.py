"""Logs the trials of a study as Weights & Biases runs, one project per study and one group per stage.

    ridgeline results STUDY --replicates -o trials.jsonl
    ridgeline results STUDY --curves -o curves.jsonl
    python to_wandb.py trials.jsonl curves.jsonl

With WANDB_MODE=offline the runs stay in the folder `wandb` until `wandb sync`. Needs wandb.
"""

import json
import sys

import wandb

keys = {"schema_version", "study", "stage", "index", "trial", "replicate", "step"}
trials_file, curves_file = sys.argv[1:]
with open(trials_file) as file:
    trials = list(map(json.loads, file))
with open(curves_file) as file:
    curves = list(map(json.loads, file))

for trial in trials:
    run = wandb.init(
        project=trial["study"],
        group=trial["stage"],
        name=trial["trial"],
        config=trial["params"] | {"replicate": trial["replicate"]},
    )
    for point in curves:
        if (point["study"], point["trial"]) == (trial["study"], trial["trial"]):
            metrics = {
                metric: value
                for metric, value in point.items()
                if metric not in keys | trial["params"].keys() and value is not None
            }
            run.log(metrics, step=point["step"])
    run.summary.update({name: trial[name] for name in ("value", "rank", "status", "digest")})
    run.finish(exit_code=0 if trial["status"] == "complete" else 1)
