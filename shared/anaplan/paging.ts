import * as z from 'zod';
import { discard, readJson } from './answer.ts';
import type { ApiAsk, Caller } from './caller.ts';

/** The largest page Anaplan gives (anaplan-notes: Paging). */
const PAGE_SIZE = 5000;

const envelope = z.object({
  status: z.object({ code: z.number() }).optional().catch(undefined),
  meta: z
    .object({
      paging: z
        .object({ totalSize: z.number().optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/**
 * Every element of a collection, each once. Goes by offset and total, never by `next` (anaplan-notes: Paging); a collection
 * without its key is empty if the answer is Anaplan's own (anaplan-notes: Empty collections). Ends at a page that brings
 * nothing new, whatever the total claims.
 */
export async function listAll<T>(
  caller: Caller,
  ask: ApiAsk,
  keys: string | readonly string[],
  element: z.ZodType<T>,
  idOf: (element: T) => string,
): Promise<T[]> {
  // A single element has been documented bare, not in a list.
  const elements = z.union([z.array(element), element.transform((one) => [one])]).nullish();
  const names = [keys].flat();
  const page = z.intersection(envelope, z.object(Object.fromEntries(names.map((name) => [name, elements]))));
  const found = new Map<string, T>();
  let offset = 0;
  for (;;) {
    const query = { ...ask.query, limit: PAGE_SIZE, offset };
    const { items, total } = await caller.call({ ...ask, query }, async (answer) => {
      if (answer.status === 204) {
        await discard(answer);
        return { items: [], total: 0 };
      }
      const { status, meta, ...lists } = await readJson(answer, page);
      const list = names.map((name) => lists[name]).find((found) => found);
      const isEnvelope = status ? status.code < 300 : meta !== undefined;
      if (list === undefined && !isEnvelope) {
        throw answer.unreadable(`its body has neither ${names[0]} nor Anaplan's envelope`);
      }
      return { items: list ?? [], total: meta?.paging?.totalSize };
    });
    const knownBefore = found.size;
    for (const item of items) found.set(idOf(item), item);
    offset += items.length;
    const more = total === undefined ? items.length >= PAGE_SIZE : offset < total;
    if (!more || found.size === knownBefore) return [...found.values()];
  }
}
