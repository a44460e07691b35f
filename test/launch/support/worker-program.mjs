/** A stand-in for the worker program: notes its start and its join string in files, then runs until it is stopped. */
import { appendFileSync } from 'node:fs';

const [log, mode] = process.argv.slice(-2);
if (mode === 'fails') process.exit(1);
process.on('disconnect', () => process.exit(0));
appendFileSync(log, `${process.pid}\n`);
process.stdin.on('data', (text) => appendFileSync(`${log}-joined`, text));
