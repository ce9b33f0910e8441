import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { finished, start, tenantAndFolder } from '../end-to-end/plandrop.ts';
import { watchPeak } from './watch-peak.ts';

const BYTES = 2_000_000_000;
const PEAK_MEGABYTES = 300;

/** Else the peak tells how late the collector comes on a busy machine. Buffers are outside of this heap, and count. */
const SMALL_HEAP = '--max-old-space-size=128 --max-semi-space-size=8';

describe('an export of 2 GB', () => {
  it.each([
    ['as it is', 'exports/archive.csv', ''],
    ['packed', 'exports/archive.csv.gz', 'gzip: true'],
  ])(`reaches the store byte for byte, %s, with a peak below ${PEAK_MEGABYTES} MB`, async (how, key, gzip) => {
    await using at = await tenantAndFolder({ tenant: TENANT });
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, configurationOf(key, gzip));
    const child = start(['run', '--pipeline', 'archive', '--config', config, '--json', '--data-dir', at.dataDir], {
      ...at.env,
      NODE_OPTIONS: SMALL_HEAP,
    });
    const begun = Date.now();
    const peak = watchPeak(child.pid ?? 0);
    const { code, stdout, stderr } = await finished(child);
    const seconds = Math.round((Date.now() - begun) / 1000);
    const peakMegabytes = await peak;
    expect([code, stderr.includes('rror')]).toEqual([0, false]);
    const outcome = JSON.parse(stdout);
    const path = outcome.steps[0].export;
    expect(path).toBe(join(at.dataDir, 'state/current', key));
    const served = SERVED.parse(
      await (await fetch(`${at.simulator.url}/simulator/files/${outcome.steps[0].objectId}`)).json(),
    );
    const stored = (await stat(path)).size;
    console.log(`${how}: ${stored} bytes in ${seconds} s, peak ${peakMegabytes.toFixed(0)} MB`);

    expect(served.size).toBe(BYTES);
    expect(await sha256Of(path, gzip !== '')).toBe(served.sha256);
    expect(peakMegabytes).toBeGreaterThan(0);
    expect(peakMegabytes).toBeLessThan(PEAK_MEGABYTES);
  });
});

const SERVED = z.object({ size: z.int(), sha256: z.string() });

const TENANT = {
  workspace: 'Finance',
  models: {
    Plan: {
      lists: { Products: ['Tea'] },
      modules: { Sales: { by: ['Products', 'Time'], items: { Units: 'number', Revenue: 'number' } } },
      exports: { Archive: { from: 'Sales', bytes: BYTES } },
    },
  },
};

function configurationOf(key: string, gzip: string): string {
  return `pipelines:
  archive:
    workspace: Finance
    model: Plan
    steps: [{ export: Archive, to: "${key}", ${gzip} }]
`;
}

async function sha256Of(path: string, isPacked: boolean): Promise<string> {
  const hash = createHash('sha256');
  const bytes = createReadStream(path, { highWaterMark: 1024 * 1024 });
  for await (const piece of isPacked ? bytes.pipe(createGunzip()) : bytes) hash.update(piece);
  return hash.digest('hex');
}
