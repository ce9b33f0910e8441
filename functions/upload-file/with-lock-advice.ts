import { WITH_MENDED_FILE } from '../../shared/diagnosis/check-scan.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';

const WRITE_THE_LOCK =
  'Once the import is changed in Anaplan, write the lock anew (plandrop lock), review and deploy it: until then files are held against the import as the lock has it.';

/**
 * What a person has to do besides where definitions are those of a deployed lock: the stack does not see that an import was mended.
 * Said only where mending it would help.
 */
export function withLockAdvice(diagnosis: Diagnosis): Diagnosis {
  const { category, whatToCheck } = diagnosis;
  if (category !== 'mapping' && !whatToCheck.some((check) => check.includes('in Anaplan'))) return diagnosis;
  const first = whatToCheck.filter((check) => check !== WITH_MENDED_FILE);
  return { ...diagnosis, whatToCheck: [...first, WRITE_THE_LOCK, ...whatToCheck.slice(first.length)] };
}
