import * as z from 'zod';
import { errorText } from '../../shared/run/crash-note.ts';
import { readRun } from '../../shared/run/ledger.ts';
import type { RunMessage } from '../../shared/run/message.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { Services } from '../services.ts';
import { NO_PIPELINE } from '../strange-message.ts';

/** @returns why the ledger entry of the run cannot be understood, which no trying again heals; undefined when it can, or is gone */
export async function whyUnreadable({ runId }: RunMessage, services: Services): Promise<Error | undefined> {
  try {
    await readRun(services, runId);
    return undefined;
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return error;
    throw error;
  }
}

/**
 * A run whose ledger entry cannot be read can neither go on nor end, and keeps its lane. That is reported as a run of its own that has
 * failed, once, however many messages of the run are buried; should the entry be mended, the watch finds the run and lets it go on.
 */
export async function reportUnreadable({ runId }: RunMessage, error: Error, services: Services): Promise<void> {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)-/.exec(runId) ?? [];
  const requestedAt = `${year}-${month}-${day}T00:00:00.000Z`;
  const why = error instanceof z.ZodError ? placeOf(error) : errorText(error);
  const diagnosis = {
    category: 'internal',
    cause: 'The ledger entry of the run was written by another version of Plandrop, or was changed by hand.',
    message: `Run ${runId} stands still: its ledger entry cannot be read (${why}).`,
    whatToCheck: [
      'If another version of Plandrop was deployed since, deploy that one again: the run goes on by itself.',
      `Else put back the version before of runs/…/${runId}.json in the state store, which keeps them.`,
      'Look in Anaplan whether a task of the run finished, before anything is loaded again; its lane stays held.',
    ],
    retry: { kind: 'no' },
    references: { runId },
  } as const;
  const trigger = { kind: 'manual', requestId: `ledger of ${runId}`, requestedAt } as const;
  await openRun(services, { pipelineName: NO_PIPELINE, trigger, pipeline: { ok: false, diagnosis } });
  services.log.error('A run whose ledger entry cannot be read was reported.', { runId, error: why });
}

function placeOf({ issues: [issue] }: z.ZodError): string {
  return `at ${issue?.path.join('.') || 'its top'}: ${errorText(issue?.message ?? 'it does not fit')}`;
}
