import { describe, expect, it } from 'vitest';
import { joinDataFolder } from '../../infra/local/data-folder.ts';
import { createRun } from '../../shared/run/ledger.ts';
import type { Ended } from '../../shared/run/run.ts';
import { AT, aRun } from '../run/a-run.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

const REASON = 'a task of this run may still be running in Anaplan';
const ended: Ended = { outcome: 'unknown', at: new Date(AT).toISOString(), holdLane: REASON, todo: [] };

describe('plandrop lanes release', () => {
  it('of a person’s hold tells that the run which has the lane holds it now, and is asked again for that', async () => {
    await using at = await tenantAndFolder();
    using folder = joinDataFolder(at.dataDir);
    const { run } = await createRun({ ...folder, random: Math.random }, aRun({ next: null, ended }));
    const holder = { runId: run.runId, fence: 1, hold: { by: 'ann', reason: 'month end' }, last: null };
    await folder.state.create('lanes/M/holder', JSON.stringify(holder));
    const lanes = (...args: string[]) => plandrop(['lanes', ...args, '--data-dir', at.dataDir]);

    expect((await lanes()).stdout).toContain(`held by ann: month end, and then by run ${run.runId}: ${REASON}`);
    const first = await lanes('release', 'FY26 Plan');
    expect([first.code, first.stdout]).toEqual([
      0,
      `Released the lane of model "FY26 Plan", held by ann: month end. It is now held by run ${run.runId}: ${REASON}. Release it again to let the others go on.\n`,
    ]);
    expect(JSON.parse((await lanes('--json')).stdout)).toMatchObject([
      { holder: { hold: { by: `run ${run.runId}`, reason: REASON } }, behind: null },
    ]);
    const second = await lanes('release', 'FY26 Plan', '--json');
    expect([second.code, JSON.parse(second.stdout)]).toEqual([
      0,
      { model: 'FY26 Plan', modelId: 'M', released: true, hold: null },
    ]);
  });
});
