import { LISTED_FILES } from "../peer/peer.ts";
import {
  BIG_NAME,
  LIST_NAME,
  MANY_NAME,
  SMALL_BYTES,
  SMALL_NAME,
} from "./files.ts";
import { counted, MEBIBYTE, transferred } from "./sample.ts";
import type { Turn } from "./turn.ts";

/** What is measured of one server in one turn. */
export type Metric = (turn: Turn) => Promise<void>;

/** A NOOP every so often while others download. */
const NOOP_EVERY_MS = 2;

/** RFC 3659 allows the folder itself and the one above in MLSD. */
const MORE_LINES = 2;

/** The commands that list. */
export const LISTING_VERBS: readonly string[] = ["LIST", "MLSD"];

/** All metrics in clear, by what `--only` calls them. */
export const METRICS: Readonly<Record<string, Metric>> = {
  download,
  upload,
  small,
  logins,
  many,
  idle,
  list,
  lag,
};

function big({ load }: Turn): { name: string; bytes: number } {
  return { name: BIG_NAME, bytes: load.bytes };
}

function oneOfMany({ load }: Turn): { name: string; bytes: number } {
  return { name: MANY_NAME, bytes: load.clientBytes };
}

function download(turn: Turn): Promise<void> {
  const shape = transferred("download", "download", turn.load.bytes);
  return turn.with(1, async (client) => {
    await turn.take(shape, () => turn.download(client, 1, 1, big(turn)));
  });
}

function upload(turn: Turn): Promise<void> {
  const { bytes } = turn.load;
  return turn.with(1, async (client) => {
    await turn.take(
      transferred("upload", "upload", bytes),
      () => turn.upload(client, 1, bytes),
    );
    turn.clearUp();
  });
}

function small(turn: Turn): Promise<void> {
  const { smallFiles } = turn.load;
  return turn.with(1, async (client) => {
    const file = { name: SMALL_NAME, bytes: SMALL_BYTES };
    await turn.take(
      counted("small", "small files", smallFiles),
      () => turn.download(client, 1, smallFiles, file),
    );
  });
}

function logins(turn: Turn): Promise<void> {
  const count = turn.load.logins;
  return turn.with(0, async (client) => {
    await turn.take(
      counted("logins", "logins", count),
      () => client.login(count, 1, false),
    );
  });
}

function many(turn: Turn): Promise<void> {
  const { clients, clientBytes } = turn.load;
  const bytes = clients * clientBytes;
  return turn.with(clients, async (client) => {
    await turn.take(
      transferred("many-download", `${clients} downloads at once`, bytes),
      () => turn.download(client, clients, 1, oneOfMany(turn)),
    );
    await turn.take(
      transferred("many-upload", `${clients} uploads at once`, bytes),
      () => turn.upload(client, clients, clientBytes),
    );
    turn.clearUp();
  });
}

/**
 * One transfer beside idle clients, against the same without them: without,
 * with, with, without, so that a machine that grows slower wrongs neither.
 */
async function idle(turn: Turn): Promise<void> {
  const { clients, bytes } = turn.load;
  await turn.with(1, async (client) => {
    const move = {
      download: () => turn.download(client, 1, 1, big(turn)),
      upload: async () => {
        const seconds = await turn.upload(client, 1, bytes);
        turn.clearUp();
        return seconds;
      },
    };
    for (const kind of ["download", "upload"] as const) {
      let without = await move[kind]();
      let beside = 0;
      await turn.with(clients, async () => {
        beside += await move[kind]();
        beside += await move[kind]();
      });
      without += await move[kind]();
      turn.note({
        key: `idle-${kind}`,
        metric: `${kind} beside ${clients} idle`,
        value: 2 * bytes / MEBIBYTE / beside,
        unit: "MiB/s",
        higherIsBetter: true,
      });
      turn.note({
        key: `idle-${kind}-ratio`,
        metric: `${kind} beside ${clients} idle, of that without`,
        value: without / beside,
        unit: "ratio",
        higherIsBetter: true,
      });
    }
  });
}

function list(turn: Turn): Promise<void> {
  const times = turn.load.listings;
  return turn.with(1, async (client) => {
    for (const verb of LISTING_VERBS) {
      await turn.take(
        counted(
          verb.toLowerCase(),
          `${verb} of ${LISTED_FILES / 1000},000 files`,
          times,
        ),
        async () => {
          if (turn.peer.lacks.includes(verb)) return NaN;
          const command = `${verb} ${turn.name(LIST_NAME)}`;
          const { seconds, lines } = await client.fetch(1, times, command);
          const more = lines - LISTED_FILES * times;
          if (more > MORE_LINES * times) turn.check(more, 0);
          if (more < 0) turn.check(lines, LISTED_FILES * times);
          return seconds;
        },
      );
    }
  });
}

/** How long a command of another session takes while clients download. */
async function lag(turn: Turn): Promise<void> {
  const { lagClients, clientBytes, bytes } = turn.load;
  // Two of the big file, so that there are some hundred commands.
  const times = Math.ceil(2 * bytes / (lagClients * clientBytes));
  await turn.with(lagClients, async (client) => {
    await turn.with(1, async (other) => {
      const stop = other.noop(NOOP_EVERY_MS);
      await turn.download(client, lagClients, times, oneOfMany(turn));
      const { p99Ms, longestMs } = await stop();
      const beside = `NOOP beside ${lagClients} downloads`;
      const shape = { unit: "ms", higherIsBetter: false };
      turn.note({
        ...shape,
        key: "lag-p99",
        metric: `${beside}, 99 %`,
        value: p99Ms,
      });
      turn.note({
        ...shape,
        key: "lag-longest",
        metric: `${beside}, longest`,
        value: longestMs,
      });
    });
  });
}
