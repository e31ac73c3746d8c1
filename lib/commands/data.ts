// PASV, PORT: RFC 959 section 4.1.2. EPSV, EPRT: RFC 2428. Who may be connected
// to: RFC 2577.

import {
  formatEndpoint,
  formatPort,
  ipFamily,
  parseExtendedPort,
  parsePort,
  sameAddress,
} from "../protocol/address.ts";
import { ruleFor } from "../protocol/address_rules.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";
import type { Endpoint } from "../spi/transport.ts";

/** Ports below it belong to the system's services. */
const FIRST_UNPRIVILEGED_PORT = 1024;

export async function passive(context: CommandContext): Promise<Outcome> {
  const refusal = extendedPassiveOnly(context, "PASV");
  if (refusal !== null) return refusal;
  if (ipFamily(context.local.hostname) === 6) {
    // 227 has room for four numbers only.
    return reply(425, "PASV needs IPv4; use EPSV.");
  }
  const shown = await shownHostname(context);
  if (shown === null) return reply(425, "Can't open passive connection.");
  const opened = await context.data.openPassive();
  if ("code" in opened) return opened;
  const numbers = formatPort({ hostname: shown, port: opened.port });
  return reply(227, `Entering passive mode (${numbers}).`);
}

/** The address for 227; `null`, and a record, when the host cannot tell. */
async function shownHostname(context: CommandContext): Promise<string | null> {
  const { masqueradeAddress, masqueradeAddressMap, masqueradeNetworks } =
    context.settings;
  const { hostname } = context.local;
  const ruled = ruleFor(masqueradeNetworks, context.remote.hostname);
  if (ruled !== null) return ruled === "local" ? hostname : ruled;
  const mapped = masqueradeAddressMap.get(hostname);
  if (mapped !== undefined) return mapped;
  if (typeof masqueradeAddress !== "function") {
    return masqueradeAddress ?? hostname;
  }
  try {
    const shown = await masqueradeAddress(context.session) ?? hostname;
    if (ipFamily(shown) === 4) return shown;
    context.log("error", `Cannot show the passive address ${shown}: not IPv4`);
    return null;
  } catch (error) {
    // A wrong address would let the client wait for nothing.
    context.log("error", `Cannot tell the passive address: ${String(error)}`);
    return null;
  }
}

export async function extendedPassive(
  context: CommandContext,
  argument: string,
): Promise<Outcome> {
  if (argument.toUpperCase() === "ALL") {
    context.state.extendedPassiveOnly = true;
    return reply(220, "Other commands other than EPSV are now disabled.");
  }
  const protocol = ownProtocol(context);
  if (argument !== "" && argument !== protocol) {
    return wrongProtocol(argument, protocol);
  }
  const opened = await context.data.openPassive();
  if ("code" in opened) return opened;
  return reply(229, `Entering extended passive mode (|||${opened.port}|).`);
}

export async function port(
  context: CommandContext,
  argument: string,
): Promise<Outcome> {
  const refusal = extendedPassiveOnly(context, "PORT");
  if (refusal !== null) return refusal;
  const target = parsePort(argument);
  if (target === null) return reply(501, "Invalid PORT format.");
  return await connectTo(context, target);
}

export async function extendedPort(
  context: CommandContext,
  argument: string,
): Promise<Outcome> {
  const refusal = extendedPassiveOnly(context, "EPRT");
  if (refusal !== null) return refusal;
  const target = parseExtendedPort(argument);
  if (target === null) return reply(501, "Invalid EPRT format.");
  const protocol = ownProtocol(context);
  if (target.protocol !== protocol) {
    return wrongProtocol(target.protocol, protocol);
  }
  if (ipFamily(target.hostname) !== (protocol === "1" ? 4 : 6)) {
    return reply(501, "Invalid EPRT format.");
  }
  return await connectTo(context, target);
}

async function connectTo(
  context: CommandContext,
  target: Endpoint,
): Promise<Outcome> {
  const { settings, remote } = context;
  const where = formatEndpoint(target);
  if (sameAddress(target.hostname, remote.hostname)) {
    // The control connection's own words, which have the zone of a link-local
    // address.
    target = { hostname: remote.hostname, port: target.port };
  } else if (!settings.permitForeignAddresses) {
    return refused(
      context,
      `Rejected data connection to foreign address ${where}.`,
    );
  }
  if (
    target.port < FIRST_UNPRIVILEGED_PORT && !settings.permitPrivilegedPorts
  ) {
    return refused(
      context,
      `PORT against the privileged port "${target.port}" refused.`,
    );
  }
  await context.meanwhile(context.data.openActive(target));
  return null;
}

function refused(context: CommandContext, text: string): Reply {
  context.log("warn", text);
  return reply(501, text);
}

function extendedPassiveOnly(
  context: CommandContext,
  verb: string,
): Reply | null {
  return context.state.extendedPassiveOnly
    ? reply(501, `${verb} not allowed after EPSV ALL.`)
    : null;
}

/** RFC 2428's number of the control connection's family. */
function ownProtocol(context: CommandContext): "1" | "2" {
  return ipFamily(context.local.hostname) === 6 ? "2" : "1";
}

function wrongProtocol(asked: string, own: string): Reply {
  return asked === "1" || asked === "2"
    ? reply(522, `Network protocol not supported (use ${own}).`)
    : reply(501, `Unknown network protocol (use ${own}).`);
}
