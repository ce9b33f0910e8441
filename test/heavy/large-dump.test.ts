import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { MAX_DISTINCT } from '../../shared/diagnosis/missing-members.ts';
import { finished } from '../end-to-end/plandrop.ts';

const PEAK_MEGABYTES = 200;
/** What a process that reads five times as much may need more: what the collector has not yet got to, and no share of the dump. */
const GROWTH_MEGABYTES = 50;

/** As a small function has it. Else the peak tells how late the collector comes on a busy machine; rows that were kept would not fit. */
const SMALL_HEAP = ['--max-old-space-size=96', '--max-semi-space-size=8'];

describe('a large failure dump', () => {
  it(`of 500 MB is counted exactly, with a peak below ${PEAK_MEGABYTES} MB, as flat as one of 100 MB`, async () => {
    const small = await summarised(100);
    const large = await summarised(500);
    console.log(
      `${large.bytes} bytes, ${large.counted.rows} rows: peak ${large.peakMegabytes.toFixed(0)} MB; ` +
        `${small.bytes} bytes: ${small.peakMegabytes.toFixed(0)} MB`,
    );
    expect(large.bytes).toBeGreaterThan(500_000_000);
    for (const { told, counted } of [small, large]) expect(told).toEqual(counted);
    expect(large.peakMegabytes).toBeLessThan(PEAK_MEGABYTES);
    expect(large.peakMegabytes - small.peakMegabytes).toBeLessThan(GROWTH_MEGABYTES);
  });
});

/** What a dump of `megabytes` holds by our own count, and what a process of its own tells of it. */
async function summarised(megabytes: number) {
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-dump-'));
  try {
    const path = join(folder, 'dump.csv');
    const { bytes, ...counted } = await generate(path, megabytes * 1_000_000);
    const child = spawn(process.execPath, [...SMALL_HEAP, join(import.meta.dirname, 'children/summarise.ts'), path]);
    const { code, stdout, stderr } = await finished(child);
    if (code !== 0) throw new Error(stderr);
    const { summary, rejectedLines, unlocated, peakBytes } = JSON.parse(stdout);
    const reasons = summary.reasons.map((reason: { text: string; count: number }) => [reason.text, reason.count]);
    const members = summary.missingMembers.map((each: { list?: string; count: number; more?: true }) => [
      each.list ?? 'parents',
      each.more === true ? `more than ${each.count}` : each.count,
    ]);
    const told = {
      rows: summary.rows,
      rejected: summary.rejected,
      warned: summary.warned,
      reasons: Object.fromEntries(reasons),
      otherMessages: summary.otherMessages,
      missing: Object.fromEntries(members),
      rejectedLines,
      unlocated,
    };
    return { bytes, counted, told, peakMegabytes: peakBytes / 1_000_000 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const HEADER = '"_Status_","Product","Region","Month","Units","Note","_Line_","_Error_1_","_Error_2_"\n';
const NOTE = 'a remark of somebody, with a ""quoted"" word,\nover two lines';

/** The same dump each time: what is wrong with a row follows from its number. */
async function generate(path: string, atLeastBytes: number) {
  let bytes = HEADER.length;
  let rows = 0;
  let warned = 0;
  const reasons: Record<string, number> = {};
  const products = new Set<number>();
  const count = (text: string) => {
    reasons[text] = (reasons[text] ?? 0) + 1;
  };

  function row(n: number): string {
    const line = String(2 * n + 2);
    const at = `"P-${n}","Region ${n % 40}","Jan 26","${n % 977}","${NOTE}","${line}"`;
    switch (n % 10) {
      case 0:
        warned++;
        count('Invalid parent');
        return `"W",${at},"Invalid parent: Elsewhere ${n}",""\n`;
      case 1:
      case 2:
        count('Invalid date');
        return `"E",${at},"Invalid date: ${n % 31}/02/2026",""\n`;
      case 3:
        count('Invalid number');
        count('Invalid date');
        return `"E",${at},"Invalid number: ${n},0","Invalid date: never"\n`;
      default:
        count('Item not located in Products list');
        products.add(n % 30_000);
        return `"E",${at},"Item not located in Products list: P-${n % 30_000}",""\n`;
    }
  }
  function* blocks(): Generator<string> {
    yield HEADER;
    while (bytes < atLeastBytes) {
      const block = Array.from({ length: 1000 }, (_, i) => row(rows + i)).join('');
      rows += 1000;
      bytes += block.length;
      yield block;
    }
  }
  await pipeline(Readable.from(blocks()), createWriteStream(path));
  const rejected = rows - warned;
  return {
    bytes,
    rows,
    rejected,
    warned,
    reasons,
    otherMessages: 0,
    missing: { Products: products.size, parents: warned > MAX_DISTINCT ? `more than ${MAX_DISTINCT}` : warned },
    rejectedLines: rejected,
    unlocated: 0,
  };
}
