import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { joinDataFolder } from '../infra/local/data-folder.ts';
import type { Queues } from '../shared/ports/queue.ts';
import type { Store } from '../shared/ports/store.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';
import { dataDirOption, jsonOption, named } from './options.ts';
import { stackQueues } from './stack-queues.ts';

/** Options of commands that read what runs left: on this machine, or in the state bucket of a deployed stack. */
export interface StateOptions {
  dataDir: string;
  stateBucket?: string;
  json?: true;
}

export function withStateOptions(command: Command): Command {
  return command.addOption(dataDirOption()).addOption(stateBucketOption(process.env)).addOption(jsonOption());
}

const VARIABLE = 'PLANDROP_STATE_BUCKET';

function stateBucketOption(env: NodeJS.ProcessEnv): Option {
  const described = 'the state bucket of a deployed stack, instead of a data folder';
  const option = new Option('--state-bucket <name>', described).argParser(named('a bucket'));
  // Empty means unset, as for all our variables.
  return env[VARIABLE]?.trim() === '' ? option : option.env(VARIABLE);
}

export interface OpenState extends Disposable {
  state: Store;
  /** wakes runs at once */
  queues: Queues;
}

/** The store that the options name; closing it frees what it holds open. @throws CommandError when there is no data folder */
export async function openState({ dataDir, stateBucket }: StateOptions): Promise<OpenState> {
  if (stateBucket === undefined) {
    // Whoever only looks leaves nothing behind.
    if (!existsSync(join(dataDir, 'queues.sqlite'))) throw noDataFolder(dataDir);
    return joinDataFolder(dataDir);
  }
  // The AWS SDK takes longer to load than everything else together, and most commands never need it.
  const [{ s3Client, sqsClient }, { S3Store }, { SqsQueues }] = await Promise.all([
    import('../shared/ports/aws/clients.ts'),
    import('../shared/ports/aws/s3-store.ts'),
    import('../shared/ports/aws/sqs-queues.ts'),
  ]);
  const [s3, sqs] = [s3Client(), sqsClient()];
  const state = new S3Store(s3, { bucket: stateBucket });
  return {
    state,
    queues: stackQueues(state, {
      queuesAt: (urls) => new SqsQueues(sqs, urls),
      say: (line) => process.stderr.write(`${line}\n`),
    }),
    [Symbol.dispose]: () => {
      s3.destroy();
      sqs.destroy();
    },
  };
}

function noDataFolder(dataDir: string): CommandError {
  return new CommandError(`There is no data folder ${dataDir}: no run has been started in it.`, {
    category: 'not-found',
    whatToCheck: [
      'Name the data folder of plandrop run or plandrop local with --data-dir, or a state bucket with --state-bucket.',
    ],
    exitCode: EXIT.failed,
  });
}
