/*
 * The client of "compare --tls", and both ends of its ceiling: as little
 * program as OpenSSL allows, so that what limits is the server.
 *
 *   tls_peer download PORT USER PASSWORD NAME
 *   tls_peer upload PORT USER PASSWORD NAME BYTES
 *   tls_peer small PORT USER PASSWORD NAME COUNT   the same file, COUNT times
 *   tls_peer many PORT USER PASSWORD NAME CLIENTS  downloads at once
 *   tls_peer handshakes PORT COUNT JOBS full|resumed
 *   tls_peer source CERTIFICATE BYTES    sends BYTES to whoever connects
 *   tls_peer sink CERTIFICATE            takes and discards
 *   tls_peer replies CERTIFICATE         answers AUTH TLS and QUIT
 *   tls_peer fetch PORT                  connects, takes and discards
 *   tls_peer push PORT BYTES             connects and sends
 *
 * The first five speak FTP with AUTH TLS, PBSZ 0 and PROT P. They print "ready"
 * when they are about to begin, and wait for a line; after their work they stay
 * logged in until standard input ends, so that nobody's processor time is lost
 * with his process. "many" shakes hands, but decrypts no file: what comes is
 * thrown away by the kernel, for else the client would take as much of the
 * machine as the server. Its bytes are those of the records.
 *
 * Clients print one line: seconds, bytes, handshakes, how many of these resumed
 * a session, the protocol and the cipher. Servers print their port and run
 * until they are killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (256 * 1024)
#define CIPHER "TLS_AES_128_GCM_SHA256"
#define PATIENCE_SECONDS 120

/* A control connection, in clear first. */
struct control {
  int fd;
  SSL *ssl;
  char buffer[4096];
  size_t length;
};

struct counts {
  long handshakes;
  long resumed;
};

static char block[BLOCK];
static SSL_CTX *context;
static SSL_SESSION *latest; /* what came last is resumed next */
static struct counts counts;
static char protocol[32] = "-", cipher[64] = "-";

static void fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  ERR_print_errors_fp(stderr);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void report(double seconds, long long bytes) {
  printf("%.6f %lld %ld %ld %s %s\n", seconds, bytes, counts.handshakes,
         counts.resumed, protocol, cipher);
}

/* Waits until whoever has started us says that it may begin. */
static void ready(void) {
  printf("ready\n");
  fflush(stdout);
  while (getchar() != '\n' && !feof(stdin)) continue;
}

/* Waits until whoever has started us has seen the report. */
static void stay(void) {
  fflush(stdout);
  while (getchar() != EOF) continue;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int connect_to(int port) {
  struct sockaddr_in address = loopback(port);
  struct timeval patience = {PATIENCE_SECONDS, 0};
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("connect");
    exit(1);
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static int on_session(SSL *ssl, SSL_SESSION *session) {
  (void)ssl;
  if (latest != NULL) SSL_SESSION_free(latest);
  latest = session;
  return 1; /* ours now */
}

static void client_context(void) {
  context = SSL_CTX_new(TLS_client_method());
  if (context == NULL ||
      !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
      !SSL_CTX_set_ciphersuites(context, CIPHER)) {
    fail("Cannot prepare TLS");
  }
  SSL_CTX_set_session_cache_mode(
      context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_session);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  /* Many records for each call of the system. */
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, BLOCK);
}

static SSL *secure(int fd, int resume) {
  SSL *ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (resume && latest != NULL) SSL_set_session(ssl, latest);
  if (SSL_connect(ssl) != 1) fail("Cannot shake hands");
  counts.handshakes++;
  if (SSL_session_reused(ssl)) counts.resumed++;
  snprintf(protocol, sizeof protocol, "%s", SSL_get_version(ssl));
  snprintf(cipher, sizeof cipher, "%s", SSL_get_cipher_name(ssl));
  return ssl;
}

static void end(SSL *ssl, int fd) {
  if (ssl != NULL) {
    SSL_shutdown(ssl);
    SSL_free(ssl);
  }
  close(fd);
}

/* The next line, without its end; it stays until the next call. */
static const char *line(struct control *control) {
  static char result[4096];
  for (;;) {
    char *stop = memchr(control->buffer, '\n', control->length);
    if (stop != NULL) {
      size_t length = (size_t)(stop - control->buffer) + 1;
      memcpy(result, control->buffer, length);
      result[length - 1] = 0;
      control->length -= length;
      memmove(control->buffer, stop + 1, control->length);
      return result;
    }
    char *at = control->buffer + control->length;
    size_t room = sizeof control->buffer - control->length;
    ssize_t got = control->ssl != NULL
                      ? SSL_read(control->ssl, at, (int)room)
                      : read(control->fd, at, room);
    if (got <= 0) fail("The server closed the control connection");
    control->length += (size_t)got;
  }
}

/* Takes a whole reply, which must begin with one of `digits`. */
static const char *reply(struct control *control, const char *digits) {
  const char *text = line(control);
  char code[5];
  snprintf(code, sizeof code, "%.3s ", text);
  while (strncmp(text, code, 4) != 0) text = line(control);
  if (strchr(digits, text[0]) == NULL) fail("Cannot go on after: %s", text);
  return text;
}

static void say(struct control *control, const char *format, ...) {
  char text[4096];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(text, sizeof text - 2, format, list);
  va_end(list);
  memcpy(text + length, "\r\n", 2);
  ssize_t sent = control->ssl != NULL
                     ? SSL_write(control->ssl, text, length + 2)
                     : write(control->fd, text, (size_t)length + 2);
  if (sent <= 0) fail("Cannot send a command");
}

static void open_control(struct control *control, int port, int resume) {
  memset(control, 0, sizeof *control);
  control->fd = connect_to(port);
  reply(control, "2");
  say(control, "AUTH TLS");
  reply(control, "2");
  control->ssl = secure(control->fd, resume);
}

static void log_in(struct control *control, int port, const char *user,
                   const char *password) {
  open_control(control, port, 0);
  say(control, "USER %s", user);
  if (reply(control, "23")[0] == '3') {
    say(control, "PASS %s", password);
    reply(control, "2");
  }
  say(control, "PBSZ 0");
  reply(control, "2");
  say(control, "PROT P");
  reply(control, "2");
  say(control, "TYPE I");
  reply(control, "2");
}

static void quit(struct control *control) {
  say(control, "QUIT");
  reply(control, "2");
  end(control->ssl, control->fd);
}

static long long take(SSL *ssl) {
  long long total = 0;
  int n;
  while ((n = SSL_read(ssl, block, BLOCK)) > 0) total += n;
  return total;
}

static void push(SSL *ssl, long long left) {
  while (left > 0) {
    int n = SSL_write(ssl, block, left < BLOCK ? (int)left : BLOCK);
    if (n <= 0) fail("The server closed the data connection");
    left -= n;
  }
}

/* Asks for a data connection and makes it. */
static int open_data(struct control *control) {
  unsigned a, b, c, d, high, low;
  say(control, "PASV");
  const char *text = reply(control, "2");
  const char *numbers = text + 4 + strcspn(text + 4, "0123456789");
  if (sscanf(numbers, "%u,%u,%u,%u,%u,%u", &a, &b, &c, &d, &high, &low) != 6) {
    fail("Cannot understand: %s", text);
  }
  return connect_to((int)(high * 256 + low));
}

/* One transfer; sends when `bytes` is not negative. Returns what was moved. */
static long long transfer(struct control *control, const char *name,
                          long long bytes) {
  int fd = open_data(control);
  say(control, "%s %s", bytes < 0 ? "RETR" : "STOR", name);
  reply(control, "1");
  SSL *ssl = secure(fd, 1);
  long long moved = bytes;
  if (bytes < 0) {
    moved = take(ssl);
  } else {
    push(ssl, bytes);
    /* Session tickets that nobody reads would make close() a reset. */
    SSL_shutdown(ssl);
    shutdown(fd, SHUT_WR);
    take(ssl);
  }
  end(ssl, fd);
  reply(control, "2");
  return moved;
}

/* One of many downloads: shakes hands first, then takes what comes. */
struct download {
  struct control control;
  int fd, shaken;
  SSL *ssl;
};

/* Returns what was moved; -1 at the end. */
static long long proceed(struct download *it) {
  if (!it->shaken) {
    int done = SSL_connect(it->ssl);
    if (done != 1) {
      if (SSL_get_error(it->ssl, done) == SSL_ERROR_WANT_READ) return 0;
      fail("Cannot shake hands");
    }
    it->shaken = 1;
    counts.handshakes++;
    if (SSL_session_reused(it->ssl)) counts.resumed++;
  }
  ssize_t n = recv(it->fd, block, BLOCK, MSG_TRUNC);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n < 0) fail("The server reset a data connection");
  if (n > 0) return n;
  SSL_free(it->ssl);
  close(it->fd);
  return -1;
}

/* All connections are there when the time begins; handshakes are in it. */
static void many(int port, const char *user, const char *password,
                 const char *name, int clients) {
  struct download *all = calloc((size_t)clients, sizeof *all);
  struct epoll_event events[64];
  int loop = epoll_create1(0);
  if (all == NULL || loop < 0) fail("Cannot prepare so many");
  for (int i = 0; i < clients; i++) {
    log_in(&all[i].control, port, user, password);
    all[i].fd = open_data(&all[i].control);
    fcntl(all[i].fd, F_SETFL, O_NONBLOCK);
    all[i].ssl = SSL_new(context);
    SSL_set_fd(all[i].ssl, all[i].fd);
    SSL_set_read_ahead(all[i].ssl, 0); /* else it would take some of the file */
    if (latest != NULL) SSL_set_session(all[i].ssl, latest);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, all[i].fd, &event) < 0) fail("epoll");
  }
  counts.handshakes = counts.resumed = 0;
  ready();
  double start = now();
  long long bytes = 0;
  int left = clients;
  for (int i = 0; i < clients; i++) {
    say(&all[i].control, "RETR %s", name);
    long long moved = proceed(&all[i]);
    if (moved < 0) left--;
    else bytes += moved;
  }
  while (left > 0) {
    int n = epoll_wait(loop, events, 64, PATIENCE_SECONDS * 1000);
    if (n <= 0) fail("The server does not answer");
    for (int i = 0; i < n; i++) {
      long long moved = proceed(events[i].data.ptr);
      if (moved < 0) left--;
      else bytes += moved;
    }
  }
  for (int i = 0; i < clients; i++) {
    reply(&all[i].control, "1");
    reply(&all[i].control, "2");
  }
  report(now() - start, bytes);
  stay();
  for (int i = 0; i < clients; i++) quit(&all[i].control);
}

static void work(int port, int count, int resume) {
  struct control control;
  for (int i = 0; i < count; i++) {
    open_control(&control, port, resume);
    quit(&control);
  }
}

/* Handshakes on the control port, from several processes at once. */
static void handshakes(int port, int count, int jobs, int resume) {
  struct counts *shared =
      mmap(NULL, sizeof *shared * (size_t)jobs, PROT_READ | PROT_WRITE,
           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("Cannot share memory");
  work(port, 1, 0); /* gets the session */
  counts.handshakes = counts.resumed = 0;
  ready();
  double start = now();
  for (int job = 0; job < jobs; job++) {
    pid_t child = fork();
    if (child < 0) fail("Cannot fork");
    if (child > 0) continue;
    work(port, count / jobs + (job < count % jobs), resume);
    shared[job] = counts;
    _exit(0);
  }
  for (int job = 0; job < jobs; job++) {
    int status;
    if (wait(&status) < 0 || status != 0) fail("A client failed");
  }
  double seconds = now() - start;
  for (int job = 0; job < jobs; job++) {
    counts.handshakes += shared[job].handshakes;
    counts.resumed += shared[job].resumed;
  }
  report(seconds, 0);
}

/* The least that "handshakes" needs. */
static void answer(int fd) {
  struct control control = {.fd = fd};
  say(&control, "220 ready");
  line(&control);
  say(&control, "234 go on");
  SSL *ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) != 1) fail("Cannot shake hands");
  control.ssl = ssl;
  line(&control);
  say(&control, "221 bye");
  end(ssl, fd);
}

static void serve(const char *certificate, const char *role, long long bytes) {
  struct sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  context = SSL_CTX_new(TLS_server_method());
  if (context == NULL ||
      SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, certificate, SSL_FILETYPE_PEM) != 1) {
    fail("Cannot prepare TLS");
  }
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, BLOCK);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
      listen(fd, 128) < 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
    perror("listen");
    exit(1);
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int client = accept(fd, NULL, NULL);
    if (client < 0) exit(1);
    if (strcmp(role, "replies") == 0) {
      answer(client);
      continue;
    }
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, client);
    if (SSL_accept(ssl) == 1) {
      if (strcmp(role, "sink") == 0) take(ssl);
      else push(ssl, bytes);
      end(ssl, client);
    } else {
      SSL_free(ssl);
      close(client);
    }
  }
}

int main(int argc, char **argv) {
  const char *role = argc > 1 ? argv[1] : "";
  struct control control;
  signal(SIGPIPE, SIG_IGN);
  memset(block, 'x', sizeof block);
  if (argc > 3 && strcmp(role, "source") == 0) {
    serve(argv[2], role, atoll(argv[3]));
  }
  if (argc > 2 && (strcmp(role, "sink") == 0 || strcmp(role, "replies") == 0)) {
    serve(argv[2], role, 0);
  }
  if (argc < 3) return 2;
  int port = atoi(argv[2]);
  client_context();
  double start = now();
  if (strcmp(role, "fetch") == 0) {
    int fd = connect_to(port);
    SSL *ssl = secure(fd, 0);
    long long bytes = take(ssl);
    report(now() - start, bytes);
  } else if (strcmp(role, "push") == 0 && argc > 3) {
    int fd = connect_to(port);
    SSL *ssl = secure(fd, 0);
    push(ssl, atoll(argv[3]));
    SSL_shutdown(ssl);
    take(ssl); /* the sink closes when it has everything */
    report(now() - start, atoll(argv[3]));
  } else if (strcmp(role, "handshakes") == 0 && argc > 5) {
    handshakes(port, atoi(argv[3]), atoi(argv[4]),
               strcmp(argv[5], "resumed") == 0);
  } else if (argc > 6 && strcmp(role, "many") == 0) {
    many(port, argv[3], argv[4], argv[5], atoi(argv[6]));
  } else if (argc > 5) {
    log_in(&control, port, argv[3], argv[4]);
    counts.handshakes = counts.resumed = 0;
    ready();
    start = now();
    long long bytes = 0;
    if (strcmp(role, "download") == 0) {
      bytes = transfer(&control, argv[5], -1);
    } else if (strcmp(role, "upload") == 0 && argc > 6) {
      bytes = transfer(&control, argv[5], atoll(argv[6]));
    } else if (strcmp(role, "small") == 0 && argc > 6) {
      for (int i = atoi(argv[6]); i > 0; i--) {
        bytes += transfer(&control, argv[5], -1);
      }
    } else {
      return 2;
    }
    report(now() - start, bytes);
    stay();
    quit(&control);
  } else {
    return 2;
  }
  return 0;
}
