import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallFailure } from '../../shared/anaplan/failure.ts';
import type { Task, TaskDetail, TaskResult, TaskState } from '../../shared/anaplan/types.ts';
import { alertText } from '../../shared/diagnosis/alert-text.ts';
import { classifyCall } from '../../shared/diagnosis/classify-call.ts';
import { classifyTask } from '../../shared/diagnosis/classify-task.ts';
import { CATEGORIES, type Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { buildFailureReport, failureAttributes } from '../../shared/diagnosis/failure-report.ts';
import { MESSAGE_CODES } from '../../shared/diagnosis/message-codes.ts';

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '<html>',
    '{"status":',
    '__proto__',
    'constructor',
    '$&',
    '{user}',
    '\u0000\u001b[2J',
    '\ud800',
    '<'.repeat(5000),
  ),
  fc.integer({ min: 1, max: 6_000 }).map((length) => 'a'.repeat(length)),
  fc.integer({ min: 1, max: 2_000 }).map((length) => '<a '.repeat(length)),
);
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300));

const request = {
  call: fc.constantFrom(
    'sign-in',
    'list',
    'metadata',
    'announce',
    'chunk',
    'complete',
    'start',
    'poll',
    'cancel',
    'dump',
    'read-file',
  ),
  method: words,
  path: words,
} as const;
const failures = fc.oneof(
  fc.record(
    {
      ...request,
      kind: fc.constant('http'),
      status: fc.oneof(fc.integer({ min: 0, max: 999 }), number),
      envelope: fc.boolean(),
      anaplanMessage: words,
      requestId: words,
      retryAfterSeconds: number,
      body: words,
    },
    { requiredKeys: ['call', 'method', 'path', 'kind', 'status', 'envelope', 'body'] },
  ),
  fc.record({ ...request, kind: fc.constant('unreadable'), status: number, body: words, problem: words }),
  fc.record({ ...request, kind: fc.constant('network'), reached: fc.boolean(), code: words, problem: words }),
  fc.record({ ...request, kind: fc.constant('junk-file'), askedFileId: words, createdFileId: words }),
) as fc.Arbitrary<CallFailure>;

const details: fc.Arbitrary<TaskDetail> = fc.record({
  type: fc.oneof(words, fc.constantFrom(...Object.keys(MESSAGE_CODES))),
  localMessageText: fc.oneof(words, fc.constantFrom(...Object.values(MESSAGE_CODES).map(({ template }) => template))),
  occurrences: number,
  values: fc.dictionary(
    fc.oneof(words, fc.constantFrom('successRowCount', 'failedCount', 'totalRowCount', 'rowCount', 'lineItemName')),
    fc.oneof(words, fc.constant(null), fc.constantFrom('7', '99999999999999999999', '-1', '1e9')),
    { maxKeys: 4 },
  ),
});
const { result } = fc.letrec<{ result: TaskResult }>((tie) => ({
  result: fc.record(
    {
      objectId: fc.oneof(words, fc.constantFrom('112000000001', '112000000002')),
      objectName: words,
      successful: fc.boolean(),
      failureDumpAvailable: fc.boolean(),
      details: fc.array(details, { maxLength: 4 }),
      nestedResults: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('result'), { maxLength: 3 })),
    },
    { requiredKeys: ['failureDumpAvailable', 'details', 'nestedResults'] },
  ),
}));
const tasks = fc.record(
  {
    taskId: words,
    taskState: fc.constantFrom<TaskState>('COMPLETE', 'CANCELLED', 'IN_PROGRESS', 'CANCELLING', 'NOT_STARTED'),
    currentStep: words,
    cancelledBy: words,
    result,
  },
  { requiredKeys: ['taskId', 'taskState'] },
) as fc.Arbitrary<Task>;

/** What holds of every diagnosis, wherever it comes from. */
function expectSound(diagnosis: Diagnosis): void {
  expect(CATEGORIES).toContain(diagnosis.category);
  expect(diagnosis.cause).not.toBe('');
  expect(diagnosis.whatToCheck.length).toBeGreaterThan(0);
  expect(JSON.stringify(diagnosis).length).toBeLessThan(20_000);
  expect(diagnosis.message.length).toBeLessThan(4_000);
  const { retry } = diagnosis;
  if (retry.kind === 'after' && retry.seconds !== undefined) {
    expect(new Date(retry.seconds * 1000).getTime()).not.toBeNaN();
  }
}

describe('whatever Anaplan, a gateway or a network answers', () => {
  it('a failed call has a sound diagnosis, a report, an alert and attributes', () => {
    fc.assert(
      fc.property(failures, words, words, (failure, name, at) => {
        const diagnosis = classifyCall(failure, { object: name, model: name, user: name });
        expectSound(diagnosis);
        const report = buildFailureReport(diagnosis, {
          runId: 'r',
          pipeline: name,
          outcome: 'failed',
          at,
          model: { name },
        });
        const { subject, text } = alertText(report);
        expect(subject).toMatch(/^[ -~]{1,99}$/);
        expect(text).not.toBe('');
        for (const value of Object.values(failureAttributes(report))) expect(value.length).toBeLessThanOrEqual(256);
      }),
      { numRuns: 600 },
    );
  });

  it('a start that may have been accepted is never called refused', () => {
    fc.assert(
      fc.property(failures, (failure) => {
        if (failure.call !== 'start' || failure.kind === 'junk-file') return;
        const { retry } = classifyCall(failure);
        const refused =
          failure.kind === 'http'
            ? (failure.status >= 400 && failure.status < 500 && ![408, 499].includes(failure.status)) ||
              (failure.status === 503 && failure.envelope)
            : failure.kind === 'network' && !failure.reached;
        expect(retry.kind === 'reconcile').toBe(!refused);
      }),
      { numRuns: 600 },
    );
  });

  it('a task has one outcome, and a diagnosis for all but success', () => {
    fc.assert(
      fc.property(tasks, words, (task, name) => {
        const classified = classifyTask(task, {
          action: { kind: 'processes', id: '118', name },
          names: { '112000000001': name },
        });
        if (classified.outcome === 'succeeded') expect(classified.diagnosis).toBeUndefined();
        else expectSound(classified.diagnosis as Diagnosis);
        for (const count of Object.values(classified.counts ?? {}))
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
        if ((classified.counts?.rejected ?? 0) > 0) expect(classified.outcome).not.toBe('succeeded');
        expect(classified.dumps.length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 600 },
    );
  });

  it('a result nested without end is taken apart without end', () => {
    let nested: TaskResult = { successful: false, failureDumpAvailable: true, details: [], nestedResults: [] };
    for (let depth = 0; depth < 50_000; depth += 1) {
      nested = { successful: true, failureDumpAvailable: false, details: [], nestedResults: [nested] };
    }
    const task: Task = { taskId: '1', taskState: 'COMPLETE', result: nested };
    expect(classifyTask(task, { action: { kind: 'processes', id: '1', name: 'p' }, names: {} }).nested).toHaveLength(
      200,
    );
  });
});
