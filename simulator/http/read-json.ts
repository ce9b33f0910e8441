import type * as z from 'zod';
import { badRequest } from '../engine/api-error.ts';
import type { Ctx } from './context.ts';

/** Reads a JSON body; none at all counts as `{}`. @throws ApiError 400 as Anaplan says it */
export async function readJson<T>(c: Ctx, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw badRequest('Error parsing request body as JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw badRequest(`Expected mandatory field '${issue?.path.join('.') ?? ''}' to be present and not empty.`);
}
