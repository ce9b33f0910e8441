import { type Transport, TransportError } from '../../shared/anaplan/transport.ts';
import { undiciTransport } from '../../shared/anaplan/undici-transport.ts';
import { registerSecret } from '../../shared/observe/redact.ts';
import type { Alerts } from '../../shared/ports/alerts.ts';

export interface WebhookAlertsOptions {
  /** through the proxies of the environment, like the calls to Anaplan */
  transport?: Transport;
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Posts alerts to a web address as JSON; `text` is what Slack, Teams and their like show. Anything but a 2xx has failed, a
 * redirect too. Whoever knows the address of a hook may often post to it, so no error names any part of it.
 */
export function webhookAlerts(address: string, options: WebhookAlertsOptions = {}): Alerts {
  const { transport = undiciTransport(), timeoutMs = TIMEOUT_MS } = options;
  registerSecret(address);
  return {
    async publish({ text, ...alert }) {
      registerSecret(address);
      const body = Buffer.from(JSON.stringify({ text: `${alert.subject}\n\n${text}`, ...alert }));
      const status = await statusOf(transport, address, { body, timeoutMs });
      if (status < 200 || status > 299) throw new Error(`the webhook of notify answered ${status}`);
    },
  };
}

async function statusOf(
  transport: Transport,
  url: string,
  { body, timeoutMs }: { body: Uint8Array; timeoutMs: number },
): Promise<number> {
  try {
    const answer = await transport({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': String(body.byteLength) },
      body,
      readTimeoutMs: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
      // Alerts are rare: a connection kept since the last one has gone stale.
      freshConnection: true,
    });
    for await (const _ of answer.body) break;
    return answer.status;
  } catch (error) {
    // Not even as a cause: the words of a failed look-up name the host.
    throw new Error(`the webhook of notify did not answer (${reasonOf(error)})`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TransportError) return error.code;
  return error instanceof Error ? error.name : 'unknown error';
}
