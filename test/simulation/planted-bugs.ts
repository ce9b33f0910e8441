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
    name: 'a message is acknowledged while another has the claim',
    file: 'shared/run/admit.ts',
    find: "kind: 'leave', because: `turn",
    replace: "kind: 'drop', because: `turn",
  },
  {
    name: 'a message is dropped when its claim is refused',
    file: 'shared/run/take-turn.ts',
    find: `        if (claimed.committed) return claimed;
        held = claimed;`,
    replace: `        if (!claimed.committed) return undefined;
        if (claimed.committed) return claimed;
        held = claimed;`,
  },
  {
    name: 'a person who releases a lane lets in who has it not',
    file: 'shared/run/lane-by-hand.ts',
    find: 'return { ...holder, hold: null, runId: gone ? null : holder.runId };',
    replace: 'return { ...holder, hold: null, runId: null };',
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
    find: 'if (holding !== undefined && !hasLeftLane(holding.run))',
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
    name: 'the ledger is overwritten',
    file: 'shared/run/ledger.ts',
    find: 'services.state.replace(key, body, held.etag, options),',
    replace:
      'services.state.put(key, body, options).then((w) => ({ written: true as const, ...w, etag: held.etag && w.etag })),',
  },
  {
    name: 'an announcement that nobody answered counts as made',
    file: 'functions/upload-file/handler.ts',
    find: 'const begun = currentStep(turn.run).epoch?.announced === true;',
    replace: 'const begun = currentStep(turn.run).epoch !== null;',
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
    find: "? ['report', 'feed', 'lane', 'alert']",
    replace: '? []',
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
    name: 'a message is acknowledged before the next is sent',
    file: 'shared/run/held-turn.ts',
    find: 'else if (run.turn > turn) await sendNext(this.#services, run);',
    replace: 'else if (run.turn > turn) void sendNext(this.#services, run).catch(() => {});',
  },
  {
    name: 'a commit names no next message',
    file: 'shared/run/transitions.ts',
    find: 'next: { turn, queue: stage, due: isoTime(when.now + when.delaySeconds * 1000) },',
    replace:
      "next: stage === 'poll' ? null : { turn, queue: stage, due: isoTime(when.now + when.delaySeconds * 1000) },",
  },
  {
    name: 'a task is found by the clock',
    file: 'shared/run/decide-start.ts',
    find: `  const known = new Set(start.baseline);
  return [...new Set(tasks.map((task) => task.taskId))].filter((id) => !known.has(id));`,
    replace: `  const since = Date.parse(start.intendedAt);
  const recent = (tasks as readonly Task[]).filter(({ creationTime }) => (creationTime ?? 0) >= since);
  return [...new Set(recent.map((task) => task.taskId))];`,
  },
  {
    name: "Anaplan's list of chunks is trusted",
    file: 'functions/upload-file/send-chunks.ts',
    find: 'const recorded = new Set(epoch.sent);',
    replace:
      'const listed = epoch.sent.length > 0 ? await anaplan.listChunks(model, source.fileId) : [];\n  const recorded = new Set([...epoch.sent, ...listed.map(Number)]);',
  },
  {
    name: 'a write that met only conflicts is taken for done',
    file: 'shared/run/ledger.ts',
    find: '    failed.error = error;',
    replace:
      "    if (String(error).includes('conflict')) return { run: written, etag: '', mine: true };\n    failed.error = error;",
  },
  {
    name: 'a redrive goes on where the run had failed',
    file: 'shared/run/redrive.ts',
    find: 'const stage = firstStage(pipeline, step, step);',
    replace: "const stage = 'start';",
  },
  {
    name: 'a request to cancel ends the run while its task runs',
    file: 'shared/run/admit.ts',
    find: 'if (request !== undefined && nothingBegun(run))',
    replace: 'if (request !== undefined)',
  },
  {
    name: 'a set that was started takes its drops again',
    file: 'shared/run/drop-set.ts',
    find: "if (consumer !== undefined) return { kind: 'known', started: consumer };",
    replace: "if (consumer?.opened === false) return { kind: 'known', started: consumer };",
  },
  {
    name: 'a drop is counted twice in its set',
    file: 'shared/run/drop-set.ts',
    find: "if (hasCome(set, drop)) return { kind: 'known' };",
    replace: "if (hasCome(set, drop) && drop.key === '') return { kind: 'known' };",
  },
  {
    name: 'what follows is a new run each time it is told',
    file: 'shared/run/trigger.ts',
    find: "return ['after', trigger.runId];",
    replace: "return ['after', trigger.runId, String(Math.random())];",
  },
  {
    name: 'a drop is removed whatever became of it',
    file: 'shared/run/transitions.ts',
    find: "? ['report', 'feed', 'lane', 'alert']",
    replace: "? ['report', 'feed', 'lane', 'alert', 'keep']",
  },
  {
    name: 'a drop is removed before it is copied to the archive',
    file: 'shared/run/keep-drops.ts',
    find: 'if ((await store.copy({ key, versionId }, target, tags)) !== undefined) await store.deleteVersion(key, versionId);',
    replace: 'await store.deleteVersion(key, versionId);\n      await store.copy({ key, versionId }, target, tags);',
  },
  {
    name: 'who released the lane wakes nobody',
    file: 'shared/run/lane-by-hand.ts',
    find: '  await wakeLane(services, modelId);\n  return released;',
    replace: '  return released;',
  },
  {
    name: 'a buried message is given up at once',
    file: 'shared/run/bury.ts',
    find: 'export const RESURRECTIONS = 2;',
    replace: 'export const RESURRECTIONS = 0;',
  },
  {
    name: 'a buried message is thrown away',
    file: 'shared/run/bury.ts',
    find: "return triesOf(run) < RESURRECTIONS ? 'try-again' : 'give-up';",
    replace: "return 'nothing';",
  },
  {
    name: 'a run goes on after its deadline',
    file: 'shared/run/decide-stopped.ts',
    find: "return run.deadline !== null && now > Date.parse(run.deadline) ? 'deadline' : undefined;",
    replace: 'return undefined;',
  },
  {
    name: 'a run that failed never holds its lane',
    file: 'shared/run/transitions.ts',
    find: "run.pipeline?.onFailure === 'hold' && ending.alarming",
    replace: "run.runId === '' && ending.alarming",
  },
  {
    name: 'any number of rejected rows is allowed',
    file: 'shared/run/judge-step.ts',
    find: 'if (rejects.maxRows !== undefined && rejected > rejects.maxRows) return true;',
    replace: '',
  },
  {
    name: 'what fails once is given up',
    file: 'shared/run/decide-hindered.ts',
    find: 'if (attempt >= allowed) return giveUp',
    replace: 'if (attempt >= 1) return giveUp',
  },
  {
    name: 'a poll that fails once is the last',
    file: 'shared/run/decide-hindered.ts',
    find: 'if (failedPolls >= run.pipeline.policies.retry.failedPolls)',
    replace: 'if (failedPolls >= 1)',
  },
  {
    name: 'a dump is called lost at the first failure',
    file: 'functions/collect-result/keep-dumps.ts',
    find: 'if (!isLastTry(run, diagnosis, services.clock.now())) throw error;',
    replace: '',
  },
  {
    name: 'the lane is left before the dumps are fetched',
    file: 'functions/collect-result/keep-dumps.ts',
    find: '  let hasAsked = false;',
    replace:
      "  let hasAsked = false;\n  if (turn.run.position.step + 1 === turn.run.steps.length)\n    await (await import('../../shared/run/lane.ts')).leaveLane(services, turn.run, undefined);",
  },
  {
    name: 'a redrive takes a person’s hold off',
    file: 'shared/run/redrive.ts',
    find: 'holder.hold?.by === holderName(old) ? null : holder.hold',
    replace: 'null',
  },
  {
    name: 'a model is not asked whether it answers before the start',
    file: 'functions/start-action/handler.ts',
    find: 'const waiting = await waitForModel(anaplan, turn.run);',
    replace: 'const waiting = undefined;',
  },
  {
    name: 'a step that may be repeated is started beside its tasks',
    file: 'shared/run/decide-start.ts',
    find: 'if (only === undefined && repeatable)',
    replace: 'if (repeatable)',
  },
  {
    name: 'an announcement does not know its tenure of the lane',
    file: 'shared/run/decide.ts',
    find: 'fence: run.lane?.fence ?? 0,',
    replace: 'fence: 0,',
  },
  {
    name: 'the fence of a lane does not grow',
    file: 'shared/run/lane.ts',
    find: 'const fence = holder.fence + 1;',
    replace: 'const fence = holder.fence;',
  },
  {
    name: 'a file that was announced twice is not read back',
    file: 'shared/run/decide.ts',
    find: 'verify: before !== null,',
    replace: 'verify: false,',
  },
  {
    name: 'chunks go on after a second announcement',
    file: 'functions/upload-file/handler.ts',
    find: '    if (!begun) {',
    replace:
      '    if (begun) await anaplan.announceFile(modelOf(turn.run), source.fileId, source.chunkCount);\n    if (!begun) {',
  },
  {
    name: 'an intent is stored with what comes after it',
    file: 'functions/start-action/handler.ts',
    find: "await turn.commit({ kind: 'start-intended', baseline });",
    replace: "turn.remember({ kind: 'start-intended', baseline });",
  },
];
