import { awsServices } from '../aws-services.ts';
import { createCollectResult } from './handler.ts';

/** Services are built once, at the cold start. */
export const handler = createCollectResult(awsServices(process.env));
