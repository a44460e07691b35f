/** Processor model: the name that the system gives to the processor, for people. */
import { cpus } from 'node:os';

/** In characters that a message may contain. */
const charactersMax = 100;

/** @param model of the first processor; `unknown` without one */
export function processorModel(model = cpus()[0]?.model ?? ''): string {
  const words = model
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.join(' ').slice(0, charactersMax).trim() || 'unknown';
}
