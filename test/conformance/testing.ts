/**
 * Conformance suites of the ports, as users of the package import them from `ridgeline/testing`.
 *
 * Each is a function that registers tests for one implementation; it needs vitest, and fast-check for
 * stores and planners.
 */
export { launcherConformance } from './launcher.ts';
export { plannerConformance } from './planner.ts';
export { storeConformance } from './store.ts';
export { trainerConformance } from './trainer.ts';
