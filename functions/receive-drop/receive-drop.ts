import type { SQSRecord } from 'aws-lambda';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { dropsOf, runIdOf, type Trigger } from '../../shared/run/trigger.ts';
import { keepUnmatched } from '../../shared/run/unmatched.ts';
import { askAgainLater, givenUp, isAskedAgain, isTooEarly } from '../ask-again.ts';
import { freezeForRun } from '../freeze-for-run.ts';
import { receiveCountOf } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { reportStrangeMessage } from '../strange-message.ts';
import { findDrop, isByHand, type Opening, openingsOf } from './openings.ts';
import { isKnownMember, receiveMember } from './receive-member.ts';
import { type CreatedObject, readS3Message } from './s3-event.ts';

/** Opens the runs that the message asks for, and puts drops into their sets. Repeating it is harmless. */
export async function receiveDrop(record: SQSRecord, services: Services): Promise<void> {
  const message = readS3Message(record.body);
  if (message.kind === 'ignored') {
    services.log.info(`Ignored a message: ${message.because}.`);
    return;
  }
  // Trying again cannot make it readable.
  if (message.kind === 'unreadable')
    return reportStrangeMessage('drops', { record, because: message.because }, services);
  if (await isTooEarly('drops', record, services)) return;
  const { pipelines } = services;
  const find = (object: CreatedObject) => findDrop(object, record, services);
  const waitFor: Diagnosis[] = [];
  const open = (opening: Opening) => openFor(opening, { record, waitFor }, services);
  for (const opening of await openingsOf(message.objects, record, { pipelines, find })) {
    const { pipelineName, member } = opening;
    // A drop that is matched has an outcome, also when somebody deleted it before it could begin.
    if (member === undefined || (opening.gone !== undefined && !(await isKnownMember(member, services))))
      await open(opening);
    else await receiveMember(member, services, (trigger) => open({ pipelineName, trigger }));
  }
  await askAgainLater('drops', record, waitFor, services);
  if (isByHand(record)) return;
  for (const object of message.objects) await keepIfUnmatched(object, services);
}

/**
 * Opens a run; where its pipeline cannot be followed now, what keeps it from that is added to `waitFor`.
 * @returns false when that is so
 */
async function openFor(
  opening: Opening,
  { record, waitFor }: { record: SQSRecord; waitFor: Diagnosis[] },
  services: Services,
): Promise<boolean> {
  const { pipelineName, gone } = opening;
  const trigger = gone === undefined ? opening.trigger : await asOpened(opening, services);
  const frozen =
    gone === undefined
      ? await freezeForRun(
          pipelineName,
          { trigger, delivery: receiveCountOf(record), byHand: isByHand(record) },
          services,
        )
      : { ok: false as const, diagnosis: gone };
  if (!frozen.ok && isAskedAgain(record, frozen.diagnosis)) {
    waitFor.push(frozen.diagnosis);
    return false;
  }
  const pipeline = frozen.ok ? frozen : givenUp(record, frozen.diagnosis);
  const { run, created } = await openRun(services, { pipelineName, trigger, pipeline });
  const what = trigger.kind === 'set' ? 'set' : 'drop';
  services.log.info(created ? `A ${what} became a run.` : `This ${what} has its run already.`, {
    runId: run.runId,
    pipeline: pipelineName,
    keys: dropsOf(trigger).map(({ key }) => key),
  });
  return true;
}

const DAY_MS = 86_400_000;

/**
 * The trigger of a drop that is gone as it was when its run was opened, if it was: the drop may have been loaded and removed since. A
 * run's id begins with the day of its version, and the event tells of it when the whole of it was there, perhaps on the next.
 */
async function asOpened({ pipelineName, trigger }: Opening, services: Services): Promise<Trigger> {
  if (trigger.kind !== 'drop') return trigger;
  const dayBefore = new Date(Date.parse(trigger.lastModified) - DAY_MS).toISOString();
  const earlier: Trigger = { ...trigger, lastModified: dayBefore };
  return (await readRun(services, runIdOf(pipelineName, earlier))) === undefined ? trigger : earlier;
}

async function keepIfUnmatched({ bucket, key, versionId }: CreatedObject, services: Services): Promise<void> {
  const { pipelines, log } = services;
  if (pipelines.matching(key).length + pipelines.sets(key).length > 0 || pipelines.isArchived(key)) return;
  log.warn('No pipeline matches this drop, so nothing is done with it.', { bucket, key });
  await keepUnmatched(services, { bucket, key, versionId: versionId ?? '', because: 'no pipeline takes its key' });
}
