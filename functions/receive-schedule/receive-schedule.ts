import type { SQSRecord } from 'aws-lambda';
import { excerpt } from '../../shared/diagnosis/words.ts';
import { redactText } from '../../shared/observe/redact.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { askAgainLater, givenUp, isAskedAgain, isTooEarly } from '../ask-again.ts';
import { freezeForRun } from '../freeze-for-run.ts';
import { receiveCountOf } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { reportStrangeMessage, sentAtOf } from '../strange-message.ts';
import { checkExpectation } from './check-expectation.ts';
import { readScheduleMessage } from './schedule-message.ts';

const STARTED_BY: Readonly<Record<Trigger['kind'], string>> = {
  schedule: 'A schedule',
  manual: 'What a person asked for',
  after: 'A run before it',
  drop: 'A drop',
  set: 'A set',
};

/** Opens the run that a schedule, a person, or a run before it asks for, or looks for the file that is expected. Repeating it is harmless. */
export async function receiveSchedule(record: SQSRecord, services: Services): Promise<void> {
  const message = readScheduleMessage(record);
  if (message === undefined)
    return reportStrangeMessage('schedules', { record, because: 'it names no pipeline and time' }, services);
  const { pipeline: pipelineName, trigger, expectedBy } = message;
  if (expectedBy !== undefined) return checkExpectation({ pipeline: pipelineName, scheduledAt: expectedBy }, services);
  if (trigger === undefined) return reportMissedSchedule(pipelineName, record, services);
  if (await isTooEarly('schedules', record, services)) return;
  const frozen = await freezeForRun(pipelineName, { trigger, delivery: receiveCountOf(record) }, services);
  if (!frozen.ok && isAskedAgain(record, frozen.diagnosis))
    return askAgainLater('schedules', record, [frozen.diagnosis], services);
  const pipeline = frozen.ok ? frozen : givenUp(record, frozen.diagnosis);
  const { run, created } = await openRun(services, { pipelineName, trigger, pipeline });
  const what = STARTED_BY[trigger.kind];
  services.log.info(created ? `${what} became a run.` : `${what} has its run already.`, {
    runId: run.runId,
    pipeline: pipelineName,
  });
}

/** The scheduler says which pipeline, and not for when: a person has to say whether it is still wanted. */
async function reportMissedSchedule(pipelineName: string, record: SQSRecord, services: Services): Promise<void> {
  const requestedAt = sentAtOf(record);
  const diagnosis = {
    category: 'service',
    cause:
      'EventBridge Scheduler could not hand its message over, and what it left does not say for which time it was.',
    message:
      `Pipeline "${pipelineName}" was not started by its schedule, at about ${requestedAt}. ${errorOf(record)}`.trim(),
    whatToCheck: [
      'See in plandrop runs whether the run of that time is there all the same.',
      'If it is not, and is still wanted: plandrop failures redrive <runId>',
    ],
    retry: { kind: 'no' },
    references: { pipeline: pipelineName },
  } as const;
  const trigger = { kind: 'manual', requestId: `missed ${record.messageId}`, requestedAt } as const;
  const { run } = await openRun(services, { pipelineName, trigger, pipeline: { ok: false, diagnosis } });
  services.log.error('A schedule was missed, and reported.', { runId: run.runId, pipeline: pipelineName });
}

/** The scheduler's own word, where its dead letter has one. */
function errorOf({ messageAttributes }: SQSRecord): string {
  const said = [messageAttributes.ERROR_CODE?.stringValue, messageAttributes.ERROR_MESSAGE?.stringValue];
  const words = said.filter((each) => each !== undefined).map((each) => excerpt(redactText(each)));
  return words.length === 0 ? '' : `It says: ${words.join(', ')}`;
}
