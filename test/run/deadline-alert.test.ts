import { expect, it } from 'vitest';
import { deadlineAlert, isDeadlineUntold } from '../../shared/run/deadline-alert.ts';
import { decide } from '../../shared/run/decide.ts';
import { AT, aRun } from './a-run.ts';

const late = aRun({ deadline: new Date(AT).toISOString() });

it('is due once, when the deadline has passed', () => {
  expect(isDeadlineUntold(late, AT)).toBe(false);
  expect(isDeadlineUntold(late, AT + 1)).toBe(true);
  const told = decide(late, { kind: 'deadline-told' }, { now: AT + 1, random: () => 0.5 });
  expect(isDeadlineUntold(told, AT + 60_000)).toBe(false);
  expect(told.ended).toBeNull();
});

it('names what still runs, where, and since when it should be over', () => {
  const { id, subject, text } = deadlineAlert(late);
  expect(id).toBe(`${late.runId}-deadline`);
  expect(subject).toBe('Plandrop: sales is late');
  expect(text).toContain('The task of import "Load Sales" in model "FY26 Plan" still runs');
  expect(text).toContain(new Date(AT).toISOString());
});
