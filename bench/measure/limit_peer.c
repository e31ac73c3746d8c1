/*
 * The limit of "compare": an FTP server that does nothing but answer. Files go
 * out by sendfile(2), uploads are thrown away by the kernel, listings are made
 * at the start, all in one process that waits for everybody at once. A number
 * near its own tells about the client or the kernel, not about a server.
 *
 *   limit_peer PORT FOLDER ENTRIES
 *
 * FOLDER is what names of RETR are below; LIST and MLSD have ENTRIES lines.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (1024 * 1024)
#define BIG (64 * 1024 * 1024)
#define LINE 512
#define EVENTS 256

enum role { LISTENER, CONTROL, DATA };

struct session;

/* What epoll hands back. */
struct end {
  enum role role;
  int fd;
  struct session *session;
};

struct session {
  struct end control, data;
  int listener, port; /* passive; the same one for all transfers */
  int file;           /* what goes out; -1 for a listing or an upload */
  int receives;
  off_t at, size;
  size_t length;
  char line[LINE];
};

static int loop;
static const char *folder;
static char *listing, block[BLOCK];
static size_t listing_size;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(struct end *end, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = end};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, end->fd, &event) < 0) fail("epoll");
}

static int listen_at(int port, int *chosen) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
      listen(fd, 4096) < 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) < 0)
    fail("listen");
  *chosen = ntohs(address.sin_port);
  return fd;
}

static void say(struct session *s, const char *line) {
  ssize_t n = write(s->control.fd, line, strlen(line));
  (void)n; /* whoever has left is noticed when his line is read */
}

/* It is not freed: a later event of the same round may name it. */
static void leave(struct session *s) {
  if (s->data.fd >= 0) close(s->data.fd);
  if (s->listener >= 0) close(s->listener);
  if (s->file >= 0) close(s->file);
  close(s->control.fd);
  s->control.fd = -1;
}

static void finish(struct session *s) {
  close(s->data.fd);
  s->data.fd = -1;
  if (s->file >= 0) close(s->file);
  s->file = -1;
  say(s, "226 done\r\n");
}

/* A big file goes out in one loop that waits: nobody else is measured then. */
static void send_all(struct session *s) {
  fcntl(s->data.fd, F_SETFL, 0);
  while (s->at < s->size)
    if (sendfile(s->data.fd, s->file, &s->at, BIG) <= 0) break;
  finish(s);
}

static void move(struct session *s) {
  ssize_t n;
  if (s->file >= 0 && s->size > BIG) return send_all(s);
  if (s->receives) {
    while ((n = recv(s->data.fd, block, BLOCK, MSG_TRUNC | MSG_DONTWAIT)) > 0)
      ;
    if (n == 0) finish(s);
    return;
  }
  if (s->file >= 0)
    n = sendfile(s->data.fd, s->file, &s->at, BLOCK);
  else {
    n = send(s->data.fd, listing + s->at, (size_t)(s->size - s->at),
             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) s->at += n;
  }
  if ((n < 0 && errno != EAGAIN) || s->at == s->size) finish(s);
}

static void transfer(struct session *s, char verb, const char *name) {
  char path[LINE + 4096];
  struct stat stat;
  s->receives = verb == 'S';
  s->at = 0;
  s->size = (off_t)listing_size;
  if (verb == 'R') {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    s->file = open(path, O_RDONLY);
    if (s->file < 0 || fstat(s->file, &stat) < 0) {
      say(s, "550 not there\r\n");
      return;
    }
    s->size = stat.st_size;
  }
  /* The client has connected before it asked. */
  s->data.fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK);
  if (s->data.fd < 0) fail("accept");
  say(s, "150 here it comes\r\n");
  watch(&s->data, s->receives ? EPOLLIN : EPOLLOUT);
}

static void passive(struct session *s) {
  char text[80];
  if (s->listener < 0) s->listener = listen_at(0, &s->port);
  snprintf(text, sizeof text, "227 here (127,0,0,1,%d,%d)\r\n", s->port / 256,
           s->port % 256);
  say(s, text);
}

static void on_line(struct session *s, const char *line) {
  if (strncmp(line, "USER", 4) == 0) say(s, "331 go on\r\n");
  else if (strncmp(line, "PASS", 4) == 0) say(s, "230 welcome\r\n");
  else if (strncmp(line, "PASV", 4) == 0) passive(s);
  else if (strncmp(line, "RETR ", 5) == 0) transfer(s, 'R', line + 5);
  else if (strncmp(line, "STOR ", 5) == 0) transfer(s, 'S', line + 5);
  else if (line[0] == 'L' || line[0] == 'M') transfer(s, 'L', "");
  else if (strncmp(line, "QUIT", 4) == 0) {
    say(s, "221 bye\r\n");
    leave(s);
  } else say(s, "200 fine\r\n");
}

/* 0 when the session is over. */
static int on_control(struct session *s) {
  ssize_t n = read(s->control.fd, s->line + s->length, LINE - 1 - s->length);
  if (n <= 0) {
    leave(s);
    return 0;
  }
  s->length += (size_t)n;
  char *end;
  while ((end = memchr(s->line, '\n', s->length)) != NULL) {
    char line[LINE];
    size_t used = (size_t)(end - s->line) + 1;
    memcpy(line, s->line, used);
    line[used - 1] = '\0';
    line[strcspn(line, "\r")] = '\0';
    s->length -= used;
    memmove(s->line, end + 1, s->length);
    on_line(s, line);
    if (s->control.fd < 0) return 0;
  }
  return 1;
}

static void greet(int listener) {
  int on = 1, fd = accept(listener, NULL, NULL);
  struct session *s = calloc(1, sizeof *s);
  if (fd < 0 || s == NULL) fail("accept");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  s->control = (struct end){CONTROL, fd, s};
  s->data = (struct end){DATA, -1, s};
  s->listener = s->file = -1;
  watch(&s->control, EPOLLIN);
  say(s, "220 ready\r\n");
}

static void make_listing(int entries) {
  listing = malloc((size_t)entries * 80 + 1);
  if (listing == NULL) fail("malloc");
  for (int i = 0; i < entries; i++)
    listing_size += (size_t)sprintf(
        listing + listing_size,
        "-rw-r--r--   1 root     root            0 Jan 01 00:00 file%07d.txt\r\n",
        i);
}

int main(int argc, char **argv) {
  struct rlimit files;
  struct epoll_event events[EVENTS];
  int port;
  if (argc != 4) return 2;
  folder = argv[2];
  make_listing(atoi(argv[3]));
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  loop = epoll_create1(0);
  struct end server = {LISTENER, listen_at(atoi(argv[1]), &port), NULL};
  watch(&server, EPOLLIN);
  for (;;) {
    int n = epoll_wait(loop, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct end *end = events[i].data.ptr;
      if (end->role == LISTENER) greet(end->fd);
      /* A session that ended in this round has no descriptors any more. */
      else if (end->fd < 0) continue;
      else if (end->role == DATA) move(end->session);
      else on_control(end->session);
    }
  }
}
