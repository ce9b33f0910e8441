export { type Credentials, MissingCredentialsError } from '../ports/secrets.ts';
export { CALLS, type CallName, type RepeatableCall } from './calls.ts';
export { type CertificateOptions, certificateFacts } from './certificate.ts';
export { AnaplanClient, type AnaplanClientOptions, READ_TIMEOUT_MS } from './client.ts';
export type { DumpAnswer } from './dumps.ts';
export * from './errors.ts';
export type { ExchangeNote, RetryNote, View } from './exchange.ts';
export { type AnaplanCall, AnaplanCallError, type CallFailure } from './failure.ts';
export type { ChunkOptions } from './files.ts';
export { DEFAULT_HOSTS, type Hosts, isLoopback, REGIONS, type Region } from './hosts.ts';
export { statusNamesTask } from './models.ts';
export { type RepeatableClient, type RepeatOptions, repeat } from './repeat.ts';
export type {
  AnaplanAction,
  AnaplanExport,
  AnaplanProcess,
  ExportMetadata,
  ImportMetadata,
  Model,
  ModelStatus,
  ProcessMetadata,
  StartedTask,
  User,
  Workspace,
} from './schemas.ts';
export type { MappingParameter, StartOptions } from './tasks.ts';
export { type Transport, TransportError, type TransportRequest, type TransportResponse } from './transport.ts';
export type * from './types.ts';
export { CONNECT_TIMEOUT_MS, undiciTransport } from './undici-transport.ts';
