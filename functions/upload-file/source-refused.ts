import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import type { BegunRun } from '../../shared/run/run.ts';

/** The file itself cannot be landed; sending it again would not help. */
export class SourceRefused extends Error {
  override readonly name = 'SourceRefused';
  readonly diagnosis: Diagnosis;
  constructor(diagnosis: Diagnosis) {
    super(diagnosis.message);
    this.diagnosis = diagnosis;
  }

  static gone({ trigger }: BegunRun): SourceRefused {
    const key = trigger.kind === 'drop' ? trigger.key : 'the file';
    return new SourceRefused({
      category: 'source-file',
      cause: 'The version of the file that started this run has been deleted from the source bucket.',
      message: `${key} is no longer there.`,
      whatToCheck: [
        'Drop the file again.',
        'See which lifecycle rule or person deletes versions before they are processed.',
      ],
      retry: { kind: 'no' },
      references:
        trigger.kind === 'drop' ? { bucket: trigger.bucket, key: trigger.key, versionId: trigger.versionId } : {},
    });
  }

  /** The step reads a file, and the run was started without one. */
  static missing({ pipeline, position }: BegunRun): SourceRefused {
    const step = pipeline.steps[position.step];
    return new SourceRefused({
      category: 'configuration',
      cause: `Import "${step?.name}" reads a file, and this run was started without one.`,
      message: `Pipeline "${pipeline.name}" has no file for import "${step?.name}".`,
      whatToCheck: [
        `Start it with a file (plandrop run <file> --pipeline ${pipeline.name}), or by a drop (on: { drop: … }).`,
      ],
      retry: { kind: 'no' },
      references: { pipeline: pipeline.name },
    });
  }
}
