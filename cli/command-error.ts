import { DataFolderInUseError } from '../infra/local/engine-lock.ts';
import { FileChangedError } from '../infra/local/put-drop.ts';
import { StorageError } from '../infra/local/storage-error.ts';
import { UnusableCredentialsError } from '../shared/anaplan/errors.ts';
import type { Category } from '../shared/diagnosis/diagnosis.ts';
import { redactText } from '../shared/observe/redact.ts';
import { ConfigurationError, ConfigurationFileError } from '../shared/pipeline/load-configuration.ts';
import { MissingCredentialsError } from '../shared/ports/secrets.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** What a command could not do, in words for the person who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly category: Category;
  readonly whatToCheck: readonly string[];
  readonly exitCode: ExitCode;
  constructor(
    message: string,
    about: { category?: Category; whatToCheck?: readonly string[]; exitCode?: ExitCode } = {},
  ) {
    super(message);
    this.category = about.category ?? 'configuration';
    this.whatToCheck = about.whatToCheck ?? [];
    this.exitCode = about.exitCode ?? EXIT.usage;
  }
}

/** Any error as one that a command can show: no stack trace for what a person can mend. */
export function asCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof ConfigurationError)
    return new CommandError(error.message, { whatToCheck: ['Mend these lines, then try again.'] });
  if (error instanceof ConfigurationFileError)
    return new CommandError(error.message, { whatToCheck: [error.whatToCheck] });
  if (error instanceof MissingCredentialsError)
    return new CommandError(error.message, { whatToCheck: ['The README lists the variables under "Credentials".'] });
  if (error instanceof UnusableCredentialsError) {
    return new CommandError(`${error.message}.`, {
      whatToCheck: ['Look at ANAPLAN_CERTIFICATE, ANAPLAN_PRIVATE_KEY and ANAPLAN_PRIVATE_KEY_PASSPHRASE.'],
    });
  }
  if (error instanceof FileChangedError) {
    return new CommandError(error.message, {
      category: 'source-file',
      whatToCheck: ['Wait until it is complete, or write it under another name and rename it; then run it again.'],
      exitCode: EXIT.failed,
    });
  }
  if (error instanceof DataFolderInUseError) {
    return new CommandError(error.message, {
      whatToCheck: ['plandrop runs shows what it is doing.'],
      exitCode: EXIT.failed,
    });
  }
  if (error instanceof StorageError)
    return new CommandError(error.message, { whatToCheck: [`Look at ${error.path}.`], exitCode: EXIT.failed });
  if (isAddressInUse(error)) {
    return new CommandError(`Port ${error.port} is in use by another program.`, {
      whatToCheck: ['Stop that program, or choose another port with --port.'],
      exitCode: EXIT.failed,
    });
  }
  if (isOfAws(error)) {
    return new CommandError(`AWS did not answer what was asked: ${error.name}: ${redactText(error.message)}`, {
      whatToCheck: [
        'See that the name of the state bucket is the output StateIsKeptHere of the stack.',
        'See that this terminal has credentials and the region of that account (AWS_PROFILE, AWS_REGION), with the rights to the bucket.',
      ],
      exitCode: EXIT.failed,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new CommandError(`plandrop met an error it does not know: ${redactText(message)}`, {
    category: 'internal',
    whatToCheck: ['Run it again with PLANDROP_DEBUG=1 to see where it happened, and report it.'],
    exitCode: EXIT.failed,
  });
}

/** The SDK is not loaded for this: its service errors carry `$metadata`, and what keeps it from asking at all has these names. */
function isOfAws(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return '$metadata' in error || error.name === 'CredentialsProviderError' || error.message === 'Region is missing';
}

function isAddressInUse(error: unknown): error is Error & { port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
}
