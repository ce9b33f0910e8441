import * as z from 'zod';
import { type BrokenRule, checked, must, ruled, settings } from './fields.ts';
import { webhookMistake } from './origin.ts';

/** Where alerts go: an SNS topic (on AWS), or a command or a web address (on one machine). The address may hold a secret. */
export type Notify =
  | { kind: 'topic'; topic: string }
  | { kind: 'command'; command: string }
  | { kind: 'webhook'; webhook: string };

const KINDS = ['topic', 'command', 'webhook'] as const;

const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+(?:\.fifo)?$/;

export const notifySchema = ruled(
  settings('notify', {
    topic: checked('the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts', (text) =>
      TOPIC.test(text) ? undefined : 'the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts',
    ).exactOptional(),
    command: z
      .string({ error: must('a command, such as "./tell.sh"') })
      .trim()
      .min(1, { error: must('a command, such as "./tell.sh"') })
      .exactOptional(),
    webhook: checked('a web address', webhookMistake, { secret: true }).exactOptional(),
  }),
  (notify): BrokenRule[] => {
    const [kind, ...others] = KINDS.filter((key) => key in notify);
    if (kind === undefined)
      return [{ message: 'must say where alerts go: topic, command or webhook', unlessMeant: KINDS }];
    return others.length === 0
      ? []
      : [{ message: `takes one of ${KINDS.join(', ')}, not ${[kind, ...others].join(' and ')}` }];
  },
).transform(({ topic, command, webhook }): Notify => {
  if (topic !== undefined) return { kind: 'topic', topic };
  return command === undefined ? { kind: 'webhook', webhook: webhook ?? '' } : { kind: 'command', command };
});
