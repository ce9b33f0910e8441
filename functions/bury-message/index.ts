import { awsServices } from '../aws-services.ts';
import { createBuryMessage } from './handler.ts';

/** Services are built once, at the cold start. */
export const handler = createBuryMessage(awsServices(process.env));
