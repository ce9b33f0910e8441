import type { MadeUp } from '../engine/spool.ts';

/** Rows that are made up together: about a megabyte. */
const ROWS = 16_384;
const BLOCK_DIGITS = 7;

/**
 * A header and rows without end, all of one length, no two alike, so that any range can be made up by itself: the first column has the
 * row's number, the others have numbers that follow from it.
 */
export function madeUpRows(headers: readonly string[], separator: string, encoding: BufferEncoding): MadeUp {
  const header = Buffer.from(`${headers.join(separator)}\n`, encoding);
  const rowOf = (row: number) => {
    const values = headers
      .slice(1)
      .map((_, column) => digits((row * 2_654_435_761 + column * 40_503) % 100_000_000, 8));
    return `${[`${digits(0, BLOCK_DIGITS)}${digits(row, 5)}`, ...values].join(separator)}\n`;
  };
  const block = Buffer.from(Array.from({ length: ROWS }, (_, row) => rowOf(row)).join(''), encoding);
  const rowBytes = block.length / ROWS;

  /** Block `number`: the rows with its number in front. */
  const blockOf = (number: number) => {
    const made = Buffer.from(block);
    const front = Buffer.from(digits(number, BLOCK_DIGITS), encoding);
    for (let at = 0; at < made.length; at += rowBytes) front.copy(made, at);
    return made;
  };

  return function* (start, end) {
    if (start < header.length) yield header.subarray(start, end);
    for (let at = Math.max(start, header.length); at < end; ) {
      const number = Math.floor((at - header.length) / block.length);
      const from = header.length + number * block.length;
      yield blockOf(number).subarray(at - from, end - from);
      at = from + block.length;
    }
  };
}

function digits(number: number, length: number): string {
  return String(number).padStart(length, '0');
}
