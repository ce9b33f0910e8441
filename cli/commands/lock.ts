import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { guard } from '../../infra/local/storage-error.ts';
import { AnaplanCallError, AnaplanClient } from '../../shared/anaplan/index.ts';
import { classifyCall } from '../../shared/diagnosis/classify-call.ts';
import { formatLock } from '../../shared/pipeline/lock.ts';
import { type ResolvedNames, resolveNames } from '../../shared/pipeline/resolve-names.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import type { Credentials } from '../../shared/ports/secrets.ts';
import { CommandError } from '../command-error.ts';
import { configurationFor } from '../configuration.ts';
import { EXIT } from '../exit-codes.ts';
import { configOption, jsonOption } from '../options.ts';
import { usableCredentials } from '../usable-credentials.ts';

export function lockCommand(): Command {
  return new Command('lock')
    .description('resolve every name of the configuration to its id, into plandrop.lock.json beside it')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(lock);
}

async function lock(options: { config: string; json?: true }): Promise<void> {
  const configuration = await configurationFor(options.config, process.env);
  const secrets = environmentSecrets(process.env);
  await usableCredentials(secrets);
  const { lock, problems } = await ask(configuration, () => secrets.credentials());
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
  const draft = `${path}.${process.pid}.new`;
  try {
    await guard('write', path, async () => {
      await writeFile(draft, formatLock(lock));
      await rename(draft, path);
    });
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
  const pipelines = Object.keys(lock.pipelines);
  process.stdout.write(
    options.json ? `${JSON.stringify({ path, pipelines })}\n` : `Wrote ${path}: ${pipelines.join(', ')}.\n`,
  );
}

async function ask(configuration: Configuration, credentials: () => Promise<Credentials>): Promise<ResolvedNames> {
  const { apiUrl, authUrl, oauthUrl } = configuration.anaplan;
  const anaplan = new AnaplanClient({ apiUrl, authUrl, oauthUrl, credentials });
  try {
    return await resolveNames(configuration, anaplan);
  } catch (error) {
    if (!(error instanceof AnaplanCallError)) throw error;
    const { message, category, whatToCheck } = classifyCall(error.failure, {});
    throw new CommandError(message, { category, whatToCheck, exitCode: EXIT.failed });
  } finally {
    await anaplan.close();
  }
}
