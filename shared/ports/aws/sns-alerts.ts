import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert, Alerts } from '../alerts.ts';

/** SNS: printable ASCII, under 100 characters, beginning with a letter, digit or punctuation. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_SUBJECT = 99;
/** SNS: 256 KiB for the whole message; the rest is for its attributes. */
const MAX_TEXT_BYTES = 250 * 1024;

/** Alerts as messages of an SNS topic; the attribute `alertId` is the same each time an alert is repeated. */
export class SnsAlerts implements Alerts {
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor(client: SNSClient, topicArn: string) {
    this.#client = client;
    this.#topicArn = topicArn;
  }

  async publish(alert: Alert): Promise<void> {
    await this.#client.send(
      new PublishCommand({
        TopicArn: this.#topicArn,
        Subject: emailSubject(alert.subject),
        Message: cut(alert.text),
        MessageAttributes: { alertId: { DataType: 'String', StringValue: alert.id } },
      }),
    );
  }
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
