import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { RunServices } from './services.ts';
import { dropsOf, runIdOf, type Trigger, triggerTime } from './trigger.ts';

const DAY_MS = 86_400_000;

type Remembering = Pick<RunServices, 'clock' | 'retentionDays'>;

/** Whether something of `time` (ISO 8601) may have had its run, and its ledger be gone since. */
export function isForgotten({ clock, retentionDays }: Remembering, time: string): boolean {
  return retentionDays !== undefined && clock.now() - Date.parse(time) > retentionDays * DAY_MS;
}

/** Why a trigger is not followed that is older than the ledgers that are kept; undefined when it is not. */
export function tooOld(
  services: Remembering,
  { pipelineName, trigger }: { pipelineName: string; trigger: Trigger },
): Diagnosis | undefined {
  const time = triggerTime(trigger);
  if (!isForgotten(services, time)) return undefined;
  const [drop] = dropsOf(trigger);
  const runId = runIdOf(pipelineName, trigger);
  return {
    category: drop === undefined ? 'configuration' : 'source-file',
    cause: `It is older than the ${services.retentionDays} days for which Plandrop remembers its runs (keepDays), so it may have been run before.`,
    message: `${drop?.key ?? `A run of pipeline "${pipelineName}"`} is of ${time}, and was asked for only now. Nothing was loaded.`,
    whatToCheck: [
      'See what announced something so old: a replayed event, or a notification for files that were there already.',
      `If it was never loaded and is to be, run it: plandrop failures redrive ${runId}`,
    ],
    retry: { kind: 'no' },
    references: { pipeline: pipelineName },
  };
}
