import { describe, expect, it } from 'vitest';
import { alertText } from '../../shared/diagnosis/alert-text.ts';
import { WITH_MENDED_FILE } from '../../shared/diagnosis/check-scan.ts';
import { classifyCall } from '../../shared/diagnosis/classify-call.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { buildFailureReport, failureAttributes, type Provenance } from '../../shared/diagnosis/failure-report.ts';

const diagnosis: Diagnosis = {
  category: 'missing-members',
  code: 'moduleImportInvalidListIdentifier',
  cause: 'The file names members that "Products" does not have.',
  message: 'Import "Load Sales" ran, and 12 rows were rejected.',
  whatToCheck: ['Add the missing members to the list first.', 'Compare the spelling.'],
  retry: { kind: 'no' },
  references: { taskId: '1B1D' },
};
const from: Provenance = {
  runId: '2026-11-02-ab12',
  pipeline: 'sales-actuals',
  model: { name: 'FY26 Plan', id: '75A4' },
  step: { ordinal: 1, kind: 'import', name: 'Load Sales', objectId: '112000000002' },
  readsFile: true,
  drop: { bucket: 'drops', key: 'sales/januar für köln.csv', versionId: 'v1', bytes: 100 },
  outcome: 'succeeded-with-rejects',
  at: '2026-11-02T06:03:11.000Z',
  dumps: ['s3://state/dumps/2026-11-02-ab12/1-1-112000000002.csv'],
  counts: { processed: 100, created: 0, updated: 88, rejected: 12, warned: 0, ignored: 0 },
  reasons: [
    {
      code: 'moduleImportInvalidListIdentifier',
      text: 'Item not located in Products list',
      count: 12,
      severity: 'rejected',
      columns: ['Product'],
      samples: [{ line: 14, values: ['P-9'] }],
    },
  ],
};
const report = buildFailureReport(diagnosis, from);

describe('the report', () => {
  it('is plain data with the diagnosis, where it comes from, and how to run it again', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      v: 1,
      id: '2026-11-02-ab12',
      category: 'missing-members',
      taskId: '1B1D',
      redrive: 'npx plandrop failures redrive 2026-11-02-ab12',
    });
  });

  it('holds the answer it was read from, and the lines of the task', () => {
    const failure = {
      kind: 'http',
      call: 'chunk',
      method: 'PUT',
      path: '/2/0/x',
      status: 403,
      envelope: true,
      anaplanMessage: 'Forbidden',
      body: '{}',
    } as const;
    const task = {
      taskId: 'T1',
      taskState: 'COMPLETE',
      currentStep: 'Failed.',
      result: {
        failureDumpAvailable: false,
        details: [],
        nestedResults: [
          {
            failureDumpAvailable: false,
            details: [
              {
                type: 'notAuthorised',
                localMessageText: 'You are not authorised to run X',
                occurrences: 0,
                values: {},
              },
            ],
            nestedResults: [],
          },
        ],
      },
    } as const;
    const held = buildFailureReport(classifyCall(failure), { ...from, task });
    expect(held.http).toEqual({ method: 'PUT', path: '/2/0/x', status: 403, body: '{}' });
    expect(held.task).toEqual({
      taskId: 'T1',
      taskState: 'COMPLETE',
      currentStep: 'Failed.',
      details: [{ type: 'notAuthorised', text: 'You are not authorised to run X', occurrences: 0 }],
    });
  });

  it('has attributes to filter on, at most ten and none empty', () => {
    expect(failureAttributes(report)).toEqual({
      pipeline: 'sales-actuals',
      model: 'FY26 Plan',
      run: '2026-11-02-ab12',
      step: 'Load Sales',
      outcome: 'succeeded-with-rejects',
      category: 'missing-members',
      code: 'moduleImportInvalidListIdentifier',
      dump: 's3://state/dumps/2026-11-02-ab12/1-1-112000000002.csv',
    });
    const { code: _, ...withoutCode } = diagnosis;
    const bare = buildFailureReport(withoutCode, { runId: 'r', pipeline: 'p', outcome: 'failed', at: from.at });
    expect(failureAttributes(bare)).toEqual({
      pipeline: 'p',
      run: 'r',
      outcome: 'failed',
      category: 'missing-members',
    });
  });
});

describe('the alert', () => {
  it.each([
    ['nothing where the commands find the installation', {}, ''],
    [
      'the data folder, and the configuration for a redrive',
      { dataDir: '/srv/plandrop/.plandrop', config: '/srv/my files/p.yaml' },
      '\nThe commands are for --data-dir /srv/plandrop/.plandrop. failures redrive also needs --config "/srv/my files/p.yaml".\n',
    ],
    ['the bucket of a stack', { stateBucket: 'state-1' }, '\nThe commands are for --state-bucket state-1.\n'],
  ])('adds to the commands: %s', (_, place, line) => {
    const { text } = alertText(report, place);
    expect(text).toBe(line === '' ? alertText(report).text : `${alertText(report).text.trimEnd()}${line}`);
  });

  it('tells what happened, why, what to do, where the dump is and how to run it again', () => {
    expect(alertText(report)).toEqual({
      subject: 'Plandrop: sales-actuals rejected 12 rows (missing-members), januar fur koln.csv',
      text: `File sales/januar für köln.csv was loaded into model "FY26 Plan" without 12 rows (pipeline sales-actuals).
Import "Load Sales" ran, and 12 rows were rejected.

Why: The file names members that "Products" does not have.

What to check:
1. Add the missing members to the list first.
2. Compare the spelling.

Reasons Anaplan gives:
- Item not located in Products list: 12 times, for example line 14: P-9

The failure dump, with every rejected row and its reason, is at:
s3://state/dumps/2026-11-02-ab12/1-1-112000000002.csv

When the cause is mended, run it again, or drop a file with the mended rows:
  npx plandrop failures redrive 2026-11-02-ab12
Or accept that these rows are left out; the steps after it are then run:
  npx plandrop failures accept 2026-11-02-ab12 --because "…"

Run 2026-11-02-ab12, ended 2026-11-02T06:03:11.000Z; step 1, import "Load Sales" (112000000002); Anaplan task 1B1D; Anaplan code moduleImportInvalidListIdentifier.
`,
    });
  });

  it('lists the members that are missing, one a line, and how many more there are', () => {
    const members = Array.from({ length: 60 }, (_, i) => `P-${i}`);
    const missing = [
      { list: 'Products', members, count: 70 },
      { members: ['x, y'], count: 1 },
    ];
    const { text } = alertText(buildFailureReport(diagnosis, { ...from, missing }));
    expect(text).toContain('Missing from Products, ready to be pasted:\nP-0\nP-1\n');
    expect(text).toContain('\nP-49\n… and 20 more, in the failure dump\n\nMissing, ready to be pasted:\nx, y\n');
  });

  it('says where the rejected rows alone are, to be mended and dropped', () => {
    const repair = 's3://state/repairs/2026-11-02-ab12/1-1-112000000002.csv';
    const report = buildFailureReport(diagnosis, { ...from, outcome: 'succeeded-with-rejects', repair });
    expect(report.repair).toBe(repair);
    expect(alertText(report).text).toContain(
      `The rejected rows alone, under the header of the file, are at:\n${repair}\nCopy that file, mend the copy, and drop it: the other rows are loaded already.`,
    );
  });

  describe('says of the rejected rows alone', () => {
    const drops = 'Drop a file with the mended rows again: the rows that were loaded need not be in it.';
    const told = { ...diagnosis, whatToCheck: ['Compare the spelling.', drops] };
    const given = { ...from, repair: '/repairs/1.csv' };
    const reader = { kind: 'import', name: 'Load Costs' };

    it('that they may be dropped, where no step has still to read a file', () => {
      const { text } = alertText(buildFailureReport(told, given));
      for (const words of ['the other rows are loaded already', '--with', 'or drop a file with the mended rows'])
        expect(text).toContain(words);
      expect(text).not.toContain(drops);
    });

    it.each<[string, Partial<Provenance>, RegExp, boolean]>([
      [
        'where an action before the import may empty what it fills',
        { step: { ordinal: 2, kind: 'import', name: 'Load Assortment' } },
        /\nDo not drop them alone: a drop begins with step 1\. Copy that file, mend the copy, and let this run go on/,
        true,
      ],
      [
        'where an import after it reads the same file too',
        {
          step: { ordinal: 2, kind: 'import', name: 'Load Assortment' },
          stillToRead: { ...reader, sameFile: true },
        },
        /\nDo not drop them alone: a drop begins with step 1\. Mend these rows in the whole file and drop that\.\n/,
        false,
      ],
      [
        'where a process rejected what an import before it loaded',
        { step: { ordinal: 2, kind: 'process', name: 'Load All' } },
        /\nMend these rows in the whole file and drop that\. Do not drop them alone: a drop begins with step 1\.\n/,
        false,
      ],
      [
        'where a second process of a set rejected them',
        { step: { ordinal: 2, kind: 'process', name: 'Load All' }, set: { id: 'march', files: [] } },
        /\nMend .* whole file and drop that in a new set with the others\. Do not drop them alone: a drop begins/,
        false,
      ],
    ])('that they are not dropped %s', (_, change, words, offersWith) => {
      const { text } = alertText(buildFailureReport(told, { ...given, ...change }));
      expect(text).toMatch(words);
      expect(text.includes('--with')).toBe(offersWith);
      expect(text).not.toMatch(/rop a file with|are loaded already|drop it/);
      expect(text).toContain('failures accept');
    });

    it('that those of a process of a set are mended in the whole files, unless it empties nothing', () => {
      const step = { ordinal: 1, kind: 'process', name: 'Load All' };
      const set = { id: 'march', files: [] };
      const repairs = ['A', 'B'].map((file) => ({ file, address: `/repairs/${file}.csv` }));
      const { text } = alertText(buildFailureReport(told, { ...given, step, set, repairs }));
      expect(text).toContain(
        'Mend these rows in the whole files and drop those in a new set with the others; drop them alone only if the process empties nothing.\n',
      );
      expect(text).not.toMatch(/--with|rop a file with/);
      const failed = alertText(buildFailureReport(told, { ...given, step, set, repairs, outcome: 'failed' }));
      expect(failed.text).toContain('\nThey show what to mend.');
    });

    const { drop: _, readsFile: __, ...scheduled } = from;
    it.each<[string, Provenance, boolean]>([
      ['that they may be dropped, where a file started the run', from, true],
      ['nothing, where no file did', scheduled, false],
      [
        'nothing, where the step reads no file',
        { ...scheduled, drop: { bucket: 'b', key: 'a', versionId: 'v' } },
        false,
      ],
      ['nothing, where a set did', { ...from, set: { id: 'march', files: [] } }, false],
      ['nothing, where steps come before', { ...from, step: { ordinal: 2, kind: 'import', name: 'Load' } }, false],
      ['nothing even if no dump can be opened', { ...scheduled, dumpLost: 'gone' }, false],
    ])('without a file of them: %s', (_, given, isTold) => {
      const checks = ['Open the failure dump.', drops];
      const { text } = alertText(buildFailureReport({ ...diagnosis, whatToCheck: checks }, given));
      expect([text.includes(drops), text.includes('or drop a file with')]).toEqual([isTold, isTold]);
    });

    it.each(['failed', 'unknown', 'cancelled'] as const)('that they are not enough, where the step %s', (outcome) => {
      const { text } = alertText(buildFailureReport(told, { ...given, outcome }));
      expect(text).toContain('Do not drop these rows alone: the others may not be loaded.');
      expect(text).not.toMatch(/--with|are loaded already|mend the copy|Drop a file with/);
    });

    it.each([
      ['that the run goes on with them, where a step reads another file', false, {}, 'Do not drop them alone', true],
      ['what has to run first, where a step reads the same file', true, {}, 'only when import "Load Costs" has', false],
      ['that they are not enough, where none were loaded', false, { outcome: 'failed' }, 'Do not drop these', false],
    ] as const)('%s', (_, sameFile, change, words, offersWith) => {
      const stillToRead = { ...reader, sameFile };
      const { text } = alertText(buildFailureReport(told, { ...given, stillToRead, ...change }));
      expect(text).toContain(words);
      expect(text.includes('--with')).toBe(offersWith);
      expect(text).not.toMatch(/rop a file with|are loaded already/);
    });
  });

  it.each([
    ['failed', 'File sales/januar für köln.csv was not loaded into model "FY26 Plan"', 'sales-actuals failed'],
    ['unknown', 'File sales/januar für köln.csv may or may not have been loaded', 'sales-actuals ended unknown'],
    [
      'cancelled',
      'File sales/januar für köln.csv was not loaded into model "FY26 Plan" to the end',
      'sales-actuals was cancelled',
    ],
  ] as const)('says in its first line that a file %s', (outcome, first, subject) => {
    const alert = alertText(buildFailureReport(diagnosis, { ...from, outcome }));
    expect(alert.text.split('\n')[0]).toContain(first);
    expect(alert.subject).toContain(subject);
  });

  describe('never denies what was done:', () => {
    type Change = { [K in keyof Provenance]?: Provenance[K] | undefined };
    const second = { ordinal: 2, kind: 'process', name: 'Recalculate' };
    const inModel = 'file sales/januar für köln.csv in model "FY26 Plan"';
    const set = { id: '2026-01', files: [{ bucket: 'b', key: 'a.csv', versionId: 'v', file: 'Load A' }] };
    it.each<[string, Change, Partial<Diagnosis>, string]>([
      [
        'a second step that failed',
        { outcome: 'failed', step: second },
        {},
        `Pipeline sales-actuals stopped at step 2 with ${inModel}; what step 1 did is done and stays done.`,
      ],
      [
        'a third step that may have run',
        { outcome: 'unknown', step: { ...second, ordinal: 3 } },
        {},
        `Pipeline sales-actuals stopped at step 3 with ${inModel}, and it is not known whether that step was done; what steps 1 to 2 did is done and stays done.`,
      ],
      [
        'a second step that was cancelled',
        { outcome: 'cancelled', step: second },
        {},
        `Pipeline sales-actuals was cancelled at step 2 with ${inModel}; what step 1 did is done and stays done.`,
      ],
      [
        'a second step that was done in part',
        { outcome: 'failed', step: second },
        { appliedInPart: true },
        `Pipeline sales-actuals stopped at step 2 with ${inModel}, and a part of that step is done; what step 1 did is done and stays done.`,
      ],
      [
        'a second step whose rows are not those uploaded',
        { outcome: 'failed', step: second },
        { category: 'row-count' },
        `Pipeline sales-actuals stopped at step 2 with ${inModel}, and it is not certain what that step loaded; what step 1 did is done and stays done.`,
      ],
      [
        'the second step of a set',
        { outcome: 'failed', step: second, drop: undefined, set },
        {},
        'Pipeline sales-actuals stopped at step 2 with set 2026-01 (1 file) in model "FY26 Plan"; what step 1 did is done and stays done.',
      ],
      [
        'the second step of a schedule',
        { outcome: 'failed', step: second, drop: undefined },
        {},
        'Pipeline sales-actuals stopped at step 2 in model "FY26 Plan"; what step 1 did is done and stays done.',
      ],
      [
        'rows that are not those uploaded',
        { outcome: 'failed' },
        { category: 'row-count' },
        'It is not certain what of file sales/januar für köln.csv was loaded into model "FY26 Plan" (pipeline sales-actuals).',
      ],
      [
        'a step that was done in part',
        { outcome: 'failed' },
        { appliedInPart: true },
        'File sales/januar für köln.csv was not landed into model "FY26 Plan" to the end: a part of the step is done (pipeline sales-actuals).',
      ],
      [
        'an internal error of a task',
        { outcome: 'failed' },
        { category: 'service' },
        'File sales/januar für köln.csv was loaded into model "FY26 Plan" in part, or not at all (pipeline sales-actuals).',
      ],
      [
        'a task that tells nothing',
        { outcome: 'failed' },
        { category: 'unrecognised' },
        'It is not certain what of file sales/januar für köln.csv was loaded into model "FY26 Plan" (pipeline sales-actuals).',
      ],
      [
        'a later step that does not read the file',
        { step: { ordinal: 3, kind: 'import', name: 'Facts From Hub' }, readsFile: undefined },
        {},
        'Pipeline sales-actuals with file sales/januar für köln.csv in model "FY26 Plan": step 3 (import "Facts From Hub") ran with rejected rows; what steps 1 to 2 did is done and stays done.',
      ],
      [
        'a first step that does not read the file',
        { outcome: 'unknown', step: { ordinal: 1, kind: 'action', name: 'Clear' }, readsFile: undefined },
        {},
        'Pipeline sales-actuals with file sales/januar für köln.csv in model "FY26 Plan": step 1 (action "Clear") ended, and it is not known how; the file was not loaded.',
      ],
      [
        'a step without a file that was done in part',
        { outcome: 'failed', drop: undefined },
        { appliedInPart: true },
        'Pipeline sales-actuals in model "FY26 Plan" failed, and a part of it is done.',
      ],
      [
        'a run that was cancelled before its task',
        { outcome: 'cancelled' },
        { references: {} },
        'File sales/januar für köln.csv was not loaded into model "FY26 Plan", because the run was cancelled (pipeline sales-actuals).',
      ],
    ])('%s', (_, change, why, first) => {
      const { text } = alertText(buildFailureReport({ ...diagnosis, ...why }, { ...from, ...change } as Provenance));
      expect(text.split('\n')[0]).toBe(first);
    });

    it('says where a run that stopped goes on, and where a file that is dropped again begins', () => {
      for (const outcome of ['failed', 'unknown', 'cancelled'] as const) {
        const { text, subject } = alertText(buildFailureReport(diagnosis, { ...from, outcome, step: second }));
        expect(text).toContain(
          'redrive 2026-11-02-ab12\nThat goes on with step 2; the file dropped again begins with step 1.\n',
        );
        expect(subject).toMatch(/ at step 2 \(missing-members\), januar/);
      }
    });
  });

  it('says of an unknown run that it must be settled before it is run again, and what waits', () => {
    const { text } = alertText(
      buildFailureReport(diagnosis, { ...from, outcome: 'unknown', holdLane: 'the task may still run' }),
    );
    expect(text.indexOf('runs settle')).toBeGreaterThan(0);
    expect(text.indexOf('runs settle')).toBeLessThan(text.indexOf('failures redrive'));
    expect(text).toContain('npx plandrop lanes release "FY26 Plan"');
  });

  it('says of a wrong file of a set that it is dropped in a new one, because a redrive takes no single file of it', () => {
    const set = { id: '2026-01', files: [{ bucket: 'b', key: 'a.csv', versionId: 'v', file: 'Load A' }] };
    const wrong = { ...diagnosis, category: 'source-file' as const };
    const { text } = alertText(buildFailureReport(wrong, { ...from, outcome: 'failed', set }));
    expect(text).toContain('Drop the mended file in a new set with the others. Or run it again with the same files,');
    expect(text).not.toContain('--with');
  });

  describe('says how a run with a wrong file is run again', () => {
    const set = { id: '2026-01', files: [{ bucket: 'b', key: 'a.csv', versionId: 'v', file: 'Load A' }] };
    const { step: _, readsFile: __, ...never } = from;
    const hub = { ...never, step: { ordinal: 2, kind: 'import', name: 'Facts From Hub' } };
    const recalculating = { ...never, step: { ordinal: 2, kind: 'process', name: 'Recalculate' } };
    const gone = { references: { versionId: 'v' } };
    const again = /When the cause is mended, run it again:\n {2}npx plandrop failures redrive \S+\n/;
    it.each<[string, Provenance, Partial<Diagnosis>, RegExp, RegExp]>([
      ['of an import', from, {}, /--with <the mended file>\nOr with the same file, if/, /When the cause/],
      ['of an import, that is gone', from, gone, /--with <the file>\n/, /same file|mended/],
      [
        'of a set, one of which is gone',
        { ...from, set },
        gone,
        /Drop the file again, in a new set/,
        /same files|failures redr/,
      ],
      [
        'of a file that is gone, at a process',
        recalculating,
        gone,
        /Drop the file again\. That begins/,
        /failures redr/,
      ],
      ['of a set that never began', { ...never, set }, {}, again, /rop the mended/],
      ['of a set, at a step that reads none of it', { ...hub, set }, {}, again, /rop the mended/],
      ['at an import from another model', hub, {}, again, /--with/],
    ])('%s', (_, given, why, words, never) => {
      const wrong = { ...diagnosis, category: 'source-file' as const, ...why };
      const { text } = alertText(buildFailureReport(wrong, { ...given, outcome: 'failed' }));
      expect(text).toMatch(words);
      expect(text).not.toMatch(never);
    });

    it.each([
      ['a file', from, '1. Then redrive the run with the mended file. This step has loaded'],
      ['a set', { ...from, set }, '1. Then drop the mended file in a new set. This step has loaded'],
    ] as const)('also among what is to be checked, for %s', (_, given, words) => {
      const wrong = { ...diagnosis, whatToCheck: [WITH_MENDED_FILE] };
      expect(alertText(buildFailureReport(wrong, { ...given, outcome: 'failed' })).text).toContain(words);
    });
  });

  it('speaks of the pipeline where no file is concerned', () => {
    const { drop: _, ...scheduled } = { ...from, outcome: 'failed' as const, scheduledFor: '2026-11-02T06:00:00Z' };
    const { text, subject } = alertText(buildFailureReport(diagnosis, scheduled));
    expect(text.split('\n')[0]).toBe('Pipeline sales-actuals in model "FY26 Plan" failed.');
    expect(subject).toBe('Plandrop: sales-actuals failed (missing-members)');
  });

  it('has a subject that SNS takes, whatever the names', () => {
    for (const name of ['x'.repeat(300), '日本語\n\r\t\u0000', 'ﬀ'.repeat(90), '']) {
      const { subject } = alertText(
        buildFailureReport(diagnosis, {
          ...from,
          pipeline: name,
          drop: { bucket: 'b', key: `a/${name}`, versionId: 'v' },
        }),
      );
      expect(subject.length).toBeLessThan(100);
      expect(subject).toMatch(/^[ -~]+$/);
    }
  });
});
