import type { Configuration } from './schema.ts';

/**
 * How many days what has ended is kept, and how old a trigger may be: `keepDays`, and never less than the longest deadline and a
 * day. Dumps are marked as ended when they are written, so what a run keeps must outlast the rest of it; it ends soon after its
 * deadline, and until it has its lane it keeps nothing that expires.
 */
export function retentionDays({ keepDays, pipelines }: Pick<Configuration, 'keepDays' | 'pipelines'>): number {
  const deadlines = Object.values(pipelines).map(({ policies }) => Math.ceil(policies.deadlineSeconds / 86_400) + 1);
  return Math.max(keepDays, ...deadlines);
}
