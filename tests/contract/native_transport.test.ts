import { bunTransport } from "../../adapters/_bun_transport.ts";
import { denoTransport } from "../../adapters/_deno_transport.ts";
import { nodeTransport } from "../../adapters/_node_transport.ts";
import { DENO_NODE_WRITE_AFTER_END } from "../../adapters/_runtime_gaps.ts";
import { nativeFixture } from "./_native_fixture.ts";
import { describeTransport } from "./transport.ts";

// Deno and Bun bring `node:net` too, and their adapters fall back to it.
describeTransport(
  "node",
  () => nativeFixture(nodeTransport(), true, [DENO_NODE_WRITE_AFTER_END]),
);

if ("Deno" in globalThis) {
  // Connections wait in the system.
  describeTransport("deno", () => nativeFixture(denoTransport(), false));
}

if ("Bun" in globalThis) {
  describeTransport("bun", () => nativeFixture(bunTransport(), true));
}
