import { awsServices } from '../aws-services.ts';
import { createStartAction } from './handler.ts';

/** Services are built once, at the cold start. */
export const handler = createStartAction(awsServices(process.env));
