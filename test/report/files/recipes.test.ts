/**
 * Recipes of docs/recipes: each runs with the library that it is for, and the library reads back what it
 * wrote. A recipe whose library is missing is skipped; `RIDGELINE_TEST_PYTHON` names a Python with libraries.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { formatCurves } from '../../../src/report/files/curves.ts';
import { formatJsonl } from '../../../src/report/files/json.ts';
import { study, toResults, trials } from '../support/sample-study.ts';

const python = process.env['RIDGELINE_TEST_PYTHON'] ?? 'python3';

/** Each prints the number of runs, and the last validation accuracy and λ of fine/2, as the library reads them. */
const readers = {
  to_tensorboard: [
    'tensorboardX',
    ['runs'],
    `
import glob, struct
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData
runs = glob.glob("runs/sample/*/*/")
found = {}
for name in glob.glob("runs/sample/fine/2/**/events*", recursive=True):
    data = open(name, "rb").read()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        for value in Event.FromString(data[12 : 12 + length]).summary.value:
            if value.tag == "validation_accuracy": found["accuracy"] = value.simple_value
            plugin = value.metadata.plugin_data
            if value.tag == "_hparams_/session_start_info":
                info = HParamsPluginData.FromString(plugin.content).session_start_info
                found["lambda"] = info.hparams["lambda"].number_value
        data = data[16 + length :]
print(len(runs), round(found["accuracy"], 4), found["lambda"])`,
  ],
  to_mlflow: [
    'mlflow',
    [],
    `
from mlflow import MlflowClient
client = MlflowClient()
runs = client.search_runs([client.get_experiment_by_name("sample").experiment_id])
(run,) = [run for run in runs if run.info.run_name == "fine/2"]
points = client.get_metric_history(run.info.run_id, "validation_accuracy")
print(len(runs), points[-1].value, run.data.params["lambda"])`,
  ],
  to_wandb: [
    'wandb',
    [],
    `
import glob, json, struct
from wandb.proto.wandb_internal_pb2 import Record
files = glob.glob("wandb/offline-run-*/*.wandb")
# A log of records in blocks of 32 KiB: checksum, length, type (1 whole, 2 first, 3 middle, 4 last part).
def records(data, at=7, whole=b""):
    while at + 7 < len(data):
        if 32768 - at % 32768 < 7: at += 32768 - at % 32768
        length, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        whole, at = whole + data[at + 7 : at + 7 + length], at + 7 + length
        if kind in (1, 4):
            yield Record.FromString(whole)
            whole = b""
for name in files:
    accuracy = own = None
    for record in records(open(name, "rb").read()):
        if record.run.display_name == "fine/2":
            own = {item.key: json.loads(item.value_json) for item in record.run.config.update}
        for item in record.history.item:
            if "validation_accuracy" in (item.key, *item.nested_key): accuracy = json.loads(item.value_json)
    if own: print(len(files), accuracy, own["lambda"])`,
  ],
} as const;

test.for(Object.entries(readers))(
  'the recipe %s writes trials and curves that its library reads back',
  { timeout: 120_000 },
  ([recipe, [library, more, reader]], { skip }) => {
    const probe = spawnSync(python, ['-c', `import ${library}`]);
    if (probe.status !== 0) return skip(`the Python library ${library} is not installed`);
    const directory = mkdtempSync(join(tmpdir(), 'ridgeline-recipe-'));
    try {
      const results = toResults(study, trials, { rows: 'trial' });
      writeFileSync(join(directory, 'trials.jsonl'), formatJsonl(results));
      writeFileSync(join(directory, 'curves.jsonl'), formatCurves(results, trials, 'jsonl'));
      const run = (...args: string[]) =>
        spawnSync(python, args, {
          cwd: directory,
          encoding: 'utf8',
          env: {
            ...process.env,
            HOME: directory,
            WANDB_MODE: 'offline',
            WANDB_SILENT: 'true',
            MLFLOW_TRACKING_URI: `file://${directory}/mlruns`,
            MLFLOW_ALLOW_FILE_STORE: 'true',
          },
        });
      const script = resolve(`docs/recipes/${recipe}.py`);
      const written = run(script, 'trials.jsonl', 'curves.jsonl', ...more);
      expect(written.status, written.stderr).toBe(0);
      const read = run('-c', reader);
      expect(read.stdout, read.stderr).toBe('5 0.4712 0.0123\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
