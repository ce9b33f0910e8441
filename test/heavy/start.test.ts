import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finished } from '../end-to-end/plandrop.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('npm start', () => {
  it('runs every sample to its expected end, and prints the same table twice', async () => {
    const first = await start();
    const second = await start();
    expect([first.code, second.code]).toEqual([0, 0]);
    const table = tableOf(first.stdout);
    expect(table).toHaveLength(6);
    expect(table.filter((row) => row.includes('│ yes'))).toHaveLength(6);
    expect(tableOf(second.stdout)).toEqual(table);
    expect(first.stdout).toContain('Repeated after');
    expect(first.stdout).toContain('5 × Item not located in Products list');
    expect(first.stdout).toContain('Alert: Plandrop: regions failed (mapping), regions.csv');
  });
});

describe('npm start -- --all', () => {
  it('runs the pipelines of a team too, each to its expected end', async () => {
    const { code, stdout } = await start('--all');
    const rows = tableOf(stdout);
    expect(rows.filter((row) => !row.includes('│ yes'))).toEqual([]);
    expect([code, rows.length]).toEqual([0, 12]);
    expect(stdout).toContain('A person looks at the rejected rows of month-end, and accepts them');
  });

  it('says what it knows when it is asked for something else', async () => {
    const { code, stderr } = await start('--some');
    expect([code, stderr]).toEqual([
      1,
      'npm start: --some means nothing here; there is npm start, and npm start -- --all.\n',
    ]);
  });
});

function start(...args: string[]) {
  return finished(
    spawn(process.execPath, [join(ROOT, 'cli/start.ts'), ...args], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1' },
    }),
  );
}

/** The rows of the summary table, without its head. */
function tableOf(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('│') && !line.includes('│ Sample') && !line.includes('As expected'));
}
