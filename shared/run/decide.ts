import type { Task } from '../anaplan/types.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { SavedScan } from '../diagnosis/source-scan.ts';
import type { FrozenPipeline } from '../pipeline/frozen-pipeline.ts';
import { withSourcesOf } from '../pipeline/with-sources-of.ts';
import { nextPollSeconds } from '../retry/poll-pacing.ts';
import { decideCollected } from './decide-collected.ts';
import type { DecideContext } from './decide-context.ts';
import { keepDump, pauseDumps, restartDump } from './decide-dumps.ts';
import { keepDownload, pauseDownload, restartDownload } from './decide-exported.ts';
import { decideHindered } from './decide-hindered.ts';
import { decideReconciled, type StartVerdict } from './decide-start.ts';
import { endStopped } from './decide-stopped.ts';
import { decideUploaded } from './decide-uploaded.ts';
import {
  type BegunRun,
  type Download,
  type DumpProgress,
  isFinalState,
  type Run,
  type StepResult,
  type Uploaded,
} from './run.ts';
import { currentStep, forgive, isoTime, nextTurn, note, takenOver, withStep } from './transitions.ts';

/** What happened to a run, told by the handler that saw it. */
export type RunEvent =
  /** The lane was granted; `overtakenBy` names a run of a later drop that had the lane before. */
  | { kind: 'lane-taken'; fence: number; overtakenBy?: string }
  | { kind: 'claimed'; nonce: string; untilMs: number; engine?: string }
  /** A handler met what it did not expect; its message will be delivered again. */
  | { kind: 'crashed'; error: string }
  /** An import of the run reads its file otherwise than the run knew: `pipeline` is as Anaplan tells it now. */
  | { kind: 'imports-changed'; pipeline: FrozenPipeline }
  /** About to announce the file: opens an epoch. */
  | { kind: 'announcing'; chunkBytes: number; chunkCount: number }
  | { kind: 'announced' }
  /** Anaplan refused the announcement, or it was never sent: nothing that was there before can be erased by it. */
  | { kind: 'announcement-refused' }
  | { kind: 'chunks-sent'; sent: readonly number[]; scan: { throughChunk: number; saved: SavedScan } }
  | { kind: 'chunks-verified'; count: number }
  | { kind: 'file-calls-answered' }
  | { kind: 'file-call-unanswered' }
  | { kind: 'upload-paused' }
  | { kind: 'upload-finished'; uploaded: Uploaded }
  /** The time of this turn is over before anything was started: a new message starts it. */
  | { kind: 'start-postponed' }
  /** About to `POST` the start. */
  | { kind: 'start-intended'; baseline: readonly string[] }
  /** The intent was written, perhaps, and the `POST` certainly not sent. */
  | { kind: 'start-withdrawn' }
  | { kind: 'start-accepted'; taskId: string }
  | { kind: 'start-refused'; diagnosis: Diagnosis }
  | { kind: 'start-unclear'; diagnosis: Diagnosis }
  | { kind: 'start-reconciled'; verdict: StartVerdict }
  /** `named`: the model's status said meanwhile that an adopted task is ours */
  | { kind: 'polled'; task: Task; named?: boolean }
  /** `oursOpen`: the task was adopted and may be somebody else's, so that ours may still be on its way */
  | { kind: 'collected'; result: StepResult; oursOpen?: boolean }
  /** More of an export is in the store; the turn goes on. */
  | { kind: 'export-kept'; download: Download }
  /** What was kept of an export is of no use any more. */
  | { kind: 'export-restarted'; download: Download; because: string }
  /** The rest of an export follows in a new message. */
  | { kind: 'export-paused' }
  /** More of a dump is in the store, or all of it, or it cannot be had; the turn goes on. */
  | { kind: 'dump-progressed'; dump: DumpProgress }
  /** What was kept of a dump is of no use any more. */
  | { kind: 'dump-restarted'; dump: DumpProgress; because: string }
  /** The rest of the dumps follows in a new message, or what they say does. */
  | { kind: 'dumps-paused'; announced: number }
  /** A call failed or a check refused; the diagnosis says whether trying again can heal it. */
  | { kind: 'hindered'; diagnosis: Diagnosis }
  /** A request was repeated inside the handler, after `delaySeconds`. */
  | { kind: 'repeated'; diagnosis: Diagnosis; delaySeconds: number }
  /** The deadline has passed while a task runs, and somebody was told. */
  | { kind: 'deadline-told' }
  /** Somebody, or the deadline, asked that nothing new be started. */
  | { kind: 'stopped'; by: string };

const IMPORTS_CHANGED =
  'The file did not fit what was known of its import. That was read anew from Anaplan, and has changed.';

/**
 * The next ledger entry of a run after `event`. Pure. Its effects are named in the entry itself, so that whoever finds it can
 * carry them out: the message `next` that is to be sent, and, once ended, the to-do list.
 */
export function decide(run: BegunRun, event: RunEvent, context: DecideContext): Run {
  const { now } = context;
  switch (event.kind) {
    case 'lane-taken':
      return noteOvertaken(grantLane(run, event.fence, now), event.overtakenBy, now);
    case 'claimed': {
      const { nonce, untilMs, engine } = event;
      return {
        ...takenOver(run),
        claim: { nonce, until: isoTime(untilMs), ...(engine === undefined ? {} : { engine }) },
      };
    }
    case 'crashed': {
      const told = note(run, { now, text: event.error, category: 'internal' });
      return { ...told, claim: null };
    }
    case 'imports-changed':
      return note({ ...run, pipeline: withSourcesOf(run.pipeline, event.pipeline) }, { now, text: IMPORTS_CHANGED });
    case 'announcing':
      return openEpoch(run, event, now);
    case 'announced':
      return withEpoch(run, { announced: true });
    case 'announcement-refused': {
      const { epoch } = currentStep(run);
      // Of an earlier announcement of this run nobody knows what it did, so its epoch stays to be verified.
      return epoch === null || epoch.verify ? run : withStep(run, { epoch: null });
    }
    case 'chunks-sent': {
      const sent = withEpoch(run, { sent: mergeChunks(run, event.sent), scan: event.scan });
      // Reading on is no progress: without a new 204 the failures before it still count.
      return event.sent.length === 0 ? sent : forgive(sent);
    }
    case 'chunks-verified':
      return forgive(withEpoch(run, { verifiedChunks: event.count }));
    case 'file-calls-answered':
      return withStep(run, { fileCallUnanswered: false });
    case 'file-call-unanswered':
      return withStep(run, { fileCallUnanswered: true });
    case 'upload-paused':
      return nextTurn(run, 'upload', { now, delaySeconds: 0 });
    case 'upload-finished':
      return decideUploaded(run, event.uploaded, context);
    case 'start-postponed':
      return nextTurn(run, 'start', { now, delaySeconds: 0 });
    case 'start-intended': {
      const { start } = currentStep(run);
      const baselineStays = start?.baselineStays ?? false;
      const baseline = baselineStays && start !== null ? start.baseline : [...event.baseline];
      return withStep(run, {
        start: { baseline, intendedAt: isoTime(now), open: true, baselineStays, unclearSince: null },
      });
    }
    case 'start-withdrawn':
      return closeIntent(run);
    case 'start-accepted':
      return beginPolling(run, event.taskId, { adopted: false, named: false, context });
    case 'start-refused':
      return decideHindered(closeIntent(run), event.diagnosis, context);
    case 'start-unclear':
      return decideReconciled(run, { kind: 'wait', because: event.diagnosis.message }, context);
    case 'start-reconciled':
      return event.verdict.kind === 'adopt'
        ? beginPolling(
            note(run, {
              now,
              text: event.verdict.named
                ? `Adopted task ${event.verdict.taskId}: the model's status names it and our user.`
                : `Adopted task ${event.verdict.taskId}: the only one that appeared after the unclear start.`,
            }),
            event.verdict.taskId,
            { adopted: true, named: event.verdict.named, context },
          )
        : decideReconciled(run, event.verdict, context);
    case 'polled':
      return decidePolled(run, event, context);
    case 'collected':
      return decideCollected(run, event, context);
    case 'export-kept':
      return keepDownload(run, event.download);
    case 'export-restarted':
      return restartDownload(run, event.download, { because: event.because, now });
    case 'export-paused':
      return pauseDownload(run, now);
    case 'dump-progressed':
      return keepDump(run, event.dump);
    case 'dump-restarted':
      return restartDump(run, event.dump, { because: event.because, now });
    case 'dumps-paused':
      return pauseDumps(run, event.announced, now);
    case 'hindered':
      return decideHindered(run, event.diagnosis, context);
    case 'repeated':
      return note(run, {
        now,
        text: `${asSentence(event.diagnosis.message)} Repeated after ${event.delaySeconds.toFixed(1)} s.`,
        category: event.diagnosis.category,
        delaySeconds: event.delaySeconds,
      });
    case 'deadline-told': {
      const told = { kind: 'cancel', by: 'deadline', at: isoTime(now) } as const;
      return note(
        { ...run, requests: [...run.requests, told] },
        { now, text: 'The deadline has passed; nothing new is started.' },
      );
    }
    case 'stopped':
      return endStopped(run, event.by, now);
    default:
      return event satisfies never;
  }
}

function grantLane(run: BegunRun, fence: number, now: number): BegunRun {
  if (run.next === null) return run;
  return {
    ...run,
    lane: { fence, grantedAt: isoTime(now) },
    deadline: isoTime(now + run.pipeline.policies.deadlineSeconds * 1000),
    next: { ...run.next, due: isoTime(now) },
  };
}

function noteOvertaken(run: BegunRun, by: string | undefined, now: number): BegunRun {
  if (by === undefined) return run;
  return note(run, {
    now,
    text: `What started this run is older than what started run ${by}, which had the lane before: it arrived later, and ran next.`,
  });
}

function openEpoch(run: BegunRun, size: { chunkBytes: number; chunkCount: number }, now: number): BegunRun {
  const before = currentStep(run).epoch;
  const opened = withStep(run, {
    epoch: {
      ordinal: (before?.ordinal ?? 0) + 1,
      fence: run.lane?.fence ?? 0,
      // A late PUT of an earlier epoch must write the same bytes as this one's.
      chunkBytes: before?.chunkBytes ?? size.chunkBytes,
      chunkCount: before?.chunkCount ?? size.chunkCount,
      announced: false,
      verify: before !== null,
      verifiedChunks: 0,
      sent: [],
      scan: null,
    },
  });
  if (before === null) return opened;
  return note(opened, {
    now,
    text: 'Announced the file again; it starts at chunk 0, and every chunk is read back before the start.',
  });
}

function withEpoch(run: BegunRun, change: Partial<NonNullable<ReturnType<typeof currentStep>['epoch']>>): BegunRun {
  const { epoch } = currentStep(run);
  if (epoch === null) throw new Error(`run ${run.runId} reports on an upload that it never announced`);
  return withStep(run, { epoch: { ...epoch, ...change } });
}

function mergeChunks(run: BegunRun, sent: readonly number[]): number[] {
  return [...new Set([...(currentStep(run).epoch?.sent ?? []), ...sent])].sort((a, b) => a - b);
}

function closeIntent(run: BegunRun): BegunRun {
  const { start } = currentStep(run);
  return start === null ? run : withStep(run, { start: { ...start, open: false } });
}

function beginPolling(
  run: BegunRun,
  taskId: string,
  how: { adopted: boolean; named: boolean; context: DecideContext },
): Run {
  const { now, random, pastDurationsSeconds } = how.context;
  const started = withStep(closeIntent(run), {
    task: {
      taskId,
      adopted: how.adopted,
      ...(how.named ? { named: true } : {}),
      startedAt: isoTime(now),
      polls: 0,
      failedPolls: 0,
      lastPolledAt: null,
      seen: null,
    },
  });
  const delaySeconds = nextPollSeconds({
    startedAt: now,
    now,
    polls: 0,
    random,
    minSeconds: run.pipeline.policies.pollMinSeconds,
    ...(pastDurationsSeconds === undefined ? {} : { pastDurationsSeconds }),
  });
  return nextTurn(started, 'poll', { now, delaySeconds });
}

function decidePolled(
  run: BegunRun,
  { task: seen, named }: { task: Task; named?: boolean },
  context: DecideContext,
): Run {
  const { now, random, pastDurationsSeconds } = context;
  const { task } = currentStep(run);
  if (task === null) throw new Error(`run ${run.runId} polled a task that it never started`);
  const polls = task.polls + 1;
  const known = named ? { ...task, named } : task;
  const polled = forgive(
    withStep(run, { task: { ...known, polls, failedPolls: 0, lastPolledAt: isoTime(now), seen } }),
  );
  if (isFinalState(seen.taskState)) return nextTurn(polled, 'collect', { now, delaySeconds: 0 });
  const delaySeconds = nextPollSeconds({
    startedAt: Date.parse(task.startedAt),
    now,
    polls,
    random,
    minSeconds: run.pipeline.policies.pollMinSeconds,
    ...(pastDurationsSeconds === undefined ? {} : { pastDurationsSeconds }),
  });
  return nextTurn(polled, 'poll', { now, delaySeconds });
}

function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
