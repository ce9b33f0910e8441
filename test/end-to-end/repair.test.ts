import { readFile } from 'node:fs/promises';
import { describe, it } from 'vitest';
import { impatient, landing, SALES } from './landing.ts';

describe.concurrent('the repair file', () => {
  const bad = 'NOPE,North,Jan 26,1,2,2026-01-31\n"P110",North,Jan 26,"ma""ny",2,2026-01-31\r\n';

  it('holds the header and the rejected rows, and, mended and dropped, loads exactly them', async ({ expect }) => {
    await using at = await landing({ pipelines: impatient('sales', '[import: Load Sales]') });
    const first = await at.land('sales', `${SALES}${bad}P120,South,Feb 26,3,4,2026-02-28\n`);
    const [step] = first.outcome.steps;
    expect([first.outcome.outcome, step?.counts?.rejected]).toEqual(['succeeded-with-rejects', 2]);
    expect(step?.repair).toMatch(/repairs\/.*\/1-1-\d+\.csv$/);
    expect(first.alerts[0]?.text).toContain(`are at:\n${step?.repair}\nMend them there`);
    const repair = await readFile(step?.repair ?? '', 'utf8');
    expect(repair).toBe(`${SALES.split('\n')[0]}\n${bad}`);

    const second = await at.land('sales', repair.replace('NOPE', 'P300').replace('"ma""ny"', '7'));
    expect([second.outcome.outcome, second.outcome.source?.rows]).toEqual(['succeeded', 2]);
    expect(second.outcome.steps[0]?.repair).toBeUndefined();
  });

  it('is not offered where rows were only warned about', async ({ expect }) => {
    await using at = await landing();
    const { outcome } = await at.land(
      'products',
      'Product,Code,Family,Launch Date\nFlat White,P130,Coffee,not a date\n',
    );
    expect([outcome.outcome, outcome.steps[0]?.counts?.warned, outcome.steps[0]?.repair]).toEqual([
      'succeeded',
      1,
      undefined,
    ]);
  });
});
