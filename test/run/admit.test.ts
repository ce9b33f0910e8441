import { describe, expect, it } from 'vitest';
import { admit, type Delivery } from '../../shared/run/admit.ts';
import type { Run } from '../../shared/run/run.ts';
import { AT, aRun } from './a-run.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const ended = (todo: ('report' | 'feed' | 'alert' | 'lane')[]): Run['ended'] => ({
  outcome: 'failed',
  at: iso(AT),
  todo,
});
const live = { nonce: 'n', until: iso(AT + 60_000) };

interface Row {
  message: number;
  run?: Partial<Run>;
  delivery?: Partial<Delivery>;
  may: string;
}

const rows: [string, Row][] = [
  ['the current turn, due now, may work', { message: 5, may: 'work' }],
  [
    'the current turn of a run that waits may ask for the lane',
    { message: 5, run: { next: { turn: 5, queue: 'upload', due: 'lane' } }, may: 'take-lane' },
  ],
  [
    'the current turn before it is due is sent on',
    { message: 5, run: { next: { turn: 5, queue: 'upload', due: iso(AT + 1500) } }, may: 'too-early' },
  ],
  ['the turn before, delivered for the first time, is dropped', { message: 4, may: 'drop' }],
  ['the turn before, redelivered, sends next again', { message: 4, delivery: { receiveCount: 2 }, may: 'resend-next' }],
  ['an older turn, redelivered, is dropped', { message: 3, delivery: { receiveCount: 3 }, may: 'drop' }],
  ['a turn that is not committed yet is left', { message: 6, may: 'leave' }],
  ['a message on the queue of another stage is dropped', { message: 5, delivery: { queue: 'poll' }, may: 'drop' }],
  [
    'the message of a run that waits, redelivered on the queue of another stage, is sent where it belongs',
    {
      message: 5,
      run: { next: { turn: 5, queue: 'start', due: 'lane' } },
      delivery: { receiveCount: 2 },
      may: 'resend-next',
    },
  ],
  ['the current turn under a live claim is left', { message: 5, run: { claim: live }, may: 'leave' }],
  [
    'a claim whose time has passed is dead',
    { message: 5, run: { claim: { nonce: 'n', until: iso(AT) } }, may: 'work' },
  ],
  [
    'a claim of an earlier start of the engine is dead',
    { message: 5, run: { claim: { ...live, engine: 'a' } }, delivery: { engine: 'b' }, may: 'work' },
  ],
  [
    'a claim of this start of the engine lives',
    { message: 5, run: { claim: { ...live, engine: 'a' } }, delivery: { engine: 'a' }, may: 'leave' },
  ],
  [
    'any message of a run with an open to-do list carries on with it',
    { message: 2, run: { ended: ended(['lane']) }, may: 'finish-ending' },
  ],
  ['any message of a run that is done is dropped', { message: 5, run: { ended: ended([]) }, may: 'drop' }],
];

describe('what a delivered message may do', () => {
  it.each(rows)('%s', (_, { message, run, delivery, may }) => {
    const admission = admit(
      aRun(run as Parameters<typeof aRun>[0]),
      { v: 1, runId: 'r', turn: message, traceparent: '' },
      { queue: 'upload', receiveCount: 1, now: AT, ...delivery },
    );
    expect(admission.kind).toBe(may);
  });

  it('says how long an early message has to wait', () => {
    const run = aRun({ next: { turn: 5, queue: 'upload', due: iso(AT + 1500) } });
    const admission = admit(
      run,
      { v: 1, runId: 'r', turn: 5, traceparent: '' },
      { queue: 'upload', receiveCount: 1, now: AT },
    );
    expect(admission).toEqual({ kind: 'too-early', seconds: 1.5 });
  });
});
