import { remembered } from '../shared/pipeline/name-directory.ts';
import { type NameProblem, type ResolvedNames, resolveNames } from '../shared/pipeline/resolve-names.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';
import { unfilledFiles } from '../shared/pipeline/unfilled-files.ts';
import type { Secrets } from '../shared/ports/secrets.ts';
import { refusedByAnaplan, withAnaplan } from './doctor/ask-anaplan.ts';

interface SignIn {
  secrets: Secrets;
  dataDir: string;
}

/** Every name of the configuration, looked up in Anaplan. @throws CommandError when Anaplan refuses or does not answer */
export async function askNames(configuration: Configuration, signIn: SignIn): Promise<ResolvedNames> {
  try {
    return await withAnaplan(configuration, signIn, (anaplan) => resolveNames(configuration, anaplan));
  } catch (error) {
    throw refusedByAnaplan(error);
  }
}

/** The same, and what a person should look at: files that processes read and nothing fills. @throws CommandError */
export async function askNamesAndDoubts(
  configuration: Configuration,
  signIn: SignIn,
): Promise<ResolvedNames & { doubts: readonly NameProblem[] }> {
  try {
    return await withAnaplan(configuration, signIn, async (anaplan) => {
      const directory = remembered(anaplan);
      const resolved = await resolveNames(configuration, directory);
      return { ...resolved, doubts: await unfilledFiles(resolved.lock, directory) };
    });
  } catch (error) {
    throw refusedByAnaplan(error);
  }
}
