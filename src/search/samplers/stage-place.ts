/** Stage place: the number by which random streams know a stage, so that stages of one study differ. */
import { sha256 } from '../../base/digest.ts';

/** 32 bits of the name's hash. */
export function stagePlace(name: string): number {
  return Number.parseInt(sha256(name).slice(0, 8), 16);
}
