import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import { type Logger, loggerOn } from './logger.ts';

/**
 * The logger of a Lambda function: Powertools' structure and its `POWERTOOLS_LOG_LEVEL`, our redaction. Not part of the
 * folder's index, so that nothing outside Lambda loads Powertools.
 *
 * Source: https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/
 */
export function powertoolsLogger(
  powertools: Pick<Powertools, 'debug' | 'info' | 'warn' | 'error'> = new Powertools(),
): Logger {
  return loggerOn(({ level, message, fields }) => powertools[level](message, fields), 'debug');
}
