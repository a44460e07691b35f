/** Terminal signs: the characters and colours of stages and special trials in terminal charts. */
import type { Style, TextOptions } from '../text/text-options.ts';

const stageStyles: readonly Style[] = ['cyan', 'yellow', 'green', 'red'];
const unicodeSigns = {
  stages: ['●', '▲', '◆', '■'],
  worse: ['○', '△', '◇', '□'],
  several: '◐',
  star: '★',
  lower: '↓',
  higher: '↑',
  heavy: '━',
  line: '⠒',
};
const asciiSigns = {
  stages: ['O', 'A', 'X', '#'],
  worse: ['o', '^', 'x', '+'],
  several: '&',
  star: '@',
  lower: 'v',
  higher: '!',
  heavy: '=',
  line: '.',
};

export function signSet({ unicode }: TextOptions) {
  return unicode ? unicodeSigns : asciiSigns;
}

export function stageSign(stage: number, isWorse: boolean, options: TextOptions): string {
  const { stages, worse } = signSet(options);
  return (isWorse ? worse : stages)[stage % stages.length] ?? '';
}

export function stageStyle(stage: number): Style {
  return stageStyles[stage % stageStyles.length] ?? 'cyan';
}
