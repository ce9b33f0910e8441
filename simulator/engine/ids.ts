import { createHash } from 'node:crypto';

/** Prefixes of 12-digit object ids, one per kind (anaplan-notes: Ids). An export and the file it writes share one id. */
export const OBJECT_PREFIX = {
  list: '101',
  module: '102',
  version: '107',
  import: '112',
  file: '113',
  export: '116',
  action: '117',
  process: '118',
  lineItem: '206',
  item: '207',
} as const;

export type ObjectKind = keyof typeof OBJECT_PREFIX;

/** The same names give the same id in every start of the simulator. */
export function stableHex(...names: string[]): string {
  return createHash('md5').update(names.join('\u0000')).digest('hex');
}

/** Gives out object ids of one model in order, skipping those that the definition fixed. */
export class ObjectIds {
  readonly #taken = new Set<string>();
  readonly #next = new Map<ObjectKind, number>();

  reserve(id: string): void {
    this.#taken.add(id);
  }

  next(kind: ObjectKind): string {
    for (;;) {
      const n = this.#next.get(kind) ?? 0;
      this.#next.set(kind, n + 1);
      const id = OBJECT_PREFIX[kind] + String(n).padStart(9, '0');
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
  }
}

/** Random-looking values that repeat with the seed: task ids, tokens, durations. */
export class Seeded {
  readonly #seed: string;
  readonly #start: number;
  #count = 0;

  constructor(seed: string) {
    this.#seed = seed;
    this.#start = createHash('sha256').update(seed).digest().readInt32LE();
  }

  /** 32 hex digits, lower case */
  hex(): string {
    this.#count += 1;
    return createHash('sha256').update(`${this.#seed}:${this.#count}`).digest('hex').slice(0, 32);
  }

  uuid(): string {
    const hex = this.hex();
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** in [0, 1) */
  number(): number {
    this.#count += 1;
    return mixed((this.#start + this.#count) | 0) / 2 ** 32;
  }
}

/** 32 bits that look random, from any 32 (the finaliser of MurmurHash3): a draw is made for each rule of the weather. */
function mixed(bits: number): number {
  let hash = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
