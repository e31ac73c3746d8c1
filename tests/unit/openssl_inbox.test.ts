import process from "node:process";
import { expect, test } from "vitest";
import { opensslContext } from "../../adapters/_openssl_context.ts";
import { opensslLibrary } from "../../adapters/_openssl_library.ts";
import { OpensslSession } from "../../adapters/_openssl_session.ts";
import { SERVER } from "../support/tls_certificates.ts";

const ROUNDS = 4_000;
const CAME = 15_000;

test.skipIf(opensslLibrary() === null)(
  "sessions that read much at a time leave nothing behind",
  () => {
    const context = opensslContext({ ...SERVER });
    const into = new Uint8Array(100_000);
    const came = new Uint8Array(CAME);
    const run = (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        const session = new OpensslSession(context);
        session.put(came);
        // No record at all.
        expect(() => session.read(into)).toThrow();
        session.free();
      }
    };
    run(500);
    const before = process.memoryUsage().rss;
    run(ROUNDS);
    const grown = process.memoryUsage().rss - before;
    // What came would be 60 MB.
    expect(grown).toBeLessThan(ROUNDS * CAME * 0.7);
  },
);
