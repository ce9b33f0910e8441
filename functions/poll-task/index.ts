import { awsServices } from '../aws-services.ts';
import { createPollTask } from './handler.ts';

/** Services are built once, at the cold start. */
export const handler = createPollTask(awsServices(process.env));
