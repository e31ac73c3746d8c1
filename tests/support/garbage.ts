/**
 * What arrives on port 21 of a machine on the Internet, written down by hand:
 * a name, and the bytes.
 */
export const GARBAGE: readonly (readonly [string, Buffer])[] = [
  ["nothing but line ends", Buffer.from("\r\n".repeat(50))],
  ["nothing but LF", Buffer.from("\n".repeat(200))],
  ["nothing but CR", Buffer.from("\r".repeat(200))],
  ["nothing but NUL", Buffer.alloc(2000)],
  ["nothing but 0xFF", Buffer.alloc(2000, 0xff)],
  ["a first byte LF", Buffer.from("\nUSER user\r\n")],
  [
    "an HTTP request",
    Buffer.from(
      "GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\nAccept: */*\r\n\r\n",
    ),
  ],
  [
    "an HTTP request with FTP in its body",
    Buffer.from(
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n" +
        "USER user\r\nPASS wrong\r\nDELE hello.txt\r\n",
    ),
  ],
  ["an HTTP/2 preface", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
  ["a TLS ClientHello", clientHello()],
  [
    "an SSLv2 hello",
    Buffer.from("802e0100020015000000100100800700c0030080060040", "hex"),
  ],
  ["an SSH greeting", Buffer.from("SSH-2.0-OpenSSH_9.2p1\r\n")],
  [
    "an RDP negotiation",
    Buffer.from("0300002c27e00000000000436f6f6b69653a206d73747368", "hex"),
  ],
  [
    "an SMB negotiation",
    Buffer.from("00000054ff534d4272000000001801280000000000000000", "hex"),
  ],
  [
    "Telnet negotiation",
    Buffer.from("fffd03fffb18fffb1ffffb20fffb21fffb22fffb27fffd05", "hex"),
  ],
  ["Telnet sub-negotiation", Buffer.from("fffa1800787465726dfff0", "hex")],
  ["a memcached command", Buffer.from("stats items\r\nget a\r\n")],
  ["a Redis command", Buffer.from("*1\r\n$4\r\nPING\r\n")],
  ["an SMTP dialogue", Buffer.from("EHLO x\r\nMAIL FROM:<a@b>\r\nDATA\r\n")],
  [
    "a SIP request",
    Buffer.from("OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm\r\n\r\n"),
  ],
  ["a Java object", Buffer.from("aced00057372000c6a6176612e7574696c", "hex")],
  ["UTF-16 text", Buffer.from("USER user\r\nPASS pass\r\n", "utf16le")],
  ["a byte order mark", Buffer.from("\ufeffUSER user\r\n")],
  ["format strings", Buffer.from(`USER ${"%n%s%x".repeat(50)}\r\nPASS %n\r\n`)],
  [
    "a user name for a database",
    Buffer.from("USER ' OR 1=1; DROP TABLE users; --\r\nPASS x\r\n"),
  ],
  [
    "terminal escapes",
    Buffer.from("USER \x1b]0;x\x07\x1b[2J\r\nPASS \x9b\r\n"),
  ],
  ["verbs of non-ASCII bytes", Buffer.from("\xe9\xe8\xff \x80\r\n", "latin1")],
  ["very many commands", Buffer.from("NOOP\r\n".repeat(2000))],
  ["an endless verb", Buffer.from(`${"A".repeat(100_000)}\r\n`)],
  ["an endless argument", Buffer.from(`USER ${"a".repeat(100_000)}\r\n`)],
  ["deep parentheses", Buffer.from(`SITE ${"(".repeat(1900)}\r\n`)],
  ["deep paths", Buffer.from(`CWD ${"../".repeat(600)}\r\n`)],
  [
    "numbers out of range",
    Buffer.from("PORT 9e9,1,1,1,1e99,1\r\nREST 1e9\r\n"),
  ],
  ["names of object members", Buffer.from(objectMembers())],
];

function objectMembers(): string {
  const names = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "valueOf",
  ];
  return names.flatMap((name) => [
    `${name}\r\n`,
    `HELP ${name}\r\n`,
    `SITE ${name}\r\n`,
    `USER ${name}\r\nPASS ${name}\r\n`,
  ]).join("");
}

/** The first flight of a TLS 1.2 client, shortened. */
function clientHello(): Buffer {
  const body = Buffer.concat([
    Buffer.from("0303", "hex"),
    Buffer.alloc(32, 0x5a),
    Buffer.from("000004c02fc03001000000", "hex"),
  ]);
  return Buffer.concat([
    Buffer.from([0x16, 3, 1, 0, body.length + 4, 1, 0, 0, body.length]),
    body,
  ]);
}
