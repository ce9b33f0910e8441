import type { BegunRun } from '../../shared/run/run.ts';
import { triggerTime } from '../../shared/run/trigger.ts';
import { stepOf } from '../anaplan-turn.ts';

/**
 * Where the export of the current step goes in the state store. `{date}` is the day on which the run was triggered, by the clocks of the
 * pipeline's time zone (UTC without one): a schedule at six in the morning in Tokyo writes the file of that day, and a run that
 * is late, or repeated, writes the same one.
 */
export function exportKey(run: BegunRun): string {
  const step = stepOf(run);
  return (step.to ?? defaultKey(run, step.gzip === true ? '.csv.gz' : '.csv'))
    .replaceAll('{date}', dateIn(run.pipeline.timezone ?? 'UTC', triggerTime(run.trigger)))
    .replaceAll('{run}', run.runId)
    .replaceAll('{pipeline}', run.pipelineName);
}

/** Where an export without a place of its own goes. The step is named where there are several, so that each keeps its own file. */
function defaultKey({ pipeline, position }: BegunRun, ending: string): string {
  const exports = pipeline.steps.filter(({ kind }) => kind === 'export');
  const name = exports.length > 1 ? `{run}-${position.step + 1}` : '{run}';
  return `exports/{pipeline}/${name}${ending}`;
}

/** `yyyy-mm-dd`, as clocks in `timezone` show it. */
function dateIn(timezone: string, instant: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(new Date(instant));
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('year')}-${of('month')}-${of('day')}`;
}
