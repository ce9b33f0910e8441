export {
  jsonLogger,
  LOG_LEVELS,
  type LogEntry,
  type LogFields,
  type Logger,
  type LogLevel,
  loggerOn,
  memoryLogger,
  silentLogger,
} from './logger.ts';
export {
  BODY_LIMIT_BYTES,
  hideSecrets,
  isSecretName,
  REDACTED,
  redact,
  redactBody,
  redactHeaders,
  redactText,
  registerSecret,
} from './redact.ts';
