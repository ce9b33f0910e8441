import { countOf } from '../shared/diagnosis/words.ts';
import type { StepOutcome } from '../shared/run/outcome.ts';

/** `980 rows, 20 rejected`: the rows processed, and of the rest only what is not zero; empty when Anaplan counted nothing. */
export function countsOf({ counts, cells }: Pick<StepOutcome, 'counts' | 'cells'>): string {
  const parts: string[] = [];
  if (counts !== undefined) {
    if (counts.processed > 0) parts.push(countOf(counts.processed, 'row'));
    for (const kind of ['created', 'updated', 'rejected', 'warned', 'ignored'] as const) {
      if (counts[kind] > 0) parts.push(`${counts[kind]} ${kind}`);
    }
  }
  if (cells !== undefined) parts.push(countOf(cells, 'cell'));
  return parts.join(', ');
}
