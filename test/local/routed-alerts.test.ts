import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { routedAlerts } from '../../infra/local/routed-alerts.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { MemoryAlerts } from '../../shared/ports/memory/memory-alerts.ts';

const pipeline = (name: string, notify = '') =>
  `  ${name}: { workspace: W, model: M, steps: [{ import: I }]${notify === '' ? '' : `, notify: ${notify}`} }\n`;

function configuration(notify: string) {
  const text = `${notify}\npipelines:\n${pipeline('sales')}${pipeline('plans', '{ command: cat >>plans }')}${pipeline('aws', '{ topic: "arn:aws:sns:eu-west-1:123456789012:a" }')}`;
  const loaded = loadConfiguration(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.configuration;
}

async function routed(notify: string) {
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-routed-'));
  const record = new MemoryAlerts();
  const log = memoryLogger();
  const alerts = routedAlerts({ configuration: configuration(notify), folder, record, log });
  return {
    record,
    log,
    alerts,
    told: (name: string) => readFile(join(folder, name), 'utf8'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const alertOf = (name?: string) => ({
  id: `of ${name}`,
  subject: `of ${name}`,
  text: 'words\n',
  ...(name === undefined ? {} : { pipeline: name }),
});

it('goes where its pipeline says, else where the configuration says, and is recorded wherever it goes', async () => {
  await using at = await routed('notify: { command: cat >>everyone }');
  const names = ['sales', 'plans', 'aws', 'a pipeline that is gone', undefined];
  for (const name of names) await at.alerts.publish(alertOf(name));
  expect(await at.told('plans')).toBe('of plans\n\nwords\n');
  expect((await at.told('everyone')).match(/^of .*$/gm)).toEqual([
    'of sales',
    'of a pipeline that is gone',
    'of undefined',
  ]);
  expect(at.record.published.map(({ id }) => id)).toEqual(names.map((name) => `of ${name}`));
});

it('is only recorded where nothing is said, or what is said is for AWS', async () => {
  await using at = await routed('');
  for (const name of ['sales', 'aws']) await at.alerts.publish(alertOf(name));
  expect(at.record.published).toHaveLength(2);
  expect(at.log.entries.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^A topic of notify is for AWS/),
  ]);
});

it('that failed is recorded once, and sent again', async () => {
  await using at = await routed('notify: { command: "test -e healed || { touch healed; exit 1; }" }');
  await expect(at.alerts.publish(alertOf('sales'))).rejects.toThrow('exit code 1');
  await at.alerts.publish(alertOf('sales'));
  expect(at.record.published).toHaveLength(1);
});

it('that cannot be recorded is told all the same, once, and fails until it is recorded', async () => {
  await using at = await routed('notify: { command: cat >>everyone }');
  const { publish } = at.record;
  at.record.publish = () => Promise.reject(new Error('the disk is full'));
  for (let times = 0; times < 3; times++)
    await expect(at.alerts.publish(alertOf('sales'))).rejects.toThrow('the disk is full');
  expect(await at.told('everyone')).toBe('of sales\n\nwords\n');
  at.record.publish = publish;
  await at.alerts.publish(alertOf('sales'));
  expect((await at.told('everyone')).match(/^of sales$/gm)).toHaveLength(1);
  expect(at.record.published).toHaveLength(1);
  await at.alerts.publish(alertOf('sales'));
  expect((await at.told('everyone')).match(/^of sales$/gm)).toHaveLength(2);
  expect(at.record.published).toHaveLength(1);
});

it('reaches the same people as another where both are told in the same way', async () => {
  await using at = await routed('notify: { command: cat >>everyone }');
  const { route = () => '' } = at.alerts;
  expect(route('sales')).toBe(route('gone'));
  expect(route('sales')).not.toBe(route('plans'));
});
