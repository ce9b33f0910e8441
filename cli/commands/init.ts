import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { anaplanSchema } from '../../shared/pipeline/anaplan-schema.ts';
import { editorSchema } from '../../shared/pipeline/json-schema.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { CommandError } from '../command-error.ts';
import { addressesFrom } from '../configuration.ts';
import { refusedByAnaplan, withAnaplan } from '../doctor/ask-anaplan.ts';
import { EXIT } from '../exit-codes.ts';
import { draftText } from '../init/draft.ts';
import { type InitAnswers, interview } from '../init/interview.ts';
import { noPrompts, type Prompts, terminalPrompts } from '../init/prompts.ts';
import { configOption, dataDirOption, jsonOption } from '../options.ts';
import { usableCredentials } from '../usable-credentials.ts';
import { writeWhole } from '../write-whole.ts';
import { examinationJson, examinationWords, examine } from './doctor.ts';
import { validate, validationJson, validationWords } from './validate.ts';

export interface InitOptions extends InitAnswers {
  config: string;
  dataDir: string;
  yes?: true;
  force?: true;
  json?: true;
}

export function initCommand(): Command {
  return new Command('init')
    .description(
      'write a configuration by asking Anaplan what exists and you what you want, then validate it and run doctor',
    )
    .addOption(new Option('--yes', 'ask nothing: take the options, every proposal, and what there is only one of'))
    .addOption(new Option('--force', 'write over a configuration that is there'))
    .addOption(new Option('--workspace <name>', 'the workspace, by name or id'))
    .addOption(new Option('--model <name>', 'the model, by name or id'))
    .addOption(
      new Option('--import <name>', 'load a file with this import').conflicts([
        'process',
        'export',
        'schedule',
        'timezone',
      ]),
    )
    .addOption(new Option('--process <name>', 'run this process').conflicts('export'))
    .addOption(new Option('--export <name>', 'bring this export to the store'))
    .addOption(new Option('--name <name>', 'what the pipeline is called'))
    .addOption(
      new Option('--drop <pattern>', 'the files that an import takes, such as "sales/*.csv"').conflicts([
        'process',
        'export',
        'schedule',
        'timezone',
      ]),
    )
    .addOption(new Option('--schedule <expression>', 'when a process or export runs'))
    .addOption(new Option('--timezone <zone>', "by which clocks; default: this machine's"))
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (options: InitOptions) => {
      if (options.yes !== true && !process.stdin.isTTY) {
        throw new CommandError('plandrop init asks questions, and nobody can answer them here.', {
          whatToCheck: ['Run it in a terminal, or with --yes and the options that answer them (plandrop init --help).'],
        });
      }
      const { exitCode, json, words } = await init(options, process.env, {
        prompts: () => (options.yes ? Promise.resolve(noPrompts) : terminalPrompts()),
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      });
      process.stdout.write(options.json ? `${JSON.stringify(json, null, 2)}\n` : words);
      process.exitCode = exitCode;
    });
}

/** What was written, and what validate and doctor say of it. */
interface Initiated {
  exitCode: number;
  json: object;
  words: string;
}

/** @throws CommandError, and what can be told without asking Anaplan; nothing is written then */
export async function init(
  options: InitOptions,
  env: NodeJS.ProcessEnv,
  { prompts, timezone }: { prompts: () => Promise<Prompts>; timezone: string },
): Promise<Initiated> {
  const { config, dataDir } = options;
  refuseToOverwrite(options);
  const secrets = environmentSecrets(env);
  await usableCredentials(secrets);
  const addresses = addressesFrom(env);
  const asked = await prompts();
  const anaplan = anaplanSchema.parse(addresses);
  const pipelines = await withAnaplan({ anaplan }, { secrets, dataDir }, (client) =>
    interview(client, asked, options, timezone),
  ).catch((error: unknown) => {
    throw refusedByAnaplan(error);
  });

  const schema = schemaFor(config);
  await writeWhole(config, draftText({ schema: schema.path, addresses, pipelines }));
  if (schema.write !== undefined) await writeWhole(schema.write, `${JSON.stringify(editorSchema(), null, 2)}\n`);
  const written = [config, ...(schema.write === undefined ? [] : [schema.write])];

  const names = pipelines.map(({ name }) => name);
  const validation = await validate({ config, dataDir }, env);
  const told = { written, pipelines: names, validation: validationJson(validation) };
  const words = `Wrote ${written.join(' and ')}: ${names.join(', ')}.\n\n${validationWords(validation)}`;
  // Two patterns that were answered may meet; then there is nothing to examine yet.
  if (validation.mistakes.length > 0) return { exitCode: EXIT.usage, json: told, words };
  const examination = await examine({ config, dataDir }, env);
  return {
    exitCode: examination.wrong === 0 ? EXIT.ok : EXIT.failed,
    json: { ...told, doctor: examinationJson(examination) },
    words: `${words}\n${examinationWords(examination)}`,
  };
}

/** Told before anything is asked. */
function refuseToOverwrite({ config, force }: InitOptions): void {
  if (force === true || !existsSync(config)) return;
  throw new CommandError(`${config} is there already, and nothing was changed.`, {
    whatToCheck: ['Name another file with --config, or write over it with --force.'],
  });
}

/** The schema is in the package where that is installed; elsewhere it is written beside the configuration. */
function schemaFor(config: string): { path: string; write?: string } {
  const inPackage = 'node_modules/plandrop/dist/plandrop.schema.json';
  if (existsSync(join(dirname(config), inPackage))) return { path: `./${inPackage}` };
  return { path: './plandrop.schema.json', write: join(dirname(config), 'plandrop.schema.json') };
}
