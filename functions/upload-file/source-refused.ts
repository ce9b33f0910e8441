import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { capitalised } from '../../shared/diagnosis/words.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { currentFile, dropFor } from '../../shared/run/step-files.ts';
import { notReadable } from '../not-readable.ts';

/** The file itself cannot be landed; sending it again would not help. */
export class SourceRefused extends Error {
  override readonly name = 'SourceRefused';
  readonly diagnosis: Diagnosis;
  /** the file was held against the definition of its import, and does not fit that */
  readonly byDefinition: boolean;
  constructor(diagnosis: Diagnosis, { byDefinition = false } = {}) {
    super(diagnosis.message);
    this.diagnosis = diagnosis;
    this.byDefinition = byDefinition;
  }

  static gone(run: BegunRun): SourceRefused {
    const file = currentFile(run);
    const drop = file && dropFor(run, file);
    const key = drop?.key ?? 'the file';
    return new SourceRefused({
      category: 'source-file',
      cause: 'The version of the file that started this run has been deleted from the source bucket.',
      message: `${key} is no longer there.`,
      whatToCheck: [
        'Drop the file again.',
        'See which lifecycle rule or person deletes versions before they are processed.',
      ],
      retry: { kind: 'no' },
      references: drop === undefined ? {} : { bucket: drop.bucket, key: drop.key, versionId: drop.versionId },
    });
  }

  /** Tried again, because rights take a while to hold everywhere. */
  static notAllowed(run: BegunRun): SourceRefused {
    const file = currentFile(run);
    const drop = file && dropFor(run, file);
    return new SourceRefused({ ...notReadable(drop), retry: { kind: 'after', budget: 'attempts' } });
  }

  /** The step reads a file, and the run was started without one. */
  static missing(run: BegunRun): SourceRefused {
    const { pipeline, position } = run;
    const several = pipeline.steps[position.step]?.files !== undefined;
    const what = whatReads(run);
    return new SourceRefused({
      category: 'configuration',
      cause: `${capitalised(what)} reads a file, and this run was started without ${several ? 'it' : 'one'}.`,
      message: `Pipeline "${pipeline.name}" has no file for ${what}.`,
      whatToCheck: [
        several
          ? `Start it with all its files (plandrop run <file> <file>… --pipeline ${pipeline.name}), or by a set (on: { set: … }).`
          : `Start it with a file (plandrop run <file> --pipeline ${pipeline.name}), or by a drop (on: { drop: … }).`,
      ],
      retry: { kind: 'no' },
      references: { pipeline: pipeline.name },
    });
  }
}

/** Who reads the file that is uploaded now: `import "Load Sales"`, or `"Load Products" of process "Load All"`. */
export function whatReads(run: BegunRun): string {
  const step = run.pipeline.steps[run.position.step];
  const what = `${step?.kind ?? 'step'} "${step?.name ?? ''}"`;
  return step?.fileId !== undefined ? what : `"${currentFile(run)?.name ?? ''}" of ${what}`;
}
