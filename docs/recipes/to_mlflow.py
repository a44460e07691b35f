"""Logs the trials of a study as MLflow runs, one experiment per study.

    ridgeline results STUDY --replicates -o trials.jsonl
    ridgeline results STUDY --curves -o curves.jsonl
    python to_mlflow.py trials.jsonl curves.jsonl

MLFLOW_TRACKING_URI names the server or the folder. Needs mlflow, or mlflow-skinny.
"""

import json
import sys
import time

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

keys = {"schema_version", "study", "stage", "index", "trial", "replicate", "step"}
trials_file, curves_file = sys.argv[1:]
with open(trials_file) as file:
    trials = list(map(json.loads, file))
with open(curves_file) as file:
    curves = list(map(json.loads, file))

client = MlflowClient()
now = int(1000 * time.time())
experiments = {}
for trial in trials:
    study = trial["study"]
    if study not in experiments:
        found = client.get_experiment_by_name(study)
        experiments[study] = found.experiment_id if found else client.create_experiment(study)
    run = client.create_run(experiments[study], run_name=trial["trial"])
    metrics = [
        Metric(metric, value, now, point["step"])
        for point in curves
        if (point["study"], point["trial"]) == (study, trial["trial"])
        for metric, value in point.items()
        if metric not in keys | trial["params"].keys() and value is not None
    ]
    for first in range(0, len(metrics), 1000):
        client.log_batch(run.info.run_id, metrics=metrics[first : first + 1000])
    client.log_batch(
        run.info.run_id,
        metrics=[] if trial["value"] is None else [Metric("value", trial["value"], now, 0)],
        params=[Param(name, str(value)) for name, value in trial["params"].items()],
        tags=[RunTag(name, str(trial[name])) for name in ("stage", "rank", "status", "digest")],
    )
    ended = {"complete": "FINISHED", "failed": "FAILED", "cancelled": "KILLED"}
    client.set_terminated(run.info.run_id, ended.get(trial["status"], "RUNNING"))
