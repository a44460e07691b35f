"""An Optuna sampler proposes the configurations, and a Ridgeline cluster trains them.

    pip install optuna grpcio grpcio-tools
    python examples/optuna-drives-the-cluster.py @admin.join examples/asked.yaml last.yaml

Each batch of proposals is added to `also` of the study's stage, and the longer study is submitted: the
coordinator trains what is new. So the last file is a plain study: `ridgeline run last.yaml` repeats the search
without Optuna, with the same digests.
"""

import json
import pathlib
import sys

import optuna

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "python-client"))
from client import connect, messages  # noqa: E402

BATCH = 4
BATCHES = 3


def suggest(trial):
    """The search space. Known configurations may have any value that the trainer allows."""
    return {
        "lambda": trial.suggest_float("lambda", 1e-6, 1e-1, log=True),
        "learning_rate.max": trial.suggest_float("learning_rate.max", 0.01, 0.5, log=True),
        "hidden": trial.suggest_categorical("hidden", [20, 40]),
    }


def text_with(template, proposals):
    """The study file with all proposals so far."""
    lines = ["    also:", *(f"      - {json.dumps(values)}" for values in proposals)]
    return template.rstrip() + "\n" + "\n".join(lines) + "\n"


def train(service, metadata, text):
    """Trains what is new. Returns the value of each known configuration, by its number; None if it failed."""
    submitted = service.SubmitStudy(messages.SubmitStudyRequest(file=text), metadata=metadata)
    for state in service.Watch(messages.WatchRequest(study=submitted.name), metadata=metadata):
        print(f"{state.progress.done} of {state.progress.total} trials", file=sys.stderr)
    request = messages.ResultsRequest(study=submitted.name, format=messages.RESULTS_FORMAT_JSON)
    chunks = service.Results(request, metadata=metadata)
    results = json.loads(b"".join(response.chunk for response in chunks))
    metric = results["objective"]["metric"]
    rows = results["stages"][0]["trials"]
    return {int(row["trial"].split("-")[-1]): row[metric] for row in rows}


def main(join, study_file, last_file):
    service, metadata = connect(join)
    template = pathlib.Path(study_file).read_text()
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    proposals = []
    for _ in range(BATCHES):
        asked = [study.ask() for _ in range(BATCH)]
        proposals += [suggest(trial) for trial in asked]
        text = text_with(template, proposals)
        values = train(service, metadata, text)
        for trial in asked:
            value = values.get(trial.number + 1)
            failed = optuna.trial.TrialState.FAIL
            study.tell(trial, value, state=failed if value is None else None)
    pathlib.Path(last_file).write_text(text)
    print("best:", study.best_value, study.best_params)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main(*sys.argv[1:4])
