import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../infra/local/data-folder.ts';

const CHILD = join(import.meta.dirname, 'children/write-until-killed.ts');

describe('a data folder whose process is killed', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'plandrop-kill-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  /** Lets the child write, kills it at an arbitrary instant after `lines` lines, and returns all that it told. */
  async function writeAndKill(from: number, lines: number): Promise<[string, string][]> {
    const child = spawn(process.execPath, [CHILD, dataDir, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const told: [string, string][] = [];
    for await (const line of createInterface(child.stdout)) {
      const [what = '', number = ''] = line.split(' ');
      told.push([what, number]);
      if (told.length === lines) child.kill('SIGKILL');
    }
    await exited;
    return told;
  }

  it('holds everything that was acknowledged, nothing half, and no rubbish', async () => {
    const [wrote, deleting, deleted] = [new Set<string>(), new Set<string>(), new Set<string>()];
    const told = new Map([
      ['wrote', wrote],
      ['deleting', deleting],
      ['deleted', deleted],
    ]);
    let next = 0;
    for (const lines of [7, 25, 38]) {
      for (const [what, number] of await writeAndKill(next, lines)) told.get(what)?.add(number);
      next = Math.max(...[...wrote].map(Number)) + 1;

      using folder = await openDataFolder(dataDir);
      const messages = folder.queues.peek('upload', 10_000);
      const waiting = new Set(messages.map(({ body }) => body));
      for (const number of wrote) {
        expect(waiting.has(number) || deleting.has(number), `message ${number}`).toBe(true);
        expect(await folder.state.head(`runs/${number}.json`), `run ${number}`).toBeDefined();
      }
      for (const body of deleted) expect(waiting.has(body), `deleted message ${body}`).toBe(false);
      expect(messages.every(({ inFlight, attributes, body }) => !inFlight && attributes.number === body)).toBe(true);

      // The last number may have been written without having been told.
      const written = async (key: string) => Number(await readFile(folder.state.address(key), 'utf8'));
      expect([next - 1, next]).toContain(await written('counter'));
      const drop = await readFile(folder.drops.address('sales/drop.csv'));
      expect([next - 1, next]).toContain(Number(drop.subarray(300_000).toString()));
      expect(await folder.drops.get('sales/drop.csv')).toMatchObject({ size: drop.byteLength });
      expect(await readdir(join(dataDir, 'state/incoming'))).toEqual([]);
      expect(await readdir(join(dataDir, 'drops/incoming'))).toEqual([]);
      next++;
    }
  });
});
