import type { Store } from '../shared/ports/store.ts';
import { nextTryAt, placeIn, type Trouble } from '../shared/run/burst.ts';
import { unsentAlerts } from '../shared/run/send-alert.ts';
import { openBursts } from '../shared/run/tell-failure.ts';

/** That nobody has been told of a run yet, and why: it is counted for a summary, or the alert could not be sent. */
export interface OwedAlert {
  /** `counted`: one like it was told of, and a summary follows after `due`. `unsent`: it is tried again after `due`. */
  state: 'counted' | 'unsent';
  /** ISO 8601 in UTC */
  due: string;
  /** the run whose alert was sent, or is to be sent, at once */
  like: string;
  tries?: number;
  because?: string;
}

/** @returns undefined when the alert of the run was sent, or none is due */
export async function owedAlert(opened: { state: Store }, runId: string): Promise<OwedAlert | undefined> {
  for await (const { alert, trouble } of unsentAlerts(opened)) {
    if (alert.run === runId) return unsent(trouble, runId);
  }
  for await (const burst of openBursts(opened)) {
    const place = placeIn(burst, runId);
    if (place === undefined || (place === 'first' && burst.first.told)) continue;
    const { trouble, closesAt, first } = burst;
    if (trouble === null) return { state: place === 'first' ? 'unsent' : 'counted', due: closesAt, like: first.runId };
    return unsent(trouble, first.runId);
  }
  return undefined;
}

function unsent(trouble: Trouble, like: string): OwedAlert {
  const { times: tries, because } = trouble;
  return { state: 'unsent', due: new Date(nextTryAt(trouble)).toISOString(), like, tries, because };
}

export function sayOwed({ state, due, like, tries, because }: OwedAlert): string {
  if (state === 'counted') return `counted with run ${like}, which an alert told of; a summary follows after ${due}`;
  if (because === undefined) return 'its alert has not been sent yet';
  return `its alert could not be sent (${tries === 1 ? 'one try' : `${tries} tries`}): ${because}; tried again after ${due}`;
}
