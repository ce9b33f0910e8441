import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { errorText } from '../../shared/run/crash-note.ts';
import { finishEnding } from '../../shared/run/ending.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { isDone } from '../../shared/run/run.ts';
import { runIdOf, type Trigger } from '../../shared/run/trigger.ts';
import { dropOfEvent, findDrop, type Opening, openingsOf } from '../receive-drop/openings.ts';
import { receiveDrop } from '../receive-drop/receive-drop.ts';
import { isKnownMember } from '../receive-drop/receive-member.ts';
import type { CreatedObject } from '../receive-drop/s3-event.ts';
import { receiveSchedule } from '../receive-schedule/receive-schedule.ts';
import { readScheduleMessage } from '../receive-schedule/schedule-message.ts';
import type { Services } from '../services.ts';

/** A drop whose runs could not be opened: tried once more, and then each is opened as one that has failed. */
export async function buryDrop(
  objects: readonly CreatedObject[],
  record: SQSRecord,
  services: Services,
): Promise<void> {
  const error = await failureOf(() => receiveDrop(record, services));
  const { pipelines } = services;
  // What the bucket says gives the run the identity it would have had; else what the event said.
  const find = (object: CreatedObject) =>
    findDrop(object, record, services).catch(() => ({ drop: dropOfEvent(object, record) }));
  for (const opening of await openingsOf(objects, record, { pipelines, find })) {
    const { pipelineName, trigger, member } = opening;
    if (error === undefined) {
      if (member !== undefined) await finishFailed(services, opening);
      continue;
    }
    // What has its place in a set is not lost: the set's run is opened by this message later, or by the watch.
    if (member !== undefined && (await isKnownMember(member, services).catch(notIfUnreadable))) throw new Error(error);
    await openFailed(services, { pipelineName, trigger, error, next: member === undefined ? REDRIVE : DROP_AGAIN });
  }
}

/** A set that nobody can read knows nothing, and never will; a store that fails may tell later. */
function notIfUnreadable(error: unknown): false {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return false;
  throw error;
}

/** A part of a set that was reported as failed, and has its place now: whoever reported it may have died half-way. */
async function finishFailed(services: Services, { pipelineName, trigger }: Opening): Promise<void> {
  const held = await readRun(services, runIdOf(pipelineName, trigger));
  if (held?.run.ended != null && !isDone(held.run)) await finishEnding(services, held);
}

const REDRIVE = 'When the cause is mended, drop the file again, or redrive the run.';
/** A part of a set is no run that could be redriven. */
const DROP_AGAIN = 'When the cause is mended, drop the file again: it then takes its place in its set.';

/** The same for a schedule. */
export async function burySchedule(record: SQSRecord, services: Services): Promise<void> {
  const error = await failureOf(() => receiveSchedule(record, services));
  const message = readScheduleMessage(record);
  if (error === undefined) return;
  // Nothing names a run of it, so it stays in sight until it can be reported.
  if (message?.trigger === undefined) throw new Error(error);
  await openFailed(services, { pipelineName: message.pipeline, trigger: message.trigger, error, next: REDRIVE });
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

async function openFailed(
  services: Services,
  { pipelineName, trigger, error, next }: { pipelineName: string; trigger: Trigger; error: string; next: string },
): Promise<void> {
  const diagnosis: Diagnosis = {
    category: 'internal',
    cause: 'Plandrop itself kept failing before the run could begin.',
    message: `No run of pipeline "${pipelineName}" could be begun. The last error: ${error}`,
    whatToCheck: ['Look at the log of the function that receives drops and schedules.', next],
    retry: { kind: 'no' },
    references: { pipeline: pipelineName },
  };
  const { run } = await openRun(services, { pipelineName, trigger, pipeline: { ok: false, diagnosis } });
  services.log.error('A trigger that never became a run was buried.', {
    runId: run.runId,
    pipeline: pipelineName,
    error,
  });
}
