import { PublishCommand, type PublishCommandInput, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert, Alerts } from '../alerts.ts';

/** SNS: printable ASCII, under 100 characters, beginning with a letter, digit or punctuation. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_SUBJECT = 99;
/** SNS: 256 KiB for the whole message; the rest is for its attributes. */
const MAX_TEXT_BYTES = 250 * 1024;

export interface SnsAlertsOptions {
  /** where all alerts go of which nothing else is said */
  topicArn: string;
  /** the topic of a pipeline, where it has one */
  topicOf?: (pipeline: string | undefined) => string | undefined;
}

/**
 * Alerts as messages of SNS topics; the attribute `alertId` is the same each time an alert is repeated. Subscribers may filter by
 * the others.
 */
export class SnsAlerts implements Alerts {
  readonly #clientIn: (region: string | undefined) => SNSClient;
  readonly #clients = new Map<string | undefined, SNSClient>();
  readonly #options: SnsAlertsOptions;

  /** @param clientIn makes the client of a region: SNS refuses a topic of another one */
  constructor(clientIn: (region: string | undefined) => SNSClient, options: SnsAlertsOptions) {
    this.#clientIn = clientIn;
    this.#options = options;
  }

  route(pipeline: string | undefined): string {
    return this.#options.topicOf?.(pipeline) ?? this.#options.topicArn;
  }

  async publish({ id, subject, text, pipeline, category, outcome }: Alert): Promise<void> {
    const topic = this.route(pipeline);
    const fifo = { MessageGroupId: pipeline ?? 'plandrop', MessageDeduplicationId: id };
    await this.#clientFor(topic).send(
      new PublishCommand({
        TopicArn: topic,
        Subject: emailSubject(subject),
        Message: cut(text),
        MessageAttributes: attributesOf({ alertId: id, pipeline, category, outcome }),
        ...(topic.endsWith('.fifo') ? fifo : {}),
      }),
    );
  }

  #clientFor(topicArn: string): SNSClient {
    const region = regionOf(topicArn);
    const client = this.#clients.get(region) ?? this.#clientIn(region);
    this.#clients.set(region, client);
    return client;
  }
}

/** `arn:aws:sns:eu-west-1:123456789012:alerts` */
function regionOf(topicArn: string): string | undefined {
  return topicArn.split(':')[3] || undefined;
}

/** SNS refuses an attribute without a value. */
function attributesOf(values: Readonly<Record<string, string | undefined>>): PublishCommandInput['MessageAttributes'] {
  const filled = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(filled.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]));
}

/** What SNS accepts of a subject: accents are dropped, other letters become `?`, line breaks a space. */
export function emailSubject(subject: string): string {
  const ascii = subject
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[–—]/g, '-')
    .replace(/[‘’]/g, "'")
    .replace(/[“”«»]/g, '"')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  if (ascii === '') return 'Plandrop';
  return ascii.length <= MAX_SUBJECT ? ascii : `${ascii.slice(0, MAX_SUBJECT - 3).trimEnd()}...`;
}

function cut(text: string): string {
  const bytes = Buffer.from(text === '' ? '(no text)' : text);
  if (bytes.byteLength <= MAX_TEXT_BYTES) return bytes.toString();
  // A character cut in half at the end would become a replacement character; it is dropped with it.
  return `${bytes
    .subarray(0, MAX_TEXT_BYTES)
    .toString()
    .replace(/\ufffd$/, '')}\n… (cut)`;
}
