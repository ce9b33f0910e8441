import { describe, expect, it } from 'vitest';
import * as schemas from '../../shared/anaplan/schemas.ts';
import type { TaskDetail, TaskResult } from '../../shared/anaplan/types.ts';
import { classifyTask } from '../../shared/diagnosis/classify-task.ts';
import {
  complete,
  dump,
  employees,
  exported,
  invalidParent,
  nightly,
  noFile,
  notAuthorised,
  result,
  thirteen,
  twoFailed,
  units,
  warnings,
} from './task-results.ts';

describe('a process', () => {
  const good = (objectId: string) => result({ objectId, successful: true, details: [employees] });
  const partly = result({
    objectId: '112000000006',
    successful: false,
    failureDumpAvailable: true,
    details: [twoFailed, invalidParent],
  });
  const broken = result({ objectId: '112000000007', successful: false, details: [notAuthorised] });

  it.each([
    [
      'whose actions are fine is fine, even with successful: false',
      [good('112000000006'), result({ objectId: '116000000009', successful: true, details: [exported] })],
      { successful: false },
      'succeeded',
    ],
    [
      'whose nested results say nothing but success is fine',
      [result({ successful: true }), result({ successful: true })],
      { successful: false },
      'succeeded',
    ],
    [
      'whose actions say only what they counted is fine, even with successful: false',
      [result({ objectId: '112000000006', details: [thirteen] }), result({ details: [units] })],
      { successful: false },
      'succeeded',
    ],
    [
      'that says only what it counted is fine, even with successful: false',
      [],
      { successful: false, details: [units] },
      'succeeded',
    ],
    [
      'fails when an action counts nothing amiss and was not successful',
      [good('112000000006'), result({ objectId: '112000000007', successful: false, details: [thirteen] })],
      { successful: false },
      'failed',
    ],
    [
      'is harmed by rejects of one action',
      [partly, good('112000000007')],
      { successful: false, failureDumpAvailable: true },
      'succeeded-with-rejects',
    ],
    ['is harmed by rejects although it says success', [partly], { successful: true }, 'succeeded-with-rejects'],
    ['fails when one action fails', [good('112000000006'), broken], { successful: false }, 'failed'],
    [
      'fails when one fails and another rejects',
      [partly, broken],
      { successful: false, failureDumpAvailable: true },
      'failed',
    ],
    [
      'fails when a nested action says nothing but failure',
      [good('112000000006'), result({ objectId: '117000000001', successful: false })],
      { successful: false },
      'failed',
    ],
    ['fails by its own words', [good('112000000006')], { successful: false, details: [notAuthorised] }, 'failed'],
    ['that ran nothing and was not successful fails', [], { successful: false }, 'failed'],
    ['that ran nothing and was successful is fine', [], { successful: true }, 'succeeded'],
  ] as const)('%s', (_, nestedResults, own, outcome) => {
    expect(classifyTask(complete({ objectId: '118000000002', nestedResults, ...own }), nightly).outcome).toBe(outcome);
  });

  describe('whose result is long', () => {
    const many = (count: number, last: TaskResult) => [
      ...Array<TaskResult>(count - 1).fill(good('112000000006')),
      last,
    ];
    const lines = (count: number) => result({ successful: true, details: Array<TaskDetail>(count).fill(units) });
    const flagged = (id: number) =>
      result({ objectId: `${id}`, successful: true, failureDumpAvailable: true, details: [warnings] });

    it.each([
      ['is judged by its 201st action as by any other', many(201, broken), 'failed', 'failed in "Load Sales"'],
      ['of 2,000 actions that are fine is fine', many(2000, good('112000000007')), 'succeeded', undefined],
      [
        'of more actions than are read is not called fine',
        many(2001, good('112000000007')),
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'of which an action has more lines than are read is not called fine',
        [lines(2001)],
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'whose actions have more lines together than are read is not called fine',
        Array<TaskResult>(56).fill(lines(1800)),
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'of more dumps than are fetched is not called fine',
        Array.from({ length: 201 }, (_, id) => flagged(id)),
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'that is cut says what was rejected in the rest',
        many(2001, broken).toSpliced(0, 1, partly),
        'failed',
        'At least 2 rows were rejected. Most frequent: "Invalid parent" (2 times). Already applied: ',
      ],
    ])('%s', (_, nestedResults, outcome, words) => {
      const classified = classifyTask(complete({ successful: false, nestedResults }), nightly);
      expect(classified.outcome).toBe(outcome);
      if (words === undefined) expect(classified.diagnosis).toBeUndefined();
      else expect(classified.diagnosis?.message).toContain(words);
      expect(classified.dumps.length).toBeLessThanOrEqual(200);
    });

    it('is not called fine either where the client has kept only a part of it', () => {
      const answered = complete({ successful: true, nestedResults: many(3000, broken) });
      expect(classifyTask(schemas.task.parse(answered), nightly).outcome).toBe('failed');
    });
  });

  it('whose step failed fails', () => {
    const task = complete({ successful: false, nestedResults: [good('112000000006')] }, { currentStep: 'Failed.' });
    expect(classifyTask(task, nightly).outcome).toBe('failed');
  });

  it('names the action that failed and what is already applied', () => {
    const { diagnosis } = classifyTask(
      complete({ successful: false, nestedResults: [good('112000000006'), broken] }),
      nightly,
    );
    expect(diagnosis).toMatchObject({
      category: 'permission',
      code: 'notAuthorised',
      cause: 'The integration user may not run "Load items".',
      message:
        'Process "Nightly" failed in "Load Sales": Anaplan says "You are not authorised to run Load items". Already applied: "Load Products".',
    });
    expect(diagnosis?.references).toMatchObject({
      failedObjectId: '112000000007',
      failedObject: 'Load Sales',
      taskId: '1B1D',
    });
  });

  it('announces the dumps of its actions, each once', () => {
    const task = complete({
      successful: false,
      failureDumpAvailable: true,
      nestedResults: [good('112000000007'), partly, partly],
    });
    expect(classifyTask(task, nightly).dumps).toEqual([{ objectId: '112000000006', ordinal: 2, nested: true }]);
  });

  it('that alone announces a dump asks the action that went wrong', () => {
    const silent = result({ objectId: '112000000006', successful: false, details: [twoFailed] });
    const task = complete({
      successful: false,
      failureDumpAvailable: true,
      nestedResults: [good('112000000007'), silent],
    });
    expect(classifyTask(task, nightly).dumps).toEqual([{ objectId: '112000000006', ordinal: 2, nested: true }]);
  });

  it.each([
    [
      'by the object they name',
      [
        { objectId: '112000000007', warned: 2 },
        { objectId: '112000000006', rejected: 4 },
      ],
      4,
    ],
    ['in the order announced, where they name none', [{ rejected: 3 }, { warned: 2 }], 3],
  ])('gives its dumps to its actions %s', (_, dumps, rejected) => {
    const silent = result({
      objectId: '112000000007',
      successful: false,
      failureDumpAvailable: true,
      details: [units],
    });
    const task = complete({ successful: false, failureDumpAvailable: true, nestedResults: [partly, silent] });
    const classified = classifyTask(task, { ...nightly, dumps: dumps.map((of) => dump(of)) });
    expect(classified.nested?.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['Load Products', 'succeeded-with-rejects'],
      ['Load Sales', 'succeeded'],
    ]);
    expect([classified.counts?.rejected, classified.counts?.warned, classified.rejectedAtLeast]).toEqual([
      rejected,
      2,
      undefined,
    ]);
  });

  it('is not told that a redrive uploads a file, unless its `files:` names it', () => {
    const silent = result({ objectId: '112000000006', successful: false, details: [noFile] });
    const task = complete({ successful: false, nestedResults: [silent] });
    const [first, second] = classifyTask(task, nightly).diagnosis?.whatToCheck ?? [];
    expect(first).toContain('Plandrop uploads for a process only what `files:` of its step names.');
    expect(second).toBe('If `files:` names it already, redrive the run: it uploads the file again.');
  });

  it('gives no total of rows, which may be those of several files', () => {
    const classified = classifyTask(complete({ successful: true, nestedResults: [good('a'), good('b')] }), nightly);
    expect([classified.totalRows, classified.counts?.processed, classified.nested?.[0]?.totalRows]).toEqual([
      undefined,
      190,
      95,
    ]);
  });
});
