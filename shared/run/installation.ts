import * as z from 'zod';
import { QUEUE_NAMES } from '../ports/queue.ts';
import type { Store } from '../ports/store.ts';

/** Where a stack says where its queues are, in its own state bucket: whoever may open the bucket can wake its runs. */
export const INSTALLATION_KEY = 'installation.json';

const installationSchema = z.object({ v: z.literal(1), queues: z.partialRecord(z.enum(QUEUE_NAMES), z.url()) });

/** What a command needs to know of a stack besides its state bucket: the addresses of its queues. */
export type Installation = z.infer<typeof installationSchema>;

/** @returns undefined where no stack has said anything yet, or says it in a way of another version */
export async function readInstallation(state: Pick<Store, 'get'>): Promise<Installation | undefined> {
  const object = await state.get(INSTALLATION_KEY);
  if (object === undefined) return undefined;
  try {
    return installationSchema.parse(JSON.parse(new TextDecoder().decode(object.body)));
  } catch {
    return undefined;
  }
}

/** Says it, where it is not said already. Repeating it is harmless. */
export async function keepInstallation(
  state: Pick<Store, 'get' | 'put'>,
  queues: Installation['queues'],
): Promise<void> {
  const body = `${JSON.stringify({ v: 1, queues } satisfies Installation, null, 1)}\n`;
  const object = await state.get(INSTALLATION_KEY);
  if (object !== undefined && new TextDecoder().decode(object.body) === body) return;
  await state.put(INSTALLATION_KEY, body, { contentType: 'application/json' });
}
