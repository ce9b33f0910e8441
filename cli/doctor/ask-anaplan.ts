import { KeptRefreshToken } from '../../infra/local/kept-refresh-token.ts';
import { AnaplanCallError, AnaplanClient } from '../../shared/anaplan/index.ts';
import { classifyCall } from '../../shared/diagnosis/classify-call.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';

/**
 * Does `work` with a client of the configured addresses, and closes it. A refresh token that is good only once is kept in the data
 * folder, where `run` and `local` keep theirs.
 */
export async function withAnaplan<T>(
  configuration: Pick<Configuration, 'anaplan'>,
  { secrets, dataDir }: { secrets: Secrets; dataDir: string },
  work: (anaplan: AnaplanClient) => Promise<T>,
): Promise<T> {
  const { apiUrl, authUrl, oauthUrl } = configuration.anaplan;
  const refreshTokens = new KeptRefreshToken(dataDir, secrets);
  const anaplan = new AnaplanClient({
    apiUrl,
    authUrl,
    oauthUrl,
    credentials: () => refreshTokens.credentials(),
    onRefreshToken: (refreshToken) => refreshTokens.keep(refreshToken),
  });
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
  return new CommandError(message, { category, whatToCheck: withoutRun(whatToCheck), exitCode: EXIT.failed });
}

/** What a person without a run can do: some advice is about a run, and names it. */
export function withoutRun(whatToCheck: readonly string[]): readonly string[] {
  const left = whatToCheck.filter((check) => !check.includes('<runId>'));
  return left.length > 0 ? left : whatToCheck;
}
