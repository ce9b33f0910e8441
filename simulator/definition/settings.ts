import * as z from 'zod';

const seconds = z.number().nonnegative();
/** A fixed number of seconds, or a range `[least, most]` from which each task draws. */
const taskSeconds = z.union([seconds, z.tuple([seconds, seconds])]);

/** How the tenant behaves in time and size. Seconds and bytes as named. */
export const settingsSchema = z.strictObject({
  /** How long a task runs, per action of it. */
  taskSeconds: taskSeconds.default([1, 3]),
  /** How long a task stays CANCELLING. */
  cancelSeconds: seconds.default(1),
  /** Life of a sign-in token: 35 minutes were measured live. */
  tokenSeconds: seconds.default(35 * 60),
  /** Requests a minute for the whole tenant; 0 switches the limit off. */
  requestsPerMinute: z.number().int().nonnegative().default(600),
  /** What a 429 says to wait. */
  retryAfterSeconds: z.number().int().nonnegative().default(10),
  /** A held request that would wait longer than this is answered 504. */
  holdSeconds: seconds.default(300),
  /** How long a model takes to load. */
  wakeSeconds: seconds.default(5),
  /** A model not used this long is unloaded. */
  idleSeconds: seconds.default(60 * 60),
  /** Life of private files and dumps after their last use. */
  fileSeconds: seconds.default(48 * 3600),
  /** Largest chunk of a dump or an export. */
  outputChunkBytes: z.number().int().positive().default(10_000_000),
  /** Life of an OAuth refresh token that rotates. */
  refreshTokenSeconds: seconds.default(43_000),
  /** Life of a device code, and how long to wait between two questions for its token. */
  deviceCodeSeconds: seconds.default(900),
  devicePollSeconds: seconds.default(5),
  /** Whether a certificate sign-in must have the timestamp of v2; announced, not yet so live. */
  certificateV2Only: z.boolean().default(false),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
