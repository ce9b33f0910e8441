import * as z from 'zod';
import type { Store } from '../../shared/ports/store.ts';
import { outcomeOf } from '../../shared/run/outcome.ts';
import type { Run } from '../../shared/run/run.ts';
import type { Sample } from './sample.ts';

const reportSchema = z.object({
  lists: z.record(z.string(), z.array(z.unknown())),
  modules: z.record(z.string(), z.array(z.unknown())),
});

/** What is not as the sample says, of the run, the store and the model; undefined when all is. */
export async function checkSample(
  { sample, run }: { sample: Sample; run: Run },
  state: Store,
  simulatorUrl: string,
): Promise<string | undefined> {
  if (run.ended?.outcome !== sample.expect) return sample.expect;
  if (sample.accept !== undefined && run.redriveOf === undefined) return 'nobody could accept its rejects';
  for (const [model, counts] of Object.entries(sample.holds)) {
    const { lists, modules } = await modelReport(simulatorUrl, model);
    for (const [name, count] of Object.entries(counts)) {
      const found = (lists[name] ?? modules[name])?.length ?? 0;
      if (found !== count) return `${name} has ${found}, not ${count}`;
    }
  }
  return sample.exports === undefined ? undefined : checkExport(run, sample.exports, state);
}

async function checkExport(run: Run, expected: string, state: Store): Promise<string | undefined> {
  const address = outcomeOf(run).steps.findLast((step) => step.export !== undefined)?.export;
  for await (const { key, size } of state.list('exports/')) {
    if (state.address(key) === address && size > 0 && new RegExp(`^${expected}$`).test(key)) return undefined;
  }
  return `there is no ${expected}`;
}

async function modelReport(simulatorUrl: string, model: string): Promise<z.infer<typeof reportSchema>> {
  const answer = await fetch(`${simulatorUrl}/simulator/models/${encodeURIComponent(model)}`);
  return reportSchema.parse(await answer.json());
}
