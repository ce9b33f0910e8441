import type { Pipelines } from '../functions/services.ts';
import type { FrozenPipeline } from '../shared/pipeline/frozen-pipeline.ts';
import type { Simulator, TenantDefinition } from '../simulator/index.ts';

/** A tenant of many models of one kind, and a pipeline for each that loads its list: `m17/file.csv` goes to model 17. */

const MODEL = {
  lists: { Products: ['Tea'] },
  imports: { 'Load Products': { into: 'Products', file: 'products.csv', columns: { Product: 'name', Code: 'code' } } },
};

export function tenantOf(models: number): TenantDefinition {
  const names = Array.from({ length: models }, (_, i) => `Plan ${i}`);
  return {
    workspace: 'Finance',
    models: Object.fromEntries(names.map((name) => [name, MODEL])),
    settings: { requestsPerMinute: 0 },
  };
}

/** Definitions as `freeze` makes them, without resolving thousands of names. */
export function pipelinesOf(
  { tenant, workspace }: Omit<Simulator, 'url'>,
  change: Partial<FrozenPipeline> = {},
): Pipelines {
  const definitions = new Map(
    tenant.models.map((model, i): [string, FrozenPipeline] => {
      const [[importId, { fileId }] = ['', { fileId: '' }]] = [...model.imports];
      return [
        `m${i}`,
        {
          name: `m${i}`,
          workspaceId: workspace.id,
          workspaceName: workspace.name,
          modelId: model.id,
          modelName: model.name,
          steps: [
            { kind: 'import', name: 'Load Products', objectId: importId, fileId: fileId ?? '', repeatable: false },
          ],
          rejects: { maxRows: 0, countIgnored: false },
          onFailure: 'continue',
          policies: {
            retry: { attempts: 8, conflicts: 5, failedPolls: 30 },
            modelWaitSeconds: 7200,
            startGraceSeconds: 120,
            pollMinSeconds: 5,
            deadlineSeconds: 43_200,
            chunkBytes: 1_000_000,
            chunksInFlight: 4,
            source: 'strict',
          },
          keep: { kind: 'leave' },
          followers: [],
          ...change,
        },
      ];
    }),
  );
  return {
    matching: (key) => [key.split('/')[0] ?? ''],
    sets: () => [],
    isArchived: () => false,
    expectBy: () => undefined,
    freeze: async (name) => {
      const pipeline = definitions.get(name);
      if (pipeline === undefined) throw new Error(`there is no pipeline ${name}`);
      return { ok: true, pipeline };
    },
  };
}
