import type { Notify } from './notify-schema.ts';
import type { Configuration } from './schema.ts';

/** Where the alerts of a pipeline go by today's configuration; undefined: nothing is said. A run may outlive its pipeline. */
export function notifyFor(
  pipeline: string | undefined,
  { notify, pipelines }: Pick<Configuration, 'notify' | 'pipelines'>,
): Notify | undefined {
  const own = pipeline !== undefined && Object.hasOwn(pipelines, pipeline) ? pipelines[pipeline]?.notify : undefined;
  return own ?? notify;
}
