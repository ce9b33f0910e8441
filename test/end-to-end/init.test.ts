import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { init } from '../../cli/commands/init.ts';
import { noPrompts, type Prompts } from '../../cli/init/prompts.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { demoTenant, type TenantDefinition } from '../../simulator/index.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

/** The demo tenant with a process that reads two files. */
function widerTenant(): TenantDefinition {
  const tenant = structuredClone(demoTenant);
  const models = tenant.workspaces?.Finance?.models;
  Object.assign(models?.['FY26 Plan']?.processes ?? {}, { 'Nightly Load': ['Load Products', 'Load Sales'] });
  return tenant;
}

/** Answers in the order of the questions: the name of a choice, a text, true or false. Whatever is left over is a mistake of the test. */
function answering(...answers: (string | boolean)[]): Prompts & { asked: string[] } {
  const asked: string[] = [];
  const next = (question: string) => {
    asked.push(question);
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`nobody answers "${question}"`);
    return answer;
  };
  return {
    asked,
    choose: async (question, choices) => {
      const answer = next(question);
      const choice = choices.find(({ name }) => name === answer);
      if (choice === undefined)
        throw new Error(`"${answer}" is not among ${choices.map(({ name }) => name).join(', ')}`);
      return choice.value;
    },
    ask: async (question, { standard, mistake }) => {
      const answer = next(question);
      const text = answer === true ? standard : String(answer);
      expect(mistake(text)).toBeUndefined();
      return text;
    },
    confirm: async (question) => next(question) === true,
  };
}

const at = (folder: string) => join(folder, 'plandrop.yaml');

async function pipelinesIn(folder: string) {
  const loaded = loadConfiguration(await readFile(at(folder), 'utf8'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.configuration.pipelines;
}

describe('plandrop init', () => {
  it('writes the pipelines that the person chooses, and finds nothing wrong with them', async () => {
    await using tenant = await tenantAndFolder({ tenant: widerTenant() });
    const prompts = answering(
      ...['Finance', 'FY26 Plan'],
      ...['Load a file with an import', 'Load Sales', true, true, 'Recalculate', 'sales-actuals', true],
      ...['Run a process', 'Nightly Load', true, 'those in one folder, such as batch/2026-01/', true, true, true, true],
      ...['Bring an export to the store', 'Board Report', 'rate(1 hour)', true, true, false],
    );
    const options = { config: at(tenant.folder), dataDir: tenant.dataDir };
    const done = await init(options, tenant.env, { prompts: async () => prompts, timezone: 'Europe/London' });
    expect(done).toMatchObject({
      exitCode: 0,
      json: {
        written: [at(tenant.folder), join(tenant.folder, 'plandrop.schema.json')],
        pipelines: ['sales-actuals', 'nightly-load', 'board-report'],
        validation: { ok: true },
        doctor: { ok: true },
      },
    });
    expect(await pipelinesIn(tenant.folder)).toMatchObject({
      'sales-actuals': {
        workspace: 'Finance',
        model: 'FY26 Plan',
        trigger: { kind: 'drop', glob: 'sales/*.csv' },
        steps: [
          { kind: 'import', name: 'Load Sales' },
          { kind: 'process', name: 'Recalculate' },
        ],
      },
      'nightly-load': {
        trigger: { kind: 'set', by: 'folder' },
        steps: [
          {
            kind: 'process',
            files: [
              { name: 'Load Products', glob: 'nightly-load/*/load-products.csv' },
              { name: 'Load Sales', glob: 'nightly-load/*/load-sales.csv' },
            ],
          },
        ],
      },
      'board-report': {
        trigger: { kind: 'schedule', expression: 'rate(1 hour)', timezone: 'Europe/London' },
        steps: [{ kind: 'export', name: 'Board Report', to: 'exports/board-report-{date}.csv' }],
      },
    });
  });

  it('points editors to the schema: in the package, or in a file beside it', async () => {
    await using tenant = await tenantAndFolder();
    const options = {
      config: at(tenant.folder),
      dataDir: tenant.dataDir,
      import: 'Load Products',
      force: true as const,
    };
    const write = () => init(options, tenant.env, { prompts: async () => noPrompts, timezone: 'UTC' });
    const firstLine = async () => (await readFile(at(tenant.folder), 'utf8')).split('\n')[0];
    await write();
    expect(await firstLine()).toBe('# yaml-language-server: $schema=./plandrop.schema.json');
    const schema = JSON.parse(await readFile(join(tenant.folder, 'plandrop.schema.json'), 'utf8'));
    expect(schema).toHaveProperty('properties.pipelines');
    const inPackage = join(tenant.folder, 'node_modules/plandrop/dist');
    await mkdir(inPackage, { recursive: true });
    await writeFile(join(inPackage, 'plandrop.schema.json'), '{}');
    await write();
    expect(await firstLine()).toBe('# yaml-language-server: $schema=./node_modules/plandrop/dist/plandrop.schema.json');
  });

  it('asks nothing with --yes, and with --json prints one document: exit 0', async () => {
    await using tenant = await tenantAndFolder();
    const config = at(tenant.folder);
    const args = ['init', '--yes', '--import', 'Load Products', '--drop', 'master/*.csv', '--name', 'master', '--json'];
    const told = await plandrop([...args, '--config', config, '--data-dir', tenant.dataDir], tenant.env);
    expect([told.code, told.stderr]).toEqual([0, '']);
    expect(JSON.parse(told.stdout)).toMatchObject({ pipelines: ['master'], doctor: { ok: true } });
    expect(await pipelinesIn(tenant.folder)).toMatchObject({ master: { trigger: { glob: 'master/*.csv' } } });
    // A second time it would write over it.
    const again = await plandrop([...args, '--config', config], tenant.env);
    expect(again.code).toBe(64);
    expect(JSON.parse(again.stdout)).toEqual({
      error: {
        category: 'configuration',
        message: `${config} is there already, and nothing was changed.`,
        whatToCheck: ['Name another file with --config, or write over it with --force.'],
      },
    });
  });

  it.each([
    [
      'a name that Anaplan does not have',
      { import: 'Load Sale' },
      'no import of model "FY26 Plan" that reads a file is called "Load Sale" or has this id; there is "Load Sales"',
      1,
    ],
    ['a choice that nobody makes', {}, '"What should the pipeline do?" has no answer that is clear by itself.', 1],
    [
      'a pattern that is none',
      { import: 'Load Sales', drop: '/sales/*' },
      '--drop must be a pattern without a leading "/" or "./" (keys have none), not "/sales/*".',
      64,
    ],
    [
      'a schedule that is none',
      { process: 'Recalculate', schedule: '0 6 * * *' },
      '--schedule must be a schedule, such as',
      64,
    ],
    [
      'a name that is none',
      { import: 'Load Sales', name: 'my sales' },
      '--name must be letters, digits, "-" and "_"',
      64,
    ],
  ])('writes nothing after %s', async (_, answers, message, exitCode) => {
    await using tenant = await tenantAndFolder();
    const options = { config: at(tenant.folder), dataDir: tenant.dataDir, ...answers };
    await expect(init(options, tenant.env, { prompts: async () => noPrompts, timezone: 'UTC' })).rejects.toMatchObject({
      message: expect.stringContaining(message),
      exitCode,
    });
    expect(existsSync(at(tenant.folder))).toBe(false);
  });

  it('never asks where nobody can answer, and needs a sign-in: exit 64', async () => {
    await using tenant = await tenantAndFolder();
    const asked = await plandrop(['init', '--config', at(tenant.folder)], tenant.env);
    expect([asked.code, asked.stderr]).toEqual([64, expect.stringContaining('nobody can answer them here')]);
    const stranger = await plandrop(['init', '--yes', '--config', at(tenant.folder)]);
    expect([stranger.code, stranger.stderr]).toEqual([64, expect.stringContaining('ANAPLAN_USERNAME')]);
  });

  it.each([
    ['--process', 'Recalculate', '--drop', 'xx/*.csv'],
    ['--export', 'Board Report', '--drop', 'xx/*.csv'],
    ['--import', 'Load Sales', '--schedule', 'rate(1 hour)'],
    ['--import', 'Load Sales', '--timezone', 'UTC'],
    ['--drop', 'xx/*.csv', '--schedule', 'rate(1 hour)'],
  ])('refuses what would be left out: %s %s with %s', async (...said) => {
    await using tenant = await tenantAndFolder();
    const config = at(tenant.folder);
    for (const options of [said, [said[2], said[3], said[0], said[1]]]) {
      const told = await plandrop(['init', '--yes', '--config', config, ...options], tenant.env);
      expect([told.code, told.stderr]).toEqual([64, expect.stringContaining('cannot be used with option')]);
    }
    expect(existsSync(config)).toBe(false);
  });

  it('takes a pattern for an import and a time for what has none', async () => {
    await using tenant = await tenantAndFolder();
    const options = { config: at(tenant.folder), dataDir: tenant.dataDir, force: true as const };
    const asked = async (answers: object, ...rest: (string | boolean)[]) => {
      const prompts = answering('Finance', 'FY26 Plan', ...rest);
      await init({ ...options, ...answers }, tenant.env, { prompts: async () => prompts, timezone: 'UTC' });
      return pipelinesIn(tenant.folder);
    };
    expect(await asked({ drop: 'xx/*.csv' }, 'Load Sales', false, true)).toMatchObject({
      sales: { trigger: { kind: 'drop', glob: 'xx/*.csv' } },
    });
    await expect(asked({ schedule: 'rate(1 hour)' }, 'Load a file with an import')).rejects.toThrow(
      '"Load a file with an import" is not among Run a process, Bring an export to the store',
    );
  });

  it('quotes names that YAML would misread', async () => {
    const tenant = structuredClone(demoTenant);
    const model = tenant.workspaces?.Finance?.models?.['FY26 Plan'];
    Object.assign(tenant.workspaces ?? {}, { '2026': { models: { 'yes: "Plan"': model } } });
    await using where = await tenantAndFolder({ tenant });
    const options = { config: at(where.folder), dataDir: where.dataDir, workspace: '2026', import: 'Load Products' };
    await init(options, where.env, { prompts: async () => noPrompts, timezone: 'UTC' });
    expect(await pipelinesIn(where.folder)).toMatchObject({ products: { workspace: '2026', model: 'yes: "Plan"' } });
  });
});
