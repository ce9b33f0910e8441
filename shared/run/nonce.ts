import type { Random } from '../ports/clock.ts';

/** 16 hex digits that nobody else writes: how a writer recognises its own write, and a claim its owner. */
export function nonce(random: Random): string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return word() + word();
}
