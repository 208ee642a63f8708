/* A server of exactly known service time, fast enough to be nobody's limit: one thread, epoll, timerfd, kernel stamps.
 *
 *   POST /delay?ms=20&size=1024            answers so many ms after the first byte of the request was received
 *   POST /stall?ms=5&every=10&for=1        the same, but nothing is answered during the last `for` of each `every` s
 *   POST /infer/...                        as /delay, after as many ms as /reset was told, for a client that asks there
 *   GET  /model/registry                   the model that such a client wants to see; not counted, nor is what follows
 *   GET  /reset?ms=20                      forgets what was taken until now
 *   GET  /truth                            what requests really took since, from the kernel's stamp of their first byte
 *                                          until the answer was handed to the kernel: count, p50 and p99 in ms
 *   GET  /log                              the same of each of them: pairs of 64-bit numbers, in the order in which they
 *                                          were answered: when the first byte came, ns of CLOCK_MONOTONIC, and ns taken
 *
 * It prints its port and serves until its standard input ends. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define HEAD 8192
#define MOST 1024
#define KEPT (1 << 22)
#define SECOND 1000000000LL

typedef struct {
  int fd, used;           /* bytes of the head that are there */
  char head[HEAD];
  int64_t left;           /* of the body */
  int64_t arrived, due;   /* ns of CLOCK_MONOTONIC; due 0: nothing to answer */
  int size, sent, total, timed;
  char *answer;
} Caller;

static Caller callers[MOST];
static int heap[MOST], heaped;
static int poller, timer;
static int64_t began, ahead, *taken, *arrivals;
static int64_t count;
static double usual; /* ms */
static char scratch[1 << 20];
static const char *models = "{\"models\": [{\"model_id\": \"timed/1\", \"task_type\": \"object-detection\"}]}";

static int64_t clock_of(clockid_t which) {
  struct timespec now;
  clock_gettime(which, &now);
  return now.tv_sec * SECOND + now.tv_nsec;
}
static int64_t now(void) { return clock_of(CLOCK_MONOTONIC); }

/* How far the realtime clock, in which the kernel stamps, is ahead of ours: the quickest of a few looks. */
static void compare_clocks(void) {
  int64_t best = SECOND;
  for (int look = 0; look < 5; look++) {
    int64_t before = now(), real = clock_of(CLOCK_REALTIME), after = now();
    if (after - before < best) { best = after - before; ahead = real - (before + after) / 2; }
  }
}

/* Which of two is answered first: what came first, where both are due at once. */
static int before(int one, int other) {
  const Caller *a = &callers[heap[one]], *b = &callers[heap[other]];
  return a->due != b->due ? a->due < b->due : a->arrived < b->arrived;
}
static void swap(int one, int other) { int held = heap[one]; heap[one] = heap[other]; heap[other] = held; }
static void sift(int place) {
  for (int below; place && before(place, below = (place - 1) / 2); place = below) swap(place, below);
}
static int pop(void) {
  int first = heap[0];
  heap[0] = heap[--heaped];
  for (int place = 0, child; (child = 2 * place + 1) < heaped; place = child) {
    if (child + 1 < heaped && before(child + 1, child)) child++;
    if (!before(child, place)) break;
    swap(place, child);
  }
  return first;
}
static void arm(void) {
  struct itimerspec at = {0};
  if (heaped) {
    int64_t due = callers[heap[0]].due;
    at.it_value.tv_sec = due / SECOND; at.it_value.tv_nsec = due % SECOND;
  }
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void watch(Caller *one, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = one};
  epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &event);
}
/* It may still be in the heap: then nobody is answered, and only afterwards its place is taken by another. */
static void drop(Caller *one) { close(one->fd); one->fd = -1; }

static void push(Caller *one) {
  while (one->sent < one->total) {
    ssize_t done = send(one->fd, one->answer + one->sent, one->total - one->sent, MSG_NOSIGNAL);
    if (done < 0 && errno == EAGAIN) { watch(one, EPOLLOUT); return; }
    if (done < 0) { close(one->fd); one->fd = -1; break; }
    one->sent += done;
  }
  if (one->fd >= 0) watch(one, EPOLLIN);
  free(one->answer);
  one->answer = NULL;
}

static void answer(Caller *one, const char *body, int size) {
  int64_t took = now() - one->arrived;
  one->due = 0;
  if (one->fd < 0) return;
  one->answer = malloc(size + 256);
  int head = sprintf(one->answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                     "X-Processing-Time: %.9f\r\n\r\n", size, took / 1e9);
  if (body) memcpy(one->answer + head, body, size); else memset(one->answer + head, ' ', size);
  if (!body && size >= 2) memcpy(one->answer + head, "{}", 2);
  one->sent = 0;
  one->total = head + size;
  if (one->timed && count < KEPT) { arrivals[count] = one->arrived; taken[count++] = now() - one->arrived; }
  push(one);
}

static double asked(const char *head, const char *name, double otherwise) {
  const char *end = strstr(head, "\r\n"), *found = strstr(head, name);
  return found && found < end ? atof(found + strlen(name)) : otherwise;
}

static int ordered(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}
static void tell(Caller *one) {
  char body[256];
  int64_t *sorted = malloc(sizeof *sorted * (count + 1));
  memcpy(sorted, taken, sizeof *sorted * count);
  qsort(sorted, count, sizeof *sorted, ordered);
  double p50 = count ? sorted[count / 2] / 1e6 : 0, p99 = count ? sorted[count * 99 / 100] / 1e6 : 0;
  free(sorted);
  int size = sprintf(body, "{\"count\": %lld, \"p50\": %.6f, \"p99\": %.6f}", (long long)count, p50, p99);
  answer(one, body, size);
}
static void log_all(Caller *one) {
  int64_t *pairs = malloc(2 * sizeof *pairs * (count + 1));
  for (int64_t each = 0; each < count; each++) { pairs[2 * each] = arrivals[each]; pairs[2 * each + 1] = taken[each]; }
  answer(one, (char *)pairs, 2 * sizeof *pairs * count);
  free(pairs);
}

static void take(Caller *one) {
  one->used = 0;
  one->timed = 0;
  if (!strncmp(one->head, "GET /reset", 10)) { count = 0; usual = asked(one->head, "ms=", 0); answer(one, "{}", 2); return; }
  if (!strncmp(one->head, "GET /model/registry", 19)) { answer(one, models, strlen(models)); return; }
  if (!strncmp(one->head, "GET /truth", 10)) { tell(one); return; }
  if (!strncmp(one->head, "GET /log", 8)) { log_all(one); return; }
  one->timed = 1;
  one->size = asked(one->head, "size=", 1024);
  int64_t due = one->arrived + asked(one->head, "ms=", strncmp(one->head + 5, "/infer", 6) ? 0 : usual) * 1e6;
  if (!strncmp(one->head + 5, "/stall", 6)) {
    int64_t every = asked(one->head, "every=", 10) * SECOND, length = asked(one->head, "for=", 1) * SECOND;
    int64_t within = (due - began) % every;
    if (within >= every - length) due += every - within;
  }
  if (due <= now()) { answer(one, NULL, one->size); return; }
  one->due = due;
  heap[heaped++] = one - callers;
  sift(heaped - 1);
  if (heap[0] == one - callers) arm();
}

static void read_head(Caller *one) {
  char room[CMSG_SPACE(sizeof(struct timespec))];
  struct iovec into = {one->head + one->used, HEAD - 1 - one->used};
  struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  ssize_t got = recvmsg(one->fd, &message, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { drop(one); return; }
  if (!one->used) {
    one->arrived = now();
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (part && part->cmsg_type == SO_TIMESTAMPNS) {
      struct timespec *stamp = (struct timespec *)CMSG_DATA(part);
      one->arrived = stamp->tv_sec * SECOND + stamp->tv_nsec - ahead;
    }
  }
  one->used += got;
  one->head[one->used] = 0;
  char *end = strstr(one->head, "\r\n\r\n");
  if (!end) { if (one->used >= HEAD - 1) drop(one); return; }
  char *length = strcasestr(one->head, "\r\ncontent-length:");
  one->left = length && length < end ? atoll(length + 17) : 0;
  one->left -= one->head + one->used - (end + 4);
  if (one->left <= 0) { one->left = 0; take(one); }
}

static void read_from(Caller *one) {
  if (!one->left) { read_head(one); return; }
  size_t most = one->left < (int64_t)sizeof scratch ? (size_t)one->left : sizeof scratch;
  ssize_t got = recv(one->fd, scratch, most, MSG_TRUNC); /* thrown away by the kernel: it is not even copied */
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { drop(one); return; }
  one->left -= got;
  if (!one->left) take(one);
}

static void accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1, place = 0;
  if (fd < 0) return;
  while (place < MOST && (callers[place].fd >= 0 || callers[place].due)) place++;
  if (place == MOST) { close(fd); return; }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  memset(&callers[place], 0, offsetof(Caller, head));
  callers[place].fd = fd;
  callers[place].left = callers[place].due = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &callers[place]};
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof here;
  bind(listener, (struct sockaddr *)&here, sizeof here);
  listen(listener, MOST);
  getsockname(listener, (struct sockaddr *)&here, &length);
  printf("%d\n", ntohs(here.sin_port));
  fflush(stdout);
  taken = malloc(sizeof *taken * KEPT);
  arrivals = malloc(sizeof *arrivals * KEPT);
  for (int place = 0; place < MOST; place++) callers[place].fd = -1;
  poller = epoll_create1(0);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  static char is_listener, is_timer, is_input;
  struct epoll_event of_listener = {.events = EPOLLIN, .data.ptr = &is_listener};
  struct epoll_event of_timer = {.events = EPOLLIN, .data.ptr = &is_timer};
  struct epoll_event of_input = {.events = EPOLLIN, .data.ptr = &is_input};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &of_listener);
  epoll_ctl(poller, EPOLL_CTL_ADD, timer, &of_timer);
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &of_input);
  began = now();
  compare_clocks();
  int64_t compared = began;
  for (;;) {
    struct epoll_event events[256];
    int found = epoll_wait(poller, events, 256, 100);
    for (int each = 0; each < found; each++) {
      void *what = events[each].data.ptr;
      if (what == &is_input) return 0;
      if (what == &is_listener) accept_one(listener);
      else if (what == &is_timer) { uint64_t times; if (read(timer, &times, sizeof times) < 0) continue; }
      else if (((Caller *)what)->fd >= 0) {
        if (events[each].events & EPOLLOUT) push(what); else read_from(what);
      }
    }
    int any = 0;
    while (heaped && callers[heap[0]].due <= now()) { Caller *one = &callers[pop()]; answer(one, NULL, one->size); any = 1; }
    if (any) arm();
    if (now() - compared > SECOND / 10) { compare_clocks(); compared = now(); }
  }
}
