import { memoryTransport } from "../../adapters/_memory_transport.ts";
import { describeTransport } from "./transport.ts";

describeTransport("memory", () => {
  const transport = memoryTransport();
  return {
    transport,
    queues: true,
    dial: async (to) => {
      const peer = await transport.dial(to);
      return {
        write: (bytes) => void peer.write(bytes),
        reset: () => peer.reset(),
      };
    },
    handles: () => transport.openConnections + transport.openListeners,
  };
});
