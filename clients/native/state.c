/*
 * What this process changes about itself. The program or the Node command that it becomes must find everything as it was.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "native.h"

/* The exit code of the Node command after Ctrl-C, as in clients/cli/terminal/exit-code.ts. */
#define INTERRUPTED 130

static struct {
  bool is_changed;
  int signal;
  struct sigaction before;
} changes[] = {{.signal = SIGINT}, {.signal = SIGPIPE}, {.signal = SIGXFSZ}};
enum { ON_INTERRUPT, ON_PIPE, ON_SIZE, CHANGES };

static struct rlimit core;
static bool is_core_forbidden;

static void change(int which, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  sigemptyset(&action.sa_mask);
  if (!changes[which].is_changed) sigaction(changes[which].signal, &action, &changes[which].before);
  changes[which].is_changed = true;
}

static void interrupted(int signal) {
  (void)signal;
  _exit(INTERRUPTED);
}

/* Leaves the memory out of a core file, as the Node command does. It stays so over an exec, where the Node command does it again. */
void keep_out_of_cores(void) {
  int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t ignored = write(fd, "0", 1);
  (void)ignored;
  close(fd);
}

void end_by_interrupt(void) { change(ON_INTERRUPT, interrupted); }

/* Writing to nobody, and beyond a limit, is then an error and not the end. */
void survive_lost_output(void) {
  change(ON_PIPE, SIG_IGN);
  change(ON_SIZE, SIG_IGN);
}

/* The program of `run` gets its limit back. */
void forbid_core(void) {
  if (is_core_forbidden || getrlimit(RLIMIT_CORE, &core) != 0) return;
  is_core_forbidden = setrlimit(RLIMIT_CORE, &(struct rlimit){0, core.rlim_max}) == 0;
}

void give_back(void) {
  for (int which = 0; which < CHANGES; which++) {
    if (changes[which].is_changed) sigaction(changes[which].signal, &changes[which].before, NULL);
    changes[which].is_changed = false;
  }
  if (is_core_forbidden) setrlimit(RLIMIT_CORE, &core);
  is_core_forbidden = false;
}
