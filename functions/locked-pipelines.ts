import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';
import { problemText } from '../shared/pipeline/find-named.ts';
import { freeze } from '../shared/pipeline/freeze.ts';
import type { Lock } from '../shared/pipeline/lock.ts';
import type { NameProblem } from '../shared/pipeline/resolve-names.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';
import { configuredPipelines } from './configured-pipelines.ts';
import type { Pipelines } from './services.ts';

/** The pipelines of a deployed configuration: its names were resolved when the lock file was written, and nobody is asked. */
export function lockedPipelines(configuration: Configuration, lock: Lock): Pipelines {
  return {
    ...configuredPipelines(configuration),
    freeze: async (name) => {
      const frozen = freeze(name, configuration, lock);
      return frozen.ok ? frozen : { ok: false, diagnosis: misconfigured(name, frozen.message) };
    },
  };
}

/** A mistake in the configuration or its lock file, as the failure of the run that met it. */
export function misconfigured(pipeline: string, message: string): Diagnosis {
  return {
    category: 'configuration',
    cause: 'The configuration does not say what to do with this run.',
    message: `Pipeline "${pipeline}" could not be followed: ${message}.`,
    whatToCheck: ['Mend the configuration as said, then drop the file again or redrive the run.'],
    retry: { kind: 'no' },
    references: { pipeline },
  };
}

/** Names that Anaplan does not know, as the failure of the run that met them. */
export function namesNotFound(pipeline: string, problems: readonly NameProblem[]): Diagnosis {
  const told = problems.map(problemText);
  return {
    category: 'not-found',
    cause: 'A name in the configuration is wrong, or the integration user does not see that object.',
    message: `Pipeline "${pipeline}" names what this user does not find in Anaplan: ${told.join('. ')}.`,
    whatToCheck: [
      'Compare the names in plandrop.yaml with those in Anaplan, letter by letter.',
      "If they are right, the integration user's model role has no access to the object: grant it.",
    ],
    retry: { kind: 'no' },
    references: { pipeline },
  };
}
