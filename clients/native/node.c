/*
 * Becomes the Node command, whose file lies in the package above this program. The kernel reads its first line, which moves NODE_OPTIONS.
 * So there is one place for every message, question and exit code.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "native.h"

/* This program is <package>/native/<platform>/postern. */
#define FOLDERS_UP 3
#define COMMAND "/postern.js"
/* Shells use these codes for a program that cannot be started. */
#define NOT_EXECUTABLE 126
#define NOT_FOUND 127

#define AT_START "POSTERN_AT_START="

static bool find_command(char *path, size_t room) {
  ssize_t length = readlink("/proc/self/exe", path, room - sizeof COMMAND);
  if (length <= 0 || (size_t)length >= room - sizeof COMMAND) return false;
  path[length] = '\0';
  for (int up = 0; up < FOLDERS_UP; up++) {
    char *slash = strrchr(path, '/');
    if (slash == NULL) return false;
    *slash = '\0';
  }
  strcat(path, COMMAND);
  return true;
}

static bool runs_program(char **words) {
  for (; *words != NULL && strcmp(*words, "--") != 0; words++)
    if (strcmp(*words, "run") == 0) return true;
  return false;
}

/*
 * The limit of open files and the ignored signals at this process's start, which Node changes before its first line. They hold for this
 * process only: in another one the number does not fit, and the text says nothing.
 */
static void write_start(char *text, size_t room) {
  struct rlimit files = {0, 0};
  getrlimit(RLIMIT_NOFILE, &files);
  unsigned long ignored = 0;
  for (int signal = 1; signal < 32; signal++) {
    struct sigaction found;
    if (sigaction(signal, NULL, &found) == 0 && found.sa_handler == SIG_IGN) ignored |= 1UL << (signal - 1);
  }
  snprintf(text, room, AT_START "%d:%llu:%lx", (int)getpid(), (unsigned long long)files.rlim_cur, ignored);
}

/* The variables with that text. Where there are too many of them, they stay as they are. */
static char **with_start(char **variables) {
  static char *all[VARIABLES_MAX + 2];
  static char start[96];
  size_t count = 0;
  for (char **one = variables; *one != NULL; one++) {
    if (count == VARIABLES_MAX) return variables;
    if (strncmp(*one, AT_START, sizeof AT_START - 1) != 0) all[count++] = *one;
  }
  write_start(start, sizeof start);
  all[count] = start;
  all[count + 1] = NULL;
  return all;
}

_Noreturn void become_node_command(char **words, char **variables) {
  static char *alone[] = {"postern", NULL};
  char path[PATH_MAX + sizeof COMMAND];
  give_back();
  if (!find_command(path, sizeof path)) _exit(NOT_FOUND);
  if (words[0] == NULL) words = alone;
  execve(path, words, runs_program(words + 1) ? with_start(variables) : variables);
  _exit(errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}
