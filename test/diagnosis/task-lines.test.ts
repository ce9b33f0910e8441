import { describe, expect, it } from 'vitest';
import type { Task, TaskResult } from '../../shared/anaplan/types.ts';
import { taskLines } from '../../shared/diagnosis/task-lines.ts';

const line = (text: string) => ({ type: 'someCode', localMessageText: text, occurrences: 2, values: {} });
const said = (texts: readonly string[], more: Partial<TaskResult> = {}): TaskResult => ({
  failureDumpAvailable: false,
  details: texts.map(line),
  nestedResults: [],
  ...more,
});
const task = (result: TaskResult): Task => ({ taskId: 'T1', taskState: 'COMPLETE', result });
const texts = (of: Task, names: Record<string, string> = {}) => taskLines(of, names).map(({ text }) => text);

describe('the lines of a task', () => {
  it('of an action are its own', () => {
    expect(taskLines(task(said(['7 rows'])))).toEqual([{ type: 'someCode', text: '7 rows', occurrences: 2 }]);
    expect(taskLines({ taskId: 'T1', taskState: 'IN_PROGRESS' })).toEqual([]);
  });

  it('of a process name the action they are about, by its name as far as it is known', () => {
    const process = said(['Process failed'], {
      nestedResults: [
        said(['10 rows'], { objectId: '112000000001', successful: true }),
        said(['No file'], { objectId: '112000000002', objectName: 'Load Sales', successful: false }),
        said(['Odd'], { objectId: '112000000003', successful: true }),
        said(['Nameless'], { successful: true }),
      ],
    });
    expect(texts(task(process), { '112000000001': 'Load Products' })).toEqual([
      'Process failed',
      '"Load Sales": No file',
      '"Load Products": 10 rows',
      '"112000000003": Odd',
      'Nameless',
    ]);
  });

  it('have the failed action among them, however much the others said', () => {
    const talkative = said(Array(40).fill('much'), { objectId: '1', successful: true });
    const process = said([], {
      nestedResults: [
        ...Array<TaskResult>(30).fill(talkative),
        said([], { nestedResults: [said(['why'], { objectId: '2', successful: false })] }),
      ],
    });
    const lines = texts(task(process), { __proto__: 'x', constructor: 'y' });
    expect(lines[0]).toBe('"2": why');
    expect(lines).toHaveLength(50);
  });
});
