import { open, rm } from 'node:fs/promises';
import { release, type as systemName } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { zipSync } from 'fflate';
import { KeptRefreshToken } from '../../infra/local/kept-refresh-token.ts';
import { guard } from '../../infra/local/storage-error.ts';
import { registerCredentials } from '../../shared/anaplan/register-credentials.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import type { Credentials } from '../../shared/ports/secrets.ts';
import { CommandError } from '../command-error.ts';
import { openState, type StateOptions, withStateOptions } from '../state.ts';
import { collectFiles, hasDumps, text } from '../support/collect-files.ts';
import { firstPage } from '../support/first-page.ts';
import { version } from '../version.ts';
import { readRunNamed } from './runs.ts';

interface SupportOptions extends StateOptions {
  output?: string;
  withDumps?: true;
}

export function supportCommand(): Command {
  return withStateOptions(
    new Command('support')
      .description(
        'a zip about one run to send to Anaplan support: its ledger, requests and task output, without secrets',
      )
      .argument('<runId>', 'the run')
      .addOption(
        new Option('--output <file>', 'the zip to write; default: plandrop-support-<runId>.zip in this folder'),
      )
      .addOption(
        new Option('--with-dumps', 'take in the failure dumps too, as they are: the rejected rows are your data'),
      ),
  ).action(support);
}

async function support(runId: string, options: SupportOptions): Promise<void> {
  using opened = await openState(options);
  const { run } = await readRunNamed(runId, opened);
  const userHere = await knownSecrets(options.dataDir);
  const { files, requests } = await collectFiles(run, opened.state, { withDumps: options.withDumps === true });
  const page = firstPage({
    run,
    ...requests,
    ...(userHere === undefined ? {} : { userHere }),
    now: Date.now(),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    versions: { plandrop: version(), node: process.version, system: `${systemName()} ${release()} (${process.arch})` },
    files,
  });
  const all = [text('README.md', 'the page to begin with', page), ...files];
  const folder = `plandrop-support-${runId}`;
  const zip = zipSync(Object.fromEntries(all.map(({ name, content }) => [`${folder}/${name}`, content])));
  const path = await write(zip, options.output, runId);
  if (options.json) {
    const told = { runId, path, bytes: zip.length, requests: requests.requests.length, lacks: requests.gaps };
    process.stdout.write(`${JSON.stringify({ ...told, files: all.map(({ name }) => name) }, null, 2)}\n`);
    return;
  }
  process.stdout.write(
    [
      `Wrote ${path}: ${requests.requests.length} requests. ${whatIsInIt(files)}`,
      ...requests.gaps.map((gap) => `  ${gap}`),
      'Read its README.md, fill in what stands in [brackets], and send all of it to Anaplan support.',
      '',
    ].join('\n'),
  );
}

function whatIsInIt(files: readonly { name: string }[]): string {
  return hasDumps(files)
    ? 'No password and no token stands outside its dumps, and these are as Anaplan wrote them: look through them.'
    : 'No password and no token is in it. Values that Anaplan quoted are, such as names of missing members.';
}

/** A file that is there already is never written over: it may have been sent, or filled in. @returns where it is */
async function write(zip: Uint8Array, output: string | undefined, runId: string): Promise<string> {
  if (output !== undefined) {
    if (await writeNew(zip, output)) return resolve(output);
    throw new CommandError(`There is a ${output} already, and it is left as it is.`, {
      whatToCheck: ['Name another file with --output, or remove that one.'],
    });
  }
  for (let count = 1; ; count++) {
    const path = `plandrop-support-${runId}${count === 1 ? '' : `-${count}`}.zip`;
    if (await writeNew(zip, path)) return resolve(path);
  }
}

/** @returns false when something of that name is there */
async function writeNew(zip: Uint8Array, path: string): Promise<boolean> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    if (error.code === 'ENOENT') throw new CommandError(`There is no folder for ${path}.`);
    return guard('write', resolve(path), async () => {
      throw error;
    });
  });
  if (file === undefined) return false;
  try {
    await guard('write', resolve(path), () => file.writeFile(zip));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** Lets redaction know the secrets that are set here. @returns who signs in with them, in words for people */
async function knownSecrets(dataDir: string): Promise<string | undefined> {
  let credentials: Credentials;
  try {
    const set = environmentSecrets(process.env);
    const asSet = await set.credentials();
    registerCredentials(asSet);
    credentials = await new KeptRefreshToken(dataDir, set).credentials();
  } catch {
    // A bundle needs no credentials.
    return undefined;
  }
  registerCredentials(credentials);
  switch (credentials.kind) {
    case 'basic':
      return credentials.username;
    case 'certificate':
      return undefined;
    case 'oauth':
      return `OAuth client ${credentials.clientId}`;
    default:
      return credentials satisfies never;
  }
}
