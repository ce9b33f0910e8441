import { AnaplanCallError, AnaplanClient } from '../../shared/anaplan/index.ts';
import { classifyCall } from '../../shared/diagnosis/classify-call.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';

/** Does `work` with a client of the configured addresses, and closes it. */
export async function withAnaplan<T>(
  configuration: Configuration,
  secrets: Secrets,
  work: (anaplan: AnaplanClient) => Promise<T>,
): Promise<T> {
  const { apiUrl, authUrl, oauthUrl } = configuration.anaplan;
  const anaplan = new AnaplanClient({ apiUrl, authUrl, oauthUrl, credentials: () => secrets.credentials() });
  try {
    return await work(anaplan);
  } finally {
    await anaplan.close();
  }
}

/** A failed call as an error of the command; any other error as it is. */
export function refusedByAnaplan(error: unknown, context: { object?: string; model?: string } = {}): unknown {
  if (!(error instanceof AnaplanCallError)) return error;
  const { message, category, whatToCheck } = classifyCall(error.failure, context);
  return new CommandError(message, { category, whatToCheck, exitCode: EXIT.failed });
}
