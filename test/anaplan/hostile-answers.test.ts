import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnaplanCallError, AnaplanClient } from '../../shared/anaplan/index.ts';
import { jumpingClock, model } from './fake-anaplan.ts';
import { calls, canary, hostileAnswer, hostileTransport, nearTask, nested } from './hostile-answers.ts';

const credentials = async () => ({ kind: 'basic', username: 'me', password: 'correct horse' }) as const;

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
            credentials,
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
      { numRuns: 1000 },
    );
  });
});

it('what a task or a status says in words is kept without a token in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('getTask', 'cancelTask', 'getModelStatus'), nearTask, async (name, text) => {
      const { transport } = hostileTransport([{ status: 200, headers: {}, body: Buffer.from(text), breaks: false }]);
      const client = new AnaplanClient({ credentials, transport, clock: jumpingClock(), random: () => 0.5 });
      const value = JSON.stringify((await calls[name]?.(client)) ?? null);
      expect(value).not.toContain(canary);
    }),
    { numRuns: 300 },
  );
});

it('ten megabytes of words are cut, and no token is cut in two', async () => {
  const words = `${'x'.repeat(7990)}${canary}${'y'.repeat(10_000_000)}`;
  const task = {
    taskId: 'T',
    taskState: 'COMPLETE',
    currentStep: words,
    result: { details: [{ type: words, localMessageText: words }] },
  };
  const { transport } = hostileTransport([
    { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ task })), breaks: false },
  ]);
  const client = new AnaplanClient({ credentials, transport, clock: jumpingClock(), random: () => 0.5 });
  const kept = JSON.stringify(await client.getTask(model, { kind: 'imports', id: '1' }, 'T'));
  expect(kept.length).toBeLessThan(30_000);
  expect(kept).not.toContain(canary.slice(0, 6));
});

it('a nesting that no stack could take is an answer that cannot be read', async () => {
  const body = nested('{"task":{"taskId":"T","taskState":"COMPLETE","result":', 100_000);
  const { transport } = hostileTransport([{ status: 200, headers: {}, body, breaks: false }]);
  const client = new AnaplanClient({ credentials, transport, clock: jumpingClock(), random: () => 0.5 });
  await expect(client.getTask(model, { kind: 'imports', id: '1' }, 'T')).rejects.toMatchObject({
    failure: { kind: 'unreadable', problem: 'its body is nested too deep' },
  });
});
