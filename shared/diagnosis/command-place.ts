import { excerpt } from './words.ts';

/** Where the installation is that an alert comes from, as far as the commands in it do not find that by themselves. */
export interface CommandPlace {
  /** absolute */
  dataDir?: string;
  /** absolute */
  config?: string;
  stateBucket?: string;
}

/** What is to be added to the commands of an alert, as a line of it. Empty when nothing is. */
export function commandPlaceText({ dataDir, config, stateBucket }: CommandPlace): string {
  const all = [option('--data-dir', dataDir), option('--state-bucket', stateBucket)].filter((each) => each !== '');
  const redrive = option('--config', config);
  const sentences = [
    all.length === 0 ? '' : `The commands are for ${all.join(' ')}.`,
    redrive === '' ? '' : `failures redrive also needs ${redrive}.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function option(name: string, value: string | undefined): string {
  if (value === undefined) return '';
  const shown = excerpt(value, 500);
  return `${name} ${/^[\w./:@+-]+$/.test(shown) ? shown : `"${shown}"`}`;
}
