import type { AnaplanCall } from '../anaplan/failure.ts';
import type { Category, Retry } from './diagnosis.ts';

/**
 * What an HTTP status means for the person who reads it.
 * `{user}`, `{object}`, `{model}` and `{wait}` are filled in with what the call was about.
 */
export interface StatusMeaning {
  category: Category;
  cause: string;
  whatToCheck: readonly string[];
  retry: Retry;
}

const no: Retry = { kind: 'no' };
const again: Retry = { kind: 'after', budget: 'attempts' };
const waitForModel: Retry = { kind: 'wait-for-model' };

const SUPPORT =
  'If it persists, send Anaplan support what `plandrop support <runId>` makes: it holds the request details and the task output.';
const STATUS_PAGE = 'Look at status.anaplan.com for a known disruption.';

const requestRefused = (cause: string): StatusMeaning => ({
  category: 'bad-request',
  cause,
  whatToCheck: [
    'Read what Anaplan says about the request and correct that part of the step in plandrop.yaml.',
    'Check required parameters, date formats and values that Anaplan does not support.',
    'If plandrop.yaml is right, report it as a fault of Plandrop, with the request id.',
  ],
  retry: no,
});

/**
 * The HTTP table that holds for every call unless CALL_MEANINGS says otherwise
 * (anaplan-notes: Errors; the wording follows Anaplan's own troubleshooting page).
 */
export const STATUS_MEANINGS: Readonly<Record<number, StatusMeaning>> = {
  400: requestRefused('Anaplan could not accept the request: a value in it is missing, wrong or not supported.'),
  401: {
    category: 'authentication',
    cause: 'Anaplan did not accept the token, even after signing in again.',
    whatToCheck: [
      'Check that {user} can sign in to Anaplan and is still active.',
      'Check whether somebody ended the session, or another program signs in as the same user.',
      'Check that apiUrl and authUrl in plandrop.yaml belong to the same Anaplan region.',
    ],
    retry: no,
  },
  403: {
    category: 'permission',
    cause: '{user} is not permitted to do this.',
    whatToCheck: [
      'Ask a workspace administrator to give {user} access to the workspace and a role in {model} that may see and run {object}.',
      'Check that the role may read or write the target modules, lists, views and line items, and the source or output files.',
      'Some calls need a workspace administrator; check whether {user} has to be one.',
    ],
    retry: no,
  },
  404: {
    category: 'not-found',
    cause: 'The id is wrong, or {user} has no access to it: Anaplan gives the same answer for both.',
    whatToCheck: [
      'Check that {object} still exists in {model} and has not been deleted and made anew; then run `plandrop lock` to refresh the ids.',
      'Check that {user} has access to the workspace and a role in {model} other than "No Access", and that the role may see {object}.',
      'Check the workspace and model named in plandrop.yaml, and that apiUrl is the address of their Anaplan region.',
    ],
    retry: no,
  },
  405: requestRefused('Anaplan does not offer this kind of request at this address.'),
  406: requestRefused('Anaplan cannot answer in the form that was asked for.'),
  407: {
    category: 'configuration',
    cause: 'A proxy between Plandrop and Anaplan wants a sign-in of its own.',
    whatToCheck: [
      'Put the user and password of the proxy into HTTPS_PROXY, or let this machine reach Anaplan without the proxy.',
    ],
    retry: no,
  },
  408: {
    category: 'service',
    cause: 'Anaplan, or a gateway before it, gave up waiting for the request.',
    whatToCheck: ['Check the network between here and Anaplan if it happens often.', STATUS_PAGE],
    retry: again,
  },
  409: {
    category: 'conflict',
    cause: 'The model or the object is busy, or its state does not allow this now.',
    whatToCheck: [
      'Check in Anaplan what else runs in {model}, and whether somebody runs {object} by hand or from another tool.',
      'Check that the change is possible at all: adding what already exists is also refused as a conflict.',
      'Move the schedules apart if two integrations meet in the same model.',
    ],
    retry: { kind: 'after', budget: 'conflicts' },
  },
  410: {
    category: 'moved',
    cause: 'The workspace has moved inside Anaplan; the next attempt is led to its new place.',
    whatToCheck: [
      'Nothing, if it passes by itself.',
      'If it stays, check that the workspace still exists and that apiUrl fits its region.',
    ],
    retry: again,
  },
  413: {
    category: 'bad-request',
    cause: 'What was sent is larger than Anaplan, or a gateway before it, accepts at once.',
    whatToCheck: [
      'Set a smaller `chunkMegabytes` in plandrop.yaml.',
      'Check whether a proxy on the way limits the size of requests.',
    ],
    retry: no,
  },
  415: requestRefused('Anaplan does not accept the content type of the request.'),
  422: {
    category: 'model-state',
    cause: '{model} is archived.',
    whatToCheck: [
      'Ask a workspace administrator to unarchive {model}, or point the pipeline at the model that took its place; then redrive.',
    ],
    retry: no,
  },
  423: {
    category: 'model-state',
    cause: '{model} is locked.',
    whatToCheck: [
      'Check in Anaplan who locked {model} and why, and unlock it; waiting runs go on by themselves.',
      'If it is locked on purpose for long, cancel the run: `plandrop runs cancel <runId>`.',
    ],
    retry: waitForModel,
  },
  424: {
    category: 'model-state',
    cause: '{model} is offline.',
    whatToCheck: [
      'Check in Anaplan whether {model} is offline or in maintenance, and bring it online; waiting runs go on by themselves.',
    ],
    retry: waitForModel,
  },
  425: {
    category: 'model-state',
    cause: '{model} is in deployed mode, which does not allow this change.',
    whatToCheck: [
      'Check whether what the pipeline does is allowed in deployed mode; if not, take {model} out of deployed mode, or make the change through ALM.',
    ],
    retry: no,
  },
  429: {
    category: 'rate-limit',
    cause: 'The tenant has used up its requests for the moment, or too many calls of this kind run at once.',
    whatToCheck: [
      'Check which other integrations use the same Anaplan tenant: all share 600 requests a minute.',
      'Lower `requestsPerMinute` in plandrop.yaml, or move schedules apart.',
    ],
    retry: again,
  },
  500: {
    category: 'service',
    cause: 'Anaplan had an error of its own while working on the request.',
    whatToCheck: [STATUS_PAGE, 'Redrive the run later.', SUPPORT],
    retry: again,
  },
  502: {
    category: 'service',
    cause: 'A gateway could not reach Anaplan, or got no proper answer from it.',
    whatToCheck: [STATUS_PAGE, 'Redrive the run later.', SUPPORT],
    retry: again,
  },
  503: {
    category: 'service',
    cause: 'Anaplan cannot take requests at the moment.',
    whatToCheck: [STATUS_PAGE, 'Redrive the run later.', SUPPORT],
    retry: again,
  },
  504: {
    category: 'service',
    cause: 'A gateway waited too long for Anaplan; a busy or very large model can be the reason.',
    whatToCheck: ['Check in Anaplan whether a long import, export or save runs in {model}.', STATUS_PAGE, SUPPORT],
    retry: again,
  },
};

/** Lists and status belong to a workspace or a model, so that is what is not there. */
const NO_MODEL: Partial<StatusMeaning> = {
  cause: '{user} sees nothing of {model}: its id is wrong, or the role gives no access. Anaplan answers both alike.',
  whatToCheck: [
    'Check that {user} has access to the workspace and a role in {model} other than "No Access".',
    'Check the workspace and model named in plandrop.yaml; `plandrop lock` refreshes the ids.',
    'Check that apiUrl is the address of their Anaplan region.',
  ],
};

/** Where a status says something more exact on one call than in general. */
export const CALL_MEANINGS: Readonly<Partial<Record<AnaplanCall, Readonly<Record<number, Partial<StatusMeaning>>>>>> = {
  list: { 404: NO_MODEL },
  'model-status': { 404: NO_MODEL },
  start: {
    400: {
      cause: 'Anaplan did not accept what the start asked for, so nothing was started.',
      whatToCheck: [
        'Check `mapping:` of the step: each dimension and item must be spelt as in {model}, and every "ask each time" dimension of the import needs one.',
        'Check required parameters, date formats and values that Anaplan does not support.',
      ],
    },
    403: {
      whatToCheck: [
        'Ask a workspace administrator to give the role of {user} the right to run {object} in {model}.',
        'Check that the role may also write to what the action changes: modules, lists and line items.',
        'Deleting and some other actions need a workspace administrator.',
      ],
    },
  },
  chunk: {
    404: {
      cause: 'Anaplan no longer knows the file, or this part of it was never announced.',
      whatToCheck: [
        'Redrive the run: it announces the file anew and sends it from the start.',
        'Check that nobody, and no other program, uploads or deletes the same file as the same user at the same time.',
        'Check that the data source of the import still exists in {model} and that {user} may see it.',
      ],
    },
  },
  complete: {
    500: {
      whatToCheck: [
        'Anaplan has been seen to answer this to users who are not administrators; a redrive announces the exact number of parts and needs no completion.',
        STATUS_PAGE,
        SUPPORT,
      ],
    },
  },
  metadata: {
    500: {
      whatToCheck: [
        'Check that {object} still exists in {model}: Anaplan answers an import id it does not know with this error. `plandrop lock` refreshes the ids.',
        STATUS_PAGE,
        SUPPORT,
      ],
    },
  },
  'read-file': {
    404: {
      cause: 'The file has no content that {user} can read, or {user} does not see the file.',
      whatToCheck: [
        'Check that the same user uploads, runs and reads: what one user uploads or exports is private to that user.',
        'Content goes away 48 hours after its last use; redrive the run to write it again.',
        'Check that {object} still exists in {model}; `plandrop lock` refreshes the ids.',
      ],
    },
  },
  dump: {
    400: { category: 'not-found' },
    404: {
      cause:
        'Anaplan no longer has this failure dump: it keeps only the newest one of each import and user, for 48 hours.',
      whatToCheck: [
        'Check whether somebody ran the same import as {user} in the meantime, which replaces or clears the dump.',
        'Run the import again with the same file to get a fresh dump: redrive the run.',
      ],
    },
  },
};
