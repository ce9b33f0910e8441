/** Resolves when somebody asks this process to stop. A second asking ends it at once: everything that matters is on disk. */
export function interruption(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'));
  });
}
