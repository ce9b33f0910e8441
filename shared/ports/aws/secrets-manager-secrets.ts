import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { credentialsOf } from '../environment-secrets.ts';
import { type Credentials, MissingCredentialsError, type Secrets } from '../secrets.ts';

const secretShape = z.record(z.string(), z.unknown());

/**
 * Credentials from one secret of Secrets Manager: a JSON object with the keys `ANAPLAN_USERNAME`, `ANAPLAN_PASSWORD` and so on.
 * It is read at each sign-in, so that a changed password is taken up without a deployment.
 */
export class SecretsManagerSecrets implements Secrets {
  readonly #client: SecretsManagerClient;
  readonly #secretId: string;

  /** @param secretId the secret's ARN or name */
  constructor(client: SecretsManagerClient, secretId: string) {
    this.#client = client;
    this.#secretId = secretId;
  }

  async credentials(): Promise<Credentials> {
    const values = this.#parse(await this.#read());
    try {
      return credentialsOf(values);
    } catch (error) {
      if (!(error instanceof MissingCredentialsError)) throw error;
      throw new MissingCredentialsError(`In the secret ${this.#secretId}: ${error.message}`);
    }
  }

  async #read(): Promise<string> {
    try {
      const { SecretString } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }));
      return SecretString ?? '';
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      throw new MissingCredentialsError(`The secret ${this.#secretId} is not there, or holds no value yet.`);
    }
  }

  /** What cannot be parsed is not quoted, and its error not passed on: both would show the secret. */
  #parse(text: string): Record<string, string> {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    const secret = secretShape.safeParse(parsed);
    if (!secret.success)
      throw new MissingCredentialsError(
        `The secret ${this.#secretId} is not a JSON object with keys such as ANAPLAN_USERNAME and ANAPLAN_PASSWORD.`,
      );
    const values = Object.entries(secret.data).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    return Object.fromEntries(values);
  }
}
