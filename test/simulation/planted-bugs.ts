/** A mistake that somebody could make, as a change of one place: the simulation has to notice each. */
export interface PlantedBug {
  name: string;
  file: string;
  find: string;
  replace: string;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'the next message is never sent',
    file: 'shared/run/held-turn.ts',
    find: 'else if (run.turn > turn) await sendNext(this.#services, run);',
    replace: 'else if (run.turn > turn) return;',
  },
  {
    name: 'a send that fails is swallowed',
    file: 'shared/run/held-turn.ts',
    find: 'else if (run.turn > turn) await sendNext(this.#services, run);',
    replace: 'else if (run.turn > turn) await sendNext(this.#services, run).catch(() => {});',
  },
  {
    name: 'a claim is nobody’s business',
    file: 'shared/run/admit.ts',
    find: 'return now < Date.parse(run.claim.until);',
    replace: 'return false;',
  },
  {
    name: 'there is no intent',
    file: 'functions/start-action/handler.ts',
    find: 'return start?.open === true ? reconcile(turn, services) : startOnce(turn, services);',
    replace: 'return startOnce(turn, services);',
  },
  {
    name: 'any new task is adopted',
    file: 'shared/run/decide-start.ts',
    find: "if (only !== undefined && others.length === 0) return { kind: 'adopt', taskId: only, named: false };",
    replace: "if (only !== undefined) return { kind: 'adopt', taskId: others[0] ?? only, named: others.length > 0 };",
  },
  {
    name: 'an adopted task is believed',
    file: 'shared/run/judge-step.ts',
    find: 'if (perhapsOthers && !rowsVerified)',
    replace: 'if (perhapsOthers && rowsVerified === undefined)',
  },
  {
    name: 'an empty list means that nothing was started',
    file: 'shared/run/decide-start.ts',
    find: 'if (only === undefined && repeatable)',
    replace: 'if (only === undefined)',
  },
  {
    name: 'there is no grace time',
    file: 'shared/run/decide-start.ts',
    find: 'if (start.unclearSince === null || now < graceEnds(run, start.unclearSince))',
    replace: 'if (start.unclearSince === null)',
  },
  {
    name: 'a POST is sent again after a 502',
    file: 'functions/start-action/handler.ts',
    find: "diagnosis.retry.kind === 'reconcile'",
    replace: "diagnosis.http?.status !== 502 && diagnosis.retry.kind === 'reconcile'",
  },
  {
    name: 'the lane is released while a task may run',
    file: 'shared/run/transitions.ts',
    find: "if (hasOpenTask(run)) return 'a task of this run may still be running in Anaplan';",
    replace: '',
  },
  {
    name: 'the lane is released before the outcome is stored',
    file: 'functions/collect-result/result-of.ts',
    find: 'const announced = classifyTask(task.seen, context);',
    replace:
      "await (await import('../../shared/run/lane.ts')).leaveLane(services, run, undefined);\n    const announced = classifyTask(task.seen, context);",
  },
  {
    name: 'a holder that is not done is pushed aside',
    file: 'shared/run/lane.ts',
    find: 'if (holding !== undefined && !isDone(holding.run))',
    replace: 'if (holding === undefined)',
  },
  {
    name: 'whoever asks first has the lane',
    file: 'shared/run/lane.ts',
    find: "(first.ticket ?? '') < (run.ticket ?? '')",
    replace: 'first.ticket === null',
  },
  {
    name: 'the next is woken before the holder is cleared',
    file: 'shared/run/lane.ts',
    find: 'if (await writeHolder(services.state, modelId, left, etag)) return wakeNext(services, run);',
    replace: 'await wakeNext(services, run);\n    if (await writeHolder(services.state, modelId, left, etag)) return;',
  },
  {
    name: 'a newcomer looks at the lane before it writes its ticket',
    file: 'shared/run/open-run.ts',
    find: `    if (!(await giveTicket(services, run))) return opened;
    if (await mayAsk(services, run)) await sendNext(services, run, services.settleSeconds);`,
    replace: `    const may = await mayAsk(services, run);
    if (!(await giveTicket(services, run))) return opened;
    if (may) await sendNext(services, run, services.settleSeconds);`,
  },
  {
    name: 'the ledger is overwritten',
    file: 'shared/run/ledger.ts',
    find: 'services.state.replace(key, body, held.etag, options),',
    replace:
      'services.state.put(key, body, options).then((w) => ({ written: true as const, ...w, etag: held.etag && w.etag })),',
  },
  {
    name: 'a lost turn is acknowledged',
    file: 'shared/run/take-turn.ts',
    find: '    // Whoever took the turn may have died since, so this message does what a redelivered one would.',
    replace: '    return;',
  },
  {
    name: 'a second announcement goes on with the chunks of the first',
    file: 'shared/run/decide.ts',
    find: '      sent: [],',
    replace: '      sent: before?.sent ?? [],',
  },
  {
    name: 'chunks are not recorded',
    file: 'functions/upload-file/send-chunks.ts',
    find: '  turn.remember(progressEvent());',
    replace: '',
  },
  {
    name: 'every chunk is sent again by each turn',
    file: 'functions/upload-file/send-chunks.ts',
    find: 'const recorded = new Set(epoch.sent);',
    replace: 'const recorded = new Set<number>();',
  },
  {
    name: 'the file is read as it is now',
    file: 'functions/upload-file/source.ts',
    find: 'store.getRange(key, { start, end: Math.min(end, bytes) }, versionId);',
    replace: 'store.getRange(key, { start: Math.min(1, start), end: Math.min(end, bytes) });',
  },
  {
    name: 'the id of a run is made of the clock',
    file: 'shared/run/trigger.ts',
    find: 'JSON.stringify([pipelineName, identity(trigger)])',
    replace: 'JSON.stringify([pipelineName, identity(trigger), Math.random()])',
  },
  {
    name: 'an outcome is stored without its to-do list',
    file: 'shared/run/transitions.ts',
    find: "ending.alarming ? ['report', 'feed', 'lane', 'alert'] : ['lane'];",
    replace: '[];',
  },
  {
    name: 'an ended run is left alone',
    file: 'shared/run/admit.ts',
    find: 'const nothingLeft = isDone(run) && delivery.receiveCount === 1;',
    replace: 'const nothingLeft = true;',
  },
  {
    name: 'the redelivered message of the turn before is dropped',
    file: 'shared/run/admit.ts',
    find: 'message.turn === run.turn - 1 && delivery.receiveCount > 1',
    replace: 'message.turn === run.turn + 1',
  },
  {
    name: 'a hold is not looked at',
    file: 'shared/run/lane.ts',
    find: '    if (holder.hold !== null)\n      return {',
    replace: "    if (holder.hold?.by === 'nobody')\n      return {",
  },
  {
    name: 'a task that was forgotten is started again',
    file: 'functions/poll-task/handler.ts',
    find: '    return hinderedBy(error, turn.run);',
    replace: "    return { kind: 'start-reconciled', verdict: { kind: 'post-again' } };",
  },
  {
    name: 'a task id that came late is thrown away',
    file: 'shared/run/learned.ts',
    find: "if (event.kind !== 'start-accepted') return;",
    replace: 'if (found !== undefined) return;',
  },
];
