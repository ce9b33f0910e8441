import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Alert, Alerts } from '../../shared/ports/alerts.ts';
import { guard } from './storage-error.ts';

/** Alerts of one machine: one JSON line each in `alerts.jsonl` of the data folder, and to whoever listens. */
export function fileAlerts(dataDir: string, onAlert: (alert: Alert) => void = () => {}): Alerts {
  const path = join(dataDir, 'alerts.jsonl');
  return {
    async publish(alert) {
      await guard('write', path, () => appendFile(path, `${JSON.stringify(alert)}\n`));
      onAlert(alert);
    },
  };
}
