import { type ResolvedNames, resolveNames } from '../shared/pipeline/resolve-names.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';
import type { Secrets } from '../shared/ports/secrets.ts';
import { refusedByAnaplan, withAnaplan } from './doctor/ask-anaplan.ts';

/** Every name of the configuration, looked up in Anaplan. @throws CommandError when Anaplan refuses or does not answer */
export async function askNames(
  configuration: Configuration,
  signIn: { secrets: Secrets; dataDir: string },
): Promise<ResolvedNames> {
  try {
    return await withAnaplan(configuration, signIn, (anaplan) => resolveNames(configuration, anaplan));
  } catch (error) {
    throw refusedByAnaplan(error);
  }
}
