import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { decide, type RunEvent } from '../../shared/run/decide.ts';
import { stoppedBy } from '../../shared/run/decide-stopped.ts';
import { type BegunRun, type Run, type StepRecord, type StepResult, untouchedSteps } from '../../shared/run/run.ts';
import { AT, aPipeline, aRun } from './a-run.ts';

const decided = (run: BegunRun, event: RunEvent, now = AT, random = () => 0.5) => decide(run, event, { now, random });
const iso = (ms: number) => new Date(ms).toISOString();
const secondsTo = (run: Run, now = AT) =>
  run.next === null || run.next.due === 'lane' ? undefined : (Date.parse(run.next.due) - now) / 1000;

function because(retry: Diagnosis['retry'], category: Diagnosis['category'] = 'service'): Diagnosis {
  return { category, cause: 'c', message: 'It failed.', whatToCheck: ['look'], retry, references: {} };
}

const aTask = {
  taskId: 'T1',
  adopted: false,
  startedAt: iso(AT),
  polls: 1,
  failedPolls: 0,
  lastPolledAt: iso(AT),
  seen: null,
};
const withStep = (change: Partial<StepRecord>, at: BegunRun['position']['stage']) =>
  aRun({ steps: [{ ...untouchedSteps(1)[0], ...change } as StepRecord], position: { step: 0, stage: at } });
const polling = (change: Partial<typeof aTask> = {}) => withStep({ task: { ...aTask, ...change } }, 'poll');
const intent = (change: object = {}) =>
  withStep(
    {
      start: {
        baseline: ['old'],
        intendedAt: iso(AT),
        open: true,
        baselineStays: false,
        unclearSince: null,
        ...change,
      },
    },
    'start',
  );

const result = (change: Partial<StepResult> = {}): StepResult => ({
  outcome: 'succeeded',
  reasons: [],
  dumps: [],
  rowsVerified: true,
  beyondAllowance: false,
  ...change,
});

describe('a turn', () => {
  it('grows by one with each event that names a next message', () => {
    const next = decided(aRun(), { kind: 'upload-paused' });
    expect([next.turn, next.next?.turn, next.next?.queue]).toEqual([6, 6, 'upload']);
  });

  it('stays with events that only record', () => {
    expect(decided(aRun(), { kind: 'announcing', chunkBytes: 10, chunkCount: 3 }).turn).toBe(5);
    expect(decided(aRun(), { kind: 'imports-changed', pipeline: aPipeline }).turn).toBe(5);
  });

  it('gives the claim back', () => {
    const claimed = aRun({ claim: { nonce: 'n', until: iso(AT + 1000) } });
    expect(decided(claimed, { kind: 'upload-paused' }).claim).toBeNull();
  });
});

describe('an upload epoch', () => {
  it('is not announced until Anaplan has answered', () => {
    const opened = decided(aRun(), { kind: 'announcing', chunkBytes: 10, chunkCount: 3 });
    expect(opened.steps[0]?.epoch).toMatchObject({
      ordinal: 1,
      fence: 1,
      chunkCount: 3,
      announced: false,
      verify: false,
    });
  });

  it('is as if it had never been when Anaplan refused the announcement', () => {
    const opened = decided(aRun(), { kind: 'announcing', chunkBytes: 10, chunkCount: 3 }) as BegunRun;
    const refused = decided(opened, { kind: 'announcement-refused' }) as BegunRun;
    expect(refused.steps[0]?.epoch).toBeNull();
    const again = decided(refused, { kind: 'announcing', chunkBytes: 10, chunkCount: 3 });
    expect(again.steps[0]?.epoch).toMatchObject({ ordinal: 1, verify: false });
  });

  it('stays to be verified when the announcement before the refused one may have acted', () => {
    const unclear = decided(aRun(), { kind: 'announcing', chunkBytes: 10, chunkCount: 3 }) as BegunRun;
    const second = decided(unclear, { kind: 'announcing', chunkBytes: 10, chunkCount: 3 }) as BegunRun;
    expect(decided(second, { kind: 'announcement-refused' }).steps[0]?.epoch).toMatchObject({ verify: true });
  });

  it('keeps the size of its chunks, forgets what was sent and is verified when it is announced again', () => {
    let run = decided(aRun(), { kind: 'announcing', chunkBytes: 10, chunkCount: 3 }) as BegunRun;
    run = decided(run, { kind: 'announced' }) as BegunRun;
    const saved = {} as never;
    run = decided(run, { kind: 'chunks-sent', sent: [2, 0], scan: { throughChunk: 2, saved } }) as BegunRun;
    expect(run.steps[0]?.epoch?.sent).toEqual([0, 2]);
    run = decided(run, { kind: 'announcing', chunkBytes: 99, chunkCount: 1 }) as BegunRun;
    expect(run.steps[0]?.epoch).toMatchObject({
      ordinal: 2,
      chunkBytes: 10,
      chunkCount: 3,
      sent: [],
      scan: null,
      verify: true,
    });
  });
});

describe('a hindered run', () => {
  const spend = (run: BegunRun, diagnosis: Diagnosis, times: number) => {
    let current: Run = run;
    for (let i = 0; i < times; i++) current = decided(current as BegunRun, { kind: 'hindered', diagnosis });
    return current;
  };
  const transient = because({ kind: 'after', budget: 'attempts' });

  it('goes back to its own queue with a growing delay', () => {
    const once = spend(aRun(), transient, 1);
    expect([once.next?.queue, secondsTo(once)]).toEqual(['upload', 0.5]);
    expect(secondsTo(spend(aRun(), transient, 2))).toBe(1);
  });

  it('fails when its attempts are spent, saying how many', () => {
    const spent = spend(aRun(), transient, 3);
    expect(spent.ended).toMatchObject({
      outcome: 'failed',
      failure: { message: 'It failed. Given up after 3 attempts.' },
    });
  });

  it('never waits less than Retry-After', () => {
    const run = decided(aRun(), {
      kind: 'hindered',
      diagnosis: because({ kind: 'after', seconds: 1800, budget: 'attempts' }),
    });
    expect(secondsTo(run)).toBeGreaterThanOrEqual(1800);
  });

  it('is not tried again when a retry cannot heal it', () => {
    const run = decided(aRun(), { kind: 'hindered', diagnosis: because({ kind: 'no' }, 'permission') });
    expect(run.ended).toMatchObject({ outcome: 'failed', todo: ['report', 'feed', 'lane', 'alert'] });
  });

  it('waits for a model without spending attempts, but not for ever', () => {
    const busy = because({ kind: 'wait-for-model' }, 'model-state');
    const waiting = spend(aRun(), busy, 50);
    expect([waiting.ended, waiting.spent.attempts]).toEqual([null, 0]);
    const late = decide(
      waiting as BegunRun,
      { kind: 'hindered', diagnosis: busy },
      { now: AT + 3_600_000, random: () => 0.5 },
    );
    expect(late.ended?.outcome).toBe('failed');
  });

  it('forgets its failures once a chunk has arrived', () => {
    let run = decided(aRun(), { kind: 'announcing', chunkBytes: 10, chunkCount: 3 }) as BegunRun;
    run = spend(run, transient, 2) as BegunRun;
    run = decided(run, { kind: 'chunks-sent', sent: [0], scan: { throughChunk: 0, saved: {} as never } }) as BegunRun;
    expect(run.spent.attempts).toBe(0);
  });
});

describe('an upload that gets nowhere', () => {
  it('spends its attempts, although it reads on', () => {
    let run: Run = decided(aRun(), { kind: 'announcing', chunkBytes: 10, chunkCount: 3 });
    for (let i = 0; i < 3; i++) {
      run = decided(run as BegunRun, { kind: 'chunks-sent', sent: [], scan: { throughChunk: i, saved: {} as never } });
      run = decided(run as BegunRun, { kind: 'hindered', diagnosis: because({ kind: 'after', budget: 'attempts' }) });
    }
    expect(run.ended?.outcome).toBe('failed');
  });
});

describe('a start', () => {
  it('whose answer is lost is not repeated but looked for', () => {
    const run = decided(intent(), {
      kind: 'start-unclear',
      diagnosis: because({ kind: 'reconcile' }, 'ambiguous-start'),
    });
    expect(run.steps[0]?.start).toMatchObject({ open: true, unclearSince: iso(AT) });
    expect(run.next?.queue).toBe('start');
  });

  it('is looked for as patiently as a task is polled, whatever was spent before', () => {
    const failed = because({ kind: 'after', budget: 'attempts' });
    const hinder = (run: Run, times: number) => {
      let after = run;
      for (let i = 0; i < times; i++) after = decided(after as BegunRun, { kind: 'hindered', diagnosis: failed });
      return after;
    };
    const { attempts, failedPolls } = aPipeline.policies.retry;
    const spent = { ...intent(), spent: { attempts: attempts - 1, conflicts: 0, looks: 0, waitingSince: null } };
    const almost = hinder(spent, failedPolls - 1);
    expect(almost.ended).toBeNull();
    expect(hinder(almost, 1).ended).toMatchObject({
      outcome: 'unknown',
      failure: { message: `It failed. Given up after ${failedPolls} looks for its task that failed, in a row.` },
    });
    const verdict = { kind: 'wait', because: 'looking' } as const;
    const answered = decided(almost as BegunRun, { kind: 'start-reconciled', verdict });
    expect(hinder(answered, failedPolls - 1).ended).toBeNull();
  });

  it('that was refused closes the intent, so that the next attempt may start', () => {
    const run = decided(intent(), {
      kind: 'start-refused',
      diagnosis: because({ kind: 'after', budget: 'conflicts' }, 'conflict'),
    });
    expect([run.steps[0]?.start?.open, run.ended]).toEqual([false, null]);
  });

  it('with no or several candidates ends unknown and keeps the lane held, whatever onFailure says', () => {
    const going = { ...intent(), pipeline: { ...aPipeline, onFailure: 'continue' as const } };
    for (const candidates of [[], ['a', 'b']]) {
      const run = decided(going, { kind: 'start-reconciled', verdict: { kind: 'undecided', candidates } });
      expect(run.ended).toMatchObject({
        outcome: 'unknown',
        holdLane: expect.stringContaining('may still be running'),
      });
    }
  });

  it('keeps its first baseline when it is repeated after nothing appeared', () => {
    const again = decided(intent(), { kind: 'start-reconciled', verdict: { kind: 'post-again' } }) as BegunRun;
    const posted = decided(again, { kind: 'start-intended', baseline: ['old', 'somebody else'] });
    expect(posted.steps[0]?.start?.baseline).toEqual(['old']);
  });

  it.each<[string, RunEvent]>([
    ['is stopped', { kind: 'stopped', by: 'ann' }],
    ['is refused', { kind: 'start-refused', diagnosis: because({ kind: 'no' }, 'not-found') }],
  ])('that was given up on may run all the same: a run that then %s keeps its lane and says so', (_, event) => {
    const going = { ...intent(), pipeline: { ...aPipeline, onFailure: 'continue' as const } };
    const again = decided(going, { kind: 'start-reconciled', verdict: { kind: 'post-again' } }) as BegunRun;
    const posted =
      event.kind === 'stopped' ? again : (decided(again, { kind: 'start-intended', baseline: [] }) as BegunRun);
    expect(decided(posted, event)).toMatchObject({
      ended: {
        outcome: 'unknown',
        holdLane: expect.stringContaining('may still be running'),
        failure: { message: expect.stringContaining('it may have run all the same') },
        todo: ['report', 'feed', 'lane', 'alert'],
      },
      steps: [{ start: { open: true } }],
    });
  });

  it('that was never sent has certainly not run', () => {
    const { ended } = decided(withStep({}, 'start'), { kind: 'stopped', by: 'ann' });
    expect(ended).toMatchObject({ outcome: 'cancelled', todo: ['lane'] });
    expect(ended?.failure?.message).not.toContain('may have run');
  });

  it('that is adopted says so', () => {
    const run = decided(intent(), { kind: 'start-reconciled', verdict: { kind: 'adopt', taskId: 'T9', named: false } });
    expect(run.steps[0]?.task).toMatchObject({ taskId: 'T9', adopted: true });
    expect(run.next?.queue).toBe('poll');
  });
});

describe('a polled task', () => {
  it('that goes on is asked again, never within the minimum', () => {
    const run = decided(polling(), { kind: 'polled', task: { taskId: 'T1', taskState: 'IN_PROGRESS' } }, AT + 3000);
    expect(run.next?.queue).toBe('poll');
    expect(secondsTo(run, AT + 3000)).toBeGreaterThanOrEqual(5);
  });

  it('that has ended is collected at once', () => {
    const run = decided(polling(), { kind: 'polled', task: { taskId: 'T1', taskState: 'COMPLETE' } });
    expect([run.next?.queue, secondsTo(run)]).toEqual(['collect', 0]);
  });

  it('that cannot be asked any more ends unknown, with the lane held', () => {
    const run = decided(polling(), { kind: 'hindered', diagnosis: because({ kind: 'no' }, 'task-lost') });
    expect(run.ended).toMatchObject({ outcome: 'unknown', holdLane: expect.any(String) });
  });

  it('tolerates failed polls in a row up to its budget', () => {
    let run: Run = polling();
    const failed = because({ kind: 'after', budget: 'attempts' });
    for (let i = 0; i < 3; i++) run = decided(run as BegunRun, { kind: 'hindered', diagnosis: failed });
    expect(run.ended).toBeNull();
    run = decided(run as BegunRun, { kind: 'hindered', diagnosis: failed });
    expect(run.ended?.outcome).toBe('unknown');
  });
});

describe('a collected step', () => {
  const final = { taskId: 'T1', taskState: 'COMPLETE' as const };
  const collecting = (pipeline = aPipeline) => {
    const steps = untouchedSteps(pipeline.steps.length);
    return aRun({
      pipeline,
      position: { step: 0, stage: 'collect' },
      steps: steps.map((step, i) => (i === 0 ? { ...step, task: { ...aTask, seen: final } } : step)),
    });
  };
  const twoSteps = {
    ...aPipeline,
    steps: [
      ...aPipeline.steps,
      { kind: 'process' as const, name: 'Recalculate', objectId: '118000000001', repeatable: false },
    ],
  };

  it.each([
    ['succeeds and frees the lane', result(), { outcome: 'succeeded', todo: ['lane', 'keep'] }, undefined],
    [
      'with rejects within the allowance says so and frees the lane',
      result({ outcome: 'succeeded-with-rejects' }),
      { outcome: 'succeeded-with-rejects', todo: ['lane', 'keep'] },
      undefined,
    ],
    [
      'with rejects beyond the allowance reports, alerts and holds',
      result({ outcome: 'succeeded-with-rejects', beyondAllowance: true }),
      { outcome: 'succeeded-with-rejects', todo: ['report', 'feed', 'lane', 'alert'] },
      'held',
    ],
    [
      'that failed reports, alerts and holds',
      result({ outcome: 'failed' }),
      { outcome: 'failed', todo: ['report', 'feed', 'lane', 'alert'] },
      'held',
    ],
    [
      'that was cancelled is told and frees the lane',
      result({ outcome: 'cancelled' }),
      { outcome: 'cancelled' },
      undefined,
    ],
  ])('%s', (_, collected, ended, held) => {
    const run = decided(collecting(), { kind: 'collected', result: collected });
    expect(run.ended).toMatchObject(ended);
    expect(run.ended?.holdLane === undefined ? undefined : 'held').toBe(held);
  });

  it.each([
    ['a task that was adopted and that nothing proves ours', { adopted: true }, false, 'a task of this run may still'],
    ['a task of a second start', {}, true, 'a task of this run may still'],
    ['a task that was told to the run', {}, false, undefined],
  ])('that cannot be read after %s', (_, found, baselineStays, held) => {
    const { steps, ...run } = collecting({ ...aPipeline, onFailure: 'continue' });
    const start = { baseline: [], intendedAt: iso(AT), open: false, baselineStays, unclearSince: iso(AT) };
    const step = { ...untouchedSteps(1)[0], start, task: { ...aTask, ...found, seen: final } } as StepRecord;
    const { ended } = decided({ ...run, steps: [step] }, { kind: 'hindered', diagnosis: because({ kind: 'no' }) });
    expect(ended?.outcome).toBe('unknown');
    expect(ended?.holdLane?.startsWith(held ?? '')).toBe(held === undefined ? undefined : true);
  });

  it('that is an export, and whose file cannot be brought, has failed', () => {
    const { steps, ...run } = collecting({
      ...aPipeline,
      onFailure: 'continue',
      steps: [{ kind: 'export', name: 'Report', objectId: '116000000001', repeatable: false }],
    });
    const step = { ...untouchedSteps(1)[0], task: { ...aTask, seen: final } } as StepRecord;
    const { ended } = decided({ ...run, steps: [step] }, { kind: 'hindered', diagnosis: because({ kind: 'no' }) });
    expect(ended?.outcome).toBe('failed');
    expect(ended?.holdLane).toBeUndefined();
  });

  it('is followed by the next step', () => {
    const run = decided(collecting(twoSteps), { kind: 'collected', result: result() });
    expect([run.position, run.next?.queue]).toEqual([{ step: 1, stage: 'start' }, 'start']);
  });

  it('is followed by nothing when it failed', () => {
    const run = decided(collecting(twoSteps), { kind: 'collected', result: result({ outcome: 'failed' }) });
    expect(run.ended?.outcome).toBe('failed');
  });
});

describe('stopping', () => {
  it('is asked by a request or by the deadline', () => {
    expect(stoppedBy(aRun(), AT)).toBeUndefined();
    expect(stoppedBy(aRun({ requests: [{ kind: 'cancel', by: 'ada', at: iso(AT) }] }), AT)).toBe('ada');
    expect(stoppedBy(aRun({ deadline: iso(AT) }), AT + 1)).toBe('deadline');
  });

  it('by a person is no alarm, by the deadline it is', () => {
    expect(decided(aRun(), { kind: 'stopped', by: 'ada' }).ended?.todo).toEqual(['lane']);
    expect(decided(aRun(), { kind: 'stopped', by: 'deadline' }).ended?.todo).toContain('alert');
  });
});

it('a run that is stopped while a file call may still act keeps the lane, and somebody is told who can free it', () => {
  const { ended } = decided(withStep({ fileCallUnanswered: true }, 'upload'), { kind: 'stopped', by: 'ada' });
  expect(ended).toMatchObject({ outcome: 'cancelled', todo: ['report', 'feed', 'lane', 'alert'] });
  expect(ended?.holdLane).toContain('Anaplan has not answered');
  expect(ended?.failure?.whatToCheck.join()).toContain('--as failed');
});

describe('the journal', () => {
  it('is bounded, and keeps the beginning and the end', () => {
    let run: Run = aRun({ pipeline: { ...aPipeline, policies: { ...aPipeline.policies, modelWaitSeconds: 1e9 } } });
    for (let i = 0; i < 250; i++) {
      const diagnosis = { ...because({ kind: 'wait-for-model' }), message: `Look ${i}.` };
      run = decided(run as BegunRun, { kind: 'hindered', diagnosis });
    }
    expect(run.journal).toHaveLength(100);
    expect(run.journalDropped).toBe(150);
    expect(run.journal[0]?.text).toContain('Look 0.');
    expect(run.journal.at(-1)?.text).toContain('Look 249.');
  });
});

describe('any sequence of failures', () => {
  const retries = fc.constantFrom<Diagnosis['retry']>(
    { kind: 'after', budget: 'attempts' },
    { kind: 'after', budget: 'conflicts' },
    { kind: 'wait-for-model' },
  );
  it('ends, and delays are never negative', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(retries, fc.nat(300)), { minLength: 200, maxLength: 300 }), (failures) => {
        let run: Run = aRun();
        let now = AT;
        for (const [retry, seconds] of failures) {
          if (run.ended !== null) return true;
          now += seconds * 1000;
          run = decided(run as BegunRun, { kind: 'hindered', diagnosis: because(retry) }, now, () => 0.5);
          if (run.next !== null && (secondsTo(run, now) ?? 0) < 0) return false;
        }
        return run.ended !== null || now - AT < 3_600_000;
      }),
    );
  });
});
