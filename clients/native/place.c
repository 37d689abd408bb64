/*
 * Where the agent's socket lies, by the rules of protocol/socket-path.ts, and whether it is this user's own. Of those rules this knows
 * the usual cases only. A path that needs a thought goes to the Node command, as does a socket that cannot be trusted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native.h"

/* Absolute, in UTF-8, and in a form of which every rule makes the same. */
static bool is_usual(const char *path) {
  size_t length = strlen(path);
  if (length < 2 || path[0] != '/' || path[length - 1] == '/' || path[length - 1] == '\\') return false;
  return strstr(path, "//") == NULL && is_utf8(path);
}

static bool put_path(struct sockaddr_un *place, const char *folder, const char *rest) {
  if (!is_usual(folder)) return false;
  memset(place, 0, sizeof *place);
  place->sun_family = AF_UNIX;
  int length = snprintf(place->sun_path, sizeof place->sun_path, "%s%s", folder, rest);
  return length > 0 && (size_t)length < sizeof place->sun_path;
}

/* After `su` or `sudo -E` the variable may still name the folder of the former user. */
static bool may_be_of_other_user(const char *runtime) {
  static const char users[] = "/run/user/";
  if (strncmp(runtime, users, sizeof users - 1) != 0) return false;
  char own[64];
  snprintf(own, sizeof own, "%s%lu", users, (unsigned long)getuid());
  return strcmp(runtime, own) != 0;
}

bool find_place(struct sockaddr_un *place) {
  const char *user_home = getenv("HOME"), *socket = getenv("POSTERN_SOCKET"), *home = getenv("POSTERN_HOME");
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  if (user_home == NULL || !is_usual(user_home) || getuid() != geteuid()) return false;
  if (socket != NULL) return put_path(place, socket, "");
  if (home != NULL) return put_path(place, home, "/run/agent.sock");
  if (runtime == NULL) return put_path(place, user_home, "/.postern/agent.sock");
  return !may_be_of_other_user(runtime) && put_path(place, runtime, "/postern/agent.sock");
}

/* Another user who made the socket, or who may write to its folder, would read every request. A link is no socket. */
bool is_ours(const struct sockaddr_un *place) {
  struct sockaddr_un folder = *place;
  struct stat found;
  if (lstat(place->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode) || found.st_uid != getuid()) return false;
  char *slash = strrchr(folder.sun_path, '/');
  slash[slash == folder.sun_path ? 1 : 0] = '\0';
  if (lstat(folder.sun_path, &found) != 0 || !S_ISDIR(found.st_mode)) return false;
  return found.st_uid == getuid() && (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}
