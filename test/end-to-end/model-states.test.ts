import { describe, it } from 'vitest';
import type { ModelState } from '../../simulator/definition/tenant-definition.ts';
import { demoTenant, type TenantDefinition } from '../../simulator/index.ts';
import { type Call, impatient, landing, type Rule, when } from './landing.ts';

/** Each state of the model that the troubleshooting guide names: what the run does, how often it asks, what the alert says. */

/** The state changes when the `nth` request of a kind arrives, and that request is answered in the new state. */
const turns = (state: ModelState, call: Call, nth = 1): Rule => when(call, { modelState: { state } }, nth);

function tenantIn(change: { state?: ModelState; loaded?: boolean }): TenantDefinition {
  const tenant = structuredClone(demoTenant);
  const model = tenant.workspaces?.Finance?.models?.['FY26 Plan'];
  if (model === undefined) throw new Error('the demo tenant has changed');
  Object.assign(model, change);
  return tenant;
}

/** Waits as long as it takes, and as patiently as by default. */
const PATIENT = impatient('products', '[import: Load Products]').replace('modelWait: 0s', 'modelWait: 2h');
const busyFor = (seconds: number): Rule => when('status', { otherStarts: { action: 'Load Sales', seconds } }, 1);

describe.concurrent('a model that will not change its state by itself', () => {
  it.for([
    ['archived since it was set up', tenantIn({ state: 'ARCHIVED' }), [], 'imports', 'is archived'],
    ['archived meanwhile', undefined, [turns('ARCHIVED', 'announce')], 'announce', 'Model "FY26 Plan" is archived.'],
    [
      'deployed',
      undefined,
      [turns('PRODUCTION', 'start')],
      'start',
      'is in deployed mode, which does not allow this change',
    ],
    [
      'deployed since it was set up',
      tenantIn({ state: 'PRODUCTION' }),
      [],
      'start',
      'take model "FY26 Plan" out of deployed mode',
    ],
  ] as const)('%s: asked once, and told', async ([, tenant, rules, call, words], { expect }) => {
    await using at = await landing({ tenant, scenario: { rules: [...rules] } });
    const { outcome, alerts } = await at.land();
    expect([outcome.outcome, outcome.failure?.category, at.calls(call).length]).toEqual(['failed', 'model-state', 1]);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.text).toContain(words);
  });
});

describe.concurrent('a model that others will open again', () => {
  it.for([
    ['locked', [turns('LOCKED', 'announce', 1), turns('UNLOCKED', 'status', 3)], 'announce', 3],
    ['locked before the start', [turns('LOCKED', 'start', 1), turns('UNLOCKED', 'status', 3)], 'start', 2],
    ['offline', [turns('MAINTENANCE', 'announce', 1), turns('UNLOCKED', 'status', 3)], 'announce', 2],
    ['busy', [busyFor(20)], 'announce', 1],
  ] as const)('%s: waited for, then loaded', async ([, rules, call, calls], { expect }) => {
    await using at = await landing({ pipelines: PATIENT, scenario: { rules: [...rules] } });
    const { run, outcome, alerts } = await at.land();
    expect([outcome.outcome, at.calls(call).length, at.calls('start').length >= 1, alerts]).toEqual([
      'succeeded',
      calls,
      true,
      [],
    ]);
    // A refused announcement has erased nothing, so there is nothing to compare.
    expect(at.calls('read-back')).toEqual([]);
    const waits = run.journal.filter(({ category }) => category === 'model-state');
    expect(waits.length).toBeGreaterThanOrEqual(1);
    for (const { delaySeconds } of waits) expect(delaySeconds).toBeGreaterThanOrEqual(15);
  });

  it.for([
    ['locked', [turns('LOCKED', 'announce')], 1, 'Check in Anaplan who locked model "FY26 Plan" and why'],
    ['offline', [turns('MAINTENANCE', 'announce')], 1, 'bring it online'],
    ['busy', [busyFor(9000)], 0, 'Model "FY26 Plan" is busy'],
  ] as const)('%s for longer than the pipeline waits: told', async ([, rules, announcements, words], { expect }) => {
    await using at = await landing({ scenario: { rules: [...rules] } });
    const { outcome, alerts } = await at.land();
    expect([outcome.outcome, outcome.failure?.category, at.calls('announce').length, at.calls('start').length]).toEqual(
      ['failed', 'model-state', announcements, 0],
    );
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.text).toContain(words);
    expect(alerts[0]?.text).toContain('Given up after waiting for the model for ');
  });
});

describe.concurrent('a model that is not loaded', () => {
  it('is loaded by the first file call, and the run goes on', async ({ expect }) => {
    await using at = await landing({ tenant: tenantIn({ loaded: false }) });
    const { outcome } = await at.land();
    expect([outcome.outcome, at.calls('announce').length, at.calls('start').length]).toEqual(['succeeded', 1, 1]);
  });

  it('was unloaded while the task ran: nobody knows how it ended, and it is not run again', async ({ expect }) => {
    await using at = await landing({ scenario: { rules: [when('poll', { unload: true })] } });
    const { outcome, alerts } = await at.land();
    expect([outcome.outcome, outcome.failure?.category, at.calls('start').length]).toEqual(['unknown', 'task-lost', 1]);
    expect(alerts[0]?.text).toContain('Anaplan has forgotten the task, most likely because the model was unloaded');
  });
});
