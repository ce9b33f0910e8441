import type { Detail } from '../engine/messages.ts';

/** So many are named in a line of a result. */
const NAMED_MEMBERS = 10;

/** The members of a dimension that an import maps one by one, and what it leaves out because of others. */
export class MappedMembers {
  readonly #dimension: string;
  readonly #members: ReadonlySet<string>;
  readonly #others = new Set<string>();
  #rows = 0;

  /** @param members as the file writes them */
  constructor(dimension: string, members: ReadonlySet<string>) {
    this.#dimension = dimension;
    this.#members = members;
  }

  /** Whether a row of this member is left out; it is counted then. */
  leavesOut(text: string): boolean {
    if (this.#members.has(text)) return false;
    this.#others.add(text);
    this.#rows += 1;
    return true;
  }

  get hasLeftOut(): boolean {
    return this.#rows > 0;
  }

  /** What the result says of it. How often Anaplan says that it occurred is not known: here, as many rows as were left out. */
  get details(): Detail[] {
    if (!this.hasLeftOut) return [];
    const items = [...this.#others].slice(0, NAMED_MEMBERS).join(', ');
    const values = { count: this.#others.size, dimension: this.#dimension, items };
    return [{ type: 'moduleImportDimensionIdentifiersUnmapped', occurrences: this.#rows, values }];
  }
}
