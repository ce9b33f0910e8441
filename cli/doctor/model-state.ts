import type { Model, ModelStatus } from '../../shared/anaplan/index.ts';
import { broken, type Finding, fine, unclear } from './finding.ts';

/** What the state of a model means for runs, and whether anything else of it can be asked (anaplan-notes: Model states). */
export function stateFinding({ name, activeState }: Model): { finding: Finding; closed: boolean } {
  const model = `Model "${name}"`;
  const state = (finding: Finding, closed = false) => ({ finding, closed });
  switch (activeState) {
    case 'UNLOCKED':
    case 'ACTIVE':
      return state(fine('model-state', `${model} is open for changes.`));
    case 'LOCKED':
      return state(
        broken(
          'model-state',
          `${model} is locked, so runs wait for it.`,
          'model-state',
          'Check in Anaplan who locked it and why, and unlock it; waiting runs go on by themselves.',
        ),
      );
    case 'ARCHIVED':
      return state(
        broken(
          'model-state',
          `${model} is archived, so nothing can be loaded.`,
          'model-state',
          'Ask a workspace administrator to unarchive it, or name the model that took its place in plandrop.yaml.',
        ),
        true,
      );
    case 'MAINTENANCE':
    case 'PRODUCTION_MAINTENANCE':
      return state(
        broken(
          'model-state',
          `${model} is offline for maintenance, so runs wait for it.`,
          'model-state',
          'Check in Anaplan who took it offline, and bring it online; waiting runs go on by themselves.',
        ),
        true,
      );
    case 'PRODUCTION':
      return state(
        unclear(
          'model-state',
          `${model} is in deployed mode. Data can be loaded then, and the structure cannot be changed; what exactly Anaplan refuses shows only when it is tried.`,
          'If a run ends with "deployed mode", take the model out of it, or make that change through ALM.',
        ),
      );
    default:
      return state(unclear('model-state', `${model} has a state that is not known here: ${activeState ?? 'none'}.`));
  }
}

/** What the model is doing now, and whether a question for its files would be answered at once (anaplan-notes: Model status). */
export function statusFinding(name: string, status: ModelStatus): { finding: Finding; answersFiles: boolean } {
  const model = `Model "${name}"`;
  switch (status.currentStep) {
    case 'Open':
      return { finding: fine('model-status', `${model} is loaded and idle.`), answersFiles: true };
    case 'Closed':
      return {
        finding: unclear('model-status', `${model} is not loaded. The first run loads it, which can take minutes.`),
        answersFiles: false,
      };
    default: {
      const said = status.tooltip?.replaceAll(/\s*\n\s*/g, ' ').trim() || status.currentStep;
      const next =
        'Runs wait until it has ended. If it never does, a workspace administrator can cancel it in Model Management.';
      return { finding: unclear('model-status', `${model} is busy now: ${said}`, next), answersFiles: false };
    }
  }
}
