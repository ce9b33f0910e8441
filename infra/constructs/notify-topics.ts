import type { Configuration, Notify } from '../../shared/pipeline/index.ts';

/** The configuration says something that only one machine can do. */
export class NotOnAwsError extends Error {
  override readonly name = 'NotOnAwsError';
}

/**
 * The topics that the configuration names besides the stack's own, each once.
 * @throws NotOnAwsError where alerts go to a command or a web address: a function has no shell of yours, and its packages would
 *   hold the address
 */
export function notifyTopics({ notify, pipelines }: Pick<Configuration, 'notify' | 'pipelines'>): string[] {
  const places: [string, Notify | undefined][] = [
    ['notify', notify],
    ...Object.entries(pipelines).map(([name, pipeline]): [string, Notify | undefined] => [
      `notify of pipeline "${name}"`,
      pipeline.notify,
    ]),
  ];
  const refused = places.flatMap(([place, how]) =>
    how === undefined || how.kind === 'topic' ? [] : [`${place} is a ${how.kind}`],
  );
  if (refused.length > 0)
    throw new NotOnAwsError(
      `On AWS alerts go to SNS topics, and ${refused.join(', ')}. Leave it out there, or name a topic, and subscribe what is to ` +
        'hear of alerts to it; the topic of the stack is the output SubscribeToThisTopic.',
    );
  const topics = places.flatMap(([, how]) => (how?.kind === 'topic' ? [how.topic] : []));
  return [...new Set(topics)].sort();
}
