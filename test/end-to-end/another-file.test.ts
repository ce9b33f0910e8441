import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Mapping } from '../../infra/local/event-source-mapping.ts';
import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { TenantDefinition } from '../../simulator/index.ts';
import { Caller } from '../simulator/helpers/caller.ts';
import { altered, impatient, type LandingOptions, landing, when } from './landing.ts';

/** Somebody has Anaplan read another file than the run uploaded: its dump counts the lines of that file, not of ours. */

const ROBOT = { email: 'robot@example.com', password: 'robots dream of csv' };
const HEADER = 'Name,Code,kg\n';
const OURS = `${HEADER}Tea,T,1\nCoffee,C,2\nCocoa,K,3\n`;
/** One good row, and on line 3 one without a name. */
const OTHERS = `${HEADER}Milk,M,4\n,,5\n`;

const TENANT: TenantDefinition = {
  users: [{ ...ROBOT, role: 'admin' }],
  workspaces: {
    Finance: {
      models: {
        'FY26 Plan': {
          lists: { Products: [] },
          modules: { Stock: { by: ['Products', 'Time'], items: { Units: 'number' } } },
          imports: {
            'Load Products': {
              into: 'Products',
              file: 'products.csv',
              columns: { Name: 'name', Code: 'code', kg: 'ignore' },
            },
            'Load Stock': {
              into: 'Stock',
              file: 'stock.csv',
              columns: { Product: 'Products', Month: 'Time', Units: 'Units' },
            },
          },
          processes: { 'Load All': ['Load Products'] },
        },
      },
    },
  },
};

type Office = Awaited<ReturnType<typeof landing>>;

/** A tenant where, before the `nth` start, somebody puts another file where the first announced one was. */
async function swapped(nth: number, options: LandingOptions) {
  let starts = 0;
  const swap = async () => {
    const { path = '' } = office.calls('announce')[0] ?? {};
    const caller = await Caller.signIn(office.simulator);
    await caller.putChunk(/files\/(\d+)/.exec(path)?.[1] ?? '', 0, OTHERS);
  };
  const between = (mapping: Mapping): Mapping => ({
    ...mapping,
    handler: async (event, context) => {
      if (mapping.queue === 'start' && ++starts === nth) await swap();
      return mapping.handler(event, context);
    },
  });
  const office: Office = await landing({ tenant: TENANT, between, ...options });
  return office;
}

/** A client to which each task that has ended seems to be cancelled. */
function cancelling(client: AnaplanClient): AnaplanClient {
  const getTask: AnaplanClient['getTask'] = async (...of) => {
    const task = await client.getTask(...of);
    return task.taskState === 'COMPLETE' ? { ...task, taskState: 'CANCELLED' } : task;
  };
  return altered(client, { with: (view) => altered(client.with(view), { getTask }) });
}

const ANOTHER = 'Anaplan read another file than this run uploaded, or not all of it.';

describe('no file of rejected rows is cut out of ours', () => {
  it('where an import counts other rows', async () => {
    await using at = await swapped(1, { pipelines: impatient('products', '[import: Load Products]') });
    const { outcome, alerts } = await at.land('products', OURS);
    const [step] = outcome.steps;
    expect([outcome.outcome, outcome.failure?.category, step?.dumps?.length]).toEqual(['failed', 'row-count', 1]);
    expect(outcome.failure?.message).toMatch(/^3 rows were uploaded .* and Anaplan counts 2 rows\.$/);
    expect(step).not.toHaveProperty('repair');
    expect(alerts[0]?.text).toContain(`rejected rows alone for import "Load Products": ${ANOTHER}`);
    expect(alerts[0]?.text).not.toContain('--with');
  });

  it('where an import of a process counts other rows than an earlier step uploaded', async () => {
    const pipelines = impatient('products', '[{ import: Load Products }, { process: Load All }]');
    await using at = await swapped(2, { pipelines });
    const { outcome, alerts } = await at.land('products', OURS);
    expect(outcome.steps[1]?.dumps).toHaveLength(1);
    expect(outcome.steps[1]).not.toHaveProperty('repair');
    expect(alerts[0]?.text).toContain(ANOTHER);
  });

  it('where the task may be that of another program', async () => {
    const lost = { reset: 'before', otherStarts: { action: 'Load Stock', user: ROBOT.email } } as const;
    await using at = await landing({
      tenant: TENANT,
      pipelines: impatient('stock', '[import: Load Stock]'),
      scenario: { rules: [when('start', lost, 1)] },
    });
    const { outcome, alerts } = await at.land('stock', 'Product,Month,Units\nTea,Jan 26,1\nTea,Feb 26,1\n');
    const [step] = outcome.steps;
    expect([outcome.outcome, outcome.failure?.category]).toEqual(['unknown', 'ambiguous-start']);
    expect(step?.dumps).toHaveLength(1);
    expect(step).not.toHaveProperty('repair');
    expect(alerts[0]?.text).toContain('nothing proves that Anaplan read the file that this run uploaded');
  });

  it('where the import did not come to its end', async () => {
    await using at = await landing({
      tenant: TENANT,
      pipelines: impatient('products', '[import: Load Products]'),
      adjust: (services) => ({ ...services, anaplan: cancelling(services.anaplan) }),
    });
    const { outcome, alerts } = await at.land('products', OTHERS);
    expect([outcome.outcome, outcome.steps[0]?.dumps?.length]).toEqual(['cancelled', 1]);
    expect(outcome.steps[0]).not.toHaveProperty('repair');
    expect(alerts[0]?.text).toContain('nobody knows which of the other rows are loaded');
  });

  it('but it is where Anaplan counts our rows', async () => {
    await using at = await landing({ tenant: TENANT, pipelines: impatient('products', '[import: Load Products]') });
    const { outcome } = await at.land('products', OTHERS);
    expect(outcome).toMatchObject({ outcome: 'succeeded-with-rejects', rowsVerified: true });
    expect(await readFile(outcome.steps[0]?.repair ?? '', 'utf8')).toBe(`${HEADER},,5\n`);
  });
});
