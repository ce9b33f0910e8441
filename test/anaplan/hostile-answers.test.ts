import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnaplanCallError, AnaplanClient } from '../../shared/anaplan/index.ts';
import { jumpingClock } from './fake-anaplan.ts';
import { calls, canary, hostileAnswer, hostileTransport } from './hostile-answers.ts';

describe('whatever answers', () => {
  it('a call ends, with a value or an AnaplanCallError that holds no token, after a bounded number of requests', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(calls)),
        fc.array(hostileAnswer, { minLength: 1, maxLength: 4 }),
        async (name, answers) => {
          const { transport, asked } = hostileTransport(answers);
          const shown: unknown[] = [];
          const client = new AnaplanClient({
            credentials: async () => ({ kind: 'basic', username: 'me', password: 'correct horse' }),
            transport,
            clock: jumpingClock(),
            random: () => 0.5,
            onExchange: (note) => shown.push(note),
            onRetry: (retry) => shown.push(retry),
          });
          await calls[name]?.(client).catch((error: unknown) => {
            expect(error).toBeInstanceOf(AnaplanCallError);
            shown.push(String(error), error instanceof AnaplanCallError && error.failure);
          });
          expect(asked()).toBeLessThan(60);
          expect(JSON.stringify(shown)).not.toContain(canary);
        },
      ),
      { numRuns: 1500 },
    );
  });
});
