import { describe, expect, it } from 'vitest';
import { alertText } from '../../shared/diagnosis/alert-text.ts';
import { buildFailureReport } from '../../shared/diagnosis/failure-report.ts';
import { releaseCommand } from '../../shared/diagnosis/release-command.ts';
import { settledAlert } from '../../shared/run/settled-alert.ts';
import { aPipeline, aRun } from '../run/a-run.ts';

const SHELL_CODE = 'FY26 "Live" $HOME `id`';

describe('the command that releases a lane', () => {
  it.each([
    ['names the model', 'FY26 Plan_v1.2-b', '"FY26 Plan_v1.2-b"'],
    ['names it in any letters', 'Größe 計画', '"Größe 計画"'],
    ['has the id where a shell would run a part of the name', SHELL_CODE, '75A4'],
    ['has the id where the name closes the quotes', 'FY26"; x', '75A4'],
    ['has the id where a shell keeps its history', 'Live!', '75A4'],
    ['has the id where the name looks like an option', '--help', '75A4'],
    ['has the id where the name is too long to be shown', 'x'.repeat(121), '75A4'],
    ['has the id where blanks would be lost', 'FY26  Plan', '75A4'],
  ])('%s', (_, name, shown) => {
    expect(releaseCommand({ name, id: '75A4' })).toBe(`npx plandrop lanes release ${shown}`);
  });

  it('says where the id is where it is not known, or is none', () => {
    const command = 'npx plandrop lanes release <the id that npx plandrop lanes shows>';
    expect([releaseCommand({ name: '$HOME' }), releaseCommand({ name: '$HOME', id: '`id`' })]).toEqual([
      command,
      command,
    ]);
  });

  it('has nothing of such a name in an alert', () => {
    const diagnosis = {
      category: 'conflict' as const,
      cause: 'Something else.',
      message: 'Nobody knows.',
      whatToCheck: [],
      retry: { kind: 'no' as const },
      references: {},
    };
    const { text } = alertText(
      buildFailureReport(diagnosis, {
        runId: '2026-11-02-ab12',
        pipeline: 'sales',
        model: { name: SHELL_CODE, id: '75A4' },
        outcome: 'unknown',
        at: '2026-11-02T06:03:11.000Z',
        holdLane: 'the task may still run',
      }),
    );
    expect(text).toContain('npx plandrop lanes release 75A4\n');
  });

  it('has nothing of such a name in the alert of a settled run', () => {
    const run = aRun({ pipeline: { ...aPipeline, modelName: SHELL_CODE, modelId: '75A4' } });
    const { text } = settledAlert(run, { kind: 'settled', as: 'failed', evidence: 'The task failed.' });
    expect(text).toContain('npx plandrop lanes release 75A4\n');
  });
});
