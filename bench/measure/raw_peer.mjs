// The same as raw_peer.c where there is no C compiler; only the three servers.
import net from "node:net";

const [role, bytes] = process.argv.slice(2);
const block = Buffer.alloc(256 * 1024, "x");

function push(socket) {
  let left = Number(bytes);
  const next = () => {
    if (left <= 0) return socket.end();
    const length = Math.min(left, block.length);
    left -= length;
    socket.write(block.subarray(0, length), next);
  };
  next();
}

function answer(socket) {
  socket.setNoDelay(true);
  socket.write("220 ready\r\n");
  socket.on("data", (line) => {
    socket.write(line[0] === 0x55 ? "331 go on\r\n" : "230 done\r\n");
  });
}

const server = net.createServer((socket) => {
  socket.on("error", () => socket.destroy());
  if (role === "source") push(socket);
  else if (role === "replies") answer(socket);
  else socket.resume();
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${server.address().port}\n`);
});
