import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { shellWord } from '../shared/diagnosis/shell-word.ts';
import { AddressError, addressesIn, atAddresses, requireReachable } from '../shared/pipeline/addresses.ts';
import { freeze } from '../shared/pipeline/freeze.ts';
import {
  ConfigurationError,
  ConfigurationFileError,
  readConfiguration,
} from '../shared/pipeline/load-configuration.ts';
import { LockError, parseLock } from '../shared/pipeline/lock.ts';
import { bundled } from './constructs/function-code.ts';
import { NotOnAwsError } from './constructs/notify-topics.ts';
import { deployedConfiguration } from './deployed-configuration.ts';
import { PlandropStack } from './plandrop-stack.ts';

const app = new App();
const context = (name: string): string | undefined => app.node.tryGetContext(name)?.toString();
const configurationFile = context('configuration') ?? 'plandrop.yaml';
const files = {
  configuration: configurationFile,
  lock: context('lock') ?? join(dirname(configurationFile), 'plandrop.lock.json'),
};

/** `cdk synth`, `cdk deploy`: context `configuration`, `lock`, `stackName` and `alertsEmail` may be given with `-c name=value`. */
async function main(): Promise<void> {
  // The same addresses as `plandrop lock` asked, so that its ids are those of the tenant that the functions reach.
  const addresses = addressesIn(process.env);
  requireReachable(addresses);
  const configuration = atAddresses(await readConfiguration(files.configuration, process.env), addresses);
  const lock = parseLock(lockText(files.lock), files.lock);
  // A pipeline that could not be followed on AWS is told now, not at the first drop.
  const refused = Object.keys(configuration.pipelines)
    .map((name) => freeze(name, configuration, lock))
    .flatMap((frozen) => (frozen.ok ? [] : [`${files.lock}: ${frozen.message}`]));
  if (refused.length > 0) throw new LockError(refused.join('\n'));

  const folder = mkdtempSync(join(tmpdir(), 'plandrop-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const deployed = join(folder, 'plandrop.yaml');
  writeFileSync(
    deployed,
    deployedConfiguration(readFileSync(files.configuration, 'utf8'), process.env, configuration.anaplan),
  );

  const alertsEmail = context('alertsEmail');
  new PlandropStack(app, context('stackName') ?? 'Plandrop', {
    configuration,
    makeFunction: bundled({ configuration: deployed, lock: files.lock }),
    ...(alertsEmail === undefined ? {} : { alertsEmail }),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}

/** @throws LockError when there is nothing to read */
function lockText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT')
      throw new LockError(`there is no ${file}; write it with "plandrop lock", review it and commit it`);
    if (code === 'EISDIR') throw new LockError(`${file} is a folder; name the lock file in it with -c lock=…`);
    throw new LockError(`${file} cannot be read (${code})`);
  }
}

try {
  await main();
} catch (error) {
  const isTold = [AddressError, ConfigurationError, ConfigurationFileError, LockError, NotOnAwsError].some(
    (kind) => error instanceof kind,
  );
  if (!(isTold && error instanceof Error)) throw error;
  const named = ['configuration', 'lock'].flatMap((name) => {
    const file = context(name);
    return file === undefined ? [] : [` --${name === 'lock' ? name : 'config'} ${shellWord(file)}`];
  });
  console.error(error.message.replaceAll('"plandrop lock"', `"plandrop lock${named.join('')}"`));
  process.exitCode = 1;
}
