import type { Detail, MessageCode, MessageValues } from './messages.ts';

/** One thing wrong with one row: its code, the values of its text, and the source value it is about. */
export interface RowProblem {
  type: MessageCode;
  values: MessageValues;
  /** appended to the text in the dump; undefined: the text alone */
  value?: string;
}

/** Counts row problems by text, for the row-level entries of `details`. */
export class Reasons {
  readonly #byText = new Map<string, { detail: Detail; value: string | undefined }>();

  add(text: string, problem: RowProblem): void {
    const known = this.#byText.get(text);
    if (!known) {
      const detail = { type: problem.type, occurrences: 1, values: problem.values };
      this.#byText.set(text, { detail, value: problem.value });
      return;
    }
    known.detail.occurrences += 1;
    if (known.value !== problem.value) known.value = undefined;
  }

  /** The most frequent first. The value is told when all rows share it; an empty one is null. */
  get details(): Detail[] {
    return [...this.#byText.values()]
      .map(({ detail, value }) =>
        value === undefined ? detail : { ...detail, values: { ...detail.values, value: value === '' ? null : value } },
      )
      .sort((a, b) => b.occurrences - a.occurrences);
  }
}
