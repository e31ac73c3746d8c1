import { nodeTransport } from "../../adapters/_node_transport.ts";
import { DENO_NODE_WRITE_AFTER_END } from "../../adapters/_runtime_gaps.ts";
import { nativeFixture } from "./_native_fixture.ts";
import { describeTransport } from "./transport.ts";

// Deno and Bun bring `node:net` too, and the adapters fall back to it.
describeTransport(
  "node",
  () => nativeFixture(nodeTransport(), true, [DENO_NODE_WRITE_AFTER_END]),
);
