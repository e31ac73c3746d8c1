import { once } from "node:events";
import net from "node:net";
import { expect, test } from "vitest";
import { Turns } from "../../adapters/_turns.ts";

const PARTS = 200;
const PART_MS = 1;

/** Keeps the thread busy as a part of a listing does. */
function work(): void {
  const end = performance.now() + PART_MS;
  while (performance.now() < end);
}

test("between the parts of a long work, sockets are served", async () => {
  const server = net.createServer((socket) => {
    // The client leaves with a reply on its way.
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, "127.0.0.1");
  await once(client, "connect");
  let replies = 0;
  client.on("data", () => {
    replies++;
    client.write("x");
  });
  client.write("x");

  const turns = new Turns();
  for (let part = 0; part < PARTS; part++) {
    work();
    await turns.next();
  }
  const served = replies;
  client.destroy();
  server.close();
  // A tenth of what a quiet machine does where it is slowest.
  expect(served).toBeGreaterThanOrEqual(2);
});
