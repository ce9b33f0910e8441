import { describe, expect, it } from 'vitest';
import { createWatchRuns } from '../../functions/watch-runs/handler.ts';
import { decideOverdue } from '../../shared/run/overdue.ts';
import type { Run } from '../../shared/run/run.ts';
import { ledgerKey } from '../../shared/run/trigger.ts';
import { AT, aRun } from '../run/a-run.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { type Dropped, violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const rows = (units: number) => `Product,Month,Units\nTea,Jan 26,${units}\nCoffee,Feb 26,2\n`;
const FILES: Dropped[] = [1, 2, 3].map((units) => ({ key: `sales/${units}.csv`, text: rows(units) }));

describe('an overdue run', () => {
  it('is sent again after one visibility timeout, and then after twice the wait each time', () => {
    let run: Run = aRun();
    const sent: number[] = [];
    for (let minute = 0; minute < 24 * 60; minute++) {
      const again = decideOverdue(run, AT + minute * 60_000);
      if (again === undefined) continue;
      sent.push(minute);
      run = again;
    }
    expect(sent).toEqual([15, 45, 105, 225, 465, 945]);
  });

  it('counts anew when it has moved', () => {
    const run = { ...aRun(), resent: { turn: 4, times: 5, at: new Date(AT).toISOString() } };
    expect(decideOverdue(run, AT + 900_000)?.resent).toEqual({
      turn: 5,
      times: 1,
      at: new Date(AT + 900_000).toISOString(),
    });
  });

  it('is left alone while its claim lives', () => {
    const run = aRun({ claim: { nonce: 'n', until: new Date(AT + 600_000).toISOString() } });
    expect(decideOverdue(run, AT + 900_000)).toBeUndefined();
    expect(decideOverdue(run, AT + 1_500_000)).toBeDefined();
  });
});

async function live(options: Partial<WorldOptions>): Promise<World> {
  const world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
    taskSeconds: 20,
    watchSeconds: 300,
    ...options,
  });
  for (const { key, text } of FILES) {
    await world.clock.advance(1000);
    await world.drop(key, text);
  }
  return world;
}

describe('the watch', () => {
  it.each(['upload', 'start', 'poll', 'collect'] as const)(
    'finds runs whose %s messages were all lost',
    async (queue) => {
      await using world = await live({ mayForsake: true });
      let lost = 0;
      for (let rounds = 0; rounds < 5000 && (await world.step()); rounds++) {
        for (const { body } of lost < 3 ? world.queues.peek(queue) : []) {
          lost++;
          const [message] = await world.queues.receive(queue, { max: 1, visibilitySeconds: 0 });
          if (message !== undefined) await world.queues.delete(queue, message.receiptHandle);
          expect(body).toContain('runId');
        }
      }
      await world.runUntilDone();
      expect(lost).toBeGreaterThan(0);
      expect(violationsOf(world)).toEqual([]);
      expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    },
  );

  it('finishes the to-do list of a run whose message is gone', async () => {
    const stuck = ({ name, about }: Operation) => name === 'create' && about.startsWith('failures/');
    const fate = (operation: Operation): Fate => (stuck(operation) ? { kind: 'store-fault', fault: 'fail' } : GOES);
    const scenario = {
      rules: [
        { match: { method: 'POST', path: '**/tasks' }, do: { task: { fails: { type: 'actionFailed' as const } } } },
      ],
    };
    await using world = await live({ fate, scenario });
    for (let steps = 0; steps < 20_000 && !world.runs().every(({ ended }) => ended !== null); steps++)
      await world.step();
    for (const queue of ['collect', 'poison'] as const) {
      await world.clock.advance(1_000_000);
      for (const message of await world.queues.receive(queue, { max: 10, visibilitySeconds: 0 }))
        await world.queues.delete(queue, message.receiptHandle);
    }
    world.fate = () => GOES;
    await world.runUntilDone();
    expect(violationsOf(world)).toEqual([]);
  });

  it('fails when it could not look after one, so that its alarm sees it, and looks after the others', async () => {
    await using world = await live({ mayForsake: true });
    await world.clock.advance(5000);
    const tickets = () => world.state.keys('lanes/').filter((key) => key.includes('/tickets/'));
    while (tickets().length < 3) await world.step();
    const [damaged] = world.runs();
    await world.state.put(ledgerKey(damaged?.runId ?? ''), '{"v":1');
    const process = world.newProcess();
    const looked = createWatchRuns(world.servicesOf(process))();
    const said = await world.doing(looked.then(String, String));
    expect(said).toBe('WatchIncompleteError: 1 of 3 runs could not be looked after; the log names them');
    expect(world.log.entries.filter(({ message }) => message.startsWith('The watch failed at a run'))).toHaveLength(1);
  });

  it('does nothing to runs that are on their way', async () => {
    await using world = await live({ watchSeconds: 5 });
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs().map(({ resent }) => resent)).toEqual([undefined, undefined, undefined]);
  });
});
