import { awsServices } from '../aws-services.ts';
import { createReceiveDrop } from './handler.ts';

/** Services are built once, at the cold start. */
export const handler = createReceiveDrop(awsServices(process.env));
