import { ApiError, GatewayError } from '../engine/api-error.ts';
import type { Model } from '../engine/model.ts';
import type { Ctx, Simulation } from './context.ts';

/** How long, in the clock's milliseconds, a call that only looks waits for the work of an import that takes its time. */
const PATIENCE_MS = 1000;

/** What kind of call it is, as far as the model's state and busyness matter to it. */
export interface CallKind {
  /** waits while a task runs (anaplan-notes: Busy model) */
  waits?: boolean;
  /** changes something: refused on a locked model */
  changes?: boolean;
  /** starts a task: refused on a deployed model, too */
  starts?: boolean;
  /**
   * Answered though the model is still at work on a big file that should have been done by now: the task is then simply still
   * in progress. Where the clock stands still it never comes to that.
   */
  looks?: boolean;
}

/** Finds the model of a request, refuses what its state forbids, waits for it, and does the work as of the time it then is. */
export async function inModel(
  simulation: Simulation,
  c: Ctx,
  kind: CallKind,
  work: (model: Model) => Response | Promise<Response>,
): Promise<Response> {
  const model = simulation.tenant.modelAt(c.req.param('modelId') ?? '', c.req.param('workspaceId'));
  simulation.tenant.requireAccess(c.get('user'), model);
  const until = c.env.at + simulation.tenant.settings.holdSeconds * 1000;
  for (;;) {
    const attempt = () => {
      refuseByState(model, kind);
      return model.use(c.env.at, kind.waits === true) ?? work(model);
    };
    const answer = await (kind.looks ? impatiently(c, model, attempt) : model.asOf(c.env.at, attempt));
    if (answer instanceof Response) return answer;
    if (answer > until) {
      c.env.at = await c.env.hold(until);
      throw new GatewayError(504, 'Gateway Time-out', simulation.tenant.quirks.gatewayAnswersHtml);
    }
    c.env.at = await c.env.hold(answer);
  }
}

/** Does the attempt once the model is up to date, or when patience ends, but never twice. */
export async function impatiently<T>(c: Ctx, model: Model, attempt: () => T | Promise<T>): Promise<T> {
  let taken: Promise<T> | undefined;
  const once = () => {
    taken ??= (async () => attempt())();
    return taken;
  };
  const done = new AbortController();
  const settled = model.asOf(c.env.at, once);
  try {
    const first = await Promise.race([settled.then(() => 'settled'), c.env.patience(PATIENCE_MS, done.signal)]);
    return await (first === 'settled' ? settled : once());
  } finally {
    // With a reason of its own, because the default one is an error with a stack, made for nobody.
    done.abort('over');
  }
}

function refuseByState(model: Model, kind: CallKind): void {
  switch (model.state) {
    case 'UNLOCKED':
      return;
    case 'ARCHIVED':
      throw new ApiError(422, 'The model is archived');
    case 'MAINTENANCE':
    case 'PRODUCTION_MAINTENANCE':
      throw new ApiError(424, 'The model is offline');
    case 'LOCKED':
      if (kind.changes || kind.starts) throw new ApiError(423, 'The model is locked');
      return;
    case 'PRODUCTION':
      if (kind.starts) throw new ApiError(425, 'The model is in deployed mode');
      return;
    default:
      model.state satisfies never;
  }
}
