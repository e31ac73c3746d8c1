// USER, PASS, REIN, QUIT: RFC 959 section 4.1.1; RFC 2577 for what a server
// must not give away.

import { messageReply, type Reply, reply } from "../protocol/reply.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";
import type { Account } from "../spi/authorizer.ts";

/**
 * 331, whether there is such a user or not; 232 for whom a certificate is
 * enough.
 */
export async function user(
  context: CommandContext,
  username: string,
): Promise<Outcome> {
  const { state } = context;
  let text = "Username ok, send password.";
  if (state.account !== null) {
    await forget(context);
    text = "Previous account information was flushed, send password.";
    context.log("info", text);
  }
  state.username = username;
  const result = await context.recognize();
  if (result === null) return reply(331, text);
  if (result.kind === "unavailable") return unavailable();
  return result.kind === "accepted"
    ? welcome(context, 232, result.account)
    : await refuse(context, username, "", result.text);
}

export async function pass(
  context: CommandContext,
  password: string,
): Promise<Outcome> {
  const { state } = context;
  if (state.account !== null) return reply(503, "User already authenticated.");
  if (state.username === "") return reply(503, "Login with USER first.");
  const { username } = state;
  const result = await context.logIn(password);
  if (result.kind === "unavailable") return unavailable();
  return result.kind === "accepted"
    ? welcome(context, 230, result.account)
    : await refuse(context, username, password, result.text);
}

function welcome(
  context: CommandContext,
  code: number,
  account: Account,
): Outcome {
  context.state.logIn(account);
  const { hooks } = context.settings;
  return {
    reply: messageReply(code, account.loginMessage ?? "Login successful."),
    afterwards: () => {
      context.log("info", `USER '${account.name}' logged in.`);
      return context.hook("login", () =>
        hooks.login?.({
          session: context.session,
          username: account.name,
        }));
    },
  };
}

/** Not the client's fault: another time, or another server, may do. */
function unavailable(): Outcome {
  return {
    reply: reply(421, "Logins cannot be checked now, try again later."),
    close: true,
  };
}

/** The delay comes before the reply, so that guessing cannot be hurried. */
async function refuse(
  context: CommandContext,
  username: string,
  password: string,
  text: string,
): Promise<Outcome> {
  const { state, settings } = context;
  state.username = "";
  state.failedLogins++;
  const last = state.failedLogins >= settings.maxLoginAttempts;
  await context.sleep(settings.failedLoginDelayMs);
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`;
  return {
    reply: messageReply(530, last ? `${sentence} Disconnecting.` : sentence),
    close: last,
    afterwards: () => {
      context.log("info", `USER '${username}' failed login.`);
      return context.hook("loginFailed", () =>
        settings.hooks.loginFailed?.({
          session: context.session,
          username,
          password,
        }));
    },
  };
}

export async function rein(context: CommandContext): Promise<Outcome> {
  await forget(context);
  return reply(230, "Ready for new user.");
}

/** The reply at once; a transfer under way goes on to its end. */
export function quit(context: CommandContext): Outcome {
  const { account } = context.state;
  const { hooks } = context.settings;
  const goodbye: Reply = messageReply(221, account?.quitMessage ?? "Goodbye.");
  return {
    reply: goodbye,
    close: true,
    afterwards: () =>
      account === null
        ? undefined
        : context.hook("logout", () =>
          hooks.logout?.({
            session: context.session,
            username: account.name,
          })),
  };
}

async function forget(context: CommandContext): Promise<void> {
  const { username } = context.state;
  await context.logOut();
  await context.hook(
    "logout",
    () =>
      context.settings.hooks.logout?.({ session: context.session, username }),
  );
}
