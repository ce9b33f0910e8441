import { type CommandPlace, commandPlaceText } from './command-place.ts';
import type { FailureOutcome } from './failure-report.ts';
import { asciiSubject } from './headline.ts';
import { countOf, excerpt } from './words.ts';

/** Failures that are like one that a person was told of. */
export interface LikeFailures {
  /** the run whose own alert was sent */
  firstRunId: string;
  /** when it ended, ISO 8601 in UTC */
  since: string;
  pipeline: string;
  model?: string;
  category: string;
  code?: string;
  outcome: FailureOutcome;
  /** the others, at least one; `what` is the file, where there is one */
  more: readonly { runId: string; pipeline: string; what?: string }[];
}

const SHOWN = 20;

const DID: Readonly<Record<FailureOutcome, string>> = {
  failed: 'failed',
  unknown: 'ended unknown',
  cancelled: 'were cancelled',
  'succeeded-with-rejects': 'rejected rows',
};

/** The one message for a burst: how many runs failed like one that was told of, which, and where the rest of them is found. */
export function burstText(burst: LikeFailures, place: CommandPlace = {}): { subject: string; text: string } {
  const { more, firstRunId, category, since } = burst;
  const pipelines = [...new Set([burst.pipeline, ...more.map(({ pipeline }) => pipeline)])];
  const where = [
    pipelines.length === 1 ? `pipeline ${excerpt(burst.pipeline, 80)}` : countOf(pipelines.length, 'pipeline'),
    ...(burst.model === undefined ? [] : [`model "${excerpt(burst.model, 120)}"`]),
    `category ${category}`,
    ...(burst.code === undefined ? [] : [`code ${excerpt(burst.code, 120)}`]),
  ].join(', ');
  const did = more.length === 1 ? DID[burst.outcome].replace(/^were/, 'was') : DID[burst.outcome];
  const shown = more
    .slice(0, SHOWN)
    .map(({ runId, what }) => `- ${what === undefined ? '' : `${excerpt(what, 200)}: `}run ${runId}`);
  const sections = [
    `${countOf(more.length, 'more run')} ${did} like run ${firstRunId}, since ${since.slice(11, 16)} UTC on ${since.slice(0, 10)} (${where}).`,
    `The alert for that run says why, and what to check. It is also here:\n  npx plandrop failures show ${firstRunId}`,
    `${more.length === 1 ? 'It is' : 'They are'}:\n${shown.join('\n')}${more.length > SHOWN ? `\n- and ${countOf(more.length - SHOWN, 'more run')}` : ''}`,
    'Each has its own report. When the cause is mended, run each again:\n  npx plandrop failures\n  npx plandrop failures redrive <id>',
    commandPlaceText(place),
  ].filter((section) => section !== '');
  const subject = `Plandrop: ${countOf(more.length, 'more run')} of ${excerpt(pipelines.join(', '), 40)} ${did} (${category})`;
  return { subject: asciiSubject(subject), text: `${sections.join('\n\n')}\n` };
}
