import { readFile } from 'node:fs/promises';

/** The most memory the process ever held, by the kernel's own count (`VmHWM`), in MB. */
export async function watchPeak(pid: number): Promise<number> {
  let peak = 0;
  for (;;) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
    if (kilobytes === undefined) return peak;
    peak = Number(kilobytes) / 1000;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
