import { UnusableCredentialsError } from '../shared/anaplan/errors.ts';
import { AnaplanCallError, type CallFailure } from '../shared/anaplan/failure.ts';
import type { AnaplanClient } from '../shared/anaplan/index.ts';
import type { ActionRef, ModelRef } from '../shared/anaplan/types.ts';
import { classifyCall } from '../shared/diagnosis/classify-call.ts';
import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';
import { actionKindOf, type FrozenStep } from '../shared/pipeline/frozen-pipeline.ts';
import { MissingCredentialsError } from '../shared/ports/secrets.ts';
import type { RunEvent } from '../shared/run/decide.ts';
import type { Turn } from '../shared/run/held-turn.ts';
import type { BegunRun } from '../shared/run/run.ts';
import { RotatingRefreshTokenError, rotationRefused } from './refuse-rotation.ts';
import type { Services } from './services.ts';

/** What the stages that call Anaplan share: whom they call about what, and how a failed call becomes an event. */

export function modelOf({ pipeline }: BegunRun): ModelRef {
  return { workspaceId: pipeline.workspaceId, modelId: pipeline.modelId };
}

export function stepOf(run: BegunRun): FrozenStep {
  const step = run.pipeline.steps[run.position.step];
  if (step === undefined)
    throw new Error(`run ${run.runId} stands at step ${run.position.step}, which its pipeline does not have`);
  return step;
}

export function actionOf(run: BegunRun): ActionRef {
  const step = stepOf(run);
  return { kind: actionKindOf(step.kind), id: step.objectId };
}

/**
 * The client for one turn: no request of it outlives the turn's claim, and what it repeats by itself is kept in the ledger with
 * the next commit, so that a person sees every retry.
 */
export function anaplanFor(turn: Turn, services: Services): AnaplanClient {
  return services.anaplan.with({
    deadline: turn.requestsEndAt,
    onExchange: (exchange) => turn.keepRequest(exchange),
    onRetry: ({ failure, delayMs }) => {
      noteUnanswered(turn, failure);
      turn.remember({ kind: 'repeated', diagnosis: classify(failure, turn.run), delaySeconds: delayMs / 1000 });
    },
  });
}

const FILE_CALLS: ReadonlySet<CallFailure['call']> = new Set(['announce', 'chunk', 'complete', 'delete-file']);

/** A file call whose answer never came may still act later: the lane is not released before the model has answered another. */
export function noteUnanswered(turn: Turn, failure: CallFailure): void {
  // A gateway that gave up says nothing about what the model behind it still does.
  const byAnaplan = failure.kind === 'http' && (failure.envelope || (failure.status < 500 && failure.status !== 408));
  const answered = byAnaplan || (failure.kind === 'network' && !failure.reached);
  if (!answered && FILE_CALLS.has(failure.call)) turn.remember({ kind: 'file-call-unanswered' });
}

/** Whether Anaplan itself refused the call, or it never left this machine: then nothing of it has acted, now or later. */
export function isRefused(failure: CallFailure): boolean {
  if (failure.kind === 'network') return !failure.reached;
  if (failure.kind !== 'http' || !failure.envelope) return false;
  return failure.status === 503 || (failure.status >= 400 && failure.status < 500 && failure.status !== 408);
}

/** @throws the error itself when it is not a failed call: then it is a bug, and the poison queue decides */
export function diagnose(error: unknown, run: BegunRun): Diagnosis {
  if (error instanceof MissingCredentialsError || error instanceof UnusableCredentialsError) return noWayIn(error, run);
  if (error instanceof RotatingRefreshTokenError) return rotationRefused(run.pipeline.name);
  if (!(error instanceof AnaplanCallError)) throw error;
  return classify(error.failure, run);
}

/** Told without asking Anaplan: a person has to mend the credentials, and no retry would. */
function noWayIn(error: Error, { pipeline }: BegunRun): Diagnosis {
  return {
    category: 'configuration',
    cause: 'The credentials for Anaplan are missing or cannot be used, so Anaplan was not asked.',
    message: `Pipeline "${pipeline.name}" cannot sign in to Anaplan: ${error.message}`,
    whatToCheck: ['Mend the credentials as said: the secret of the stack, or the ANAPLAN_… variables of this machine.'],
    retry: { kind: 'no' },
    references: { pipeline: pipeline.name },
  };
}

function classify(failure: CallFailure, run: BegunRun): Diagnosis {
  const step = stepOf(run);
  const diagnosis = classifyCall(failure, { object: `${step.kind} "${step.name}"`, model: run.pipeline.modelName });
  if (failure.kind !== 'http') return diagnosis;
  const { method, path, status, body } = failure;
  return { ...diagnosis, http: { method, path, status, body } };
}

export function hinderedBy(error: unknown, run: BegunRun): RunEvent {
  return { kind: 'hindered', diagnosis: diagnose(error, run) };
}
