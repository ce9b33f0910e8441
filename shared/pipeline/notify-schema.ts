import * as z from 'zod';
import { about, type BrokenRule, checked, must, ruled, settings } from './fields.ts';
import { webhookMistake } from './origin.ts';

/** Where alerts go: an SNS topic (on AWS), or a command or a web address (on one machine). The address may hold a secret. */
export type Notify =
  | { kind: 'topic'; topic: string }
  | { kind: 'command'; command: string }
  | { kind: 'webhook'; webhook: string };

const KINDS = ['topic', 'command', 'webhook'] as const;

const TOPIC_TOLD = 'the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts';
const COMMAND_TOLD = 'a command, such as "./tell.sh"';
const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+(?:\.fifo)?$/;

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the environment, as the file names it
const WEBHOOK = '${SLACK_WEBHOOK}';

/** Whatever stands in a wrong place here may be the address of a webhook, so no mistake repeats it. */
export const notifySchema = ruled(
  settings(
    'notify',
    {
      topic: about(
        'An SNS topic. It counts on AWS only.',
        'arn:aws:sns:eu-west-1:123456789012:anaplan-alerts',
        checked(TOPIC_TOLD, (text) => (TOPIC.test(text) ? undefined : TOPIC_TOLD), { secret: true }),
      ).exactOptional(),
      command: about(
        'A command that is run for each alert. For one machine only: a stack refuses it.',
        './tell.sh',
        z
          .string({ error: `must be ${COMMAND_TOLD}` })
          .trim()
          .min(1, { error: must(COMMAND_TOLD) })
          .meta({ accepts: COMMAND_TOLD }),
      ).exactOptional(),
      webhook: about(
        'A web address that each alert is posted to, such as one of Slack. For one machine only: a stack refuses it. Keep it in the environment: whoever knows it can post.',
        WEBHOOK,
        checked('a web address', webhookMistake, { secret: true }),
      ).exactOptional(),
    },
    { secretAsIn: `notify: { webhook: "${WEBHOOK}" }` },
  ),
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
