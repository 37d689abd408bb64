/*
 * Times programs from their start to their end: fresh ROUNDS RUNS PROGRAM… ; PROGRAM… ; …
 *
 * Each round starts each program RUNS times in a row, after two starts that do not count. Prints a line for each program: its index and the
 * microseconds of each start, or -1 for one that failed.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNCOUNTED 2

extern char **environ;

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Its output goes nowhere. */
static double time_us(char **words) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid;
  int status = 1;
  double before = now_us();
  if (posix_spawnp(&pid, words[0], &actions, NULL, words, environ) == 0) waitpid(pid, &status, 0);
  double took = now_us() - before;
  posix_spawn_file_actions_destroy(&actions);
  return status == 0 ? took : -1;
}

int main(int count, char **words) {
  if (count < 4) return 2;
  int rounds = atoi(words[1]), runs = atoi(words[2]);
  for (int round = 0; round < rounds; round++) {
    int index = 0;
    for (char **program = words + 3; *program != NULL; index++) {
      char **end = program;
      while (*end != NULL && strcmp(*end, ";") != 0) end++;
      char *separator = *end;
      *end = NULL;
      for (int run = 0; run < UNCOUNTED; run++) time_us(program);
      printf("%d", index);
      for (int run = 0; run < runs; run++) printf(" %.1f", time_us(program));
      printf("\n");
      *end = separator;
      program = separator == NULL ? end : end + 1;
    }
  }
}
