/** Line numbers of a file, a bit for each: in any order, each once, in memory that depends on the longest file only. */
export interface LineSet {
  readonly size: number;
  has(line: number): boolean;
  add(line: number): void;
}

/** 125 MB of bits; no file of Anaplan's 50 GB at most has more lines than this. */
export const MAX_LINE = 1_000_000_000;

/** Lines beyond `MAX_LINE`, and numbers that are no line, are left out. */
export function createLineSet(): LineSet {
  let bits = new Uint8Array(1024);
  let size = 0;
  return {
    get size() {
      return size;
    },
    has: (line) => ((bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0,
    add(line) {
      if (!Number.isSafeInteger(line) || line < 1 || line > MAX_LINE) return;
      const at = line >> 3;
      if (at >= bits.length) {
        const grown = new Uint8Array(Math.max(at + 1, bits.length * 2));
        grown.set(bits);
        bits = grown;
      }
      const byte = bits[at] ?? 0;
      const bit = 1 << (line & 7);
      if ((byte & bit) !== 0) return;
      bits[at] = byte | bit;
      size += 1;
    },
  };
}
