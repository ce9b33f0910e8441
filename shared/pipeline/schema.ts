import * as z from 'zod';
import { anaplanSchema } from './anaplan-schema.ts';
import { about, must, number, ruled, settings } from './fields.ts';
import { notifySchema } from './notify-schema.ts';
import { pipelineSchema } from './pipeline-schema.ts';
import { pipelinesRule } from './pipelines-rule.ts';

export type { Pipeline } from './pipeline-schema.ts';

const NO_PIPELINE = must('names with a pipeline under each, at least one');

export const configurationSchema = settings('the file', {
  anaplan: about(
    'Where Anaplan is, and how often it may be asked.',
    { requestsPerMinute: 300 },
    anaplanSchema,
  ).prefault({}),
  keepDays: about(
    'How long the records of an ended run are kept: its ledger, dumps and reports; on one machine also its drops, archived ones too.',
    90,
    number('a whole number of days from 7 to 3650', { from: 7, to: 3650 }),
  ).default(400),
  notify: about(
    'Where alerts go. Without it: to the topic of the stack on AWS, and to the terminal and alerts.jsonl on one machine.',
    { topic: 'arn:aws:sns:eu-west-1:123456789012:anaplan-alerts' },
    notifySchema,
  ).exactOptional(),
  pipelines: about(
    'What to do with which file or at what time, by name: letters, digits, "-" and "_", at most 48.',
    { 'sales-actuals': { workspace: 'Finance', model: 'FY26 Plan', steps: [{ import: 'Load Sales' }] } },
    ruled(
      z
        .record(z.string(), pipelineSchema, { error: NO_PIPELINE })
        .refine((value) => Object.keys(value).length > 0, { error: NO_PIPELINE }),
      pipelinesRule,
    ),
  ),
});

/** A whole `plandrop.yaml`, with defaults filled in. */
export type Configuration = z.output<typeof configurationSchema>;
