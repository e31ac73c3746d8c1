/*
 * The client of "compare": many sessions in one process that waits for all of
 * them at once. It copies nothing: what it receives, the kernel throws away
 * (MSG_TRUNC), and what it sends, the kernel takes from a file in memory, so
 * that what limits is the server.
 *
 *   load_peer PORT USER PASSWORD
 *
 * reads commands, a line each, and answers each with one line of numbers, the
 * first being the seconds that it took:
 *
 *   login N WIDTH spread|plain  N more sessions, WIDTH at a time; spread: from
 *                               further addresses of this machine (127.0.1.1, …)
 *   fetch N TIMES COMMAND       the first N sessions send RETR, LIST or MLSD and
 *                               receive, TIMES times: seconds, bytes, lines
 *                               (0 for RETR, whose bytes nobody looks at)
 *   store N BYTES NAME          the first N sessions send BYTES bytes each to
 *                               the same name: seconds, bytes
 *   noop MS                     the first session sends a NOOP every MS
 *                               milliseconds until a further line comes:
 *                               seconds, count, then median, 99th percentile
 *                               and longest of the times until the replies, ms
 *   quit                        all sessions leave
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (1024 * 1024)
#define LINE 1024
#define EVENTS 256
#define PATIENCE_MS 120000
#define PER_ADDRESS 1000 /* sessions from one address when they are spread */
#define MAX_TIMES 1000000

enum state {
  GREETING, USER, PASS, TYPE, READY,
  PASSIVE, OPENING, MOVING, ENDING, /* of a transfer */
  LEAVING, GONE
};

struct session {
  int fd, data;
  enum state state;
  int again;      /* transfers to come after this one */
  int replied;    /* the transfer's last reply has come */
  long long left; /* bytes to send */
  size_t length;  /* of what has come of a reply */
  char line[LINE];
};

static int port, loop, payload;
static const char *user, *password;
static struct session *sessions;
static int count, capacity, busy;
static char *block;
static const char *transfer; /* the command of the transfers under way */
static int sends, counts_lines;
static long long to_send, bytes, lines;

static void fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs("load_peer: ", stderr);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int connect_from(unsigned source, int to) {
  struct sockaddr_in address;
  int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  if (source != 0) {
    address.sin_addr.s_addr = htonl(source);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
      fail("bind: %s", strerror(errno));
  }
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((unsigned short)to);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
    fail("connect: %s", strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/* The ids of data connections are negative. */
static void watch(int fd, int id, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = id};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

static void say(struct session *s, enum state next, const char *format, ...) {
  char text[LINE];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(text, sizeof text - 2, format, list);
  va_end(list);
  memcpy(text + length, "\r\n", 2);
  s->state = next;
  if (write(s->fd, text, (size_t)length + 2) != length + 2)
    fail("cannot send %s", format);
}

static void begin_login(int spread) {
  unsigned source = 0;
  if (count == capacity) {
    capacity = capacity == 0 ? 64 : capacity * 2;
    sessions = realloc(sessions, (size_t)capacity * sizeof *sessions);
    if (sessions == NULL) fail("out of memory");
  }
  struct session *s = &sessions[count];
  memset(s, 0, sizeof *s);
  if (spread) source = 0x7f000101u + ((unsigned)(count / PER_ADDRESS) << 8);
  s->fd = connect_from(source, port);
  s->data = -1;
  watch(s->fd, count + 1, EPOLLIN);
  count++;
  busy++;
}

static void begin_transfer(struct session *s) {
  s->replied = 0;
  s->left = to_send;
  say(s, PASSIVE, "PASV");
}

static void end_transfer(struct session *s) {
  if (!s->replied || s->data >= 0) return;
  s->state = READY;
  if (--s->again > 0) begin_transfer(s);
  else busy--;
}

static void close_data(struct session *s) {
  close(s->data);
  s->data = -1;
  end_transfer(s);
}

static void on_reply(struct session *s, const char *line) {
  int code = atoi(line), kind = code / 100;
  int id = (int)(s - sessions);
  unsigned high, low;
  const char *open;
  switch (s->state) {
    case GREETING:
      if (kind == 1) return;
      if (kind != 2) break;
      return say(s, USER, "USER %s", user);
    case USER:
      if (kind == 3) return say(s, PASS, "PASS %s", password);
      if (kind != 2) break;
      return say(s, TYPE, "TYPE I");
    case PASS:
      if (kind != 2) break;
      return say(s, TYPE, "TYPE I");
    case TYPE:
      if (kind != 2) break;
      s->state = READY;
      busy--;
      return;
    case READY:
      if (kind != 2) break;
      busy--;
      return;
    case PASSIVE:
      open = strchr(line, '(');
      if (kind != 2 || open == NULL ||
          sscanf(open, "(%*u,%*u,%*u,%*u,%u,%u)", &high, &low) != 2)
        break;
      s->data = connect_from(0, (int)(high * 256 + low));
      say(s, OPENING, "%s", transfer);
      if (!sends) watch(s->data, -id - 1, EPOLLIN);
      return;
    case OPENING:
    case MOVING:
      if (kind == 1) {
        s->state = MOVING;
        if (!sends) return;
        fcntl(s->data, F_SETFL, O_NONBLOCK);
        watch(s->data, -id - 1, EPOLLOUT);
        return;
      }
      if (kind != 2) break;
      s->replied = 1;
      return end_transfer(s);
    case LEAVING:
      if (kind != 2) break;
      close(s->fd);
      s->state = GONE;
      busy--;
      return;
    default:
      break;
  }
  fail("unexpected reply: %s", line);
}

static void on_control(struct session *s) {
  ssize_t n = recv(s->fd, s->line + s->length, LINE - 1 - s->length, 0);
  if (n <= 0) {
    /* Some close at once, without a word, when they are told to. */
    if (s->state != LEAVING) fail("the server hung up");
    close(s->fd);
    s->state = GONE;
    busy--;
    return;
  }
  s->length += (size_t)n;
  for (;;) {
    char *end = memchr(s->line, '\n', s->length), line[LINE];
    if (end == NULL) break;
    size_t used = (size_t)(end - s->line) + 1;
    memcpy(line, s->line, used - 1);
    line[used - 1] = '\0';
    s->length -= used;
    memmove(s->line, end + 1, s->length);
    /* Of a reply of many lines the last one counts: code and space. */
    if (used > 4 && line[0] >= '1' && line[0] <= '5' && line[3] == ' ')
      on_reply(s, line);
    if (s->state == GONE) return;
  }
  if (s->length >= LINE - 1) fail("a line without end");
}

static void receive(struct session *s) {
  int flags = MSG_DONTWAIT | (counts_lines ? 0 : MSG_TRUNC);
  ssize_t n = recv(s->data, block, BLOCK, flags);
  if (n < 0 && errno == EAGAIN) return;
  if (n < 0) fail("data connection: %s", strerror(errno));
  if (n == 0) return close_data(s);
  bytes += n;
  if (!counts_lines) return;
  const char *at = block, *end = block + n;
  while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) at++, lines++;
}

static void transmit(struct session *s) {
  off_t start = 0;
  size_t want = s->left < BLOCK ? (size_t)s->left : BLOCK;
  ssize_t n = want == 0 ? 0 : sendfile(s->data, payload, &start, want);
  if (n < 0 && errno != EAGAIN) fail("data connection: %s", strerror(errno));
  if (n > 0) s->left -= n, bytes += n;
  if (s->left == 0) close_data(s);
}

/* Works until at most `wanted` sessions are busy. */
static void work(int wanted) {
  struct epoll_event events[EVENTS];
  while (busy > wanted) {
    int n = epoll_wait(loop, events, EVENTS, PATIENCE_MS);
    if (n < 0) fail("epoll: %s", strerror(errno));
    if (n == 0) fail("the server does not answer");
    for (int i = 0; i < n; i++) {
      int id = events[i].data.fd;
      struct session *s = &sessions[(id < 0 ? -id : id) - 1];
      if (id > 0) on_control(s);
      else if (s->data < 0) continue;
      else if (sends) transmit(s);
      else receive(s);
    }
  }
}

static void login(int many, int width, int spread) {
  double start = now();
  for (int i = 0; i < many; i++) {
    work(width - 1);
    begin_login(spread);
  }
  work(0);
  printf("%.6f\n", now() - start);
}

static void move(int many, int times, int upload, long long size) {
  double start = now();
  sends = upload;
  to_send = size;
  bytes = lines = 0;
  counts_lines = !upload && strncmp(transfer, "RETR", 4) != 0;
  if (many > count) fail("there are only %d sessions", count);
  busy = many;
  for (int i = 0; i < many; i++) {
    sessions[i].again = times;
    begin_transfer(&sessions[i]);
  }
  work(0);
  printf("%.6f %lld %lld\n", now() - start, bytes, lines);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void noop(int every_ms) {
  static double times[MAX_TIMES];
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  double start = now();
  int taken = 0;
  char line[LINE];
  if (count == 0) fail("there is no session");
  do {
    double sent = now();
    busy = 1;
    say(&sessions[0], READY, "NOOP");
    work(0);
    times[taken++] = (now() - sent) * 1000;
  } while (taken < MAX_TIMES && poll(&input, 1, every_ms) == 0);
  if (fgets(line, sizeof line, stdin) == NULL) exit(0);
  double took = now() - start;
  qsort(times, (size_t)taken, sizeof *times, ascending);
  printf("%.6f %d %.3f %.3f %.3f\n", took, taken, times[taken / 2],
         times[(long)taken * 99 / 100], times[taken - 1]);
}

static void quit(void) {
  double start = now();
  busy = count;
  for (int i = 0; i < count; i++) say(&sessions[i], LEAVING, "QUIT");
  work(0);
  count = 0;
  printf("%.6f\n", now() - start);
}

static void make_payload(void) {
  payload = memfd_create("payload", 0);
  block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (payload < 0 || block == MAP_FAILED) fail("out of memory");
  memset(block, 'x', BLOCK);
  if (write(payload, block, BLOCK) != BLOCK) fail("out of memory");
}

int main(int argc, char **argv) {
  struct rlimit files;
  char line[LINE], word[16];
  if (argc != 4) return 2;
  port = atoi(argv[1]);
  user = argv[2];
  password = argv[3];
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  /* `noop` looks for input with poll(), so nothing may lie in a buffer. */
  setvbuf(stdin, NULL, _IONBF, 0);
  loop = epoll_create1(0);
  make_payload();
  while (fgets(line, sizeof line, stdin) != NULL) {
    int a = 0, b = 0, at = 0;
    long long size = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "login %d %d %15s", &a, &b, word) == 3 && b > 0)
      login(a, b, strcmp(word, "spread") == 0);
    else if (sscanf(line, "fetch %d %d %n", &a, &b, &at) == 2 && at > 0) {
      transfer = line + at;
      move(a, b, 0, 0);
    } else if (sscanf(line, "store %d %lld %n", &a, &size, &at) == 2 && at > 0) {
      char command[LINE + 8];
      snprintf(command, sizeof command, "STOR %s", line + at);
      transfer = command;
      move(a, 1, 1, size);
    } else if (sscanf(line, "noop %d", &a) == 1) noop(a);
    else if (strcmp(line, "quit") == 0) quit();
    else fail("unknown command '%s'", line);
    fflush(stdout);
  }
  return 0;
}
