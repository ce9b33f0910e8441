import { describe, expect, it } from 'vitest';
import type { FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import { withSourcesOf } from '../../shared/pipeline/with-sources-of.ts';
import { aPipeline } from '../run/a-run.ts';

const OLD = { headerNames: ['Product', 'Units'] };
const NEW = { headerNames: ['Product', 'Units', 'Owner'], columnSeparator: ';' };

type Change = Partial<FrozenStep> & { modelId?: string };

const load = ({ modelId = 'M', ...change }: Change) => {
  const step = { kind: 'import', name: 'Load', objectId: 'i1', fileId: 'f1', repeatable: false, ...change } as const;
  return { ...aPipeline, modelId, steps: [step] };
};
const nightly = (fileId: string, source: typeof OLD, name = 'Load') => ({
  ...aPipeline,
  steps: [
    {
      ...({ kind: 'process', name: 'Nightly', objectId: 'p1', repeatable: false } as const),
      files: [
        { name, fileId, glob: 'in/*.csv', source },
        { name: 'Other', fileId: 'f9', glob: 'in/*.txt' },
      ],
    },
  ],
});

describe('a definition with the sources of a newer one', () => {
  it.each<[string, Change, object]>([
    ['takes that of the same import', { source: NEW }, NEW],
    ['keeps its own where the newer one tells none', {}, OLD],
    ['keeps its own of another import', { objectId: 'i2', source: NEW }, OLD],
    ['keeps its own of another file', { fileId: 'f2', source: NEW }, OLD],
    ['keeps its own of another model', { modelId: 'N', source: NEW }, OLD],
  ])('%s', (_, change, source) => {
    const before = load({ source: OLD });
    expect(withSourcesOf(before, load(change))).toEqual(load({ source } as Change));
    expect(before).toEqual(load({ source: OLD }));
  });

  it('takes nothing else', () => {
    const now = { ...load({ source: NEW, name: 'Load Sales', repeatable: true }), onFailure: 'continue' as const };
    expect(withSourcesOf(load({ source: OLD }), now)).toEqual(load({ source: NEW }));
  });

  it('takes those of the files of a process, by file', () => {
    const before = nightly('f1', OLD);
    expect(withSourcesOf(before, nightly('f1', NEW, 'load.csv'))).toEqual(nightly('f1', NEW));
    expect(withSourcesOf(before, nightly('f2', NEW))).toEqual(before);
  });
});
