import { describe, it } from 'vitest';
import type { Services } from '../../functions/services.ts';
import { landing } from './landing.ts';
import { remap } from './remap.ts';

const NOW = { Product: 'name', Code: 'code', Family: 'Family', 'Launch Date': 'Launch Date', Owner: 'ignore' };
const WIDE = 'Product,Code,Family,Launch Date,Owner\nFlat White,P130,Coffee,2026-02-01,Ada\n';
const NARROW = 'Product,Code,Family,Launch Date\nFlat White,P130,Coffee,2026-02-01\n';
const definitionsRead = (at: Awaited<ReturnType<typeof landing>>) =>
  at.simulator.requests().filter(({ method, path }) => method === 'GET' && /\/imports\/\d+$/.test(path)).length;

/** The names of these imports were asked for just before they are mapped anew. */
describe.concurrent('an import that is mapped anew', () => {
  it('is read anew before a file is refused by it, and no sooner', async ({ expect }) => {
    await using at = await landing();
    await at.land('products', NARROW);
    await at.land('products', NARROW);
    expect(definitionsRead(at)).toBe(1);
    await remap(at.simulator, 'Load Products', NOW);
    const { outcome, run, alerts } = await at.land('products', WIDE);
    expect([outcome.outcome, outcome.rowsVerified, alerts]).toEqual(['succeeded', true, []]);
    expect(run.journal.map(({ text }) => text)).toContainEqual(expect.stringContaining('read anew from Anaplan'));
    expect(run.pipeline?.steps[0]?.source?.headerNames).toEqual(Object.keys(NOW));
    expect((await at.land('products', WIDE)).outcome.outcome).toBe('succeeded');
    expect(definitionsRead(at)).toBe(2);
  });

  it('refuses a file that does not fit it either, by the columns that it has now', async ({ expect }) => {
    await using at = await landing();
    const short = 'Product,Code\nFlat White,P130\n';
    const before = await at.land('products', short);
    expect([before.outcome.failure?.category, before.run.journal]).toEqual(['mapping', []]);
    expect(before.outcome.failure?.message).toContain('reads: Product | Code | Family | Launch Date\n');
    await remap(at.simulator, 'Load Products', NOW);
    const { outcome } = await at.land('products', short);
    expect([outcome.outcome, outcome.failure?.category]).toEqual(['failed', 'mapping']);
    expect(outcome.failure?.message).toContain('reads: Product | Code | Family | Launch Date | Owner\n');
    expect([at.calls('announce'), definitionsRead(at)]).toEqual([[], 3]);
  });

  it('is waited for while Anaplan does not say how it is', async ({ expect }) => {
    const definition = { method: 'GET', path: String.raw`/\/imports\/\d+$/`, nth: [2, 3, 4, 5] };
    const rule = { match: definition, do: { answer: { status: 503, form: 'html' } } } as const;
    await using at = await landing({ scenario: { rules: [rule] } });
    await at.land('products', NARROW);
    await remap(at.simulator, 'Load Products', NOW);
    expect((await at.land('products', WIDE)).outcome.outcome).toBe('succeeded');
    expect(definitionsRead(at)).toBe(6);
  });
});

describe.concurrent('where definitions are those of a deployed lock', () => {
  const deployed = (services: Services): Services => {
    const { readAnew: _, ...pipelines } = services.pipelines;
    return { ...services, pipelines, commandPlace: { stateBucket: 'state-1' } };
  };

  it('a file is refused by them, and a person is told to write the lock anew before the redrive', async ({
    expect,
  }) => {
    await using at = await landing({ adjust: deployed });
    await at.land('products', NARROW);
    await remap(at.simulator, 'Load Products', NOW);
    const { outcome, run, alerts } = await at.land('products', WIDE);
    expect([outcome.outcome, definitionsRead(at)]).toEqual(['failed', 1]);
    expect(outcome.failure?.whatToCheck).toEqual([
      expect.stringContaining('in Anaplan'),
      expect.stringContaining('write the lock anew (plandrop lock), review and deploy it'),
      expect.stringMatching(/^Then redrive the run with the mended file/),
    ]);
    expect(alerts[0]?.text).toContain(
      `Or with the same file, if the import was mended in Anaplan and the lock was written anew (plandrop lock), reviewed and deployed:\n  npx plandrop failures redrive ${run.runId}\n`,
    );
  });

  it('nothing is said of the lock where the file alone is wrong', async ({ expect }) => {
    await using at = await landing({ adjust: deployed });
    const { outcome } = await at.land('products', `${NARROW}"Long Black,P131,Coffee,2026-02-01\n`);
    expect([outcome.outcome, outcome.failure?.category]).toEqual(['failed', 'source-file']);
    expect(outcome.failure?.whatToCheck.join()).not.toContain('lock');
  });
});
