/** How text in an encoding that is neither UTF-8 nor UTF-16 is read. */
export interface CodePage {
  /** Never throws: what is not valid becomes a replacement character. */
  decode(bytes: Uint8Array): string;
  /**
   * What of a name can be held against one that Anaplan has read: all of it; its letters and digits, because tables of one encoding differ
   * in signs (Java and the web read the wave dash of Shift_JIS as two characters); or only ASCII, because the encoding is not known here.
   */
  tells: 'all' | 'letters' | 'ascii';
}

/** 0x80 to 0x9f of Windows-1252; what it leaves out are the control characters of ISO-8859-1. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * The code page of that name. One that Node does not know, or that is not named, is read as ISO-8859-1.
 *
 * To the web (https://encoding.spec.whatwg.org/#names-and-labels), ISO-8859-1 is a name of Windows-1252. Here they are two, as they are in
 * Java, and both are read without Node, of which many versions read Windows-1252 as ISO-8859-1 (https://github.com/nodejs/node/issues/56542).
 */
export function codePageNamed(name = ''): CodePage {
  const decoder = decoderNamed(name);
  if (decoder === undefined) return { decode: asLatin1, tells: 'ascii' };
  if (decoder.encoding === 'windows-1252')
    return { decode: name.includes('1252') ? asWindows1252 : asLatin1, tells: 'all' };
  const severalBytes = /^(gb|big5|euc|shift|iso-2022)/.test(decoder.encoding);
  return { decode: (bytes) => decoder.decode(bytes), tells: severalBytes ? 'letters' : 'all' };
}

function decoderNamed(name: string) {
  // Java writes some names with an underscore that have a hyphen on the web.
  for (const label of [name, name.replaceAll('_', '-')]) {
    try {
      const decoder = new TextDecoder(label);
      if (!decoder.encoding.startsWith('utf-')) return decoder;
    } catch {
      // An unknown name: there may be another.
    }
  }
  return undefined;
}

function asLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function asWindows1252(bytes: Uint8Array): string {
  return asLatin1(bytes).replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252.charAt(control.charCodeAt(0) - 0x80));
}
