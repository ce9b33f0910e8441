import { expect, it } from 'vitest';
import { readRun } from '../../shared/run/ledger.ts';
import { redriveRun } from '../../shared/run/redrive.ts';
import { sha256Of } from '../simulation/watcher.ts';
import { World } from '../simulation/world.ts';

const HEADER = 'Product,Month,Units';
const REJECTED = [HEADER, 'Tea,Jan 26,1', 'Cocoa,Feb 26,2', ''].join('\n');
const MENDED = [HEADER, 'Mug,Feb 26,2', ''].join('\n');

it('a mended file is loaded as it is, starts no run of its own, and may expire when its run has succeeded', async () => {
  await using world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import', 'process'] } },
  });
  await world.drop('sales/a.csv', REJECTED);
  await world.runUntilQuiet();
  const [failed] = world.runs();
  if (failed?.pipeline == null) throw new Error('it never began');
  expect(failed.ended?.outcome).toBe('succeeded-with-rejects');

  const services = world.servicesOf(world.newProcess());
  const held = await readRun({ state: world.state }, failed.runId);
  if (held === undefined) throw new Error('its ledger is gone');
  const key = `mended/${failed.runId}.1/a.csv`;
  const keep = async () => {
    const { size, ...head } = await world.state.put(key, MENDED);
    const { versionId, lastModified } = head;
    return { bucket: world.state.bucket, key, versionId, lastModified, bytes: size };
  };
  await world.doing(redriveRun(services, held, failed.pipeline, keep));
  expect(world.state.tags(key)).toEqual({});
  await world.runUntilQuiet();

  expect(world.runs().map(({ runId, ended }) => [runId, ended?.outcome])).toEqual([
    [`${failed.runId}.1`, 'succeeded'],
    [failed.runId, 'succeeded-with-rejects'],
  ]);
  const loads = world.watcher.ours.filter(({ action }) => action === 'Load Sales').map(({ sha256 }) => sha256);
  expect(loads).toEqual([REJECTED, MENDED].map(sha256Of));
  expect(world.state.tags(key)).toEqual({ ended: 'true' });
});
