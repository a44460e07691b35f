/** A module that counts its steps, as text: tests change parts of it. */
import { Buffer } from 'node:buffer';
import { describeModule } from '../../../../src/trainers/module/description.ts';
import { declarationSchema } from '../../../../src/trainers/module/declaration.ts';
import { noData } from '../../../../src/trainers/module/module-data.ts';
import { moduleSettings } from '../../../../src/trainers/module/settings.ts';
import { toCamel } from '../../../../src/study/spec/case-codec.ts';
import type { ModuleRequest } from '../../../../src/worker/module/module-threads.ts';

/** @param code replaces parts of the module: `step` runs in each step, `top` when it is imported */
export function moduleText({ top = '', step = '' }: { top?: string; step?: string } = {}): string {
  return `${top}
export default {
  contract: 1,
  parameters: { rate: { kind: 'number', min: 0, max: 1, default: 0.5 } },
  metrics: { loss: 'minimize' },
  rungs: () => [2, 4],
  open({ parameters, random }) {
    let [count, sum] = [0, 0];
    return {
      trainTo(to, { onStep }) {
        while (count < to) {
          sum += parameters.rate * random(0, count);
          count += 1;
          ${step}
          onStep(count);
        }
        return 'reached';
      },
      measure: () => ({ metrics: { loss: sum } }),
      state: () => new Uint8Array(Float64Array.of(count, sum).buffer),
      restore(state) {
        [count, sum] = new Float64Array(state.buffer);
      },
    };
  },
};
`;
}

export function moduleRequest(
  text: string,
  more: Readonly<Record<string, unknown>> = {},
): ModuleRequest {
  const declares = declarationSchema.parse({
    parameters: { rate: { kind: 'number', min: 0, max: 1, default: 0.5 } },
    metrics: { loss: 'minimize' },
    rungs: [2, 4],
    data: false,
  });
  const section = { module: 'trainer.ts', declares, ...more };
  const settings = moduleSettings(toCamel(describeModule(section).settings.parse(section)));
  return {
    settings,
    seed: 1,
    replicate: 1,
    measureTest: false,
    params: [{ rate: 0.25 }],
    data: noData,
    files: new Map([['trainer.ts', Buffer.from(text)]]),
  };
}
