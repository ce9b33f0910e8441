import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { finished, start, tenantAndFolder } from '../end-to-end/plandrop.ts';
import { watchPeak } from './watch-peak.ts';

const MEGABYTES = 200;
const PEAK_MEGABYTES = 350;

describe('a large file', () => {
  it(`of ${MEGABYTES} MB arrives byte for byte, with a peak below ${PEAK_MEGABYTES} MB`, async () => {
    await using at = await tenantAndFolder();
    const file = join(at.folder, 'forecast.csv');
    const written = await generate(file, MEGABYTES * 1_000_000);
    const child = start(['run', file, '--pipeline', 'forecast', '--json', '--data-dir', at.dataDir], at.env);
    const peak = watchPeak(child.pid ?? 0);
    const { code, stdout } = await finished(child);
    const peakMegabytes = await peak;
    const outcome = JSON.parse(stdout);
    const landed = await (await fetch(`${at.simulator.url}/simulator/files/113000000003`)).json();
    console.log(`${written.bytes} bytes, ${written.rows} rows, peak ${peakMegabytes.toFixed(0)} MB`);

    expect([code, outcome.outcome]).toEqual([0, 'succeeded']);
    expect(outcome.source).toMatchObject({ bytes: written.bytes, rows: written.rows, sha256: written.sha256 });
    expect(landed).toMatchObject({ size: written.bytes, sha256: written.sha256 });
    expect(peakMegabytes).toBeGreaterThan(0);
    expect(peakMegabytes).toBeLessThan(PEAK_MEGABYTES);
  });
});

const PRODUCTS = ['P100', 'P110', 'P120', 'P200', 'P210', 'P300', 'P310'];
const REGIONS = ['North', 'South', 'East', 'West'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

async function generate(path: string, atLeastBytes: number): Promise<{ bytes: number; rows: number; sha256: string }> {
  const hash = createHash('sha256');
  const made = { bytes: 0, rows: 0 };
  function* blocks(): Generator<string> {
    let block = 'Product,Region,Month,Units,Revenue\n';
    for (;;) {
      hash.update(block);
      made.bytes += block.length;
      yield block;
      if (made.bytes >= atLeastBytes) return;
      const lines = Array.from({ length: 2000 }, (_, i) => line(made.rows + i));
      made.rows += lines.length;
      block = lines.join('');
    }
  }
  await pipeline(Readable.from(blocks()), createWriteStream(path));
  return { ...made, sha256: hash.digest('hex') };
}

function line(n: number): string {
  const [product, region, month] = [PRODUCTS[n % 7], REGIONS[Math.floor(n / 7) % 4], MONTHS[Math.floor(n / 28) % 12]];
  return `${product},${region},${month} 26,${n % 977},${((n * 37) % 100_003) / 100}\n`;
}
