import { countOf } from '../../shared/diagnosis/words.ts';
import { problemText } from '../../shared/pipeline/find-named.ts';
import { resolveFiles } from '../../shared/pipeline/resolve-files.ts';
import type { Step } from '../../shared/pipeline/step-schema.ts';
import type { FoundObject, InModel } from './examine-model.ts';
import { broken, type Finding, failedCall, fine, unclear } from './finding.ts';

const contentOf = (chunks: readonly string[]) =>
  chunks.length === 0 ? 'nothing is in it now' : `it holds ${countOf(chunks.length, 'part')} now`;

/** What a process takes by `files:`. What is found is then looked at like the file of an import. */
export async function* examineProcessFiles(
  { files: asked = [], repeatable }: Step,
  process: { id: string; name: string },
  { ref, anaplan, answersFiles }: InModel,
  found: FoundObject[],
): AsyncGenerator<Finding> {
  const directory = {
    listImports: () => anaplan.listImports(ref),
    getProcess: () => anaplan.getProcess(ref, process.id),
    getImportSource: (_: unknown, importId: string) => anaplan.getImportSource(ref, importId),
    listFiles: async () => (answersFiles ? anaplan.listFiles(ref) : []),
  };
  const { files, problems } = await resolveFiles(asked, { ref, process, path: [] }, directory);
  for (const problem of problems) {
    const text = problemText(problem);
    const message = `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
    yield answersFiles
      ? broken(
          'object',
          message,
          'not-found',
          'Compare the names under files: with the imports of the process in Anaplan, letter by letter.',
        )
      : unclear('object', message, 'It may be a data source, and those are not asked for while the model is busy.');
  }
  for (const { asked: name, id, fileId, source } of files) {
    found.push({ step: { kind: 'import', name, repeatable }, id, fileId });
    yield fine('object', `File "${name}" is there and has ${source?.headerNames.length ?? 0} columns.`);
  }
}

/** Reading of source and output files, by reading; writing is never tried. */
export async function* examineFiles(objects: readonly FoundObject[], at: InModel): AsyncGenerator<Finding> {
  const { anaplan, ref, modelName, user } = at;
  const imports = objects.filter((object) => object.fileId !== undefined);
  const exports = objects.filter(({ step }) => step.kind === 'export');
  if (imports.length + exports.length === 0) return;
  if (!at.answersFiles) {
    return yield unclear(
      'files',
      'Files are not asked for now: a model that is busy or not loaded would only hold the question.',
      'Run plandrop doctor again when the model is loaded and idle.',
    );
  }
  try {
    const listed = new Set((await anaplan.listFiles(ref)).map(({ id }) => id));
    for (const { step, fileId = '' } of imports) {
      if (!listed.has(fileId)) {
        yield broken(
          'files',
          `The file that import "${step.name}" reads (${fileId}) is not among those that ${user} sees in model "${modelName}".`,
          'not-found',
          'Check that the data source of the import still exists, and that the role may see it.',
          'Run plandrop lock afterwards: an upload to a file that is not there makes a new one that no import reads.',
        );
        continue;
      }
      const chunks = await anaplan.listChunks(ref, fileId);
      yield fine('files', `The file of import "${step.name}" can be read; ${contentOf(chunks)}.`);
    }
    for (const { step, id } of exports) {
      const chunks = await anaplan.listChunks(ref, id);
      yield chunks.length > 0
        ? fine('files', `The output of export "${step.name}" can be read; ${contentOf(chunks)}.`)
        : unclear(
            'files',
            `Export "${step.name}" has written nothing for ${user} in the last 48 hours, so there is nothing to read.`,
          );
    }
  } catch (error) {
    return yield failedCall('files', error, { object: 'the files', model: modelName, user });
  }
  if (imports.length > 0) {
    yield unclear(
      'upload',
      'Whether files may be written shows only when one is uploaded, which would replace what is there; so it is not tried.',
    );
  }
}
