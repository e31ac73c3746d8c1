// deno-lint-ignore-file no-console -- a program that prints

/**
 * Bans clients that send more than 300 commands in a second, for an hour.
 *
 * @module
 */

import { serve, type SessionView } from "anyftpd";

const COMMANDS_PER_SECOND = 300;
const BAN_MS = 3_600_000;

/** Until when, by address; old ones go when a new one comes. */
const bans = new Map<string, number>();
const counts = new Map<number, { second: number; commands: number }>();

function ban(session: SessionView, now: number): void {
  for (const [address, end] of bans) if (end <= now) bans.delete(address);
  bans.set(session.remote.hostname, now + BAN_MS);
  console.log(`${session.remote.hostname} is banned`);
  session.respond(550, `You are banned for ${BAN_MS / 1000} seconds.`);
  session.disconnect();
}

const server = await serve({
  directory: ".",
  port: 2121,
  hooks: {
    connect({ session }) {
      if ((bans.get(session.remote.hostname) ?? 0) <= Date.now()) return;
      session.respond(550, "You are banned.");
      session.disconnect();
    },
    command({ session }) {
      const now = Date.now();
      const second = Math.floor(now / 1000);
      const last = counts.get(session.id);
      const commands = last?.second === second ? last.commands + 1 : 1;
      counts.set(session.id, { second, commands });
      if (commands > COMMANDS_PER_SECOND) ban(session, now);
    },
    disconnect: ({ session }) => void counts.delete(session.id),
  },
});
console.log(`Listening on port ${server.address.port}`);
