import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DataConnection } from "../client/data_connection.ts";
import { TlsClient } from "../client/tls_client.ts";
import { BENCH } from "../paths.ts";
import { makeCertificate } from "../peer/certificate.ts";
import { compileHelper } from "./helper.ts";
import type { Measurement } from "./report.ts";
import { loginMany, timed } from "./steps.ts";

const run = promisify(execFile);

const MEBIBYTE = 1024 * 1024;

/** How to start the other end; `compiled` is whether it is the C one. */
interface RawPeer {
  readonly compiled: boolean;
  readonly command: string;
  readonly prefix: readonly string[];
}

/** Compiles the helper once; without a compiler Node plays its part. */
async function prepare(): Promise<RawPeer> {
  const binary = await compileHelper("raw_peer");
  if (binary !== null) return { compiled: true, command: binary, prefix: [] };
  const script = join(BENCH, "measure", "raw_peer.mjs");
  return { compiled: false, command: process.execPath, prefix: [script] };
}

async function startServer(
  peer: RawPeer,
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(peer.command, [...peer.prefix, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error("Cannot start the raw peer")));
    child.stdout?.once("data", (text) => resolve(Number(text)));
  });
  return { child, port };
}

async function withServer<T>(
  peer: RawPeer,
  args: readonly string[],
  use: (port: number) => Promise<T>,
): Promise<T> {
  const { child, port } = await startServer(peer, args);
  try {
    return await use(port);
  } finally {
    child.kill("SIGKILL");
  }
}

function rate(
  step: string,
  title: string,
  bytes: number,
  seconds: number,
): Measurement {
  const value = bytes / MEBIBYTE / seconds;
  return { step, title, value, unit: "MiB/s", detail: { bytes, seconds } };
}

/**
 * What this client can do at most on this machine, and what two C programs
 * do: a server's number near the first tells about the client.
 */
export async function* ceiling(
  bytes: number,
  clients: number,
): AsyncGenerator<Measurement> {
  const peer = await prepare();
  const kind = peer.compiled ? "C" : "Node, no C compiler here";
  const local = "127.0.0.1";

  yield await withServer(peer, ["source", String(bytes)], async (port) => {
    let got = 0;
    const seconds = await timed(async () => {
      const data = await DataConnection.connect(local, port);
      got = await data.receiveAll();
    });
    return rate(
      "ceiling-download",
      `bare socket (${kind}) -> client`,
      got,
      seconds,
    );
  });

  yield await withServer(peer, ["sink"], async (port) => {
    const seconds = await timed(async () => {
      const data = await DataConnection.connect(local, port);
      await data.send(bytes);
      await data.receiveAll();
    });
    return rate(
      "ceiling-upload",
      `client -> bare socket (${kind})`,
      bytes,
      seconds,
    );
  });

  if (peer.compiled) {
    yield await withServer(peer, ["source", String(bytes)], async (port) => {
      const seconds = await timed(async () => {
        await run(peer.command, ["fetch", String(port)]);
      });
      return rate("ceiling-c", "C -> C", bytes, seconds);
    });
  }

  yield await withServer(peer, ["replies"], async (port) => {
    const address = { hostname: local, port, timeoutMs: 0 };
    const account = { user: "u", password: "p" };
    const seconds = await timed(async () => {
      for (const client of await loginMany({ address, account }, clients)) {
        client.close();
      }
    });
    const title = `${clients} logins at a server that only answers`;
    return { step: "ceiling-login", title, value: seconds, unit: "s" };
  });
}

/** What the client for TLS can do at most, at a server as small as itself. */
export async function* tlsCeiling(
  bytes: number,
  count: number,
): AsyncGenerator<Measurement> {
  const client = await TlsClient.prepare();
  const folder = mkdtempSync(join(tmpdir(), "anyftpd-ceiling-"));
  const peer = { compiled: true, command: client.program, prefix: [] };
  try {
    const { both } = makeCertificate(folder);
    yield await withServer(
      peer,
      ["source", both, String(bytes)],
      async (port) => {
        const { seconds } = await client.bare("fetch", port);
        return rate("ceiling-tls-download", "TLS, C -> client", bytes, seconds);
      },
    );
    yield await withServer(peer, ["sink", both], async (port) => {
      const { seconds } = await client.bare("push", port, bytes);
      return rate("ceiling-tls-upload", "TLS, client -> C", bytes, seconds);
    });
    yield await withServer(peer, ["replies", both], async (port) => {
      const step = await client.handshakes(port, count, "full");
      const { seconds } = await step.run();
      await step.end();
      return {
        step: "ceiling-tls-handshakes",
        title: "TLS handshakes, full, one process each side",
        value: count / seconds,
        unit: "1/s",
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
