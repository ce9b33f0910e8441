import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { AnaplanClient } from '../shared/anaplan/index.ts';
import { powertoolsLogger } from '../shared/observe/powertools-logger.ts';
import { ConfigurationError, loadConfiguration } from '../shared/pipeline/load-configuration.ts';
import { parseLock } from '../shared/pipeline/lock.ts';
import { notifyFor } from '../shared/pipeline/notify-for.ts';
import { retentionDays } from '../shared/pipeline/retention.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';
import { s3Client, secretsManagerClient, snsClient, sqsClient } from '../shared/ports/aws/clients.ts';
import { S3Store } from '../shared/ports/aws/s3-store.ts';
import { SecretsManagerSecrets } from '../shared/ports/aws/secrets-manager-secrets.ts';
import { SnsAlerts } from '../shared/ports/aws/sns-alerts.ts';
import { SqsQueues } from '../shared/ports/aws/sqs-queues.ts';
import { systemClock } from '../shared/ports/clock.ts';
import { QUEUE_NAMES, type QueueName } from '../shared/ports/queue.ts';
import { MissingCredentialsError, type Secrets } from '../shared/ports/secrets.ts';
import { requestBudget } from '../shared/retry/request-budget.ts';
import { lockedPipelines } from './locked-pipelines.ts';
import { refuseRotation } from './refuse-rotation.ts';
import type { Services } from './services.ts';

/** What the stack tells its functions. A function gets only what it may use, so most are optional. */
const environmentSchema = z.object({
  PLANDROP_CONFIG: z.string(),
  PLANDROP_LOCK: z.string(),
  PLANDROP_STATE_BUCKET: z.string(),
  PLANDROP_ALERTS_TOPIC_ARN: z.string(),
  PLANDROP_SETTLE_SECONDS: z.coerce.number().nonnegative(),
  PLANDROP_SECRET_ARN: z.string().optional(),
  PLANDROP_REQUESTS_PER_MINUTE: z.coerce.number().positive().optional(),
  PLANDROP_QUEUE_SCHEDULES_URL: z.string().optional(),
  PLANDROP_KEEPS_DROPS: z.string().optional(),
});

/**
 * Builds the services of a Lambda function, once at its cold start.
 * @throws when the stack did not set what every function needs, or the shipped configuration is broken: a deployment fails early
 */
export function awsServices(env: NodeJS.ProcessEnv): Services {
  const settings = environmentSchema.parse(env);
  const configuration = configurationOf(settings.PLANDROP_CONFIG);
  const lock = parseLock(readFileSync(settings.PLANDROP_LOCK, 'utf8'), settings.PLANDROP_LOCK);
  const s3 = s3Client();
  const { apiUrl, authUrl, oauthUrl, requestsPerMinute } = configuration.anaplan;
  const secrets = secretsOf(settings.PLANDROP_SECRET_ARN);
  return {
    state: new S3Store(s3, { bucket: settings.PLANDROP_STATE_BUCKET }),
    source: (bucket) => new S3Store(s3, { bucket }),
    queues: new SqsQueues(sqsClient(), queueUrlsOf(env)),
    alerts: new SnsAlerts(snsClient, {
      topicArn: settings.PLANDROP_ALERTS_TOPIC_ARN,
      topicOf: (pipeline) => {
        const notify = notifyFor(pipeline, configuration);
        return notify?.kind === 'topic' ? notify.topic : undefined;
      },
    }),
    clock: systemClock,
    random: Math.random,
    log: powertoolsLogger(),
    settleSeconds: settings.PLANDROP_SETTLE_SECONDS,
    leaves: [
      ...(settings.PLANDROP_QUEUE_SCHEDULES_URL === undefined ? ['follow' as const] : []),
      ...(settings.PLANDROP_KEEPS_DROPS === undefined ? ['keep' as const] : []),
    ],
    retentionDays: retentionDays(configuration),
    commandPlace: { stateBucket: settings.PLANDROP_STATE_BUCKET },
    gzip: true,
    pipelines: lockedPipelines(configuration, lock),
    anaplan: new AnaplanClient({
      apiUrl,
      authUrl,
      oauthUrl,
      credentials: () => secrets.credentials(),
      onRefreshToken: refuseRotation,
      // A static share, because containers do not know of each other.
      budget: requestBudget({
        clock: systemClock,
        requestsPerMinute: settings.PLANDROP_REQUESTS_PER_MINUTE ?? requestsPerMinute,
      }),
    }),
  };
}

function configurationOf(path: string): Configuration {
  const loaded = loadConfiguration(readFileSync(path, 'utf8'));
  if (!loaded.ok) throw new ConfigurationError(path, loaded.mistakes);
  return loaded.configuration;
}

/** The functions that never call Anaplan are not given the secret. */
function secretsOf(arn: string | undefined): Secrets {
  if (arn !== undefined) return new SecretsManagerSecrets(secretsManagerClient(), arn);
  return {
    credentials: async () => {
      throw new MissingCredentialsError('PLANDROP_SECRET_ARN is not set: this function is not meant to call Anaplan.');
    },
  };
}

/** `PLANDROP_QUEUE_UPLOAD_URL` and so on, of the queues this function sends to. */
export function queueUrlsOf(env: NodeJS.ProcessEnv): Partial<Record<QueueName, string>> {
  const urls: Partial<Record<QueueName, string>> = {};
  for (const name of QUEUE_NAMES) {
    const url = env[`PLANDROP_QUEUE_${name.toUpperCase()}_URL`];
    if (url !== undefined) urls[name] = url;
  }
  return urls;
}
