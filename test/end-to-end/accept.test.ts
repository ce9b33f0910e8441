import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acceptRejects } from '../../shared/run/accept-rejects.ts';
import { readHolder } from '../../shared/run/lane.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { altered, impatient, type Landed, landing, PRODUCTS, SALES, when } from './landing.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

const ADA = { by: 'ada', because: 'the product is discontinued' };
/** One good row, and one of a product that nobody knows. */
const REJECTED = `${SALES}P777,North,Jan 26,1,2,2026-01-31\n`;

const close = (steps: string) => impatient('close', steps).replace('onFailure: continue', 'onFailure: hold');
const closed = async (steps = '[{ import: Load Sales }, { process: Recalculate }]') => {
  const office = await landing({ pipelines: close(steps) });
  const landed = await office.land('close', REJECTED);
  return { office, landed, held: await heldOf(office, landed.run.runId) };
};

type Office = Awaited<ReturnType<typeof landing>>;

async function heldOf({ services }: Office, runId: string) {
  const held = await readRun(services, runId);
  if (held === undefined) throw new Error(`there is no run ${runId}`);
  return held;
}

async function hold({ services }: Office, { run }: Landed) {
  const { runId, hold } = await readHolder(services, run.pipeline?.modelId ?? '');
  return { runId, isHeld: hold !== null };
}

const starts = (office: Office) => office.calls('start').map(({ path }) => /(imports|processes)/.exec(path)?.[1]);

describe('rejected rows beyond the allowance', () => {
  it('hold the lane until somebody accepts them; then the steps that are left are run, and nothing twice', async () => {
    const { office, landed, held } = await closed();
    await using _ = office;
    expect([landed.outcome.outcome, starts(office)]).toEqual(['succeeded-with-rejects', ['imports']]);
    expect(await hold(office, landed)).toEqual({ runId: landed.run.runId, isHeld: true });
    expect(landed.alerts[0]?.text).toContain(`npx plandrop failures accept ${landed.run.runId} --because "…"`);

    const answer = await acceptRejects(office.services, held, ADA);
    expect(answer).toMatchObject({ ok: true, goesOn: { run: { runId: `${landed.run.runId}.1` } } });
    await office.idle();
    const next = await heldOf(office, `${landed.run.runId}.1`);
    expect(next.run.ended).toMatchObject({ outcome: 'succeeded-with-rejects', todo: [] });
    expect(next.run.steps.map(({ result }) => result?.beyondAllowance)).toEqual([false, false]);
    expect(starts(office)).toEqual(['imports', 'processes']);
    expect(await hold(office, landed)).toEqual({ runId: null, isHeld: false });
    expect(office.alerts).toHaveLength(1);
    expect((await heldOf(office, landed.run.runId)).run).toMatchObject({
      settled: { as: 'succeeded', by: 'ada', evidence: ADA.because },
      ended: { outcome: 'succeeded-with-rejects' },
    });
  });

  it('free the lane when no step is left', async () => {
    const { office, landed, held } = await closed('[import: Load Sales]');
    await using _ = office;
    expect(await acceptRejects(office.services, held, ADA)).toEqual({ ok: true, lane: { freed: true } });
    expect(await hold(office, landed)).toEqual({ runId: null, isHeld: false });
    const again = await heldOf(office, landed.run.runId);
    expect(await acceptRejects(office.services, again, ADA)).toMatchObject({
      ok: false,
      because: expect.stringMatching(/were accepted already by ada at .*: the product is discontinued$/),
    });
  });

  it('are accepted once, also when whoever accepts them dies half-way and says it again', async () => {
    const { office, landed, held } = await closed();
    await using _ = office;
    const { services } = office;
    const dies = altered(services.state, { create: () => Promise.reject(new Error('died')) });
    await expect(acceptRejects({ ...services, state: dies }, held, ADA)).rejects.toThrow('died');
    expect(await hold(office, landed)).toEqual({ runId: landed.run.runId, isHeld: true });
    for (let time = 0; time < 2; time++) {
      const answer = await acceptRejects(services, await heldOf(office, landed.run.runId), ADA);
      expect(answer).toMatchObject({ ok: true, goesOn: { run: { runId: `${landed.run.runId}.1` } } });
    }
    await office.idle();
    expect(starts(office)).toEqual(['imports', 'processes']);
  });

  it('are rejected once more by a later import that reads the same file', async () => {
    const read = { file: 'sales.csv', columns: { Product: 'Products', Month: 'Time', Units: 'Units' } };
    const byProduct = { by: ['Products', 'Time'], items: { Units: 'number' as const } };
    const model = {
      lists: { Products: ['Tea'] },
      modules: { Sales: byProduct, Archive: byProduct },
      imports: { 'Load Sales': { into: 'Sales', ...read }, 'Load Archive': { into: 'Archive', ...read } },
    };
    await using office = await landing({
      tenant: { workspaces: { Finance: { models: { 'FY26 Plan': model } } } },
      pipelines: close('[{ import: Load Sales }, { import: Load Archive }]'),
    });
    const { run } = await office.land('close', 'Product,Month,Units\nTea,Jan 26,1\nCocoa,Jan 26,2\n');
    const first = await acceptRejects(office.services, await heldOf(office, run.runId), ADA);
    await office.idle();
    const again = await heldOf(office, `${run.runId}.1`);
    expect([first.ok, again.run.position.step, again.run.ended?.outcome]).toEqual([true, 1, 'succeeded-with-rejects']);
    expect(await acceptRejects(office.services, again, ADA)).toEqual({ ok: true, lane: { freed: true } });
  });

  it('are also those within it whose dump is lost, and the run goes on when they are accepted', async () => {
    await using office = await landing({
      pipelines: impatient('close', '[import: Load Products, process: Recalculate]', 'rejects: { maxRows: 100 }'),
      scenario: { rules: [when('dump', { answer: { status: 404 } })] },
    });
    const { run, alerts } = await office.land('close', `${PRODUCTS}${'x'.repeat(80)},P999,Coffee,2026-01-01\n`);
    expect([run.ended?.outcome, starts(office)]).toEqual(['succeeded-with-rejects', ['imports']]);
    expect(alerts[0]?.text).toContain('A failure dump is lost: Anaplan announced the dump');
    const answer = await acceptRejects(office.services, await heldOf(office, run.runId), ADA);
    expect(answer.ok).toBe(true);
    await office.idle();
    const next = await heldOf(office, `${run.runId}.1`);
    expect([next.run.ended?.outcome, starts(office)]).toEqual(['succeeded-with-rejects', ['imports', 'processes']]);
  });

  it('are not what other runs wait for', async () => {
    await using office = await landing({
      pipelines:
        impatient('sales', '[import: Load Sales]', 'rejects: { maxRows: 1 }') +
        impatient('tidy', '[process: Recalculate]'),
    });
    const within = await office.land('sales', REJECTED);
    const done = await office.start('tidy');
    const word = async ({ run }: Landed) => acceptRejects(office.services, await heldOf(office, run.runId), ADA);
    expect([await word(within), await word(done)]).toMatchObject([
      { ok: false, because: expect.stringContaining('within the allowance') },
      { ok: false, because: expect.stringContaining('ended succeeded, and only rejected rows can be accepted') },
    ]);
  });
});

describe('plandrop failures accept', () => {
  it('is what a person types', async () => {
    await using at = await tenantAndFolder();
    const state = ['--data-dir', at.dataDir];
    const run = await plandrop(
      ['run', 'samples/sales-with-gaps.csv', '--pipeline', 'sales', '--json', ...state],
      at.env,
    );
    const { runId, outcome } = JSON.parse(run.stdout);
    expect([run.code, outcome]).toEqual([2, 'succeeded-with-rejects']);
    const accept = ['failures', 'accept', runId, ...state];
    expect((await plandrop(accept)).code).toBe(64);
    for (const blank of ['', '  ']) {
      for (const word of ['accept', 'discard']) {
        const refused = await plandrop(['failures', word, runId, '--because', blank, ...state]);
        expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('Say it in words.')]);
      }
    }
    const accepted = await plandrop([...accept, '--because', 'known gaps']);
    expect([accepted.code, accepted.stdout]).toEqual([0, `The rejected rows of ${runId} are left out.\n`]);
    const listed = await plandrop(['failures', ...state]);
    expect(listed.stdout).toContain('known gaps');
  });

  it('says so when it was typed before', async () => {
    await using at = await tenantAndFolder();
    const state = ['--data-dir', at.dataDir];
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, `pipelines:\n${close('[{ import: Load Sales }, { process: Recalculate }]')}`);
    const run = await plandrop(
      ['run', 'samples/sales-with-gaps.csv', '--pipeline', 'close', '--json', '--config', config, ...state],
      at.env,
    );
    const { runId } = JSON.parse(run.stdout);
    const accept = ['failures', 'accept', runId, ...state, '--because'];
    const first = await plandrop([...accept, 'known gaps']);
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringContaining(
        `The rejected rows of ${runId} are left out.\nRun ${runId} goes on as ${runId}.1, from step 2`,
      ),
    ]);
    const again = await plandrop([...accept, 'another reason']);
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^The rejected rows of \S+ were accepted already by \S+: known gaps\nRun \S+ goes on as \S+ already, from step 2/,
      ),
    ]);
    const told = JSON.parse((await plandrop([...accept, 'another reason', '--json'])).stdout);
    expect(told).toMatchObject({ because: 'known gaps', goesOnAs: `${runId}.1` });
  });
});
