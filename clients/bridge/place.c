/*
 * Where the agent's socket lies, by the rules of protocol/socket-path.ts, and whether it can be trusted.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge.h"

/* Bytes for one entry of the list of users. glibc itself advises 1 KiB. */
#define USER_BYTES 16384

static bool is_absolute(const char *path) { return path != NULL && path[0] == '/'; }

static size_t length_without_slashes(const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  return length;
}

static bool put_path(struct sockaddr_un *place, const char *folder, const char *rest) {
  size_t length = length_without_slashes(folder), more = strlen(rest);
  if (length + more >= sizeof place->sun_path) return false;
  memset(place, 0, sizeof *place);
  place->sun_family = AF_UNIX;
  memcpy(place->sun_path, folder, length);
  memcpy(place->sun_path + length, rest, more);
  return true;
}

/* After `su` or `sudo -E` the variable still names the folder of the former user, which must not be used. */
static bool is_of_other_user(const char *runtime) {
  static const char users[] = "/run/user/";
  if (strncmp(runtime, users, sizeof users - 1) != 0) return false;
  const char *digits = runtime + sizeof users - 1;
  size_t count = strspn(digits, "0123456789");
  if (count == 0 || digits[count + strspn(digits + count, "/")] != '\0') return false;
  return strtoull(digits, NULL, 10) != geteuid();
}

static bool put_below_home(struct sockaddr_un *place) {
  const char *home = secure_getenv("HOME");
  if (home != NULL) return is_absolute(home) && put_path(place, home, "/.postern/agent.sock");
  struct passwd entry, *found = NULL;
  char text[USER_BYTES];
  if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) != 0 || found == NULL) return false;
  return is_absolute(found->pw_dir) && put_path(place, found->pw_dir, "/.postern/agent.sock");
}

/*
 * A variable of ours that is empty or relative is an error: the person meant another place, and would otherwise work on the real account.
 * secure_getenv() gives nothing in a program that runs with more rights than its starter.
 */
bool find_place(struct sockaddr_un *place) {
  const char *socket = secure_getenv("POSTERN_SOCKET");
  if (socket != NULL) return is_absolute(socket) && put_path(place, socket, "");
  const char *home = secure_getenv("POSTERN_HOME");
  if (home != NULL) return is_absolute(home) && put_path(place, home, "/run/agent.sock");
  const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
  if (is_absolute(runtime) && !is_of_other_user(runtime)) return put_path(place, runtime, "/postern/agent.sock");
  return put_below_home(place);
}

/* statx() and not stat(): compiled against a newer glibc, stat() would not load with an older one. */
static enum outcome look(const char *path, struct statx *found) {
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID, found) == 0) return ANSWERED;
  return errno == ENOENT || errno == ENOTDIR ? NO_AGENT : UNTRUSTED;
}

static bool is_ours_alone(const struct statx *found, mode_t type) {
  return (found->stx_mode & S_IFMT) == type && found->stx_uid == geteuid() && (found->stx_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* Another user who made the socket, or who may write to its folder, would read every request. */
enum outcome check_place(const struct sockaddr_un *place) {
  struct sockaddr_un folder = *place;
  char *slash = strrchr(folder.sun_path, '/');
  slash[slash == folder.sun_path ? 1 : 0] = '\0';
  struct statx found;
  enum outcome outcome = look(place->sun_path, &found);
  if (outcome != ANSWERED) return outcome;
  if (!is_ours_alone(&found, S_IFSOCK)) return UNTRUSTED;
  outcome = look(folder.sun_path, &found);
  if (outcome != ANSWERED) return outcome;
  return is_ours_alone(&found, S_IFDIR) ? ANSWERED : UNTRUSTED;
}
