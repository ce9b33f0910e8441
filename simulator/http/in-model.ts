import { ApiError, GatewayError } from '../engine/api-error.ts';
import type { Model } from '../engine/model.ts';
import type { Ctx, Simulation } from './context.ts';

/** What kind of call it is, as far as the model's state and busyness matter to it. */
export interface CallKind {
  /** waits while a task runs (anaplan-notes: Busy model) */
  waits?: boolean;
  /** changes something: refused on a locked model */
  changes?: boolean;
  /** starts a task: refused on a deployed model, too */
  starts?: boolean;
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
    const answer = await model.asOf(c.env.at, async () => {
      refuseByState(model, kind);
      const free = model.use(c.env.at, kind.waits === true);
      return free === undefined ? work(model) : free;
    });
    if (answer instanceof Response) return answer;
    if (answer > until) {
      c.env.at = await c.env.hold(until);
      throw new GatewayError(504, 'Gateway Time-out', simulation.tenant.quirks.gatewayAnswersHtml);
    }
    c.env.at = await c.env.hold(answer);
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
