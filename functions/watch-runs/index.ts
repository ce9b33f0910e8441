import { keepInstallation } from '../../shared/run/installation.ts';
import { awsServices, queueUrlsOf } from '../aws-services.ts';
import { createWatchRuns } from './handler.ts';

/** Services are built once, at the cold start. */
const services = awsServices(process.env);
const watch = createWatchRuns(services);
let isKept = false;

/** What the timer says is of no interest, and nobody reads an answer. */
export const handler = async (): Promise<void> => {
  // Before the look, which fails as long as one run cannot be read: commands need the queues also then.
  if (!isKept) await keepInstallation(services.state, queueUrlsOf(process.env));
  isKept = true;
  await watch();
};
