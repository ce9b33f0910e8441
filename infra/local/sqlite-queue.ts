import { randomUUID } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../../shared/ports/clock.ts';
import { checkMessage, checkReceive, checkVisibility } from '../../shared/ports/message-limits.ts';
import {
  QUEUE_NAMES,
  type QueueConsumer,
  type QueueName,
  type Queues,
  type ReceivedMessage,
  type SendOptions,
} from '../../shared/ports/queue.ts';
import { integer, openDatabase, optionalText, type Row, text, textMap, transaction } from './database.ts';
import { guardSync } from './storage-error.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    receipt TEXT,
    dead_letter_source TEXT,
    forgiven INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_by_time ON messages (queue, visible_at, id);
  CREATE UNIQUE INDEX IF NOT EXISTS messages_by_receipt ON messages (receipt) WHERE receipt IS NOT NULL;
`;

export interface SqliteQueuesOptions {
  clock: Clock;
  /** How often a message is delivered before it moves to the poison queue instead; 5 as on our AWS queues. */
  maxReceiveCount?: number;
}

export interface QueueDepth {
  visible: number;
  delayed: number;
  inFlight: number;
}

/** A message as a tool sees it, without receiving it. */
export interface PeekedMessage extends Omit<ReceivedMessage, 'receiptHandle'> {
  /** epoch milliseconds */
  visibleAt: number;
  inFlight: boolean;
}

/**
 * The queues of SQS in one SQLite file: a `send` that resolved survives a kill. Several processes may use one file.
 * The semantics are those of standard queues. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export class SqliteQueues implements Queues, QueueConsumer, Disposable {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #maxReceiveCount: number;
  readonly #database: DatabaseSync;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #listeners = new Set<(queue: QueueName) => void>();

  /** @throws StorageError when the file cannot be opened or is not a database */
  constructor(path: string, options: SqliteQueuesOptions) {
    this.#path = path;
    this.#clock = options.clock;
    this.#maxReceiveCount = options.maxReceiveCount ?? 5;
    this.#database = openDatabase(path, SCHEMA);
    guardSync('open', path, () => addForgiven(this.#database));
    this.#sql = prepare(this.#database);
  }

  async send(queue: QueueName, body: string, options: SendOptions = {}): Promise<void> {
    const delaySeconds = checkMessage(body, options);
    const now = this.#clock.now();
    this.#write(() =>
      this.#sql.insert.run(
        queue,
        randomUUID(),
        body,
        JSON.stringify(options.attributes ?? {}),
        now,
        now + delaySeconds * 1000,
      ),
    );
    this.#tell(queue);
  }

  /** With `waitSeconds`, waits for a message to arrive or become visible in this process, like a long poll. */
  async receive(
    queue: QueueName,
    options: { max: number; visibilitySeconds: number; waitSeconds?: number },
  ): Promise<ReceivedMessage[]> {
    checkReceive(options.max);
    checkVisibility(options.visibilitySeconds);
    const until = this.#clock.now() + (options.waitSeconds ?? 0) * 1000;
    for (;;) {
      const messages = this.#take(queue, options.max, options.visibilitySeconds);
      if (messages.length > 0 || this.#clock.now() >= until) return messages;
      await this.#changeOrTime(queue, until);
    }
  }

  async delete(queue: QueueName, receiptHandle: string): Promise<void> {
    this.#write(() => this.#sql.remove.run(queue, receiptHandle));
    this.#tell(queue);
  }

  /** A stale receipt handle, or one whose message is no longer in flight, changes nothing. */
  async changeVisibility(queue: QueueName, receiptHandle: string, visibilitySeconds: number): Promise<void> {
    checkVisibility(visibilitySeconds);
    const now = this.#clock.now();
    this.#write(() => this.#sql.setVisible.run(now + visibilitySeconds * 1000, queue, receiptHandle, now));
    this.#tell(queue);
  }

  /**
   * Ends every visibility timeout at once and forgets the receipts. For the start of the only consumer: whoever held these messages
   * is dead. Receive counts stay, as a second delivery is one; but a kill says nothing against a message, so what was in flight
   * does not count towards the poison queue, and keeps its place before what was sent after it.
   * @returns how many messages were in flight
   */
  makeAllVisible(): number {
    const now = this.#clock.now();
    const { changes } = this.#write(() => this.#sql.release.run(now, now));
    for (const queue of QUEUE_NAMES) this.#tell(queue);
    return Number(changes);
  }

  /** When the earliest message of `queue` is or becomes visible (epoch ms, maybe past); `undefined` when it is empty. */
  nextVisibleAt(queue: QueueName): number | undefined {
    const at = this.#read(() => this.#sql.next.get(queue));
    return at?.visible_at == null ? undefined : integer(at, 'visible_at');
  }

  /** When the newest message was sent (epoch ms), by the clock of then; `undefined` when there is none. */
  newestSentAt(): number | undefined {
    const newest = this.#read(() => this.#sql.newest.get());
    return newest?.sent_at == null ? undefined : integer(newest, 'sent_at');
  }

  depth(queue: QueueName): QueueDepth {
    const now = this.#clock.now();
    const row = this.#read(() => this.#sql.count.get(now, now, queue));
    if (row === undefined) return { visible: 0, delayed: 0, inFlight: 0 };
    const [all, hidden, inFlight] = [integer(row, 'total'), integer(row, 'hidden'), integer(row, 'in_flight')];
    return { visible: all - hidden, delayed: hidden - inFlight, inFlight };
  }

  /** The first messages of a queue, earliest visible first, undisturbed. */
  peek(queue: QueueName, limit = 100): PeekedMessage[] {
    const now = this.#clock.now();
    return this.#read(() => this.#sql.peek.all(queue, limit)).map((row) => {
      const visibleAt = integer(row, 'visible_at');
      const inFlight = visibleAt > now && row.receipt !== null;
      return { ...content(row), receiveCount: integer(row, 'receive_count'), visibleAt, inFlight };
    });
  }

  /** Calls `listener` whenever this process sends, deletes or releases a message. Returns how to stop. */
  onChange(listener: (queue: QueueName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #take(queue: QueueName, max: number, visibilitySeconds: number): ReceivedMessage[] {
    const now = this.#clock.now();
    if ((this.nextVisibleAt(queue) ?? Number.POSITIVE_INFINITY) > now) return [];
    let poisoned = false;
    const taken = this.#write(() =>
      transaction(this.#database, () => {
        const messages: ReceivedMessage[] = [];
        for (const row of this.#sql.visible.all(queue, now)) {
          const receiveCount = integer(row, 'receive_count') + 1;
          if (receiveCount - integer(row, 'forgiven') > this.#maxReceiveCount && mayPoison(queue)) {
            this.#sql.poison.run(now, integer(row, 'id'));
            poisoned = true;
            continue;
          }
          const receiptHandle = randomUUID();
          this.#sql.take.run(now + visibilitySeconds * 1000, receiveCount, receiptHandle, integer(row, 'id'));
          messages.push({ ...content(row), receiptHandle, receiveCount });
          if (messages.length === max) break;
        }
        return messages;
      }),
    );
    if (poisoned) this.#tell('poison');
    return taken;
  }

  async #changeOrTime(queue: QueueName, until: number): Promise<void> {
    const wake = new AbortController();
    const stop = this.onChange((changed) => changed === queue && wake.abort());
    const due = Math.min(until, this.nextVisibleAt(queue) ?? until);
    await this.#clock.sleep(due - this.#clock.now(), wake.signal);
    stop();
  }

  #tell(queue: QueueName): void {
    for (const listener of this.#listeners) listener(queue);
  }

  #write<T>(act: () => T): T {
    return guardSync('write', this.#path, act);
  }

  #read<T>(act: () => T): T {
    return guardSync('read', this.#path, act);
  }
}

/** For a file that an earlier version made. */
function addForgiven(database: DatabaseSync): void {
  transaction(database, () => {
    const known = database
      .prepare('PRAGMA table_info(messages)')
      .all()
      .some(({ name }) => name === 'forgiven');
    if (!known) database.exec('ALTER TABLE messages ADD COLUMN forgiven INTEGER NOT NULL DEFAULT 0');
  });
}

/** SQS lets no redrive policy hang on the dead-letter queue itself here; the feed of failures is never consumed by us. */
function mayPoison(queue: QueueName): boolean {
  return queue !== 'poison' && queue !== 'failures';
}

function content(row: Row): Omit<ReceivedMessage, 'receiptHandle' | 'receiveCount'> {
  const source = QUEUE_NAMES.find((name) => name === optionalText(row, 'dead_letter_source'));
  return {
    messageId: text(row, 'message_id'),
    body: text(row, 'body'),
    attributes: textMap(row, 'attributes'),
    sentAt: integer(row, 'sent_at'),
    ...(source === undefined ? {} : { deadLetterSource: source }),
  };
}

function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    insert: sql(
      `INSERT INTO messages (queue, message_id, body, attributes, sent_at, visible_at) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    visible: sql(`SELECT * FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT 50`),
    take: sql(`UPDATE messages SET visible_at = ?, receive_count = ?, receipt = ? WHERE id = ?`),
    // The count starts again: the poison queue's consumer meets the message for the first time.
    poison: sql(`UPDATE messages SET queue = 'poison', dead_letter_source = queue, visible_at = ?, receive_count = 0,
                 forgiven = 0, receipt = NULL WHERE id = ?`),
    remove: sql(`DELETE FROM messages WHERE queue = ? AND receipt = ?`),
    setVisible: sql(`UPDATE messages SET visible_at = ? WHERE queue = ? AND receipt = ? AND visible_at > ?`),
    // Before those that waited behind it.
    release: sql(`UPDATE messages SET visible_at = MIN(?, sent_at), receipt = NULL, forgiven = forgiven + 1
                  WHERE receipt IS NOT NULL AND visible_at > ?`),
    next: sql(`SELECT MIN(visible_at) AS visible_at FROM messages WHERE queue = ?`),
    newest: sql(`SELECT MAX(sent_at) AS sent_at FROM messages`),
    count: sql(`SELECT COUNT(*) AS total, COALESCE(SUM(visible_at > ?), 0) AS hidden,
                COALESCE(SUM(visible_at > ? AND receipt IS NOT NULL), 0) AS in_flight FROM messages WHERE queue = ?`),
    peek: sql(`SELECT * FROM messages WHERE queue = ? ORDER BY visible_at, id LIMIT ?`),
  };
}
