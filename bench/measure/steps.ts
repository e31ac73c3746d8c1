import type { ServerAddress } from "../client/control_connection.ts";
import { type Account, FtpClient } from "../client/ftp_client.ts";

/** The server and the account that the steps work with. */
export interface Target {
  readonly address: ServerAddress;
  readonly account: Account;
}

/** What was moved, and how long it took. */
export interface Moved {
  readonly bytes: number;
  readonly seconds: number;
}

/** Runs `work` and tells how many seconds it took. */
export async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Logs in once. */
export function login(target: Target): Promise<FtpClient> {
  return FtpClient.login(target.address, target.account);
}

/** Connects and logs in `count` clients, one after the other. */
export async function loginMany(
  target: Target,
  count: number,
): Promise<FtpClient[]> {
  const clients: FtpClient[] = [];
  for (let i = 0; i < count; i++) clients.push(await login(target));
  return clients;
}

/** Stores an empty file and removes it: fails early where writing is off. */
export async function checkWriteAccess(
  target: Target,
  name: string,
): Promise<void> {
  const client = await login(target);
  await client.binary();
  await client.store(name, 0);
  await client.remove(name);
  await client.quit();
}

/**
 * Uploads for `seconds`. What counts is what the kernel accepted in that time;
 * the server's last word is awaited, but not timed.
 */
export async function uploadFor(
  client: FtpClient,
  name: string,
  seconds: number,
): Promise<Moved> {
  await client.binary();
  const data = await client.openStore(name);
  const start = performance.now();
  const bytes = await data.send(Infinity, start + seconds * 1000);
  const took = (performance.now() - start) / 1000;
  await client.finish();
  data.close();
  return { bytes, seconds: took };
}

/**
 * Downloads for `seconds`, the same file again and again; the time between two
 * rounds does not count. At the end the connection is just dropped.
 */
export async function downloadFor(
  client: FtpClient,
  name: string,
  seconds: number,
): Promise<Moved> {
  await client.binary();
  let bytes = 0;
  let left = seconds * 1000;
  for (;;) {
    const data = await client.openRetrieve(name);
    const start = performance.now();
    const whole = data.receiveAll().then(() => true);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopped = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), left);
    });
    const ended = await Promise.race([whole, stopped]);
    clearTimeout(timer);
    left -= performance.now() - start;
    bytes += data.receivedBytes;
    if (!ended) {
      data.close();
      await client.finishAnyhow();
      return { bytes, seconds: seconds - left / 1000 };
    }
    await client.finish();
    // A file too small to measure by: the rounds would never use up the time.
    if (data.receivedBytes === 0) return { bytes, seconds: seconds };
  }
}

/** Uploads `bytes` bytes once, the final reply included in the time. */
export async function uploadOnce(
  client: FtpClient,
  name: string,
  bytes: number,
): Promise<Moved> {
  await client.binary();
  const seconds = await timed(() => client.store(name, bytes));
  return { bytes, seconds };
}

/** Downloads a file once, the final reply included in the time. */
export async function downloadOnce(
  client: FtpClient,
  name: string,
): Promise<Moved> {
  await client.binary();
  let bytes = 0;
  const seconds = await timed(async () => {
    bytes = await client.retrieve(name);
  });
  return { bytes, seconds };
}

/** All clients download the file at once. @returns seconds */
export function downloadAll(
  clients: readonly FtpClient[],
  name: string,
): Promise<number> {
  return timed(async () => {
    const ends: Promise<unknown>[] = [];
    for (const client of clients) {
      await client.binary();
      const data = await client.openRetrieve(name);
      ends.push(data.receiveAll().then(() => client.finish()));
    }
    await Promise.all(ends);
  });
}

/** All clients upload to one and the same name at once. @returns seconds */
export function uploadAll(
  clients: readonly FtpClient[],
  name: string,
  bytes: number,
): Promise<number> {
  return timed(async () => {
    const ends: Promise<unknown>[] = [];
    for (const client of clients) {
      await client.binary();
      const data = await client.openStore(name);
      ends.push(
        data.send(bytes).then(async () => {
          await client.finish();
          data.close();
        }),
      );
    }
    await Promise.all(ends);
  });
}

/** All clients leave at once. @returns seconds */
export function quitAll(clients: readonly FtpClient[]): Promise<number> {
  return timed(async () => {
    await Promise.all(clients.map((client) => client.quit()));
  });
}
