import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { WITH_MENDED_FILE } from '../../shared/diagnosis/check-scan.ts';
import { checkSourceFile, type ReadRange, type SourceCheck } from '../../shared/diagnosis/check-source-file.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { countOf } from '../../shared/diagnosis/words.ts';
import type { LockedStep } from '../../shared/pipeline/lock.ts';
import { resolveNames } from '../../shared/pipeline/resolve-names.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { assignFile } from '../assign-files.ts';
import { CommandError } from '../command-error.ts';
import { configurationFor, requirePipeline } from '../configuration.ts';
import { refusedByAnaplan, withAnaplan } from '../doctor/ask-anaplan.ts';
import { EXIT } from '../exit-codes.ts';
import { configOption, dataDirOption, jsonOption } from '../options.ts';
import { usableCredentials } from '../usable-credentials.ts';

interface CheckOptions {
  pipeline: string;
  config: string;
  dataDir: string;
  as?: string;
  json?: true;
}

/** An import, or a file of a process, by the name that a person knows it by. */
interface Reader extends Pick<LockedStep, 'id' | 'name' | 'fileId' | 'source'> {
  what: string;
}

/** What reads the file, and what was found. */
interface Checked extends SourceCheck {
  reader: Reader;
}

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'hold a file against the definition of the import that reads it, as Anaplan tells it now; nothing is uploaded',
    )
    .argument('<file>', 'the file')
    .requiredOption('--pipeline <name>', 'the pipeline that would load it')
    .option('--as <name>', 'which of the files of a process it is, where its name does not tell')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (file: string, options: CheckOptions) => {
      process.exitCode = await check(file, options);
    });
}

/** @returns the exit code: 0 when a run would take the file, 1 when something is wrong with it */
async function check(file: string, { pipeline, config, dataDir, as: said, json }: CheckOptions): Promise<number> {
  const configuration = await configurationFor(config, process.env);
  const place = assignFile(pipeline, requirePipeline(pipeline, configuration), { path: file, said });
  if (place === undefined) requireImport(pipeline, configuration);
  const secrets = environmentSecrets(process.env);
  await usableCredentials(secrets);
  const bytes = await sizeOf(file);
  const found = await withAnaplan(configuration, { secrets, dataDir }, async (anaplan) => {
    try {
      return readers(pipeline, place, await resolveNames(configuration, anaplan, { only: pipeline }));
    } catch (error) {
      throw refusedByAnaplan(error, { model: configuration.pipelines[pipeline]?.model ?? pipeline });
    }
  });

  const checked: Checked[] = [];
  const handle = await open(file);
  try {
    const read: ReadRange = async (start, end) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
      return buffer.subarray(0, bytesRead);
    };
    for (const reader of found) {
      const definition = reader.source ?? { headerNames: [] };
      checked.push({ reader, ...(await checkSourceFile(read, bytes, definition, { file: basename(file) })) });
    }
  } finally {
    await handle.close();
  }
  const policy = configuration.pipelines[pipeline]?.policies.source ?? 'strict';
  process.stdout.write(json ? asJson(file, pipeline, bytes, checked) : inWords(file, checked, policy));
  return checked.some(({ problem }) => problem !== undefined) ? EXIT.failed : EXIT.ok;
}

/** What can be told without asking Anaplan. */
function requireImport(pipeline: string, { pipelines }: Configuration): void {
  if (pipelines[pipeline]?.steps.some(({ kind }) => kind === 'import')) return;
  throw new CommandError(`Pipeline "${pipeline}" has no import, so it reads no file.`);
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new CommandError(
      code === 'ENOENT' ? `There is no file ${path}.` : `The file ${path} cannot be read (${code}).`,
    );
  }
  throw new CommandError(`${path} is not a file.`);
}

/** The imports of the pipeline that read a file, each file once; or the one file of a process. */
function readers(
  pipeline: string,
  place: string | undefined,
  { lock, problems }: Awaited<ReturnType<typeof resolveNames>>,
): Reader[] {
  const [first] = problems;
  if (first !== undefined) {
    const told = problems.map(({ what, near }) => (near.length === 0 ? what : `${what}; there is ${near.join(', ')}`));
    throw new CommandError(
      `Pipeline "${pipeline}" names what this user does not find in Anaplan: ${told.join('. ')}.`,
      {
        category: 'not-found',
        whatToCheck: ['Compare the names with those in Anaplan, or see what the user lacks: plandrop doctor.'],
        exitCode: EXIT.failed,
      },
    );
  }
  const locked = lock.pipelines[pipeline]?.steps ?? [];
  if (place !== undefined) {
    const files = locked.flatMap(({ files = [] }) => files).filter(({ asked }) => asked === place);
    return files.map((file) => ({ ...file, what: `file "${place}"` }));
  }
  const steps = locked
    .filter(({ fileId }) => fileId !== undefined)
    .map((step) => ({ ...step, what: `import "${step.name}"` }));
  const distinct = steps.filter(({ fileId }, i) => steps.findIndex((step) => step.fileId === fileId) === i);
  if (distinct.length > 0) return distinct;
  throw new CommandError(`The imports of pipeline "${pipeline}" read other models and no file.`, {
    exitCode: EXIT.failed,
  });
}

function asJson(file: string, pipeline: string, bytes: number, checked: readonly Checked[]): string {
  const scanned = checked.find((one) => one.scanned !== undefined)?.scanned;
  const document = {
    file,
    pipeline,
    ok: checked.every(({ problem }) => problem === undefined),
    bytes,
    ...(scanned === undefined ? {} : { rows: scanned.rows, sha256: scanned.sha256 }),
    imports: checked.map(({ reader, problem }) => ({
      name: reader.name,
      objectId: reader.id,
      fileId: reader.fileId,
      ok: problem === undefined,
      ...(problem === undefined ? {} : { failure: failureOf(problem) }),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function failureOf({ category, cause, message, whatToCheck }: Diagnosis) {
  return { category, cause, message, whatToCheck: adviceForCheck(whatToCheck) };
}

/** The file was only looked at: there is no run that could go on with another. */
function adviceForCheck(whatToCheck: readonly string[]): string[] {
  return whatToCheck.map((check) => (check === WITH_MENDED_FILE ? 'Then check the mended file.' : check));
}

function inWords(file: string, checked: readonly Checked[], policy: 'strict' | 'warn' | 'off'): string {
  const lines: string[] = [];
  for (const { reader, problem, scanned } of checked) {
    if (problem === undefined) {
      lines.push(`✔ ${file} fits ${reader.what}: ${countOf(scanned?.rows ?? 0, 'row')}.`);
      continue;
    }
    lines.push(`✘ ${file} does not fit ${reader.what}.`, '');
    lines.push(
      ...problem.message.split('\n').map((line) => `  ${line}`),
      `  Why: ${problem.cause}`,
      '  What to check:',
    );
    lines.push(...adviceForCheck(problem.whatToCheck).map((what, i) => `    ${i + 1}. ${what}`));
    if (policy !== 'strict') lines.push(`  The pipeline says source: ${policy}, so a run would load it all the same.`);
  }
  return `${lines.join('\n')}\n`;
}
