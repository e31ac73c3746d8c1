/** What `--help` prints: 80 columns, every option once. */
export const USAGE: string = `\
Usage: anyftpd [options] [DIRECTORY]
       anyftpd user add|passwd|del|list ...  (see 'anyftpd user --help')
       anyftpd hash [options]                (see 'anyftpd hash --help')
       anyftpd check FILE                    (see 'anyftpd check --help')

Share a folder by FTP. Without options: the current folder, read-only, for
anonymous users, on port 2121 of every interface.

Main options:
  -i, --interface ADDRESS      listen on this address (default: all interfaces)
  -p, --port PORT              listen on this port; 0 takes any (default: 2121)
  -w, --write                  let clients change and delete files
                               (default: read-only); users of --users who have
                               permissions in the file keep to those
  -d, --directory DIRECTORY    folder to share (default: current folder)
  -n, --nat-address ADDRESS    IPv4 address to show for passive connections,
                               for a server behind NAT
  -r, --range FROM-TO          ports for passive connections, such as 8000-9000
                               (default: chosen by the system)
  -u, --username NAME          log in with this name; no anonymous access then
  -P, --password TEXT          password of -u; other users of this machine can
                               see it, so rather use one of the next two
      --password-file FILE     read the password from the first line of FILE
                               (the variable ANYFTPD_PASSWORD works too)
      --users FILE             let the users of this file in, each with rights,
                               folder and limits of their own; it may be changed
                               while the server runs
      --auth-url URL           ask this web service for each login (https, or on
                               this machine); ANYFTPD_AUTH_TOKEN is sent along
      --auth-program FILE      ask this program for each login
      --system-users           let the users of this machine in, by their own
                               passwords and rights, each in the home; for root
      --allow-users NAMES      of these, let only those in that are named, with
                               commas between them
      --reject-users NAMES     of these, let all but those in that are named
      --anonymous-user NAME    of these, the one that anonymous users are
      --no-jail                let users of the system leave their homes
      --config FILE            take everything that is not said here from FILE
                               (TOML, or JSON when its name ends in .json)
      --set SETTING            one key of such a file, as KEY=VALUE; may be
                               repeated

Encryption (FTPS; each of these options switches it on):
      --tls                    let clients use TLS; without --certfile, with a
                               certificate that is made once and kept
      --certfile FILE          the certificate, and those that lead to its root
      --keyfile FILE           its private key (default: in the same file)
      --tls-control-required   no logins in clear
      --tls-data-required      no files and listings in clear
      --implicit-tls PORT      listen on this port too, for clients that begin
                               with TLS (usually 990)
      --tls-min VERSION        oldest version of TLS: 1.2 or 1.3 (default: 1.2)

Limits:
      --timeout SECONDS        end idle sessions and stalled transfers after
                               this time; 0 never (default: 300)
      --max-cons N             connections at the same time; 0 is no limit
                               (default: 512)
      --max-cons-per-ip N      the same for one address (default: 0)
      --max-login-attempts N   failed logins before a session ends (default: 3)
      --download-rate RATE     bytes per second of each download, such as 800K
                               or 1.5M; 0 is no limit (default: 0)
      --upload-rate RATE       the same for each upload (default: 0)
      --grace SECONDS          time that transfers get to finish when the server
                               is stopped (default: 10)

Protocol:
      --banner TEXT            greeting for clients
      --encoding NAME          of file names and commands (default: utf-8)
      --use-localtime          show local times instead of UTC
      --lenient-line-endings   accept commands that end in LF alone
      --permit-foreign-addresses
                               let data connections lead to other machines than
                               the client's (site-to-site transfers; insecure)
      --permit-privileged-ports
                               let clients name ports below 1024 for active mode

Other options:
      --atomic-uploads         show an uploaded file when it is complete, in one
                               step, in the place of what was there before
      --no-overwrite           never replace, change or append to a file that is
                               there, by an upload or a new name
      --fsync                  confirm an upload when its bytes are on the disk
      --concurrency MODEL      async: one process; pre-fork, multi-thread and
                               multi-proc: worker processes that share the
                               sessions, as pyftpdlib calls it (default: async)
      --workers N              worker processes (default: one for each core)
      --disable-sendfile       copy files through the program instead of having
                               the system send them
      --disable-openssl        leave TLS to the runtime, where OpenSSL would do
                               it faster
  -D, --debug                  log every command and reply
  -q, --quiet                  log warnings and errors only
      --json                   log JSON, one record per line
      --no-live                only log; otherwise a terminal shows below the
                               log who is connected and how far transfers are
                               (not with --json, --quiet)
  -v, --version                print the version and exit
  -h, --help                   print this help and exit

Logs go to standard error, in colour on a terminal (see NO_COLOR, FORCE_COLOR).
Ctrl-C lets transfers finish for the time of --grace; a second one ends at once.
A renewed certificate and changed users are noticed; SIGHUP looks at once, and
reads the file of --config again, if the log is not shown on a terminal. Each
key of that file has a variable too, ANYFTPD_IDLE_TIMEOUT_MS say: the command
line wins over variables, and these over the file.

Examples:
  anyftpd                                   share the current folder, read-only
  anyftpd -w -u ann --password-file secret /srv/files
  anyftpd user add ann --users users.json --directory /srv/ann --write
  anyftpd --users users.json --tls
  anyftpd --config anyftpd.toml --set logLevel=debug
`;
