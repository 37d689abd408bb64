/*
 * The connections of this process, and one call on one of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge.h"

/* Unused connections that stay open for the next call. A program that once asked much does not keep them from others. */
#define IDLE_MAX 4

/* A connection belongs to the process that opened it, and to its user then: the agent knows it by the credentials of that moment. */
struct connection {
  enum { FREE, IDLE, BUSY } state;
  int fd;
  uint64_t inode;
  pid_t owner;
  uid_t user;
  struct sockaddr_un place;
};

/* `changed` says that a connection became free, that calls were stopped, or that a thread of the add-on ended. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct connection connections[CONNECTIONS_MAX];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

void lock_pool(void) { pthread_mutex_lock(&pool.lock); }
void unlock_pool(void) { pthread_mutex_unlock(&pool.lock); }
void wait_for_pool(void) { pthread_cond_wait(&pool.changed, &pool.lock); }
void tell_pool(void) { pthread_cond_broadcast(&pool.changed); }

/* The number of a socket in the kernel. 0 for anything that is no socket. */
static uint64_t inode_of(int fd) {
  struct statx found;
  bool is_socket = statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &found) == 0 && S_ISSOCK(found.stx_mode);
  return is_socket ? found.stx_ino : 0;
}

/* A program may close every descriptor, and then open something else under the number. No secret must go there, and it must stay open. */
static bool is_open(const struct connection *connection) {
  return connection->fd >= 0 && inode_of(connection->fd) == connection->inode;
}

/* A forked child closes its copies. Otherwise the agent would not see the end of a connection of the parent. The parent's go on. */
static void begin_child(void) {
  for (int at = 0; at < CONNECTIONS_MAX; at++)
    if (pool.connections[at].state != FREE && is_open(&pool.connections[at])) close(pool.connections[at].fd);
  memset(pool.connections, 0, sizeof pool.connections);
  pthread_mutex_init(&pool.lock, NULL);
  pthread_cond_init(&pool.changed, NULL);
}

__attribute__((constructor)) static void watch_forks(void) { pthread_atfork(lock_pool, unlock_pool, begin_child); }

/* The pool's lock is held. shutdown() ends a connection for its other holders too, so only its owner does that. */
static void free_connection(struct connection *connection) {
  if (is_open(connection)) {
    if (connection->owner == getpid()) shutdown(connection->fd, SHUT_RDWR);
    close(connection->fd);
  }
  *connection = (struct connection){.state = FREE, .fd = -1};
}

/* An agent that ended, or that sent what nobody asked for. */
static bool is_stale(int fd) {
  uint8_t byte;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

/*
 * A child of clone() runs none of the functions above, so the owner is compared too. A program may change its place, and become another
 * user, who must not use the agent of the former one.
 */
static bool is_fit(const struct connection *connection, const struct sockaddr_un *place) {
  return is_open(connection) && connection->owner == getpid() && connection->user == geteuid() &&
         strcmp(connection->place.sun_path, place->sun_path) == 0 && !is_stale(connection->fd);
}

/* The pool's lock is held. Returns a fit connection, or else a free entry. NULL where every one is busy. */
static struct connection *pick(const struct sockaddr_un *place, bool fresh) {
  struct connection *unused = NULL;
  for (struct connection *one = pool.connections; one < pool.connections + CONNECTIONS_MAX; one++) {
    if (one->state == IDLE && !fresh && is_fit(one, place)) return one;
    if (one->state == IDLE) free_connection(one);
    if (one->state == FREE && unused == NULL) unused = one;
  }
  return unused;
}

/* Waits for one of the connections. NULL where the call was stopped meanwhile. */
static struct connection *take(const struct sockaddr_un *place, bool fresh, struct stop *stop) {
  struct connection *taken = NULL;
  lock_pool();
  while (!stop->stopped && (taken = pick(place, fresh)) == NULL) wait_for_pool();
  if (stop->stopped) taken = NULL;
  if (taken != NULL && taken->state == FREE) *taken = (struct connection){.fd = -1, .owner = getpid(), .user = geteuid(), .place = *place};
  if (taken != NULL) taken->state = BUSY;
  stop->at = taken;
  unlock_pool();
  return taken;
}

static void give_back(struct connection *taken, bool keep, struct stop *stop) {
  lock_pool();
  int idle = 0;
  for (int at = 0; at < CONNECTIONS_MAX; at++) idle += pool.connections[at].state == IDLE;
  if (keep && idle < IDLE_MAX) taken->state = IDLE;
  else free_connection(taken);
  stop->at = NULL;
  tell_pool();
  unlock_pool();
}

/* Under the lock, so that a fork in another thread knows of the socket. */
static enum outcome open_socket(struct connection *taken, const struct stop *stop) {
  lock_pool();
  if (!stop->stopped) taken->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (taken->fd >= 0) taken->inode = inode_of(taken->fd);
  bool stopped = stop->stopped;
  unlock_pool();
  if (stopped) return LOST;
  return taken->fd < 0 ? NO_MEMORY : ANSWERED;
}

/* The pool's lock is held. The call ends at its next step. */
void stop_call(struct stop *stop) {
  stop->stopped = true;
  if (stop->at != NULL && is_open(stop->at)) shutdown(stop->at->fd, SHUT_RDWR);
  tell_pool();
}

static enum outcome open_connection(struct connection *taken, const struct stop *stop) {
  enum outcome outcome = check_place(&taken->place);
  if (outcome == ANSWERED) outcome = open_socket(taken, stop);
  return outcome == ANSWERED ? dial(taken->fd, &taken->place) : outcome;
}

static enum outcome ask(int fd, const uint8_t *message, size_t size, struct line *answer) {
  enum outcome outcome = send_line(fd, message, size);
  if (outcome == ANSWERED) outcome = receive_line(fd, LINE_BYTES_MAX, answer);
  if (outcome == ANSWERED && !begins_with(answer, "{\"success\":")) outcome = NO_ENVELOPE;
  return outcome;
}

/* One call on one connection. `reused` says whether it was open before. */
static enum outcome ask_once(const struct sockaddr_un *place, bool fresh, const uint8_t *message, size_t size, struct line *answer,
                             struct stop *stop, bool *reused) {
  struct connection *taken = take(place, fresh, stop);
  if (taken == NULL) return LOST;
  *reused = taken->fd >= 0;
  enum outcome outcome = *reused ? ANSWERED : open_connection(taken, stop);
  if (outcome == ANSWERED) outcome = ask(taken->fd, message, size, answer);
  give_back(taken, outcome == ANSWERED, stop);
  return outcome;
}

/*
 * Sends the message and receives the answer. An agent that was restarted has closed the open connections. A request on such a one is sent
 * once more on a new connection, but only if the former agent cannot have read all of it: an agent acts on whole lines alone. In every
 * other case the request may have been done, so the caller learns that the answer is lost.
 */
enum outcome exchange(const struct sockaddr_un *place, const uint8_t *message, size_t size, struct line *answer, struct stop *stop) {
  if (size == 0) return EMPTY;
  if (size > LINE_BYTES_MAX) return TOO_LARGE;
  bool reused = false;
  enum outcome outcome = ask_once(place, false, message, size, answer, stop, &reused);
  if (outcome == UNREAD && reused) outcome = ask_once(place, true, message, size, answer, stop, &reused);
  if (outcome != ANSWERED) wipe_line(answer);
  return outcome;
}
