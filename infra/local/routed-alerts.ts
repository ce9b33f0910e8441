import { createHash } from 'node:crypto';
import type { Logger } from '../../shared/observe/logger.ts';
import { type Configuration, type Notify, notifyFor } from '../../shared/pipeline/index.ts';
import type { Alerts } from '../../shared/ports/alerts.ts';
import { commandAlerts } from './command-alerts.ts';
import { webhookAlerts } from './webhook-alerts.ts';

export interface RoutedAlertsOptions {
  configuration: Pick<Configuration, 'notify' | 'pipelines'>;
  /** the folder of the configuration, where commands run */
  folder: string;
  /** keeps every alert, wherever it goes */
  record: Alerts;
  log: Logger;
}

/**
 * The alerts of one machine: each is recorded, and then told as `notify` says, that of its pipeline or else the configuration's own.
 * A repeated alert is recorded once. One that cannot be recorded is told all the same, and then fails; when it is repeated, by this
 * process, only the record is still owed.
 */
export function routedAlerts({ configuration, folder, record, log }: RoutedAlertsOptions): Alerts {
  const { notify, pipelines } = configuration;
  const recorded = new Set<string>();
  const toldUnrecorded = new Set<string>();
  const tellers = new Map<string, Alerts | undefined>();
  const tellerOf = (how: Notify): Alerts | undefined => {
    const key = JSON.stringify(how);
    if (!tellers.has(key)) tellers.set(key, tellerFor(how, folder));
    return tellers.get(key);
  };
  const all = [notify, ...Object.values(pipelines).map((pipeline) => pipeline.notify)];
  if (all.some((how) => how?.kind === 'topic'))
    log.warn('A topic of notify is for AWS: on this machine those alerts are kept in alerts.jsonl and sent nowhere.');
  return {
    route: (pipeline) => fingerprintOf(notifyFor(pipeline, configuration)),
    async publish(alert) {
      const { id, pipeline } = alert;
      const [kept] = await Promise.allSettled([recorded.has(id) ? undefined : record.publish(alert)]);
      if (kept.status === 'fulfilled') recorded.add(id);
      const how = notifyFor(pipeline, configuration);
      if (how !== undefined && !toldUnrecorded.has(id)) await tellerOf(how)?.publish(alert);
      if (kept.status === 'rejected') {
        toldUnrecorded.add(id);
        throw kept.reason;
      }
      toldUnrecorded.delete(id);
    },
  };
}

/** The address may be a secret, and what this answers is kept. */
function fingerprintOf(how: Notify | undefined): string {
  if (how === undefined) return '';
  return createHash('sha256').update(JSON.stringify(how)).digest('hex').slice(0, 16);
}

function tellerFor(how: Notify, folder: string): Alerts | undefined {
  switch (how.kind) {
    case 'command':
      return commandAlerts(how.command, { folder });
    case 'webhook':
      return webhookAlerts(how.webhook);
    case 'topic':
      return undefined;
    default:
      return how satisfies never;
  }
}
