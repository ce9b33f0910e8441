import { Command } from 'commander';
import { problemText } from '../../shared/pipeline/find-named.ts';
import { formatLock } from '../../shared/pipeline/lock.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { askNames } from '../ask-names.ts';
import { CommandError } from '../command-error.ts';
import { configurationFor } from '../configuration.ts';
import { EXIT } from '../exit-codes.ts';
import { lockFileOf } from '../lock-file.ts';
import { configOption, dataDirOption, jsonOption, lockOption } from '../options.ts';
import { usableCredentials } from '../usable-credentials.ts';
import { writeWhole } from '../write-whole.ts';

export function lockCommand(): Command {
  return new Command('lock')
    .description('resolve every name of the configuration to its id, into the lock file')
    .addOption(configOption())
    .addOption(lockOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(lock);
}

async function lock(options: { config: string; lock?: string; dataDir: string; json?: true }): Promise<void> {
  const configuration = await configurationFor(options.config, process.env);
  const secrets = environmentSecrets(process.env);
  await usableCredentials(secrets);
  const { lock, problems } = await askNames(configuration, { secrets, dataDir: options.dataDir });
  if (problems.length > 0) {
    const told = problems.map((problem) => `pipeline "${problem.pipeline}": ${problemText(problem)}`);
    throw new CommandError(`Not every name was found, so nothing was written.\n${told.join('\n')}`, {
      category: 'not-found',
      whatToCheck: ['Compare the names with those in Anaplan, or grant the integration user access to the objects.'],
      exitCode: EXIT.failed,
    });
  }
  const path = lockFileOf(options.config, options.lock);
  await writeWhole(path, formatLock(lock));
  const pipelines = Object.keys(lock.pipelines);
  process.stdout.write(
    options.json ? `${JSON.stringify({ path, pipelines })}\n` : `Wrote ${path}: ${pipelines.join(', ')}.\n`,
  );
}
