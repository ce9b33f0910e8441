import { awsServices } from '../aws-services.ts';
import { createUploadFile } from './handler.ts';

/** Services are built once, at the cold start. */
export const handler = createUploadFile(awsServices(process.env));
