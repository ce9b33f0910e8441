import { InvalidArgumentError, Option } from 'commander';

/** Options that several commands share. */

export const jsonOption = () => new Option('--json', 'print exactly one JSON document on standard output');

export const configOption = () => new Option('--config <file>', 'the configuration').default('plandrop.yaml');

export const lockOption = () =>
  new Option('--lock <file>', 'the lock file (default: plandrop.lock.json beside the configuration)');

export const dataDirOption = () =>
  new Option('--data-dir <folder>', 'where this machine keeps runs, files and queues')
    .default('.plandrop')
    .argParser(named('a folder'));

/** Refuses no name at all, as a variable of a script gives it that is not set: some folder or bucket would be taken for it. */
export function named(what: string): (text: string) => string {
  return (text) => {
    if (text.trim() !== '') return text;
    throw new InvalidArgumentError(`Name ${what}.`);
  };
}

/** A person's reason, which is kept for whoever asks later. */
export function becauseOption(described: string, term = 'why'): Option {
  return new Option(`--because <${term}>`, described).argParser((text: string) => {
    if (text.trim() !== '') return text.trim();
    throw new InvalidArgumentError('Say it in words.');
  });
}

/** In bytes, as the engine wants it. */
export function keepFreeOption(): Option {
  const option = new Option('--keep-free <megabytes>', 'begin nothing while the disk of the data folder has less free');
  return option.default(32 * 1024 * 1024, '32').argParser((text) => {
    const megabytes = Number(text);
    if (text.trim() !== '' && Number.isFinite(megabytes) && megabytes >= 0) return Math.round(megabytes * 1024 * 1024);
    throw new InvalidArgumentError('It is a number of megabytes, 0 or more.');
  });
}

export function portOption(standard: number): Option {
  return new Option('--port <number>', 'the port to listen on, at 127.0.0.1').default(standard).argParser((text) => {
    const port = Number(text);
    if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
  });
}
