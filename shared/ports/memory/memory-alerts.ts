import type { Alert, Alerts } from '../alerts.ts';

/** Keeps what was published, for tests to read. */
export class MemoryAlerts implements Alerts {
  readonly published: Alert[] = [];

  async publish(alert: Alert): Promise<void> {
    this.published.push(alert);
  }
}
