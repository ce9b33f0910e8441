import { Command, Option } from 'commander';
import colors from 'picocolors';
import { problemText } from '../../shared/pipeline/find-named.ts';
import {
  ConfigurationError,
  type LoadedConfiguration,
  loadConfiguration,
  readText,
} from '../../shared/pipeline/load-configuration.ts';
import type { Mistake, Place } from '../../shared/pipeline/mistakes.ts';
import { type Warning, warningsOf } from '../../shared/pipeline/warnings.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { askNamesAndDoubts } from '../ask-names.ts';
import { asCommandError } from '../command-error.ts';
import { configurationFor } from '../configuration.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type LockState, lockCommandFor, lockFileOf, lockState } from '../lock-file.ts';
import { configOption, dataDirOption, jsonOption, lockOption } from '../options.ts';
import { usableCredentials } from '../usable-credentials.ts';

export interface ValidateOptions {
  config: string;
  /** default: beside the configuration */
  lock?: string;
  dataDir: string;
  online?: true;
  json?: true;
}

/** Each list in the order of the file. `names` and the lock are there when Anaplan was asked; the lock also when a lock file is, or was named. */
export interface Validation {
  file: string;
  mistakes: readonly Mistake[];
  /** names that Anaplan does not know */
  names?: readonly (Mistake & { pipeline: string })[];
  warnings: readonly Mistake[];
  lock?: LockState;
}

export function validateCommand(): Command {
  return new Command('validate')
    .description('every mistake of the configuration at once, and what is probably not meant')
    .addOption(new Option('--online', 'look up every name in Anaplan too, and compare the lock file'))
    .addOption(configOption())
    .addOption(lockOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (options: ValidateOptions) => {
      const validation = await validate(options, process.env);
      process.stdout.write(
        options.json ? `${JSON.stringify(validationJson(validation), null, 2)}\n` : validationWords(validation),
      );
      process.exitCode = exitCodeOf(validation);
    });
}

/** @throws ConfigurationFileError when there is no such file; CommandError when Anaplan is to be asked and cannot be, or the lock cannot be read */
export async function validate(
  { config, lock: named, dataDir, online }: ValidateOptions,
  env: NodeJS.ProcessEnv,
): Promise<Validation> {
  const loaded = await load(config, env);
  if (!loaded.ok) return { file: config, mistakes: loaded.mistakes, warnings: [] };
  const configuration = await configurationFor(config, env);
  const asMistake = ({ path, message }: Warning): Mistake => ({
    ...loaded.placeOf(path),
    message: `"${path.at(-1)}" ${message}`,
  });
  const warnings = warningsOf(configuration, systemClock.now()).map(asMistake);
  const found = { file: config, mistakes: [], warnings: inOrder(warnings) };
  const lockFile = lockFileOf(config, named);
  if (online !== true) {
    const lock = await lockState(lockFile, configuration);
    return lock.state === 'missing' && named === undefined ? found : { ...found, lock };
  }
  const secrets = environmentSecrets(env);
  await usableCredentials(secrets);
  const { lock, problems, doubts } = await askNamesAndDoubts(configuration, { secrets, dataDir });
  const names = problems.map(({ pipeline, path, what, near }) => ({
    ...loaded.placeOf(['pipelines', pipeline, ...path]),
    message: problemText({ what, near }),
    pipeline,
  }));
  const unfilled = doubts.map(({ pipeline, path, what }) =>
    asMistake({ path: ['pipelines', pipeline, ...path], message: what }),
  );
  return {
    ...found,
    warnings: inOrder([...warnings, ...unfilled]),
    names: inOrder(names),
    lock: await lockState(lockFile, configuration, lock),
  };
}

async function load(file: string, env: NodeJS.ProcessEnv): Promise<LoadedConfiguration> {
  try {
    return loadConfiguration(await readText(file), env);
  } catch (error) {
    // A file in another encoding is a mistake with a place, like those in its text.
    if (error instanceof ConfigurationError) return { ok: false, mistakes: error.mistakes };
    throw error;
  }
}

function inOrder<T extends Place>(places: readonly T[]): T[] {
  return places.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function exitCodeOf({ mistakes, names = [] }: Validation): ExitCode {
  if (mistakes.length > 0) return EXIT.usage;
  return names.length > 0 ? EXIT.failed : EXIT.ok;
}

export function validationJson(validation: Validation): object {
  const { file, mistakes, names = [] } = validation;
  const ok = mistakes.length + names.length === 0;
  if (ok) return { ok, ...validation };
  const { category, message, whatToCheck } = asCommandError(
    new ConfigurationError(file, mistakes.length > 0 ? mistakes : names),
  );
  const error = { category: mistakes.length > 0 ? category : 'not-found', message, whatToCheck };
  return { ok, ...validation, error };
}

export function validationWords({ file, mistakes, names = [], warnings, lock }: Validation): string {
  const at = ({ line, column, message }: Mistake, sign: string) => `${sign} ${file}:${line}:${column}: ${message}`;
  const wrong = [...mistakes, ...names];
  const lines = [
    ...wrong.map((mistake) => at(mistake, colors.red('✘'))),
    ...warnings.map((warning) => at(warning, colors.yellow('?'))),
    ...(lock === undefined ? [] : lockInWords(file, lock)),
  ];
  const more = warnings.length === 0 ? '' : ` To look at: ${warnings.length}.`;
  lines.push(
    wrong.length === 0 ? `${colors.green('✔')} ${file} has no mistake.${more}` : `To mend: ${wrong.length}.${more}`,
  );
  return `${lines.join('\n')}\n`;
}

function lockInWords(config: string, { file, state, changes }: LockState): string[] {
  const command = lockCommandFor(config, file);
  switch (state) {
    case 'current':
      return [];
    case 'missing':
      return [`${colors.yellow('?')} There is no ${file}: AWS needs it. Write it with: ${command}`];
    case 'stale':
      return [
        ...changes.map((change) => `${colors.yellow('?')} ${file}: ${change}.`),
        `  Before it goes to AWS, write it anew and review the change: ${command}`,
        '  plandrop run and local ask Anaplan by themselves.',
      ];
    default:
      return state satisfies never;
  }
}
