import { bunTransport } from "../../adapters/_bun_transport.ts";
import { denoTransport } from "../../adapters/_deno_transport.ts";
import { nodeTransport } from "../../adapters/_node_transport.ts";
import {
  BUN_NODE_TLS_TRUNCATED,
  DENO_NODE_WRITE_AFTER_END,
  DENO_TLS_SESSIONS,
} from "../../adapters/_runtime_gaps.ts";
import { nativeFixture } from "./_native_fixture.ts";
import { describeTls } from "./tls.ts";

describeTls("node", () =>
  nativeFixture(nodeTransport(), true, [
    BUN_NODE_TLS_TRUNCATED,
    DENO_NODE_WRITE_AFTER_END,
    DENO_TLS_SESSIONS,
  ]));

if ("Deno" in globalThis) {
  describeTls("deno", () =>
    nativeFixture(denoTransport(), false, [
      DENO_NODE_WRITE_AFTER_END,
      DENO_TLS_SESSIONS,
    ]));
}

if ("Bun" in globalThis) {
  describeTls("bun", () => nativeFixture(bunTransport(), true));
}
