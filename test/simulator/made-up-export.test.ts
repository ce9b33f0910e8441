import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TenantDefinition } from '../../simulator/index.ts';
import { inProcess } from './helpers/in-process.ts';

const BYTES = 2_500_000;

const tenant = (more: object = {}): TenantDefinition => ({
  models: {
    Plan: {
      lists: { Products: ['Tea'] },
      modules: { Sales: { by: ['Products', 'Time'], items: { Units: 'number' } } },
      exports: { Archive: { from: 'Sales', bytes: BYTES, ...more } },
    },
  },
  settings: { taskSeconds: 0, outputChunkBytes: 1_000_000 },
});

async function exported(more: object = {}) {
  const { caller, id, run } = await inProcess(tenant(more));
  const task = await run('exports', 'Archive');
  const path = `/files/${id('exports', 'Archive')}`;
  const bytes = async (below: string) =>
    Buffer.from(await (await caller.send('GET', `/2/0${caller.base}${path}${below}`)).arrayBuffer());
  const chunks = (await caller.model('GET', `${path}/chunks`)).json.chunks.map((chunk: { id: string }) => chunk.id);
  const report = await (await caller.send('GET', `/simulator${path}`)).json();
  return { task, bytes, chunks, report };
}

describe('an export that makes up its rows', () => {
  it('has the size it is told, a header, and rows of which no two are alike', async () => {
    const { task, bytes } = await exported();
    const whole = await bytes('');
    expect(whole).toHaveLength(BYTES);
    expect(task.result.details[0].values).toContain(String(BYTES));
    const [header, ...rows] = whole.toString().split('\n').slice(0, -1);
    expect(header).toBe('Products,Time,Units');
    expect(rows.every((row) => /^\d{12},\d{8},\d{8}$/.test(row))).toBe(true);
    expect(new Set(rows).size).toBe(rows.length);
  });

  it('gives the same bytes in chunks as in one piece, and says which', async () => {
    const { bytes, chunks, report } = await exported();
    expect(chunks).toEqual(['0', '1', '2']);
    const pieces = [];
    for (const chunk of chunks) pieces.push(await bytes(`/chunks/${chunk}`));
    const whole = await bytes('');
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
    expect(report).toMatchObject({ size: BYTES, sha256: createHash('sha256').update(whole).digest('hex') });
  });

  it('writes as it is told to', async () => {
    const { bytes } = await exported({ separator: ';', encoding: 'UTF-16LE', bytes: 200 });
    const [header, row] = (await bytes('')).toString('utf16le').split('\n');
    expect([header, row]).toEqual(['Products;Time;Units', '000000000000;00000000;00040503']);
  });
});
