import { Garden } from './plant.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

/**
 * `node test/simulation/find-planted.ts [seeds] [part of a name]`: plants each bug in a copy of the tree and tells which seed finds
 * it first, as a table.
 */

const [, , seeds = '2000', part = ''] = process.argv;

using garden = new Garden();
console.log('| Planted bug | Found by seed | What it sees |\n| --- | --- | --- |');
let missed = 0;
for (const bug of PLANTED_BUGS.filter(({ name }) => name.includes(part))) {
  const found = garden.seek(bug, Number(seeds));
  if (found === undefined) missed++;
  const promise = (found?.promise ?? '').slice(0, 130).replaceAll('|', '/');
  console.log(`| ${bug.name} | ${found?.seed ?? 'none'} | ${promise} |`);
}
console.log(`\n${missed} were not found in ${seeds} seeds.`);
process.exitCode = missed === 0 ? 0 : 1;
