import type { FrozenPipeline } from '../../shared/pipeline/frozen-pipeline.ts';
import { ticketKey } from '../../shared/run/lane.ts';
import { type BegunRun, untouchedSteps } from '../../shared/run/run.ts';
import { runIdOf, type Trigger } from '../../shared/run/trigger.ts';

/** Builders of runs as tests want them: a pipeline of one import, and a run of it that has just begun. */

export const AT = Date.parse('2026-03-02T06:00:00.000Z');

export const aPipeline: FrozenPipeline = {
  name: 'sales',
  workspaceId: 'w',
  workspaceName: 'Finance',
  modelId: 'M',
  modelName: 'FY26 Plan',
  steps: [{ kind: 'import', name: 'Load Sales', objectId: '112000000001', fileId: '113000000001', repeatable: false }],
  rejects: { maxRows: 0, countIgnored: false },
  onFailure: 'hold',
  policies: {
    retry: { attempts: 3, conflicts: 2, failedPolls: 4 },
    modelWaitSeconds: 3600,
    startGraceSeconds: 120,
    pollMinSeconds: 5,
    deadlineSeconds: 43_200,
    chunkBytes: 1_000_000,
    chunksInFlight: 2,
    source: 'strict',
  },
  keep: { kind: 'leave' },
  followers: [],
};

export const aTrigger: Trigger = {
  kind: 'drop',
  bucket: 'plandrop-drops',
  key: 'sales/march.csv',
  versionId: 'v1',
  lastModified: new Date(AT).toISOString(),
  bytes: 2_500_000,
};

/** A run at turn 5 that has its lane and stands at `upload` of its first step, changed as told. */
export function aRun(change: Partial<BegunRun> = {}): BegunRun {
  const pipeline = change.pipeline ?? aPipeline;
  const runId = runIdOf('sales', aTrigger);
  return {
    v: 1,
    runId,
    pipelineName: pipeline.name,
    pipeline,
    trigger: aTrigger,
    createdAt: new Date(AT).toISOString(),
    writer: '',
    turn: 5,
    next: { turn: 5, queue: change.position?.stage ?? 'upload', due: new Date(AT).toISOString() },
    claim: null,
    ticket: ticketKey('M', { runId, trigger: aTrigger }),
    lane: { fence: 1, grantedAt: new Date(AT).toISOString() },
    deadline: new Date(AT + 43_200_000).toISOString(),
    position: { step: 0, stage: 'upload' },
    spent: { attempts: 0, conflicts: 0, looks: 0, waitingSince: null },
    steps: untouchedSteps(pipeline.steps.length),
    requests: [],
    journal: [],
    journalDropped: 0,
    ended: null,
    ...change,
  };
}
