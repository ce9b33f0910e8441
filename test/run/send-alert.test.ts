import { expect, it } from 'vitest';
import { memoryLogger } from '../../shared/observe/logger.ts';
import type { Alert } from '../../shared/ports/alerts.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { sendAlert, sendUnsent, unsentAlerts } from '../../shared/run/send-alert.ts';

const ALERT: Alert = { id: 'r1-deadline', subject: 'sales is late', text: 'It still runs.\n', run: 'r1' };

function installation() {
  const clock = new ManualClock();
  const state = new MemoryStore({ bucket: 'plandrop-state', clock });
  const log = memoryLogger();
  const sent: string[] = [];
  const people = { reachable: true };
  const alerts = {
    publish: async ({ id }: Alert) => {
      if (!people.reachable) throw new Error('nobody is there');
      sent.push(id);
    },
  };
  return { clock, state, log, sent, people, services: { clock, state, log, alerts } };
}

it('an alert that reaches somebody is not kept', async () => {
  const { services, sent, state } = installation();
  await sendAlert(services, ALERT);
  expect([sent, state.keys()]).toEqual([['r1-deadline'], []]);
});

it('one that reaches nobody fails nothing, is kept, and sent by the watch, which asks ever more seldom', async () => {
  const { services, sent, state, people, clock, log } = installation();
  people.reachable = false;
  await sendAlert(services, ALERT);
  await sendAlert(services, ALERT);
  expect(state.keys()).toHaveLength(1);
  const kept = [];
  for (let minute = 0; minute < 24 * 60; minute += 5) {
    await clock.advance(300_000);
    await sendUnsent(services);
  }
  for await (const unsent of unsentAlerts(services)) kept.push(unsent);
  expect(kept).toEqual([{ alert: ALERT, trouble: { times: 10, at: expect.any(String), because: 'nobody is there' } }]);
  expect(log.entries).toHaveLength(2 + 9);
  people.reachable = true;
  await clock.advance(6 * 3_600_000);
  expect(await sendUnsent(services)).toEqual({ sent: 1, failed: 0 });
  expect([sent, state.keys()]).toEqual([['r1-deadline'], []]);
});

it('a death after the sending sends it again, with its id; a store that fails is told', async () => {
  const { services, sent, state, people, clock } = installation();
  people.reachable = false;
  await sendAlert(services, ALERT);
  people.reachable = true;
  await clock.advance(300_000);
  state.faults = ({ name }) => (name === 'delete' ? 'fail' : undefined);
  expect(await sendUnsent(services)).toEqual({ sent: 0, failed: 1 });
  state.faults = () => undefined;
  expect(await sendUnsent(services)).toEqual({ sent: 1, failed: 0 });
  expect(sent).toEqual(['r1-deadline', 'r1-deadline']);
  people.reachable = false;
  state.faults = () => 'fail';
  await expect(sendAlert(services, ALERT)).rejects.toThrow('create alerts/unsent/');
});
