import type { AnaplanCall, CallFailure } from '../anaplan/failure.ts';
import type { Retry } from './diagnosis.ts';
import type { StatusMeaning } from './status-meanings.ts';
import { excerpt } from './words.ts';

/** Calls that wait while the model is busy (anaplan-notes: Busy model). */
export const FILE_CALLS: ReadonlySet<AnaplanCall> = new Set([
  'announce',
  'chunk',
  'complete',
  'read-file',
  'delete-file',
]);

/** A start without a certain answer: the task may exist (anaplan-notes: Starting a task). */
export function ambiguousStart(failure: CallFailure): StatusMeaning {
  return {
    category: 'ambiguous-start',
    cause:
      failure.kind === 'unreadable'
        ? 'Anaplan answered the start, but not readably, so it is not known whether the action was started.'
        : 'No certain answer came to the start, so it is not known whether Anaplan started the action.',
    whatToCheck: [
      'Plandrop looks for the task before anything else and never starts twice; wait for the outcome.',
      'If the run ends as unknown, look in the action history of {model} whether {object} ran, then tell Plandrop: `plandrop runs settle <runId> --as succeeded` or `--as failed`.',
      'If loading the same file twice does no harm, set `repeatable: true` on the step.',
    ],
    retry: { kind: 'reconcile' },
  };
}

/** A task that Anaplan had and no longer knows (anaplan-notes: Tasks forgotten). */
export function taskLost(): StatusMeaning {
  return {
    category: 'task-lost',
    cause:
      'Anaplan has forgotten the task, most likely because the model was unloaded; what the task did is not known.',
    whatToCheck: [
      'Look in the action history of {model}, or at the data itself, whether {object} finished.',
      'Then tell Plandrop: `plandrop runs settle <runId> --as succeeded` or `--as failed`. It never runs the action again by itself.',
      'A model is unloaded after 60 minutes without use; check whether somebody closed or restarted it.',
    ],
    retry: { kind: 'no' },
  };
}

/** Anything unforeseen: a 4xx is a refusal nobody can interpret, everything else may be passing trouble of a gateway. */
export function unknownStatus(status: number): StatusMeaning {
  if (status >= 400 && status < 500) {
    return {
      category: 'unrecognised',
      cause: 'Anaplan, or something before it, refused the request with a status that Plandrop does not know.',
      whatToCheck: [
        'Read the answer below; if a proxy or firewall wrote it, ask those who run it.',
        'Send the request and its answer to Anaplan support: `plandrop support <runId>` puts both, and all that came before, into one file.',
      ],
      retry: { kind: 'no' },
    };
  }
  const redirected = status >= 300 && status < 400;
  return {
    category: 'service',
    cause: redirected
      ? 'Something led the request to another address instead of answering it.'
      : 'Anaplan, or a gateway before it, answered in a way that Plandrop does not expect.',
    whatToCheck: [
      ...(redirected
        ? ['Check apiUrl and authUrl in plandrop.yaml: they must be the Anaplan addresses of your region.']
        : []),
      'Check whether a proxy or firewall answers in place of Anaplan.',
      'Look at status.anaplan.com for a known disruption, and redrive the run later.',
    ],
    retry: { kind: 'after', budget: 'attempts' },
  };
}

/** A refusal that came without Anaplan's words; `fromAnaplan` is what the status means where Anaplan itself gives it. */
export function gatewayRefusal(status: number, fromAnaplan: StatusMeaning): StatusMeaning {
  return {
    category: 'service',
    cause: `A proxy or gateway before Anaplan seems to have answered ${status} in its place; what Anaplan would say is not known.`,
    whatToCheck: [
      `Ask those who run the proxy, firewall or load balancer on the way why it answers ${status}.`,
      'Check apiUrl in plandrop.yaml: it must be the Anaplan address of your region.',
      'Look at status.anaplan.com for a known disruption.',
      `If nothing is on the way, Anaplan itself said it, without its usual words, and it means: ${fromAnaplan.cause}`,
    ],
    retry: { kind: 'after', budget: 'attempts' },
  };
}

/** A success status with something else than Anaplan's answer behind it. */
export function unreadable(): StatusMeaning {
  return {
    category: 'service',
    cause: 'The answer said success, but its content was not what Anaplan sends.',
    whatToCheck: [
      'Check whether a proxy or firewall answers in place of Anaplan.',
      'Check apiUrl and authUrl in plandrop.yaml.',
      'If Anaplan itself sent it, send the answer to Anaplan support: `plandrop support <runId>` puts it into a file.',
    ],
    retry: { kind: 'after', budget: 'attempts' },
  };
}

/** No whole answer, on any call but a start that may have arrived. */
export function network(failure: Extract<CallFailure, { kind: 'network' }>): StatusMeaning {
  const again: Retry = { kind: 'after', budget: 'attempts' };
  const code = failure.code.toUpperCase();
  if (/CERT|TLS|SSL|UNABLE_TO_|SELF_SIGNED|EPROTO/.test(code)) {
    return {
      category: 'network',
      cause: 'The encrypted connection could not be trusted or set up.',
      whatToCheck: [
        'Check whether a proxy on the way opens encrypted connections; if so, name its certificate authority in NODE_EXTRA_CA_CERTS.',
        'Check the clock of this machine, and that TLS 1.2 or 1.3 is allowed.',
      ],
      retry: again,
    };
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) {
    return {
      category: 'network',
      cause: 'The address of Anaplan could not be looked up.',
      whatToCheck: [
        'Check the spelling of apiUrl and authUrl in plandrop.yaml.',
        'Check the name resolution (DNS) of this machine or VPC.',
      ],
      retry: again,
    };
  }
  return {
    category: 'network',
    cause: failure.reached
      ? 'The connection broke off, or no answer came in time.'
      : 'No connection to Anaplan could be opened.',
    whatToCheck: [
      'Check that this machine can reach Anaplan: outbound HTTPS, proxy, firewall, VPC routes.',
      ...(FILE_CALLS.has(failure.call) && failure.reached
        ? [
            'Check in Anaplan whether a long import, export or save runs in {model}: file requests wait until it is done.',
          ]
        : []),
      'A model that was not used for an hour is loaded by the first request, which can take minutes.',
      'Look at status.anaplan.com for a known disruption.',
    ],
    retry: again,
  };
}

/** An upload announced to an id Anaplan does not know (anaplan-notes: Junk files). */
export function junkFile(failure: Extract<CallFailure, { kind: 'junk-file' }>): StatusMeaning {
  const asked = excerpt(failure.askedFileId, 80);
  const created = excerpt(failure.createdFileId, 80);
  return {
    category: 'not-found',
    cause: `The file ${asked} does not exist for {user}, so Anaplan made a new data source ${created} that no import reads.`,
    whatToCheck: [
      `Check that data source ${asked} still exists in {model} and that {user} may see it; \`plandrop lock\` refreshes the ids.`,
      `Delete the new data source ${created} in Anaplan; it is empty and nothing uses it.`,
      'Then redrive the run.',
    ],
    retry: { kind: 'no' },
  };
}
