import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import * as z from 'zod';
import { alertText } from '../../shared/diagnosis/alert-text.ts';
import type { CommandPlace } from '../../shared/diagnosis/command-place.ts';
import type { FailureReport } from '../../shared/diagnosis/failure-report.ts';
import { shellWord } from '../../shared/diagnosis/shell-word.ts';
import { freeze } from '../../shared/pipeline/freeze.ts';
import type { FrozenPipeline } from '../../shared/pipeline/frozen-pipeline.ts';
import { LockError, parseLock } from '../../shared/pipeline/lock.ts';
import type { Store } from '../../shared/ports/store.ts';
import { acceptRejects } from '../../shared/run/accept-rejects.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { discardRun, type RedriveAnswer, redriveIdOf, redriveRun, repairRedrive } from '../../shared/run/redrive.ts';
import { whyNotRedriven } from '../../shared/run/redrive-plan.ts';
import type { Run } from '../../shared/run/run.ts';
import { CommandError } from '../command-error.ts';
import { configurationFor } from '../configuration.ts';
import { EXIT } from '../exit-codes.ts';
import { handServices } from '../hand-services.ts';
import { lockCommandFor, lockFileOf, readLockFile } from '../lock-file.ts';
import { keepMended, type MendedFile, readMended } from '../mended-file.ts';
import { becauseOption, configOption, lockOption } from '../options.ts';
import { printList } from '../print.ts';
import { openState, type StateOptions, withStateOptions } from '../state.ts';
import { inShort, nearIds, readRunNamed, sayLane, sinceThen, whyUnreadable } from './runs.ts';

const LOCK = 'plandrop.lock.json';

type Since = Pick<Run, 'settled' | 'redrivenAs' | 'discarded'>;
type RedriveOptions = StateOptions & { config: string; lock?: string; asWas?: true; with?: string };

export function failuresCommand(): Command {
  const failures = withStateOptions(new Command('failures').description('the failure reports of this machine')).action(
    list,
  );
  withStateOptions(
    failures.command('show <id>').description('one failure report: what happened, why, and what to do'),
  ).action(show);
  withStateOptions(failures.command('redrive <id>').description('run again what is not done of a failed run'))
    .addOption(new Option('--with <file>', 'read this mended file in the place of the drop, or of its rejected rows'))
    .addOption(new Option('--as-was', "follow the definition that the run had, instead of today's"))
    .addOption(configOption())
    .addOption(lockOption())
    .action(redrive);
  withStateOptions(
    failures.command('accept <id>').description('leave rejected rows out, and go on with the steps after them'),
  )
    .addOption(becauseOption('why they may be left out').makeOptionMandatory())
    .action(accept);
  withStateOptions(failures.command('discard <id>').description('note that nothing more is to be done about it'))
    .addOption(becauseOption('why').makeOptionMandatory())
    .action(discard);
  return failures;
}

async function list(options: StateOptions): Promise<void> {
  using opened = await openState(options);
  const reports: (FailureReport & Since)[] = [];
  for await (const { key } of opened.state.list('failures/')) {
    const id = key.slice('failures/'.length, -'.json'.length);
    try {
      const report = await readReport(opened.state, id);
      if (report !== undefined) reports.push({ ...report, ...(await sinceOf(report.runId, opened)) });
    } catch (error) {
      process.stderr.write(`failure ${id} cannot be read: ${whyUnreadable(error)}\n`);
    }
  }
  reports.sort((a, b) => (a.at < b.at ? 1 : -1));
  if (options.json) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
  else {
    const head = ['Id', 'Pipeline', 'At', 'Outcome', 'Category', 'File', 'Why', 'Since then'];
    printList(head, reports.map(row), 'Nothing has failed.');
  }
}

function row(report: FailureReport & Since): string[] {
  const { id, pipeline, at, outcome, category, drop, set, message } = report;
  const file = drop?.key ?? (set === undefined ? '' : `set ${set.id}`);
  return [id, pipeline, at, outcome, category, file, inShort(message), sinceThen(report).join('\n')];
}

async function show(id: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const report = await readReport(opened.state, id).catch((error: unknown) => {
    throw new CommandError(`failure ${id} cannot be read: ${whyUnreadable(error)}`, {
      category: 'internal',
      exitCode: EXIT.failed,
    });
  });
  if (report === undefined) {
    throw new CommandError(`There is no failure ${id}.`, {
      category: 'not-found',
      whatToCheck: [...(await nearIds(id, 'failures/', opened.state)), 'plandrop failures lists them.'],
      exitCode: EXIT.failed,
    });
  }
  const since = await sinceOf(report.runId, opened);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...report, ...since }, null, 2)}\n`);
  else
    process.stdout.write(
      [alertText(report, placeOf(options)).text, ...sinceThen(since).map((line) => `\n${line}\n`)].join(''),
    );
}

/** What is to be done for a run of a stack is not the same as on one machine. */
function placeOf({ stateBucket }: StateOptions): CommandPlace {
  return stateBucket === undefined ? {} : { stateBucket };
}

async function redrive(id: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<RedriveOptions>();
  using opened = await openState(options);
  const held = await readRunNamed(id, opened);
  const services = handServices(opened, options);
  const refusal = whyNotRedriven(held.run);
  if (refusal !== undefined) throw refusedBecause(refusal);
  const mended = options.with === undefined ? undefined : await readMended(options.with, redriveIdOf(id));
  // A second click repairs what the first began, whatever the definition has become since.
  const before = await readRun(opened, redriveIdOf(id));
  if (before !== undefined) requireSameFile(before.run, mended);
  const keep = mended && (() => keepMended(opened.state, mended));
  const answer =
    before === undefined
      ? await redriveRun(services, held, await definitionFor(held.run, options, opened.state), keep)
      : await repairRedrive(services, held, { run: before.run, created: false });
  if (!answer.ok) throw refusedBecause(answer);
  const { run, created, waitsFor } = answer;
  requireSameFile(run, mended);
  if (options.json) {
    const step = (run.redriveOf?.step ?? 0) + 1;
    const said = { runId: run.runId, redriveOf: id, created, step, waitsFor, mended: run.mended?.drop };
    process.stdout.write(`${JSON.stringify(said, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${tellOf(answer, id, options).join('\n')}\n`);
}

/** A run has one redrive. @throws CommandError when it is there already, and reads something else */
function requireSameFile({ runId, mended }: Run, asked: MendedFile | undefined): void {
  if (asked === undefined || mended?.drop.key === asked.key) return;
  const other = mended === undefined ? 'without a mended file' : `with another file, ${mended.drop.key}`;
  throw refusedBecause({
    because: `The redrive ${runId} is there already, ${other}. Nothing was uploaded.`,
    whatToCheck: [
      `See what became of it: plandrop runs show ${runId}`,
      `When it has ended otherwise than succeeded: plandrop failures redrive ${runId} --with ${shellWord(asked.path)}`,
    ],
  });
}

function tellOf(
  { run, created, waitsFor }: Extract<RedriveAnswer, { ok: true }>,
  id: string,
  { stateBucket }: StateOptions,
): string[] {
  const at = run.redriveOf?.step ?? 0;
  const step = run.pipeline?.steps[at];
  const from = `from step ${at + 1}, ${step?.kind ?? ''} "${step?.name ?? ''}"`;
  return [
    created ? `Run ${id} goes on as ${run.runId}, ${from}.` : `Run ${id} goes on as ${run.runId} already, ${from}.`,
    ...(run.mended === undefined
      ? []
      : [
          `It reads ${run.mended.drop.key} in the place of the ${run.mended.onlyFileId === undefined ? 'drop' : 'rows that were rejected'}.`,
        ]),
    ...(waitsFor === undefined
      ? []
      : [`It waits: the lane of model "${run.pipeline?.modelName ?? ''}" is held by ${waitsFor}.`]),
    stateBucket === undefined
      ? 'It runs at once where plandrop local runs on this data folder, else with the next plandrop local or plandrop run.'
      : 'The stack is told of it.',
  ];
}

async function accept(id: string, { because }: { because: string }, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const held = await readRunNamed(id, opened);
  const answer = await acceptRejects(handServices(opened, options), held, { by: userInfo().username, because });
  if (!answer.ok) throw refusedBecause(answer);
  const { goesOn } = answer;
  const before = held.run.settled?.as === 'succeeded' ? held.run.settled : undefined;
  if (options.json) {
    const next =
      goesOn === undefined ? { lane: answer.lane } : { goesOnAs: goesOn.run.runId, waitsFor: goesOn.waitsFor };
    process.stdout.write(`${JSON.stringify({ id, because: before?.evidence ?? because, ...next }, null, 2)}\n`);
    return;
  }
  const then =
    goesOn === undefined
      ? sayLane(answer.lane, held.run)
      : tellOf({ ok: true, created: before === undefined, ...goesOn }, id, options);
  const first =
    before === undefined
      ? `The rejected rows of ${id} are left out.`
      : `The rejected rows of ${id} were accepted already by ${before.by}: ${before.evidence}`;
  process.stdout.write(`${[first, ...then].join('\n')}\n`);
}

async function discard(id: string, { because }: { because: string }, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const held = await readRunNamed(id, opened);
  const by = userInfo().username;
  const refusal = await discardRun(handServices(opened, options), held, { by, because });
  if (refusal !== undefined) throw refusedBecause({ because: refusal });
  process.stdout.write(
    options.json ? `${JSON.stringify({ id, discarded: { by, because } }, null, 2)}\n` : `${id} is discarded.\n`,
  );
}

function refusedBecause({ because, whatToCheck = [] }: { because: string; whatToCheck?: readonly string[] }) {
  return new CommandError(because, { category: 'conflict', whatToCheck, exitCode: EXIT.failed });
}

/** The definition to redrive with: the one the run had, or today's, from the configuration and a lock that fits it. */
async function definitionFor(run: Run, options: RedriveOptions, state: Store): Promise<FrozenPipeline> {
  const { pipeline, pipelineName: name, runId } = run;
  if (options.asWas) {
    if (pipeline !== null) return pipeline;
    throw refusedBecause({ because: `Run ${runId} never had a definition: leave out --as-was.` });
  }
  const configuration = await configurationFor(options.config, process.env);
  const lockName = options.lock ?? LOCK;
  let problem = `there is no ${lockName}`;
  for await (const text of locks(options, state)) {
    try {
      const frozen = freeze(name, configuration, parseLock(text, lockName));
      if (frozen.ok) return frozen.pipeline;
      problem = frozen.message;
    } catch (error) {
      if (!(error instanceof LockError)) throw error;
      problem = error.message;
    }
  }
  throw new CommandError(`Today's definition of pipeline "${name}" cannot be followed: ${problem}.`, {
    category: 'configuration',
    whatToCheck: [
      `Write the lock anew: ${lockCommandFor(options.config, lockFileOf(options.config, options.lock))}`,
      ...(pipeline === null
        ? []
        : [`Or follow the definition the run had: plandrop failures redrive ${runId} --as-was`]),
    ],
    exitCode: EXIT.failed,
  });
}

/** The locks that may fit: the one that was named; else on this machine the one that its runs keep, then the one beside the configuration. */
async function* locks({ stateBucket, config, lock }: RedriveOptions, state: Store): AsyncGenerator<string> {
  const kept = stateBucket === undefined && lock === undefined ? await state.get(LOCK) : undefined;
  if (kept !== undefined) yield new TextDecoder().decode(kept.body);
  const file = await readLockFile(lockFileOf(config, lock));
  if (file !== undefined) yield file;
}

/** What a person did about the run of a failure. A ledger that is gone or cannot be read says nothing. */
async function sinceOf(runId: string, opened: Parameters<typeof readRun>[0]): Promise<Since> {
  try {
    const found = await readRun(opened, runId);
    if (found === undefined) return {};
    const { settled, redrivenAs, discarded } = found.run;
    return {
      ...(settled === undefined ? {} : { settled }),
      ...(redrivenAs === undefined ? {} : { redrivenAs }),
      ...(discarded === undefined ? {} : { discarded }),
    };
  } catch (error) {
    process.stderr.write(`run ${runId} cannot be read: ${whyUnreadable(error)}\n`);
    return {};
  }
}

/** What a list shows of a report; the rest was written by ourselves, create-once, and is trusted. */
const reportSchema = z.looseObject({
  id: z.string(),
  runId: z.string(),
  pipeline: z.string(),
  at: z.string(),
  outcome: z.string(),
  category: z.string(),
  message: z.string(),
});

/** @throws SyntaxError, ZodError when it is damaged */
async function readReport(state: Store, id: string): Promise<FailureReport | undefined> {
  const object = await state.get(`failures/${id}.json`);
  if (object === undefined) return undefined;
  const report: unknown = JSON.parse(new TextDecoder().decode(object.body));
  reportSchema.parse(report);
  return report as FailureReport;
}
