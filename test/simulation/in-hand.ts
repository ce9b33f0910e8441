import { AsyncLocalStorage } from 'node:async_hooks';

/** What the world knows of the message that a handler works on, whatever the handler itself takes it for. */
export interface InHand {
  /** the run that the message names */
  runId?: string | undefined;
  /** how often each function was invoked on the way to this invocation, as Lambda counts it */
  lineage: Readonly<Record<string, number>>;
  /** the handler came to its end, and its message is done with */
  isOver?: boolean;
}

/** The work that is being done, wherever it waits meanwhile. */
export const inHand = new AsyncLocalStorage<InHand>();

/** How a request of ours says for which run it is sent. */
export function userAgentOf(runId: string): string {
  return `plandrop run ${runId}`;
}

/** The run that sent a request, by its user agent; undefined when it was none of ours. */
export function runIdOfAgent(userAgent: string | undefined): string | undefined {
  return /^plandrop run (\S+)$/.exec(userAgent ?? '')?.[1];
}
