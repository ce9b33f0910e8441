import { describe, expect, it } from 'vitest';
import { joinDataFolder } from '../../infra/local/data-folder.ts';
import { createRun, readRun } from '../../shared/run/ledger.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { aRun } from '../run/a-run.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

const WAITS: Partial<BegunRun> = { turn: 1, lane: null, next: { turn: 1, queue: 'upload', due: 'lane' } };

describe('plandrop runs skip', () => {
  it('asks a run that waits to end, and wakes it; whoever asks twice asks the same', async () => {
    await using at = await tenantAndFolder();
    using folder = joinDataFolder(at.dataDir);
    const { run } = await createRun({ ...folder, random: Math.random }, aRun(WAITS));
    const skip = ['runs', 'skip', run.runId, '--data-dir', at.dataDir];
    const [told, again] = [await plandrop(skip), await plandrop([...skip, '--json'])];
    expect([told.code, told.stdout]).toEqual([
      0,
      `Run ${run.runId} will be skipped: it ends without its turn, and nothing of it is sent to Anaplan.\n`,
    ]);
    expect([again.code, JSON.parse(again.stdout)]).toEqual([0, { runId: run.runId, requested: true }]);
    expect((await readRun(folder, run.runId))?.run.requests).toMatchObject([{ kind: 'skip' }]);
    expect(folder.queues.peek('upload').map(({ body }) => JSON.parse(body).turn)).toEqual([1, 1]);
  });

  it('finds a run that has begun told where it is, and what it went through, also for programs', async () => {
    await using at = await tenantAndFolder();
    using folder = joinDataFolder(at.dataDir);
    const journal = [{ at: '2026-03-02T06:00:00.000Z', stage: 'poll' as const, text: 'Anaplan was busy' }];
    const { run } = await createRun({ ...folder, random: Math.random }, { ...aRun(), journal });
    const listed = await plandrop(['runs', '--data-dir', at.dataDir, '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { runId: run.runId, state: 'uploads the file of import "Load Sales"' },
    ]);
    const shown = await plandrop(['runs', 'show', run.runId, '--data-dir', at.dataDir, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      runId: run.runId,
      state: 'uploads the file of import "Load Sales"',
      journal,
      journalDropped: 0,
    });
  });

  it('is refused for a run that has begun, and says how to stop that', async () => {
    await using at = await tenantAndFolder();
    using folder = joinDataFolder(at.dataDir);
    const { run } = await createRun({ ...folder, random: Math.random }, aRun());
    const { code, stdout } = await plandrop(['runs', 'skip', run.runId, '--data-dir', at.dataDir, '--json']);
    expect([code, JSON.parse(stdout).error]).toEqual([
      1,
      {
        category: 'conflict',
        message: `Run ${run.runId} has begun, so it cannot be skipped.`,
        whatToCheck: [`Stop it before its next step: plandrop runs cancel ${run.runId}`],
      },
    ]);
    expect((await readRun(folder, run.runId))?.run.requests).toEqual([]);
  });
});
