import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import type { Member, Trigger } from '../../shared/run/trigger.ts';

/** Attribute of a drop message whose objects are one set: a person has said which file goes where. */
export const FILES_ATTRIBUTE = 'files';

const attribute = z.object({
  /** names the asking, so that each is a run of its own */
  setId: z.string(),
  /** for each object of the message, in their order, the name in `files:` that it fills */
  files: z.array(z.string()),
});
export type FilesAttribute = z.infer<typeof attribute>;

export function readFilesAttribute(record: SQSRecord): FilesAttribute | undefined {
  const value = record.messageAttributes[FILES_ATTRIBUTE]?.stringValue;
  return value === undefined ? undefined : attribute.parse(JSON.parse(value));
}

/** The trigger of a set that a person put together. */
export function filesTrigger(setId: string, members: Member[]): Trigger {
  return { kind: 'set', setId, generation: 1, members };
}
