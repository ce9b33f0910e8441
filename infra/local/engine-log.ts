/** Where the engine tells what it does; a Powertools `Logger` fits. */
export interface EngineLog {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export const silentLog: EngineLog = { debug() {}, info() {}, warn() {}, error() {} };
