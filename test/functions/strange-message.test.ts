import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../shared/run/outcome.ts';
import { violationsOf } from '../simulation/violations.ts';
import { World } from '../simulation/world.ts';

const build = () => World.build({ pipelines: { nightly: { model: 'Plan 1', steps: ['process'] } }, taskSeconds: 5 });

/** What the scheduler leaves in the poison queue when it cannot hand a message over. */
const deadLetter = (scheduledAt: string) => JSON.stringify({ pipeline: 'nightly', scheduledAt });
const UNFILLED = deadLetter('<aws.scheduler.scheduled-time>');

describe('a message that nothing of ours sends', () => {
  it.each([
    ['drops', '{"Records":[{"detail-type":"Object Created"}]}', 'it is not an S3 event notification'],
    ['schedules', '{"pipeline":7}', 'it names no pipeline and time'],
    ['upload', '{"runId":"20260105-0000000000000000"}', 'it names no run and turn'],
    ['collect', 'hello', 'it names no run and turn'],
    ['poll', '{"v":1,"runId":"sales","turn":3,"traceparent":""}', 'it names no run and turn'],
    ['poison', '{"v":1,"runId":"sales","turn":3,"traceparent":""}', 'nothing of ours looks like it'],
    ['poison', 'hello', 'nothing of ours looks like it'],
  ] as const)('on the %s queue is told to somebody, once', async (queue, body, because) => {
    await using world = await build();
    await world.queues.send(queue, body);
    const [twice] = await world.queues.receive(queue, { max: 1, visibilitySeconds: 0 });
    expect(twice?.receiveCount).toBe(1);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    const [run, ...others] = world.runs();
    expect([others, run?.ended?.outcome, run?.ended?.failure?.category]).toEqual([[], 'failed', 'unrecognised']);
    expect(run?.ended?.failure?.message).toBe(
      `A message on the ${queue} queue was left alone: ${because}. It reads: ${body}`,
    );
    expect(world.alerts.published.map(({ id }) => id)).toEqual([run?.runId]);
    expect(world.alerts.published[0]?.text).toContain(`plandrop failures discard ${run?.runId}`);
  });

  it('is reported without the secrets in it', async () => {
    await using world = await build();
    await world.queues.send('poison', 'Authorization: AnaplanAuthToken eyJ0b2tlbiI6InNlY3JldCJ9');
    await world.runUntilQuiet();
    const told = JSON.stringify([world.runs().map(outcomeOf), world.alerts.published, world.queues.peek('failures')]);
    expect(told).not.toContain('eyJ0b2tlbiI6InNlY3JldCJ9');
  });
});

describe('a schedule that could not be handed over', () => {
  it('runs as that of its time, which the dead letter tells beside the text', async () => {
    await using world = await build();
    await world.queues.send('poison', UNFILLED, { attributes: { SCHEDULED_TIME: '2026-01-05T05:00:00Z' } });
    await world.queues.send('schedules', deadLetter('2026-01-05T05:00:00Z'));
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs().map(({ trigger, ended }) => [trigger, ended?.outcome])).toEqual([
      [{ kind: 'schedule', scheduledAt: '2026-01-05T05:00:00.000Z' }, 'succeeded'],
    ]);
  });

  it('is reported as missed when nothing tells for which time it was', async () => {
    await using world = await build();
    await world.queues.send('poison', UNFILLED, { attributes: { ERROR_CODE: 'AccessDenied', ERROR_MESSAGE: 'no' } });
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    const [run, ...others] = world.runs();
    expect([others, run?.pipelineName, run?.ended?.outcome]).toEqual([[], 'nightly', 'failed']);
    expect(run?.ended?.failure?.message).toBe(
      'Pipeline "nightly" was not started by its schedule, at about 2026-01-05T06:00:00.000Z. It says: AccessDenied, no',
    );
    expect(world.watcher.starts).toEqual([]);
  });
});
