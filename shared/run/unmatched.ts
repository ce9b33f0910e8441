import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Alert } from '../ports/alerts.ts';
import { nonce } from './nonce.ts';
import { sendAlert } from './send-alert.ts';
import type { RunServices } from './services.ts';
import { isoTime } from './transitions.ts';

const unmatchedSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string(),
  because: z.string(),
  /** what would make it be taken, a whole sentence, where that is neither another place nor another pipeline */
  whatToDo: z.string().exactOptional(),
});
/** A drop that nothing takes, and why. */
export type Unmatched = z.infer<typeof unmatchedSchema>;

type Services = Pick<RunServices, 'state' | 'clock' | 'random'>;
type TellingServices = Services & Pick<RunServices, 'alerts' | 'log'>;

const untoldSchema = z.object({
  /** how a writer recognises its own success behind a lost answer */
  writer: z.string(),
  /** grows with each telling */
  tellings: z.int(),
  toldAt: z.iso.datetime().nullable(),
  /** drops that nobody was told of yet */
  count: z.int(),
  /** the first of them */
  first: z.array(unmatchedSchema),
});
type Untold = z.infer<typeof untoldSchema>;

const UNTOLD = 'unmatched/untold.json';
const NAMED = 20;
/** A folder that should not have been put there is one alert, not thousands. */
const QUIET_MS = 3_600_000;
const MAX_ROUNDS = 50;

/**
 * Keeps a drop that nothing takes, for the alert that the watch sends: once for each version, however often it is told of.
 * It is counted before its record is written, so that a death in between counts it twice, never not at all.
 */
export async function keepUnmatched(services: Services, drop: Unmatched): Promise<void> {
  const { state, clock } = services;
  const record = `unmatched/${hashOf(drop)}.json`;
  if ((await state.head(record)) !== undefined) return;
  await changeUntold(services, (untold) => ({
    ...untold,
    count: untold.count + 1,
    first: untold.first.length < NAMED ? [...untold.first, drop] : untold.first,
  }));
  const body = `${JSON.stringify({ ...drop, at: isoTime(clock.now()) }, null, 1)}\n`;
  await state.create(record, body, { contentType: 'application/json', tags: { ended: 'true' } });
}

/**
 * Tells a person of the drops that nothing takes, all that have come since the last time, at most once an hour. For the watch.
 * @returns how many were told of
 */
export async function tellUnmatched(services: TellingServices): Promise<number> {
  const { clock } = services;
  const now = clock.now();
  const { untold } = await readUntold(services);
  const { toldAt, count, tellings } = untold;
  if (count === 0 || (toldAt !== null && now < Date.parse(toldAt) + QUIET_MS)) return 0;
  await sendAlert(services, alertOf(untold));
  await changeUntold(services, (later) => {
    if (later.tellings !== tellings) return undefined;
    const first = later.first.slice(untold.first.length);
    return { ...later, tellings: tellings + 1, toldAt: isoTime(now), count: later.count - count, first };
  });
  return count;
}

/** `first` is empty where more came than are named, and were counted while the others were told of. */
function alertOf({ first, count, tellings }: Untold): Alert {
  const [one] = first;
  const named = one === undefined ? '' : `, ${one.key.split('/').at(-1)}`;
  const files = count === 1 ? '1 file' : `${count} files`;
  const left = count - first.length;
  return {
    id: `unmatched-${one === undefined ? tellings : hashOf(one)}`,
    subject: `Plandrop: ${files} that no pipeline takes${named}`.slice(0, 99),
    text: [
      `${count === 1 ? '1 file was' : `${files} were`} dropped that nothing is done with:`,
      '',
      ...first.map(({ bucket, key, because }) => `- ${key} (in ${bucket}): ${because}`),
      ...(left > 0 ? [one === undefined ? `- ${files}, like those told of before` : `- and ${left} more`] : []),
      '',
      'What to check:',
      ...checksOf(first).map((check, index) => `${index + 1}. ${check}`),
      '',
      'The files are kept where they were dropped; plandrop local moves them to the folder taken/ of its drop folder. Each is told of once.',
      '',
    ].join('\n'),
  };
}

const NO_PIPELINE = [
  'See whether the name or the folder is misspelt, and drop the file again under the right one.',
  'Or say in plandrop.yaml which pipeline takes it (on: { drop: … }), and drop it again.',
];

function checksOf(drops: readonly Unmatched[]): string[] {
  if (drops.length === 0) return NO_PIPELINE;
  return [...new Set(drops.flatMap(({ whatToDo }) => (whatToDo === undefined ? NO_PIPELINE : [whatToDo])))];
}

function hashOf({ bucket, key, versionId }: Unmatched): string {
  return createHash('sha256')
    .update(JSON.stringify([bucket, key, versionId]))
    .digest('hex')
    .slice(0, 32);
}

async function readUntold({ state }: Pick<Services, 'state'>): Promise<{ untold: Untold; etag?: string }> {
  const object = await state.get(UNTOLD);
  if (object === undefined) return { untold: { writer: '', tellings: 0, toldAt: null, count: 0, first: [] } };
  return { untold: untoldSchema.parse(JSON.parse(new TextDecoder().decode(object.body))), etag: object.etag };
}

async function changeUntold(services: Services, change: (untold: Untold) => Untold | undefined): Promise<void> {
  const { state, clock, random } = services;
  const writer = nonce(random);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { untold, etag } = await readUntold(services);
    const changed = untold.writer === writer ? undefined : change(untold);
    if (changed === undefined) return;
    const body = `${JSON.stringify({ ...changed, writer }, null, 1)}\n`;
    const options = { contentType: 'application/json' };
    const answer =
      etag === undefined ? await state.create(UNTOLD, body, options) : await state.replace(UNTOLD, body, etag, options);
    if (answer.written) return;
    await clock.sleep(random() * Math.min(1000, 25 * 2 ** round));
  }
  throw new Error(`${UNTOLD} changed ${MAX_ROUNDS} times while a drop was added to it`);
}
