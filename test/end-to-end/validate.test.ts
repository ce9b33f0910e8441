import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { askNames } from '../../cli/ask-names.ts';
import { asCommandError } from '../../cli/command-error.ts';
import { validate } from '../../cli/commands/validate.ts';
import { configurationFor } from '../../cli/configuration.ts';
import { lockFileOf } from '../../cli/lock-file.ts';
import { formatLock } from '../../shared/pipeline/lock.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { type Environment, plandrop, tenantAndFolder } from './plandrop.ts';

const place = { line: z.int(), column: z.int(), message: z.string() };
const answer = z.strictObject({
  ok: z.boolean(),
  file: z.string(),
  mistakes: z.array(z.strictObject(place)),
  names: z.array(z.strictObject({ ...place, pipeline: z.string() })).optional(),
  warnings: z.array(z.strictObject(place)),
  lock: z
    .strictObject({
      file: z.string(),
      state: z.enum(['current', 'stale', 'missing']),
      changes: z.array(z.string()),
    })
    .optional(),
  error: z.strictObject({ category: z.string(), message: z.string(), whatToCheck: z.array(z.string()) }).optional(),
});

const GOOD = `pipelines:
  products:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "products/*.csv" }
    steps: [{ import: Load Products }]
`;

describe('plandrop validate', () => {
  it('tells all mistakes with line and column, without a trace of the program: exit 64', async () => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD.replace('model: FY26', 'modle: FY26').replace('products/*.csv', '/products/*.csv'));
    const told = await plandrop(['validate', '--config', config]);
    expect(told).toEqual({
      code: 64,
      stderr: '',
      stdout: [
        `✘ ${config}:4:5: "modle" is not a setting of a pipeline; did you mean "model"?`,
        `✘ ${config}:5:17: "drop" must be a pattern without a leading "/" or "./" (keys have none), not "/products/*.csv"`,
        'To mend: 2.\n',
      ].join('\n'),
    });
    const json = await plandrop(['validate', '--config', config, '--json']);
    expect([json.code, json.stderr]).toEqual([64, '']);
    expect(answer.parse(JSON.parse(json.stdout))).toMatchObject({
      ok: false,
      mistakes: [{ line: 4 }, { line: 5 }],
      error: { category: 'configuration' },
    });
  });

  it('says that there is no such file: exit 64', async () => {
    const told = await plandrop(['validate', '--config', '/nowhere/plandrop.yaml']);
    const whatToCheck = 'Write one with plandrop init, or name it with --config.';
    const stderr = `plandrop: There is no /nowhere/plandrop.yaml.\n  ${whatToCheck}\n`;
    expect(told).toEqual({ code: 64, stdout: '', stderr });
    const json = await plandrop(['validate', '--config', '/nowhere/plandrop.yaml', '--json']);
    expect([json.code, json.stderr, JSON.parse(json.stdout)]).toEqual([
      64,
      '',
      {
        error: {
          category: 'configuration',
          message: 'There is no /nowhere/plandrop.yaml.',
          whatToCheck: [whatToCheck],
        },
      },
    ]);
  });

  it.for(['validate', 'local', 'doctor'])('says in an empty folder that there is none: %s', async (command) => {
    await using at = await tenantAndFolder();
    const told = await plandrop([command], at.env, at.folder);
    expect([told.code, told.stderr.split('\n')[0]]).toEqual([64, 'plandrop: There is no plandrop.yaml here.']);
    const folder = await plandrop([command, '--config', '.'], at.env, at.folder);
    expect(folder).toMatchObject({ code: 64, stderr: expect.stringContaining('. is a folder, and the configuration') });
  });

  it('tells a file in another encoding as a mistake with its place', async () => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD.replace('Finance', 'Finanz Köln'), 'latin1');
    const told = await plandrop(['validate', '--config', config, '--json']);
    const message = expect.stringContaining('the file is not UTF-8');
    expect([told.code, JSON.parse(told.stdout)]).toMatchObject([64, { ok: false, mistakes: [{ message }] }]);
  });

  it('finds every name in Anaplan, with the lines of those it does not find and what is near: exit 1', async () => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD.replace('Load Products', 'Load Produtcs'));
    const args = ['validate', '--online', '--config', config, '--data-dir', at.dataDir];
    const told = await plandrop(args, at.env);
    expect([told.code, told.stdout]).toEqual([
      1,
      [
        `✘ ${config}:6:23: no import of model "FY26 Plan" is called "Load Produtcs" or has this id; there is "Load Products"`,
        `? There is no ${join(at.folder, 'plandrop.lock.json')}: AWS needs it. Write it with: plandrop lock --config ${config}`,
        'To mend: 1.\n',
      ].join('\n'),
    ]);
  });
});

describe('a validation', () => {
  /** A good file, changed, and its lock file as `plandrop lock` writes it. */
  async function lockedFile(at: { folder: string; dataDir: string; env: Environment }) {
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD.replace('products/*.csv', 'taken/*.csv'));
    const configuration = await configurationFor(config, at.env);
    const { lock } = await askNames(configuration, { secrets: environmentSecrets(at.env), dataDir: at.dataDir });
    await writeFile(lockFileOf(config), formatLock(lock));
    return { config, dataDir: at.dataDir };
  }

  it('warns of what is probably not meant, and of a lock file that does not fit', async () => {
    await using at = await tenantAndFolder();
    const options = await lockedFile(at);
    expect(await validate(options, {})).toMatchObject({
      mistakes: [],
      warnings: [
        { line: 5, column: 17, message: expect.stringMatching(/^"drop" matches nothing in "plandrop local"/) },
      ],
      lock: { state: 'current', changes: [] },
    });
    await writeFile(options.config, GOOD.replace('import: Load Products', 'import: Load Regions'));
    expect(await validate(options, {})).toMatchObject({
      warnings: [],
      lock: {
        file: join(at.folder, 'plandrop.lock.json'),
        state: 'stale',
        changes: [
          'pipeline "products" has changed since the lock file was written: its step 1 is "import Load Regions" and was "import Load Products"',
        ],
      },
    });
  });

  it('sees that Anaplan has other ids than the lock file', async () => {
    await using at = await tenantAndFolder();
    const options = { ...(await lockedFile(at)), online: true as const };
    expect(await validate(options, at.env)).toMatchObject({ names: [], lock: { state: 'current' } });
    const lock = lockFileOf(options.config);
    await writeFile(lock, (await readFile(lock, 'utf8')).replace(/"fileId": "\d+"/, '"fileId": "113000000999"'));
    expect(await validate(options, at.env)).toMatchObject({
      names: [],
      lock: { state: 'stale', changes: [expect.stringContaining('"products"')] },
    });
  });

  it('holds the configuration against another lock file, which plandrop lock has written: exit 0', async () => {
    await using at = await tenantAndFolder();
    const [config, lock] = [join(at.folder, 'plandrop.yaml'), join(at.folder, 'production.lock.json')];
    await writeFile(config, GOOD);
    const named = ['--config', config, '--lock', lock, '--data-dir', at.dataDir];
    const before = await plandrop(['validate', ...named]);
    expect([before.code, before.stdout]).toEqual([
      0,
      expect.stringContaining(
        `${lock}: AWS needs it. Write it with: plandrop lock --config ${config} --lock ${lock}\n`,
      ),
    ]);
    const wrote = await plandrop(['lock', ...named], at.env);
    expect(wrote).toMatchObject({ code: 0, stdout: `Wrote ${lock}: products.\n` });
    expect(existsSync(lockFileOf(config))).toBe(false);
    const told = await plandrop(['validate', ...named, '--json']);
    expect(JSON.parse(told.stdout).lock).toEqual({ file: lock, state: 'current', changes: [] });
    const folder = await plandrop(['validate', '--config', config, '--lock', at.folder]);
    expect(folder).toMatchObject({
      code: 64,
      stderr: expect.stringContaining(`${at.folder} is a folder, and the lock is a file.`),
    });
  });

  it('needs a sign-in only to ask Anaplan: exit 64 without, 1 when it is refused', async () => {
    await using at = await tenantAndFolder();
    const options = { ...(await lockedFile(at)), online: true as const };
    const without = { ...at.env, ANAPLAN_USERNAME: '', ANAPLAN_PASSWORD: '' };
    await expect(validate(options, without).catch((error) => asCommandError(error))).resolves.toMatchObject({
      exitCode: 64,
    });
    const refused = { ...at.env, ANAPLAN_PASSWORD: 'not this one' };
    await expect(validate(options, refused)).rejects.toMatchObject({ category: 'authentication', exitCode: 1 });
  });
});
