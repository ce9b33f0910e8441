import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { impatient, type LandingOptions, landing, when } from '../end-to-end/landing.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The alerts that the README shows, as they are sent when a sample is dropped into the simulated tenant. */
interface Shown {
  pipeline: string;
  import: string;
  sample: string;
  options?: LandingOptions;
}

/** As careful as a pipeline is that says nothing about failures: it holds its lane. */
const holding = (pipeline: string, step: string) =>
  impatient(pipeline, `[import: ${step}]`).replace('onFailure: continue', 'onFailure: hold');

describe.concurrent('the README shows, word for word, the alert', () => {
  it.for<[string, Shown]>([
    [
      'of a file whose columns are not those of its import',
      { pipeline: 'regions', import: 'Load Regions', sample: 'regions-wrong-columns.csv' },
    ],
    [
      'of rejected rows and missing members',
      { pipeline: 'sales', import: 'Load Sales', sample: 'sales-with-gaps.csv' },
    ],
    [
      'of a start whose answer was lost',
      {
        pipeline: 'sales',
        import: 'Load Sales',
        sample: 'sales.csv',
        options: { scenario: { rules: [when('start', { answer: { status: 504, form: 'html' } })] } },
      },
    ],
  ])('%s', async ([, { pipeline, import: step, sample, options }], { expect }) => {
    await using at = await landing({ ...options, pipelines: holding(pipeline, step) });
    const { run, alerts } = await at.land(pipeline, readFileSync(join(ROOT, 'samples', sample)));
    const [alert] = alerts;
    const sent = `${alert?.subject}\n\n${alert?.text}`
      .replaceAll(run.runId, '20260302-4f1d7c0a9b3e5d62')
      .replaceAll(at.dataDir, '/srv/plandrop/.plandrop')
      .replaceAll(run.ended?.at ?? '', '2026-03-02T06:00:41.000Z')
      .replace(/Anaplan task [0-9A-F]{32}/, 'Anaplan task 3A93CDB99766CAFB93BEB47659B14A32');
    expect(README).toContain(`\`\`\`text\n${sent}\`\`\`\n`);
  });
});
