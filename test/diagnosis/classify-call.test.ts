import { describe, expect, it } from 'vitest';
import type { AnaplanCall, CallFailure } from '../../shared/anaplan/failure.ts';
import { classifyCall } from '../../shared/diagnosis/classify-call.ts';

const CALLS: readonly AnaplanCall[] = [
  'sign-in',
  'list',
  'metadata',
  'model-status',
  'announce',
  'chunk',
  'complete',
  'read-file',
  'delete-file',
  'start',
  'list-tasks',
  'poll',
  'cancel',
  'dump',
];

const context = { object: 'import "Load Sales"', model: 'FY26 Plan', user: 'robot@example.com' };

function http(
  call: AnaplanCall,
  status: number,
  rest: Partial<Extract<CallFailure, { kind: 'http' }>> = {},
): CallFailure {
  return {
    kind: 'http',
    call,
    method: 'GET',
    path: '/2/0/workspaces/w/models/M/imports',
    status,
    envelope: true,
    anaplanMessage: 'What Anaplan says',
    body: `{"status":{"code":${status},"message":"What Anaplan says"}}`,
    ...rest,
  };
}

const gateway = { envelope: false, body: '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>' };
function withoutEnvelope(call: AnaplanCall, status: number): CallFailure {
  const { anaplanMessage: _, ...failure } = { ...http(call, status), anaplanMessage: '' };
  return { ...failure, ...gateway } as CallFailure;
}

function network(call: AnaplanCall, code: string, reached: boolean): CallFailure {
  return { kind: 'network', call, method: 'POST', path: '/2/0/x', reached, code, problem: 'something broke' };
}

function unreadable(call: AnaplanCall): CallFailure {
  return {
    kind: 'unreadable',
    call,
    method: 'POST',
    path: '/2/0/x',
    status: 200,
    body: '<html>Sign in</html>',
    problem: 'not JSON',
  };
}

/** One word for a retry, so that a table reads. */
function retryWord(failure: CallFailure, taskKnown?: boolean): string {
  const { retry } = classifyCall(failure, taskKnown === undefined ? context : { ...context, taskKnown });
  return retry.kind === 'after' && retry.budget === 'conflicts' ? 'conflicts' : retry.kind;
}

describe('a status on a call that may be repeated', () => {
  it.each([
    [400, 'bad-request', 'no'],
    [401, 'authentication', 'no'],
    [402, 'unrecognised', 'no'],
    [403, 'permission', 'no'],
    [404, 'not-found', 'no'],
    [405, 'bad-request', 'no'],
    [406, 'bad-request', 'no'],
    [407, 'configuration', 'no'],
    [408, 'service', 'after'],
    [409, 'conflict', 'conflicts'],
    [410, 'moved', 'after'],
    [413, 'bad-request', 'no'],
    [415, 'bad-request', 'no'],
    [418, 'unrecognised', 'no'],
    [422, 'model-state', 'no'],
    [423, 'model-state', 'wait-for-model'],
    [424, 'model-state', 'wait-for-model'],
    [425, 'model-state', 'no'],
    [429, 'rate-limit', 'after'],
    [451, 'unrecognised', 'no'],
    [500, 'service', 'after'],
    [501, 'service', 'after'],
    [502, 'service', 'after'],
    [503, 'service', 'after'],
    [504, 'service', 'after'],
    [599, 'service', 'after'],
    [302, 'service', 'after'],
  ] as const)('%i is %s, retry: %s', (status, category, retry) => {
    for (const call of ['list', 'announce', 'chunk', 'model-status', 'list-tasks'] as const) {
      const failure = http(call, status);
      expect([call, classifyCall(failure, context).category, retryWord(failure)]).toEqual([call, category, retry]);
    }
  });
});

describe('a refusal without the envelope, which Anaplan never leaves out', () => {
  it.each([400, 403, 404, 405])('%i is passing trouble of a gateway, on every call that may be repeated', (status) => {
    for (const call of CALLS) {
      if (call === 'start' || call === 'sign-in') continue;
      const failure = withoutEnvelope(call, status);
      expect([call, classifyCall(failure, context).category, retryWord(failure)]).toEqual([call, 'service', 'after']);
    }
  });

  it.each([
    ['a start is refused for good by it: nothing was started', withoutEnvelope('start', 404), 'not-found', 'no'],
    [
      'a sign-in is refused for good by it: nobody signs in there',
      withoutEnvelope('sign-in', 404),
      'configuration',
      'no',
    ],
    ['401 leads to one more sign-in, and is told', withoutEnvelope('poll', 401), 'authentication', 'no'],
    ['422 may be all that Anaplan says of an archived model', withoutEnvelope('poll', 422), 'model-state', 'no'],
  ] as const)('%s', (_, failure, category, retry) => {
    expect([classifyCall(failure, context).category, retryWord(failure)]).toEqual([category, retry]);
  });

  it('names the gateway and the status, and what it means should Anaplan have said it', () => {
    const { cause, message, whatToCheck } = classifyCall({ ...withoutEnvelope('poll', 404), body: '' } as CallFailure);
    expect(message).toBe('Asking for the progress of the action failed: the answer was 404 without a word.');
    expect(cause).toContain('A proxy or gateway before Anaplan seems to have answered 404 in its place');
    expect(whatToCheck[0]).toContain('Ask those who run the proxy, firewall or load balancer on the way');
    expect(whatToCheck.at(-1)).toContain('it means: Anaplan has forgotten the task');
  });

  it('waits as long as the gateway says', () => {
    const { retry } = classifyCall({ ...withoutEnvelope('poll', 403), retryAfterSeconds: 30 } as CallFailure);
    expect(retry).toEqual({ kind: 'after', budget: 'attempts', seconds: 30 });
  });
});

describe('a start', () => {
  it.each([
    ['is refused for good by 400', http('start', 400), 'bad-request', 'no'],
    ['is refused for good by 401', http('start', 401), 'authentication', 'no'],
    ['is refused for good by 403', http('start', 403), 'permission', 'no'],
    ['is refused for good by 404', http('start', 404), 'not-found', 'no'],
    ['is refused for good by 405', http('start', 405), 'bad-request', 'no'],
    ['is refused for good by 415', http('start', 415), 'bad-request', 'no'],
    ['is refused for good by an archived model (422)', http('start', 422), 'model-state', 'no'],
    ['is refused for good by a deployed model (425)', http('start', 425), 'model-state', 'no'],
    ['is refused for good by an unknown 4xx', http('start', 418), 'unrecognised', 'no'],
    ['is refused for now by 409', http('start', 409), 'conflict', 'conflicts'],
    ['is refused for now by 410', http('start', 410), 'moved', 'after'],
    ['is refused for now by a locked model (423)', http('start', 423), 'model-state', 'wait-for-model'],
    ['is refused for now by a model that is offline (424)', http('start', 424), 'model-state', 'wait-for-model'],
    ['is refused for now by 429', http('start', 429), 'rate-limit', 'after'],
    ['is refused for now by 503 in the envelope', http('start', 503), 'service', 'after'],
    ['is ambiguous after a 503 of a gateway', withoutEnvelope('start', 503), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after 408', http('start', 408), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after 499', http('start', 499), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after 500', http('start', 500), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after 501', http('start', 501), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after 502', withoutEnvelope('start', 502), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after 504', withoutEnvelope('start', 504), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after 504 even in the envelope', http('start', 504), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after a redirect', http('start', 303), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after a 2xx that is no task', http('start', 202), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after an unreadable success', unreadable('start'), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after a reset', network('start', 'ECONNRESET', true), 'ambiguous-start', 'reconcile'],
    ['is ambiguous after a timeout', network('start', 'UND_ERR_HEADERS_TIMEOUT', true), 'ambiguous-start', 'reconcile'],
    [
      'was never accepted when the connection never opened',
      network('start', 'ECONNREFUSED', false),
      'network',
      'after',
    ],
  ] as const)('%s', (_, failure, category, retry) => {
    expect([classifyCall(failure, context).category, retryWord(failure)]).toEqual([category, retry]);
  });
});

describe('one status, several meanings', () => {
  it.each([
    ['404 on the poll of a task Anaplan gave us is a lost task', http('poll', 404), 'task-lost', 'no'],
    ['404 on the cancel of such a task is a lost task', http('cancel', 404), 'task-lost', 'no'],
    ['404 on a chunk is a missing announcement', http('chunk', 404), 'not-found', 'no'],
    ['404 on a dump is a dump that is gone', http('dump', 404), 'not-found', 'no'],
    ['400 on a dump is a dump that is gone', http('dump', 400), 'not-found', 'no'],
    ['500 on a poll is passing trouble', http('poll', 500), 'service', 'after'],
    ['a reset on a poll is passing trouble', network('poll', 'ECONNRESET', true), 'network', 'after'],
    ['garbage on a poll is passing trouble', unreadable('poll'), 'service', 'after'],
    ['400 on a sign-in is about the credentials', http('sign-in', 400), 'authentication', 'no'],
    ['401 on a sign-in is about the credentials', http('sign-in', 401), 'authentication', 'no'],
    ['403 on a sign-in is about the credentials', http('sign-in', 403), 'authentication', 'no'],
    ['404 on a sign-in is a wrong address', http('sign-in', 404), 'configuration', 'no'],
    ['429 on a sign-in is the rate limit', http('sign-in', 429), 'rate-limit', 'after'],
    ['500 on a sign-in is passing trouble', http('sign-in', 500), 'service', 'after'],
  ] as const)('%s', (_, failure, category, retry) => {
    expect([classifyCall(failure, context).category, retryWord(failure)]).toEqual([category, retry]);
  });

  it('a poll 404 is an ordinary not-found when the task is in doubt', () => {
    expect(classifyCall(http('poll', 404), { taskKnown: false }).category).toBe('not-found');
  });

  it('says of a 404 that a wrong id and missing access look the same', () => {
    expect(classifyCall(http('start', 404), context).cause).toBe(
      'The id is wrong, or the integration user (robot@example.com) has no access to it: Anaplan gives the same answer for both.',
    );
  });

  it('says of a 404 on a whole list that it is the model, or the role in it', () => {
    const { cause, whatToCheck } = classifyCall(http('list', 404), context);
    expect(cause).toContain('sees nothing of model "FY26 Plan"');
    expect(whatToCheck[0]).toContain('a role in model "FY26 Plan" other than "No Access"');
  });
});

describe('a refused sign-in', () => {
  it.each([
    ['basic', ['ANAPLAN_PASSWORD', 'single sign-on'], /ANAPLAN_CERTIFICATE|PRIVATE_KEY|REFRESH_TOKEN|OAuth/],
    ['certificate', ['ANAPLAN_CERTIFICATE', 'ANAPLAN_PRIVATE_KEY', 'plandrop doctor'], /password|OAuth|REFRESH_TOKEN/i],
    ['oauth', ['ANAPLAN_CLIENT_ID', 'ANAPLAN_REFRESH_TOKEN'], /password|certificate|single sign-on/i],
  ] as const)('with %s speaks of what was used, and of nothing else', (signsInWith, words, others) => {
    const { whatToCheck } = classifyCall(http('sign-in', 401, { signsInWith }), context);
    for (const word of words) expect(whatToCheck.join(' ')).toContain(word);
    expect(whatToCheck.join(' ')).not.toMatch(others);
    expect(whatToCheck.join(' ')).toContain('robot@example.com');
  });

  it.each([
    ['basic', 'Check authUrl in'],
    ['certificate', 'Check authUrl in'],
    ['oauth', 'Check oauthUrl in'],
  ] as const)('at a wrong address, with %s, names that address', (signsInWith, words) => {
    expect(classifyCall(http('sign-in', 404, { signsInWith })).whatToCheck[0]).toContain(words);
  });
});

describe('how long to wait', () => {
  it.each([
    ['Anaplan says 42 s', 429, 42, 42],
    ['Anaplan says nothing with a 429', 429, undefined, 10],
    ['a 503 says 7.2 s, which is never shortened', 503, 7.2, 8],
    ['a 503 says nothing', 503, undefined, undefined],
    ['a 429 says something impossible', 429, -5, 10],
    ['a 429 says not a number', 429, Number.NaN, 10],
    ['a 429 says longer than any run lives', 429, 1e300, 30 * 24 * 3600],
  ])('%s', (_, status, retryAfterSeconds, seconds) => {
    const failure = http('chunk', status, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    const { retry } = classifyCall(failure, context);
    expect(retry).toEqual({ kind: 'after', budget: 'attempts', ...(seconds === undefined ? {} : { seconds }) });
  });
});

describe('what a person reads', () => {
  it("holds Anaplan's own words, the object, and what is worth quoting", () => {
    const diagnosis = classifyCall(http('start', 403, { requestId: 'req-7', method: 'POST' }), context);
    expect(diagnosis.message).toBe('Starting import "Load Sales" failed: Anaplan answered 403, "What Anaplan says".');
    expect(diagnosis.whatToCheck[0]).toBe(
      'Ask a workspace administrator to give the role of the integration user (robot@example.com) the right to run import "Load Sales" in model "FY26 Plan".',
    );
    expect(diagnosis.references).toEqual({
      call: 'start',
      request: 'POST /2/0/workspaces/w/models/M/imports',
      status: '403',
      requestId: 'req-7',
      object: 'import "Load Sales"',
      model: 'FY26 Plan',
      user: 'robot@example.com',
    });
  });

  it('names the page a gateway sent instead of printing it', () => {
    expect(classifyCall(withoutEnvelope('chunk', 502), context).message).toBe(
      'Sending a part of the file to import "Load Sales" failed: the answer was 502 and not Anaplan\'s own: a web page saying 502 Bad Gateway.',
    );
  });

  it('names both ids of a junk file', () => {
    const diagnosis = classifyCall(
      {
        kind: 'junk-file',
        call: 'announce',
        method: 'POST',
        path: '/2/0/x',
        askedFileId: '113000000001',
        createdFileId: '113000000099',
      },
      context,
    );
    expect(diagnosis.category).toBe('not-found');
    expect(diagnosis.cause).toContain('113000000001');
    expect(diagnosis.cause).toContain('113000000099');
    expect(diagnosis.retry).toEqual({ kind: 'no' });
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'NODE_EXTRA_CA_CERTS'],
    ['ENOTFOUND', 'DNS'],
    ['ECONNREFUSED', 'firewall'],
  ])('a network failure %s leads to %s', (code, hint) => {
    expect(classifyCall(network('list', code, false), context).whatToCheck.join(' ')).toContain(hint);
  });

  it('every status on every call has a cause, a next action, and no unfilled word', () => {
    for (const call of CALLS) {
      for (let status = 100; status < 620; status += 1) {
        for (const failure of [http(call, status), withoutEnvelope(call, status)]) {
          const diagnosis = classifyCall(failure);
          expect(diagnosis.cause).not.toBe('');
          expect(diagnosis.whatToCheck.length).toBeGreaterThan(0);
          expect([diagnosis.cause, diagnosis.message, ...diagnosis.whatToCheck].join(' ')).not.toMatch(
            /\{\w+\}|undefined/,
          );
        }
      }
    }
  });

  it('no error that only a person can mend is retried, on any call', () => {
    const passing = new Set([408, 409, 410, 423, 424, 429, 499]);
    for (const call of CALLS) {
      for (let status = 400; status < 500; status += 1) {
        if (passing.has(status)) continue;
        expect([call, status, classifyCall(http(call, status)).retry.kind]).toEqual([call, status, 'no']);
      }
    }
  });
});
