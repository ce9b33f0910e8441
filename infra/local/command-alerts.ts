import { spawn } from 'node:child_process';
import { redactText } from '../../shared/observe/redact.ts';
import type { Alert, Alerts } from '../../shared/ports/alerts.ts';

export interface CommandAlertsOptions {
  /** where the command runs: the folder of the configuration */
  folder: string;
  env?: NodeJS.ProcessEnv;
  /** after which it is killed, with what it started */
  timeoutMs?: number;
}

/** The variable that holds the alert as JSON, without its text. */
export const ALERT_VARIABLE = 'PLANDROP_ALERT';
const TIMEOUT_MS = 30_000;
const SAID_CHARACTERS = 500;
/** Linux takes no longer value in an environment; the runs of a long burst are cut off. */
const MAX_RUNS = 1000;

/** Tells alerts to a shell command: the words on its standard input, the rest in {@link ALERT_VARIABLE}. Anything but exit 0 has failed. */
export function commandAlerts(command: string, options: CommandAlertsOptions): Alerts {
  return { publish: (alert) => tell(command, alert, options) };
}

function tell(
  command: string,
  alert: Alert,
  { folder, env = process.env, timeoutMs = TIMEOUT_MS }: CommandAlertsOptions,
): Promise<void> {
  const isWindows = process.platform === 'win32';
  const child = spawn(command, {
    shell: true,
    cwd: folder,
    env: environmentFor(alert, env),
    // A group of its own: it is killed as a whole, and a Ctrl-C meant for us does not reach it.
    detached: !isWindows,
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said = (said + piece).slice(-SAID_CHARACTERS);
  });
  // A command need not read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(`${alert.subject}\n\n${alert.text}`);
  return new Promise((resolve, reject) => {
    const failed = (how: string) => {
      const words = redactText(said).trim();
      reject(new Error(`the command of notify ${how}${words === '' ? '' : `; it said: ${words}`}`));
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      kill();
    }, timeoutMs);
    const kill = () => {
      try {
        if (child.pid !== undefined && !isWindows) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    // Not `close`: what the command left running in the background may hold its output open.
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      child.stderr.destroy();
      if (isLate) failed(`was killed: it had not ended after ${timeoutMs / 1000} s`);
      else if (code === 0) resolve();
      else failed(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      failed(`could not be started (${error.code ?? error.name})`);
    });
  });
}

/** The command gets our environment without our credentials: whoever writes it needs no way into Anaplan. */
function environmentFor({ text: _, runs, ...alert }: Alert, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^ANAPLAN_/i.test(name));
  const told = { ...alert, ...(runs === undefined ? {} : { runs: runs.slice(0, MAX_RUNS) }) };
  return { ...Object.fromEntries(kept), [ALERT_VARIABLE]: JSON.stringify(told) };
}
