import { AnaplanClient, type ModelRef } from '../shared/anaplan/index.ts';
import { type Scenario, type Simulator, startSimulator } from '../simulator/index.ts';

const CHUNKS = 8;
const CHUNK_BYTES = 2_000_000;
/** What a `PUT` takes besides its bytes: the way there and back, and Anaplan's own time. */
const ROUND_TRIP_MS = 250;
const MEGABYTES_PER_SECOND = [1, 8, 64] as const;
const IN_FLIGHT = [1, 2, 4, 8] as const;
const LEVELS = [false, 1, 6, 9] as const;

/** Prints times against the simulator, over real sockets, as ratios within one measurement. */
export async function upload(): Promise<void> {
  const chunks = Array.from({ length: CHUNKS }, (_, i) => chunkOf(i));
  console.log(
    `${CHUNKS} chunks of ${CHUNK_BYTES / 1e6} MB; each PUT takes ${ROUND_TRIP_MS} ms besides its bytes; speeds are of one connection\n`,
  );
  for (const speed of MEGABYTES_PER_SECOND) {
    await using simulator = await startSimulator({ scenario: linkOf(speed), seed: 'upload' });
    const flights: number[] = [];
    for (const inFlight of IN_FLIGHT) flights.push(await timeOf(simulator, chunks, { inFlight, gzip: false }));
    const levels: number[] = [];
    for (const gzip of LEVELS) levels.push(await timeOf(simulator, chunks, { inFlight: 4, gzip }));
    console.log(`${speed} MB/s`);
    console.log(`  in flight, without gzip: ${ratios(IN_FLIGHT.map(String), flights)}`);
    console.log(
      `  gzip, 4 in flight:       ${ratios(
        LEVELS.map((level) => (level === false ? 'none' : `level ${level}`)),
        levels,
      )}`,
    );
  }
}

/** Each against the first. */
function ratios(names: readonly string[], times: readonly number[]): string {
  const [first = 1] = times;
  return names.map((name, i) => `${name} ${(first / (times[i] ?? first)).toFixed(2)}×`).join('   ');
}

function linkOf(megabytesPerSecond: number): Scenario {
  const bytesPerSecond = megabytesPerSecond * 1e6;
  return { rules: [{ match: { method: 'PUT', path: '**/chunks/*' }, do: { delayMs: ROUND_TRIP_MS, bytesPerSecond } }] };
}

/** Milliseconds from the first chunk to the last answer. */
async function timeOf(
  { url, user, password, workspace, model, imports }: Simulator,
  chunks: readonly Uint8Array[],
  { inFlight, gzip }: { inFlight: number; gzip: false | number },
): Promise<number> {
  const client = new AnaplanClient({
    apiUrl: url,
    authUrl: url,
    oauthUrl: url,
    credentials: async () => ({ kind: 'basic', username: user, password }),
  });
  const ref: ModelRef = { workspaceId: workspace.id, modelId: model.id };
  const fileId = imports.find(({ name }) => name === 'Load Forecast')?.importDataSourceId ?? '';
  await client.announceFile(ref, fileId, chunks.length);
  const begun = performance.now();
  const left = chunks.map((bytes, index) => ({ bytes, index }));
  const send = async () => {
    for (let chunk = left.shift(); chunk !== undefined; chunk = left.shift())
      await client.putChunk(ref, fileId, chunk.index, chunk.bytes, { gzip });
  };
  await Promise.all(Array.from({ length: inFlight }, send));
  const took = performance.now() - begun;
  await client.close();
  return took;
}

const PRODUCTS = ['P100', 'P110', 'P120', 'P200', 'P210', 'P300', 'P310'];
const REGIONS = ['North', 'South', 'East', 'West'];

/** Rows as planning data has them: few names, many numbers. */
function chunkOf(index: number): Uint8Array {
  const rows: string[] = [];
  for (let bytes = 0, n = index * 100_000; bytes < CHUNK_BYTES; n++) {
    const row = `${PRODUCTS[n % 7]},${REGIONS[n % 4]},Jan 26,${(n * 7919) % 9973},${((n * 104_729) % 1_000_003) / 100}\n`;
    rows.push(row);
    bytes += row.length;
  }
  return Buffer.from(rows.join('')).subarray(0, CHUNK_BYTES);
}
