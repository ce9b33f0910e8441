import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'vitest';
import { DropFolder } from '../../infra/local/drop-folder.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { redriveRun } from '../../shared/run/redrive.ts';
import type { TenantDefinition } from '../../simulator/index.ts';
import { impatient, landing, SALES, when } from './landing.ts';

describe.concurrent('the repair file', () => {
  const bad = 'NOPE,North,Jan 26,1,2,2026-01-31\n"P110",North,Jan 26,"ma""ny",2,2026-01-31\r\n';

  it('holds the header and the rejected rows, and, mended and dropped, loads exactly them', async ({ expect }) => {
    await using at = await landing({ pipelines: impatient('sales', '[import: Load Sales]') });
    const first = await at.land('sales', `${SALES}${bad}P120,South,Feb 26,3,4,2026-02-28\n`);
    const [step] = first.outcome.steps;
    expect([first.outcome.outcome, step?.counts?.rejected]).toEqual(['succeeded-with-rejects', 2]);
    expect(step?.repair).toMatch(/repairs\/.*\/1-1-\d+\.csv$/);
    expect(first.alerts[0]?.text).toContain(`are at:\n${step?.repair}\nCopy that file, mend the copy`);
    const repair = await readFile(step?.repair ?? '', 'utf8');
    expect(repair).toBe(`${SALES.split('\n')[0]}\n${bad}`);

    const second = await at.land('sales', repair.replace('NOPE', 'P300').replace('"ma""ny"', '7'));
    expect([second.outcome.outcome, second.outcome.source?.rows]).toEqual(['succeeded', 2]);
    expect(second.outcome.steps[0]?.repair).toBeUndefined();
  });

  it('is not to be dropped alone where a step that has not run reads the file too', async ({ expect }) => {
    const pipelines = impatient('sales', '[{ import: Load Sales }, { import: Load Seen }]');
    await using at = await landing({ tenant: TENANT, pipelines });
    const { outcome, alerts } = await at.land('sales', `${UNITS}Tea,Jan 26,1\nCocoa,Jan 26,2\n`);
    expect(outcome.outcome).toBe('succeeded-with-rejects');
    expect(alerts[0]?.text).toContain(
      'mend the copy, and drop it only when import "Load Seen" has run: that still needs all the rows.',
    );
    expect(alerts[0]?.text).not.toMatch(/--with|loaded already|Drop a file with the mended rows/);
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

const TENANT: TenantDefinition = {
  workspaces: {
    Finance: {
      models: {
        'FY26 Plan': {
          lists: { Products: ['Tea', 'Coffee'], Seen: [] },
          modules: { Sales: { by: ['Products', 'Time'], items: { Units: 'number' } } },
          imports: {
            'Load Seen': {
              into: 'Seen',
              file: 'sales.csv',
              columns: { Product: 'name', Month: 'ignore', Units: 'ignore' },
            },
            'Load Sales': {
              into: 'Sales',
              file: 'sales.csv',
              columns: { Product: 'Products', Month: 'Time', Units: 'Units' },
            },
            'Load Plan': {
              into: 'Sales',
              file: {
                name: 'plan.csv',
                default: { content: 'Product,Month,Units\nTea,Jan 26,1\nCocoa,Jan 26,1\n', for: 'everyone' },
              },
              columns: { Product: 'Products', Month: 'Time', Units: 'Units' },
            },
          },
          processes: { 'Load All': ['Load Sales'], 'Load Both': ['Load Sales', 'Load Plan'] },
        },
      },
    },
  },
};
const UNITS = 'Product,Month,Units\n';

describe.concurrent('the repair file of a process', () => {
  it('is cut from the file that an earlier step uploaded, where an import of the process reads it', async ({
    expect,
  }) => {
    const pipelines = impatient('sales', '[{ import: Load Seen }, { process: Load All }]');
    await using at = await landing({ tenant: TENANT, pipelines });
    const { outcome, alerts } = await at.land('sales', `${UNITS}Tea,Jan 26,1\nCocoa,Jan 26,2\nCoffee,Jan 26,x\n`);
    const repair = outcome.steps[1]?.repair ?? '';
    expect([outcome.outcome, await readFile(repair, 'utf8')]).toEqual([
      'succeeded-with-rejects',
      `${UNITS}Cocoa,Jan 26,2\nCoffee,Jan 26,x\n`,
    ]);
    expect(alerts[0]?.text).toMatch(
      /^Pipeline sales with file \S+ in model "FY26 Plan": step 2 \(process "Load All"\) ran with rejected rows; what step 1 did is/,
    );
    expect(alerts[0]?.text).toContain(`are at:\n${repair}\nMend these rows in the whole file and drop that. Do not`);
    expect(alerts[0]?.text).not.toContain('--with');

    const held = await readRun(at.services, outcome.runId);
    if (held?.run.pipeline == null) throw new Error('it never began');
    const refused = await redriveRun(at.services, held, held.run.pipeline, () => Promise.reject(new Error('kept')));
    expect(refused).toMatchObject({
      because: expect.stringMatching(/^The rows that process "Load All" rejected are of a file that step 1,/),
      whatToCheck: [expect.stringContaining('Mend them in the whole file'), expect.stringContaining('failures accept')],
    });

    const second = await at.land('sales', `${UNITS}Tea,Jan 26,1\nTea,Jan 26,2\nCoffee,Jan 26,3\n`);
    expect([second.outcome.outcome, second.outcome.source?.rows]).toEqual(['succeeded', 3]);
  });

  it('is none, and the alert says why, where this run has not uploaded what the import reads', async ({ expect }) => {
    const pipelines = impatient('sales', '[{ import: Load Seen }, { process: Load Both }]');
    await using at = await landing({ tenant: TENANT, pipelines });
    const { outcome, alerts } = await at.land('sales', `${UNITS}Cocoa,Jan 26,2\nTea,Jan 26,1\n`);
    expect([outcome.outcome, await readFile(outcome.steps[1]?.repair ?? '', 'utf8')]).toEqual([
      'succeeded-with-rejects',
      `${UNITS}Cocoa,Jan 26,2\n`,
    ]);
    expect(outcome.steps[1]?.dumps).toHaveLength(2);
    expect(alerts[0]?.text).toContain(
      'There is no file of the rejected rows alone for import "Load Plan": it reads a file that this run has not uploaded.',
    );
  });

  it('is none, and the alert says why, where Anaplan does not tell which file the import reads', async ({ expect }) => {
    const pipelines = impatient('sales', '[{ import: Load Seen }, { process: Load All }]');
    await using at = await landing({ tenant: TENANT, pipelines });
    at.simulator.changeWeather({ rules: [when('imports', { answer: { status: 403 } }, 3)] });
    const { outcome, alerts } = await at.land('sales', `${UNITS}Cocoa,Jan 26,2\nTea,Jan 26,1\n`);
    expect([outcome.outcome, outcome.steps[1]?.repair]).toEqual(['succeeded-with-rejects', undefined]);
    expect(alerts[0]?.text).toContain('for import "Load Sales": Anaplan did not tell which file it reads.');
  });

  it('is one for each file of a set', async ({ expect }) => {
    const files = '{ Load Sales: "in/*/sales.csv", Load Plan: "in/*/plan.csv" }';
    const pipelines = impatient('both', `[{ process: Load Both, files: ${files} }]`, 'on: { set: folder }');
    await using at = await landing({ tenant: TENANT, pipelines });
    const watched = new DropFolder(join(at.dataDir, 'in'), at.folder);
    const next = at.nextRun();
    watched.start();
    for (const [name, product] of [
      ['sales', 'Cocoa'],
      ['plan', 'Milk'],
    ]) {
      const path = join(at.dataDir, 'in/in/march', `${name}.csv`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.partial`, `${UNITS}Tea,Jan 26,1\n${product},Feb 26,2\n`);
      await rename(`${path}.partial`, path);
    }
    const { outcome, alerts } = await next;
    await watched.stop();
    const repairs = outcome.steps[0]?.repairs ?? [];
    expect(repairs.map(({ file }) => file)).toEqual(['Load Sales', 'Load Plan']);
    expect(await Promise.all(repairs.map(({ address }) => readFile(address, 'utf8')))).toEqual([
      `${UNITS}Cocoa,Feb 26,2\n`,
      `${UNITS}Milk,Feb 26,2\n`,
    ]);
    for (const { file, address } of repairs) expect(alerts[0]?.text).toContain(`${file}: ${address}\n`);
    expect(alerts[0]?.text).toContain(
      'Mend these rows in the whole files and drop those in a new set with the others;',
    );
  });
});

describe.concurrent('a redrive that begins at a process', () => {
  const STEPS = '[{ import: Load Seen }, { process: Load All }]';
  const OURS = `${UNITS}Tea,Jan 26,1\nCocoa,Jan 26,2\n`;
  const OTHERS = `${UNITS}Tea,Feb 26,5\nTea,Mar 26,6\nTea,Apr 26,7\n`;
  const begun = async () => {
    const at = await landing({
      tenant: TENANT,
      pipelines: impatient('sales', STEPS) + impatient('seen', '[import: Load Seen]'),
    });
    const first = await at.land('sales', OURS);
    await at.land('seen', OTHERS);
    const held = await readRun(at.services, first.run.runId);
    if (held?.run.pipeline == null) throw new Error('it never began');
    return { at, first, held, pipeline: held.run.pipeline };
  };

  it('reads the file of its run, whatever others have loaded since, and starts no finished step again', async ({
    expect,
  }) => {
    const { at, first, held, pipeline } = await begun();
    await using _ = at;
    expect(first.outcome.outcome).toBe('succeeded-with-rejects');
    const before = at.calls('start').length;
    expect(await redriveRun(at.services, held, pipeline)).toMatchObject({ ok: true });
    await at.idle();
    const again = await readRun(at.services, `${first.run.runId}.1`);
    expect(again?.run.ended?.outcome).toBe('succeeded-with-rejects');
    expect(again?.run.steps[1]?.result?.cells).toBe(first.run.steps[1]?.result?.cells);
    expect(
      at
        .calls('start')
        .slice(before)
        .map(({ path }) => path),
    ).toEqual([expect.stringContaining('/processes/')]);
    expect(await readFile(again?.run.steps[1]?.result?.repair ?? '', 'utf8')).toBe(`${UNITS}Cocoa,Jan 26,2\n`);
  });

  it('starts nothing when its drop is gone', async ({ expect }) => {
    const { at, first, held, pipeline } = await begun();
    await using _ = at;
    const { trigger } = first.run;
    if (trigger.kind !== 'drop') throw new Error('it was no drop');
    await at.folder.drops.deleteVersion(trigger.key, trigger.versionId);
    const before = at.calls('start').length;
    expect(await redriveRun(at.services, held, pipeline)).toMatchObject({ ok: true });
    await at.idle();
    const again = await readRun(at.services, `${first.run.runId}.1`);
    expect(again?.run.ended).toMatchObject({
      outcome: 'failed',
      failure: { category: 'source-file', message: 'sales.csv is no longer there.' },
    });
    expect(at.calls('start')).toHaveLength(before);
    expect(at.alerts.at(-1)?.text).toContain('\nDrop the file again. That begins with step 1.\n');
  });
});
