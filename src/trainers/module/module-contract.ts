/** Module contract: whether the default export of a module is a trainer. Threads load it for each trial, so it is small. */
import type { Params } from '../../study/search-space.ts';
import type { TrainerModule } from './trainer-module.ts';

/** A module that does not keep the contract, and how. */
export class ModuleFault extends Error {}

/** The default export of a module. @throws ModuleFault */
export function toModule(exported: unknown): TrainerModule<Params> {
  if (isTrainerModule(exported)) return exported;
  if (typeof exported !== 'object' || exported === null)
    throw new ModuleFault(
      'has no trainer as its default export; write `export default { contract: 1, … } satisfies TrainerModule`',
    );
  const contract: unknown = 'contract' in exported ? exported.contract : undefined;
  if (contract !== 1)
    throw new ModuleFault(`has contract ${String(contract)}; this version has contract 1`);
  const missing = ['rungs', 'open'].filter((key) => !isFunction(exported, key));
  throw new ModuleFault(`has no function ${missing.join(' and no function ')}`);
}

function isTrainerModule(exported: unknown): exported is TrainerModule<Params> {
  if (typeof exported !== 'object' || exported === null || !('contract' in exported)) return false;
  return exported.contract === 1 && isFunction(exported, 'rungs') && isFunction(exported, 'open');
}

function isFunction(of: object, key: string): boolean {
  // Methods of a class are not its own properties.
  const found: unknown = Reflect.get(of, key);
  return typeof found === 'function';
}
