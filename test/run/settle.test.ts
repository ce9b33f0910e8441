import { describe, expect, it } from 'vitest';
import { handServices } from '../../cli/hand-services.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { finishEnding } from '../../shared/run/ending.ts';
import { changeHolder, readHolder, ticketKey, writeTicket } from '../../shared/run/lane.ts';
import { createRun, readRun } from '../../shared/run/ledger.ts';
import { parseRunMessage } from '../../shared/run/message.ts';
import { redriveOf, redriveRun } from '../../shared/run/redrive.ts';
import type { BegunRun, Run, Settled } from '../../shared/run/run.ts';
import { settleOf, settleRun } from '../../shared/run/settle.ts';
import { aRun, aTrigger } from './a-run.ts';
import { A, B, C, definition, ended, finished, LATER, LATER_ISO, openStart, settled } from './ended-run.ts';

describe('a person settles', () => {
  const hold = 'a task of this run may still be running in Anaplan';
  const policy = 'the run was settled as failed and the pipeline says onFailure: hold';
  const unknown = (onFailure: 'hold' | 'continue' = 'hold') =>
    ended('unknown', [openStart], {
      pipeline: { ...definition(A, B, C), onFailure },
      ended: { outcome: 'unknown', at: LATER_ISO, todo: ['lane'], holdLane: hold },
    });
  const rejected = (change: Partial<BegunRun> = {}) =>
    ended('succeeded-with-rejects', [finished('succeeded-with-rejects', true)], { pipeline: definition(A), ...change });
  it.for<[string, Settled['as'], 'hold' | 'continue', boolean]>([
    ['succeeded, which frees the lane', 'succeeded', 'hold', true],
    ['failed, which frees the lane when the pipeline says continue', 'failed', 'continue', true],
    ['failed, which keeps the lane held when the pipeline says hold', 'failed', 'hold', false],
  ])('an unknown run as %s', ([, as, onFailure, freesLane]) => {
    const run = unknown(onFailure);
    const decision = settleOf(run, settled(as));
    expect(decision).toMatchObject({ ok: true, freesLane, run: { settled: { as }, ended: { outcome: 'unknown' } } });
    if (decision.ok) expect(decision.run.ended?.holdLane).toBe(freesLane ? undefined : policy);
  });

  it('a failed run with an unanswered call as failed, and so it can be redriven', () => {
    const run = ended('failed', [{ fileCallUnanswered: true }]);
    const decision = settleOf(run, settled('failed'));
    if (!decision.ok) throw new Error(decision.because);
    expect(redriveOf(decision.run, definition(A, B, C), LATER)).toMatchObject({ ok: true });
  });

  it.for<[string, Run, Settled['as'], string]>([
    ['a run that goes on', aRun(), 'failed', 'has not ended yet'],
    ['a run that failed', ended('failed', [finished('failed')]), 'succeeded', 'ended failed'],
    ['a run that certainly did not succeed', ended('failed', [{ fileCallUnanswered: true }]), 'succeeded', 'only'],
    ['a run a second time', { ...unknown(), settled: settled('failed') }, 'succeeded', 'was settled as failed by ada'],
    ['a run with rejects that was redriven', rejected({ redrivenAs: 'r.1' }), 'succeeded', 'redriven as r.1'],
    [
      'an unknown run that was settled and then redriven',
      { ...unknown(), settled: settled('failed'), redrivenAs: 'r.1' },
      'succeeded',
      'was settled as failed by ada',
    ],
  ])('nothing about %s', ([, run, as, words]) => {
    const decision = settleOf(run, settled(as));
    expect(decision.ok).toBe(false);
    expect(JSON.stringify(decision)).toContain(words);
  });
});

describe('the lane of a run that ended and holds it', () => {
  const failed = ended('failed', [finished(), finished('failed')]);
  const itself = { by: `run ${failed.runId}`, reason: 'onFailure: hold' };
  const ada = { by: 'ada', reason: 'month end' };

  async function holding(run: Run, hold: { by: string; reason: string }, runId = run.runId) {
    const clock = new ManualClock(LATER);
    const state = new MemoryStore({ bucket: 'state', clock });
    const queues = new MemoryQueues({ clock });
    const services = { ...handServices({ state, queues }), clock };
    const held = await createRun(services, run);
    await changeHolder(services, 'M', (holder) =>
      holder.runId === runId ? undefined : { ...holder, runId, fence: 4, hold },
    );
    return { services, held, queues };
  }

  it.for<[string, { by: string; reason: string }, string, object]>([
    ['goes to the redrive', itself, failed.runId, { runId: `${failed.runId}.1`, fence: 5, hold: null }],
    ['stays held where a person holds it', ada, failed.runId, { runId: `${failed.runId}.1`, fence: 5, hold: ada }],
    ['stays with another run that has it', itself, 'other', { runId: 'other', fence: 4 }],
  ])('%s', async ([, hold, runId, expected]) => {
    const { services, held } = await holding(failed, hold, runId);
    for (const created of [true, false]) {
      expect(await redriveRun(services, held, definition(A, B, C))).toMatchObject({ ok: true, created });
      expect(await readHolder(services, 'M')).toMatchObject(expected);
    }
    expect((await readRun(services, failed.runId))?.run.redrivenAs).toBe(`${failed.runId}.1`);
  });

  it.for<[string, Settled['as'], { by: string; reason: string }, object]>([
    ['is freed by settling as succeeded', 'succeeded', itself, { runId: null, hold: null }],
    [
      'stays held after settling as failed, and says why',
      'failed',
      itself,
      { runId: failed.runId, hold: { by: itself.by, reason: expect.stringContaining('settled as failed') } },
    ],
    ['stays held where a person holds it, whatever is settled', 'succeeded', ada, { hold: ada }],
  ])('%s', async ([, as, hold, expected]) => {
    const { services, held } = await holding(ended('unknown', [openStart]), hold);
    expect(await settleRun(services, held, { as, by: 'ada', evidence: 'seen' })).toMatchObject({ ok: true });
    expect(await readHolder(services, 'M')).toMatchObject(expected);
    expect(await settleRun(services, held, { as, by: 'eve', evidence: 'seen' })).toMatchObject({ ok: false });
  });

  /** Another run of the lane, which waits for it. */
  async function waiting({ services, queues }: Awaited<ReturnType<typeof holding>>) {
    const runId = '20260303-next';
    const next = aRun({ runId, ticket: ticketKey('M', { runId, trigger: aTrigger }), lane: null, turn: 1 });
    const waits = { ...next, next: { turn: 1, queue: 'upload', due: 'lane' } } as const;
    await createRun(services, waits);
    await writeTicket(services, waits);
    return () => queues.peek('upload').map(({ body }) => parseRunMessage(body)?.runId);
  }

  it('is freed by whoever does what is left, where somebody settled it and died, and the next is woken', async () => {
    const settling = settleOf(ended('unknown', [openStart]), settled('succeeded'));
    if (!settling.ok) throw new Error(settling.because);
    const lane = await holding(settling.run, itself);
    const { services, held } = lane;
    const woken = await waiting(lane);
    await finishEnding(services, held);
    expect(await readHolder(services, 'M')).toMatchObject({ runId: null, hold: null });
    expect(woken()).toContain('20260303-next');
  });

  it('where another has freed it while it was settled, the next is woken all the same', async () => {
    const lane = await holding(ended('unknown', [openStart]), itself);
    const { services, held } = lane;
    const woken = await waiting(lane);
    await changeHolder(services, 'M', (holder) => ({ ...holder, runId: null, hold: null }));
    expect(await settleRun(services, held, { as: 'succeeded', by: 'ada', evidence: 'seen' })).toMatchObject({
      ok: true,
    });
    expect(woken()).toContain('20260303-next');
  });
});
