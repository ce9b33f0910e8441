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

/** A collection of Anaplan's: the keys under which its elements may stand, and what makes an element. */
export interface Collection<T> {
  names: readonly string[];
  page: ReturnType<typeof pageOf<T>>;
  idOf: (element: T) => string;
}

export const byId = (element: { id: string }): string => element.id;

/** To be made once for each collection: building a schema takes far longer than reading a page with it. */
export function collection<T>(
  keys: string | readonly string[],
  element: z.ZodType<T>,
  idOf: (element: T) => string,
): Collection<T> {
  const names = [keys].flat();
  return { names, page: pageOf(names, element), idOf };
}

function pageOf<T>(names: readonly string[], element: z.ZodType<T>) {
  // A single element has been documented bare, not in a list.
  const elements = z.union([z.array(element), element.transform((one) => [one])]).nullish();
  return z.intersection(envelope, z.object(Object.fromEntries(names.map((name) => [name, elements]))));
}

/**
 * Every element of a collection, each once. Goes by offset and total, never by `next` (anaplan-notes: Paging); a collection
 * without its key is empty if the answer is Anaplan's own (anaplan-notes: Empty collections). Ends at a page that brings
 * nothing new, whatever the total claims.
 */
export async function listAll<T>(caller: Caller, ask: ApiAsk, { names, page, idOf }: Collection<T>): Promise<T[]> {
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
