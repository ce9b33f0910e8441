import { awsServices } from '../aws-services.ts';
import { createWatchRuns } from './handler.ts';

/** Services are built once, at the cold start. */
const watch = createWatchRuns(awsServices(process.env));

/** What the timer says is of no interest, and nobody reads an answer. */
export const handler = async (): Promise<void> => {
  await watch();
};
