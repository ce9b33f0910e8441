import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { DropFolder } from '../../infra/local/drop-folder.ts';
import { fileAlerts } from '../../infra/local/file-alerts.ts';
import { LocalScheduler, schedulesOf } from '../../infra/local/local-scheduler.ts';
import { routedAlerts } from '../../infra/local/routed-alerts.ts';
import type { Alert } from '../../shared/ports/alerts.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { commandPlace } from '../command-place.ts';
import { configurationFor } from '../configuration.ts';
import { requireDropsApart } from '../drops-apart.ts';
import { embeddedEngine, type Stoppable } from '../embedded-engine.ts';
import { EXIT } from '../exit-codes.ts';
import { interruption } from '../interruption.ts';
import { logBeside } from '../log-beside.ts';
import { configOption, dataDirOption, jsonOption, keepFreeOption, named } from '../options.ts';
import { progressOf } from '../progress.ts';
import { usableCredentials } from '../usable-credentials.ts';

interface LocalOptions {
  config: string;
  dataDir: string;
  keepFree: number;
  drops: string;
  json?: true;
}

/** How long what is under way may finish in; what does not is begun again at the next start. */
const STOP_SECONDS = 20;

export function localCommand(): Command {
  return new Command('local')
    .description('the embedded engine: watches a folder and fires schedules, until stopped; survives a kill')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(
      new Option(
        '--drops <folder>',
        'the folder to watch; its layout gives the keys, and taken files move to its folder taken/',
      )
        .default('drops')
        .argParser(named('a folder')),
    )
    .addOption(keepFreeOption())
    .addOption(jsonOption())
    .action(async (options: LocalOptions) => {
      process.exitCode = await local(options);
    });
}

/** Goes on with what is in the data folder, and takes what comes, until interrupted. */
async function local(options: LocalOptions): Promise<number> {
  const configuration = await configurationFor(options.config, process.env);
  requireDropsApart(options);
  const secrets = environmentSecrets(process.env);
  await usableCredentials(secrets);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const log = logBeside(say, 'warn', { json: options.json });
  const interrupted = interruption();
  const { folder, stop } = await embeddedEngine(options.dataDir, {
    configuration,
    secrets,
    commandPlace: commandPlace(options),
    alerts: ({ dataDir }) =>
      routedAlerts({
        configuration,
        folder: dirname(options.config),
        record: fileAlerts(dataDir, (alert) => tell(alert, say)),
        log,
      }),
    log,
    dropFolder: options.drops,
    minimumFreeBytes: options.keepFree,
    onCommit: progressOf(say),
  });
  const watching: Stoppable[] = [];
  try {
    const drops = new DropFolder(options.drops, folder, { log });
    const { state, queues, clock } = folder;
    const scheduler = new LocalScheduler({ state, queues, clock, schedules: schedulesOf(configuration), log });
    watching.push(drops, scheduler);
    await drops.start();
    scheduler.start();
    const pipelines = Object.keys(configuration.pipelines);
    if (options.json)
      process.stdout.write(`${JSON.stringify({ drops: options.drops, dataDir: folder.dataDir, pipelines })}\n`);
    else
      say(
        `Watching ${options.drops} for ${pipelines.join(', ')}; keeping everything in ${folder.dataDir}. Stop with Ctrl-C.`,
      );
    if (folder.recovered.messagesInFlight > 0) say('The last start was cut off; going on where it stood.');
    await interrupted;
    say('Stopping; what is under way goes on at the next start.');
    return EXIT.interrupted;
  } finally {
    await stop(STOP_SECONDS, watching);
  }
}

function tell({ subject, text }: Alert, say: (line: string) => void): void {
  say(
    [
      '',
      subject,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
      '',
    ].join('\n'),
  );
}
