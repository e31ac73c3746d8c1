import { describe, expect, test } from "vitest";
import {
  type Authorizer,
  FtpServer,
  MemoryFileSystem,
  memoryPlatform,
  settle,
} from "../../adapters/memory.ts";
import type { TransferEvent } from "../../lib/session/events.ts";
import type { LogRecord } from "../../lib/spi/log.ts";
import { SeededRandom } from "../support/random.ts";
import { Actor } from "./_actor.ts";

/** Lines that need no unique name; `#` becomes a number of its own. */
const LINES = [
  "USER anonymous",
  "PASS x",
  "USER nobody",
  "REIN",
  "NOOP",
  "NOOP ",
  "FEAT",
  "HELP",
  "HELP RETR",
  "SYST",
  "STAT",
  "STAT /",
  "STAT *",
  "PWD",
  "CWD d",
  "CWD missing",
  "CDUP",
  "MKD m#",
  "RMD d",
  "DELE f",
  "RNFR f",
  "RNTO g",
  "SIZE f",
  "MDTM f",
  "MFMT 20200101000000 f",
  "MLST",
  "OPTS MLST size;type;",
  "OPTS UTF8 ON",
  "TYPE A",
  "TYPE I",
  "TYPE X",
  "MODE S",
  "STRU R",
  "ALLO 5",
  "REST 5",
  "REST x",
  "SITE CHMOD 644 f",
  "SITE HELP",
  "SITE FOO",
  "PORT 1,2",
  "PORT 10,0,0,1,200,1",
  "PORT 127,0,0,1,200,1",
  "EPRT |1|127.0.0.1|51201|",
  "EPSV ALL",
  "EPSV 2",
  "",
  " ",
  "FOO bar",
  "x".repeat(3000),
  "MKD \u00e9\udce9",
  "USER",
  "PASS",
];

const TRANSFERS = [
  "RETR /f",
  "RETR /big",
  "RETR missing",
  "STOR /u#",
  "STOR /u#",
  "STOR /d/u#",
  "APPE /u#",
  "STOU",
  "STOU s",
  "LIST",
  "LIST -la /",
  "NLST /d",
  "MLSD",
  "MLSD missing",
  "LIST missing",
];

const PLACES = 4;

const anybody = (fileSystem: MemoryFileSystem): Authorizer => ({
  authenticate: ({ username }) =>
    Promise.resolve(
      username === "anonymous"
        ? { name: username, fileSystem, allows: () => true }
        : null,
    ),
});

/** One client's life, from a seed; what it must not find fails. */
async function dialogue(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const platform = memoryPlatform();
  const { clock, transport } = platform;
  transport.chunkSize = 1 + random.below(random.pick([2, 50, 65_536]));
  transport.window = 1 + random.below(random.pick([20, 2_000, 262_144]));
  const files = new MemoryFileSystem({ now: () => clock.wallTime() });
  files.writeFile("/f", "FILE".repeat(20));
  files.writeFile("/big", "BIG!".repeat(5_000));
  files.makeFolders("/d");
  const received: TransferEvent[] = [];
  const errors: LogRecord[] = [];
  const server = new FtpServer(platform, {
    authorizer: anybody(files),
    hooks: { fileReceived: (event) => void received.push(event) },
    log: (record) => {
      const { level, message } = record;
      if (level === "error" || /passive port/.test(message)) {
        errors.push(record);
      }
    },
    // No more than a client can use at a time: what is not given back is
    // missed soon.
    maxConnections: PLACES,
    passivePorts: { from: 60_000, to: 60_001 },
    failedLoginDelayMs: 10,
    maxLoginAttempts: 1_000,
    maxBytesBeforeLogin: 0,
    idleTimeoutMs: 0,
    dataTimeoutMs: 0,
    passiveTimeoutMs: 0,
    activeTimeoutMs: 0,
  });
  const where = { hostname: "127.0.0.1", port: 21 };
  await server.listen(where);
  const actor = new Actor(await transport.dial(where), transport, random);
  transport.latencyMs = random.pick([0, 0, 0, 1, 50]);
  let names = 0;
  const numbered = (line: string) => line.replace("#", () => String(names++));
  const line = () =>
    numbered(random.pick(random.below(3) === 0 ? TRANSFERS : LINES));
  const lines = (most: number) =>
    Array.from({ length: 1 + random.below(most) }, line);
  const someData = () =>
    actor.data.length === 0 ? null : random.pick(actor.data);

  const actions: readonly (() => void | Promise<void>)[] = [
    () => actor.send(lines(1)),
    () => actor.send(lines(1)),
    () => actor.send(lines(8)),
    () => actor.send([random.pick(["EPSV", "PASV", "EPSV 1"])]),
    () => actor.send(["EPSV", numbered(random.pick(TRANSFERS))]),
    () => actor.send([numbered(random.pick(TRANSFERS))]),
    () => actor.send(["ABOR"]),
    () => void actor.connect(), // never rejects
    () => void actor.connect(),
    () => void actor.connect(),
    () => void (random.below(10) === 0 && actor.connect("10.0.0.66")),
    () => random.below(3) === 0 ? actor.offerPort() : undefined,
    () => clock.advance(random.below(400)),
    ...[actor.write, actor.write, actor.finish, actor.close, actor.cut].map(
      (act) => () => {
        const end = someData();
        if (end !== null) act.call(actor, end);
      },
    ),
    () => {
      const end = someData();
      if (end !== null) void actor.drain(end); // never rejects
    },
  ];

  actor.send(["USER anonymous", "PASS x"].slice(0, random.below(9) + 1));
  for (let steps = 5 + random.below(40); steps > 0; steps--) {
    await random.pick(actions)();
    if (random.below(2) === 0) await clock.advance(random.below(60));
    if (random.below(150) === 0) {
      actor.leave(random.pick(["close", "reset"]));
      break;
    }
  }

  try {
    // Nothing but the server itself may now hold a reply back.
    transport.latencyMs = Math.min(transport.latencyMs, 1);
    transport.chunkSize = transport.window = 10_000;
    const left = actor.ended;
    actor.release();
    for (let times = 0; times < 8; times++) await clock.advance(1_000);
    actor.release();
    if (!left) {
      actor.send(["ABOR", "REIN", "QUIT"]);
      for (let times = 0; times < 4; times++) await clock.advance(1_000);
      expect(actor.problem).toBe(null);
      expect(actor.ended).toBe(true);
      expect(actor.ledger.unanswered).toBe(0);
      expect(actor.ledger.open).toBe(0);
    } else expect(actor.problem).toBe(null);
    expect(errors).toEqual([]);
    check(received, actor, files);
    await survives(server, transport, clock);
  } catch (error) {
    const log = actor.ledger.log.map((text) => text.slice(0, 100)).join("\n");
    throw new Error(`Seed ${seed}: ${error}\n${log}\n${actor.problem}`);
  }
}

/** Uploads that were taken for complete must be just that. */
function check(
  received: readonly TransferEvent[],
  actor: Actor,
  files: MemoryFileSystem,
): void {
  for (const { path, bytes } of received) {
    if (bytes === 0) continue;
    const text = new TextDecoder().decode(files.readFile(path));
    const sources = actor.data.filter(({ state, written }) =>
      state === "finished"
        ? written === text
        : state === "closed" && written.startsWith(text)
    );
    expect(sources, `who sent ${path}`).not.toEqual([]);
  }
}

/** The server serves others and leaves nothing behind. */
async function survives(
  server: FtpServer,
  transport: ReturnType<typeof memoryPlatform>["transport"],
  clock: ReturnType<typeof memoryPlatform>["clock"],
): Promise<void> {
  await clock.advance(10_000);
  expect(server.sessionCount, "sessions left").toBe(0);
  transport.latencyMs = 0;
  for (let place = 0; place < PLACES; place++) {
    const next = await transport.dial({ hostname: "127.0.0.1", port: 21 });
    const greeting = new TextDecoder().decode(await next.read() ?? undefined);
    expect(greeting, `place ${place}`).toMatch(/^220/);
  }
  await server.close();
  await settle();
  expect({
    timers: clock.pending,
    connections: transport.openConnections,
    listeners: transport.openListeners,
  }).toEqual({ timers: 0, connections: 0, listeners: 0 });
}

describe("a client that does anything", () => {
  const DIALOGUES = 3_000;
  const BATCH = 250;
  for (let first = 1; first <= DIALOGUES; first += BATCH) {
    const last = first + BATCH - 1;
    test(
      `gets one reply to each command: seeds ${first} to ${last}`,
      async () => {
        for (let seed = first; seed <= last; seed++) await dialogue(seed);
      },
      60_000,
    );
  }
});
