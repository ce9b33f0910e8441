import { awsServices } from '../aws-services.ts';
import { createReceiveSchedule } from './handler.ts';

/** Services are built once, at the cold start. */
export const handler = createReceiveSchedule(awsServices(process.env));
