import { describe, expect, it } from 'vitest';
import { GOES, type Operation } from '../simulation/operation.ts';
import { World } from '../simulation/world.ts';

const TEXT = 'Product,Month,Units\nTea,Jan 26,1\n';
const PIPELINES = { sales: { model: 'Plan 1', steps: ['import'] } } as const;

/** A world whose bucket of drops answers 403 to what `denies`. */
async function landIn(like: 'aws' | 'local', denies: (operation: Operation) => boolean): Promise<World> {
  const world = await World.build({
    like,
    pipelines: PIPELINES,
    fate: (operation) => (denies(operation) ? { kind: 'store-fault', fault: 'denied' } : GOES),
  });
  await world.drop('sales/a.csv', TEXT);
  await world.runUntilQuiet();
  return world;
}

describe('a drop that the bucket does not let anybody read', () => {
  it.each(['head', 'getRange'])('ends its run with what to check, when %s is denied', async (name) => {
    await using world = await landIn(
      'aws',
      (operation) => operation.name === name && operation.about === 'sales/a.csv',
    );
    const [run] = world.runs();
    expect(run?.ended).toMatchObject({ outcome: 'failed', failure: { category: 'source-file' } });
    expect(run?.ended?.failure?.whatToCheck.join('\n')).toMatch(/kms:Decrypt.*\n.*Glacier.*\n.*s3:GetObjectVersion/);
    expect(world.simulator.requests().filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('is loaded when the rights hold in the end', async () => {
    let denied = 0;
    await using world = await landIn('aws', ({ name }) => name === 'getRange' && ++denied <= 3);
    expect(world.runs()[0]?.ended?.outcome).toBe('succeeded');
  });
});
