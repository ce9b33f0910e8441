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
import { summariseDump } from '../../shared/diagnosis/summarise-dump.ts';
import { taskLines } from '../../shared/diagnosis/task-lines.ts';
import { registerSecret } from '../../shared/observe/redact.ts';

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
    'a\udc00\ud83d',
    '1e400',
    '-0',
    '٣٤',
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
    fc.oneof(
      words,
      fc.constantFrom(
        '__proto__',
        'constructor',
        'toString',
        'successRowCount',
        'failedCount',
        'totalRowCount',
        'rowCount',
        'lineItemName',
      ),
    ),
    fc.oneof(
      words,
      fc.constant(null),
      fc.constantFrom('7', '99999999999999999999', '-1', '-99', '1e9', 'NaN', 'Infinity'),
    ),
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
    const { outcome, nested: read } = classifyTask(task, {
      action: { kind: 'processes', id: '1', name: 'p' },
      names: {},
    });
    expect([outcome, read?.length]).toEqual(['failed', 2000]);
  });

  const HUGE = 'x'.repeat(10_000_000);
  const AT_MOST_MS = 2000;

  it.each<[string, () => unknown]>([
    [
      'a body, a message and a path of 10 MB',
      () =>
        classifyCall(
          {
            kind: 'http',
            call: 'start',
            method: HUGE,
            path: HUGE,
            status: 500,
            envelope: true,
            anaplanMessage: HUGE,
            requestId: HUGE,
            body: `<${HUGE}`,
          },
          { object: HUGE, model: HUGE, user: HUGE },
        ),
    ],
    [
      'an unreadable page of 10 MB',
      () =>
        classifyCall({
          kind: 'unreadable',
          call: 'poll',
          method: 'GET',
          path: '/',
          status: 200,
          body: '<a '.repeat(3_000_000),
          problem: HUGE,
        }),
    ],
    [
      'a task whose every word has 10 MB',
      () =>
        failed(
          {
            objectName: HUGE,
            details: [{ type: HUGE, localMessageText: HUGE, occurrences: 1, values: { [HUGE]: HUGE } }],
          },
          HUGE,
        ),
    ],
    [
      'a task with 100,000 lines',
      () =>
        failed({
          details: Array.from({ length: 100_000 }, (_, i) => ({
            type: 'moduleImportNumberFormat',
            localMessageText: `Invalid number: ${i}`,
            occurrences: 1e300,
            values: { failedCount: '99999999999999999999' },
          })),
        }),
    ],
    ['a member of a hostile name', () => failed({ objectId: '__proto__', objectName: 'constructor' })],
  ])('%s is one diagnosis of bounded size, soon', (_, diagnose) => {
    const began = performance.now();
    const diagnosis = diagnose() as Diagnosis;
    expectSound(diagnosis);
    const report = buildFailureReport(diagnosis, { runId: 'r', pipeline: HUGE, outcome: 'failed', at: 'now' });
    expect(alertText(report).text.length).toBeLessThan(20_000);
    expect(performance.now() - began).toBeLessThan(AT_MOST_MS);
  });

  function failed(result: Partial<TaskResult>, step = ''): Diagnosis | undefined {
    const whole = { successful: false, failureDumpAvailable: true, details: [], nestedResults: [], ...result };
    const process = { ...whole, objectId: '1', nestedResults: [whole] };
    const task: Task = { taskId: '1', taskState: 'COMPLETE', currentStep: step, cancelledBy: step, result: process };
    const context = { action: { kind: 'processes', id: '118', name: 'p' }, names: {} } as const;
    const { counts, diagnosis } = classifyTask(task, context);
    for (const count of Object.values(counts ?? {})) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
    expect(JSON.stringify(taskLines(task)).length).toBeLessThan(60_000);
    return diagnosis;
  }
});

describe('a dump that repeats what we sent', () => {
  const TOKEN = `canary-${'token'.repeat(20)}-of-a-dump`;
  registerSecret(TOKEN);

  it('is summarised without it, wherever it stands', async () => {
    const places = ['_Status_', TOKEN, '_Line_', '_Error_1_', '_Error_2_'];
    const rows = [
      ['E', TOKEN, '2', `Item not located in Products list: ${TOKEN}`, `Item not located in ${TOKEN} list`],
      ['E', 'x', TOKEN, TOKEN, `Invalid date: ${TOKEN}`],
      [TOKEN, `a, ${TOKEN}`, '4', `${TOKEN}: ${TOKEN}`, ''],
      ['W', '', '5', `Nobody knows this: ${'y'.repeat(100)}${TOKEN}`, ''],
    ];
    const text = [places, ...rows].map((cells) => cells.map((cell) => `"${cell}"`).join(',')).join('\n');
    const summary = await summariseDump(pieces(Buffer.from(text)));
    expect([summary.rows, summary.rejected]).toEqual([4, 3]);
    expect(JSON.stringify(summary)).not.toContain(TOKEN.slice(0, 30));
  });

  it('is whole all the same in what is counted, whatever its columns and reasons are called', async () => {
    const name = fc.constantFrom(
      '__proto__',
      'constructor',
      'hasOwnProperty',
      '',
      '\ud800',
      '_Error_1_',
      '_Line_',
      'a,b',
      '"',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { minLength: 1, maxLength: 6 }),
        fc.array(fc.array(name, { maxLength: 8 }), { maxLength: 8 }),
        async (header, rows) => {
          const quote = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
          const lines = [['_Status_', ...header], ...rows.map((row) => ['E', ...row])];
          const summary = await summariseDump(pieces(Buffer.from(`${lines.map(quote).join('\n')}\n`)));
          expect([summary.rows, summary.rejected, summary.warned]).toEqual([rows.length, rows.length, 0]);
          expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
        },
      ),
      { numRuns: 200 },
    );
  });
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}
