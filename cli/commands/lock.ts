import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { formatLock } from '../../shared/pipeline/lock.ts';
import { resolveNames } from '../../shared/pipeline/resolve-names.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { CommandError } from '../command-error.ts';
import { configurationFor } from '../configuration.ts';
import { refusedByAnaplan, withAnaplan } from '../doctor/ask-anaplan.ts';
import { EXIT } from '../exit-codes.ts';
import { configOption, dataDirOption, jsonOption } from '../options.ts';
import { usableCredentials } from '../usable-credentials.ts';
import { writeWhole } from '../write-whole.ts';

export function lockCommand(): Command {
  return new Command('lock')
    .description('resolve every name of the configuration to its id, into plandrop.lock.json beside it')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(lock);
}

async function lock(options: { config: string; dataDir: string; json?: true }): Promise<void> {
  const configuration = await configurationFor(options.config, process.env);
  const secrets = environmentSecrets(process.env);
  await usableCredentials(secrets);
  const { lock, problems } = await withAnaplan(configuration, { secrets, dataDir: options.dataDir }, (anaplan) =>
    resolveNames(configuration, anaplan).catch((error: unknown) => {
      throw refusedByAnaplan(error);
    }),
  );
  if (problems.length > 0) {
    const told = problems.map(({ pipeline, what, near }) => {
      return `pipeline "${pipeline}": ${what}${near.length === 0 ? '' : `; there is ${near.map((name) => `"${name}"`).join(', ')}`}`;
    });
    throw new CommandError(`Not every name was found, so nothing was written.\n${told.join('\n')}`, {
      category: 'not-found',
      whatToCheck: ['Compare the names with those in Anaplan, or grant the integration user access to the objects.'],
      exitCode: EXIT.failed,
    });
  }
  const path = join(dirname(options.config), 'plandrop.lock.json');
  await writeWhole(path, formatLock(lock));
  const pipelines = Object.keys(lock.pipelines);
  process.stdout.write(
    options.json ? `${JSON.stringify({ path, pipelines })}\n` : `Wrote ${path}: ${pipelines.join(', ')}.\n`,
  );
}
