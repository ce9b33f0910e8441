import type { TaskResult } from '../anaplan/types.ts';

/** More than any process has actions: a hostile result must not hold up a run. */
const MAX_ACTIONS = 2_000;
/** More than any module has line items, and of all actions together. */
const MAX_LINES_EACH = 2_000;
const MAX_LINES = 100_000;

/** A task's result, as far as it is read. */
export interface ResultParts {
  /** what the task says of itself; its nested results are those of the answer */
  own: TaskResult;
  /** the actions of a process, in order */
  actions: readonly TaskResult[];
  /** there are more actions or lines than are read */
  isCut: boolean;
}

/** Takes a result apart; nesting of any depth, without recursion. Lines of the task itself are read first. */
export function resultParts(result: TaskResult): ResultParts {
  const { actions, hasMore } = actionsOf(result);
  const parts = [result, ...actions];
  let left = MAX_LINES;
  const bounded = parts.map((part) => {
    const details = part.details.slice(0, Math.min(left, MAX_LINES_EACH));
    left -= details.length;
    return { ...part, details };
  });
  const [own = result, ...read] = bounded;
  return { own, actions: read, isCut: hasMore || linesOf(bounded) < linesOf(parts) };
}

function linesOf(parts: readonly TaskResult[]): number {
  return parts.reduce((sum, { details }) => sum + details.length, 0);
}

function actionsOf({ nestedResults }: TaskResult): { actions: TaskResult[]; hasMore: boolean } {
  const actions: TaskResult[] = [];
  const waiting = firstOf(nestedResults, MAX_ACTIONS).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (actions.length === MAX_ACTIONS) return { actions, hasMore: true };
    actions.push(next);
    waiting.push(...firstOf(next.nestedResults, MAX_ACTIONS - actions.length).reverse());
  }
  return { actions, hasMore: false };
}

/** One more than is read tells that there are more. */
function firstOf(results: readonly TaskResult[], read: number): TaskResult[] {
  return results.slice(0, read + 1);
}
