import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';
import { OUTCOMES } from '../../shared/run/run.ts';

/**
 * What is done with a pipeline, and how it must end.
 * - `files`: key to file, dropped in this order; without any, the pipeline is started as its schedule would.
 * - `accept`: why a person accepts the rows that were rejected; the run that goes on must then end within its allowance.
 * - `holds`: of each model the number of members of its lists, and of rows with a value in its modules, in the end.
 * - `exports`: a regular expression that the key of what the run exports must fit.
 */
const sampleSchema = z.strictObject({
  pipeline: z.string(),
  files: z.record(z.string(), z.string()).default({}),
  expect: z.enum(OUTCOMES),
  accept: z.string().exactOptional(),
  holds: z.record(z.string(), z.record(z.string(), z.int())).default({}),
  exports: z.string().exactOptional(),
  shows: z.string(),
});
export type Sample = z.infer<typeof sampleSchema>;

export async function readSamples(path: string): Promise<Sample[]> {
  return z.array(sampleSchema).parse(parse(await readFile(path, 'utf8')));
}
