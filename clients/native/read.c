/*
 * `postern read REFERENCE` and `postern --version`. Both return only as long as nothing was written.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native.h"

/* Bytes of one write: as many as a pipe holds. */
#define AT_ONCE_BYTES_MAX ((size_t)64 * 1024)
/* The exit code of the Node command where its output is lost, as in clients/cli/terminal/exit-code.ts. */
#define OUTPUT_LOST 1

/* Waits for a reader where another program made the pipe non-blocking. */
static bool can_go_on(void) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&ready, 1, -1) >= 0 || errno == EINTR;
}

/* Writes all and ends. A reader that has gone ends the command quietly. Returns where not one byte could be written. */
static void write_and_end(const uint8_t *bytes, size_t size) {
  size_t done = 0;
  survive_lost_output();
  while (done < size) {
    size_t most = size - done < AT_ONCE_BYTES_MAX ? size - done : AT_ONCE_BYTES_MAX;
    ssize_t count = write(STDOUT_FILENO, bytes + done, most);
    if (count > 0) done += (size_t)count;
    else if (count < 0 && errno == EPIPE) _exit(0);
    else if (count == 0 || !can_go_on()) break;
  }
  if (done == size) _exit(0);
  if (done > 0) _exit(OUTPUT_LOST);
}

static bool is_terminal(void) {
  struct stat found;
  return fstat(STDOUT_FILENO, &found) == 0 && S_ISCHR(found.st_mode) && isatty(STDOUT_FILENO);
}

void read_reference(const char *reference) {
  static struct request request;
  struct text answer, secret;
  if (reference[0] == '\0' || reference[0] == '-' || strlen(reference) > REFERENCE_BYTES_MAX || !is_utf8(reference)) return;
  if (!is_for_default_account()) return;
  keep_out_of_cores();
  end_by_interrupt();
  put_hello(&request);
  put(&request, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"secrets.resolve\",\"params\":{\"reference\":");
  put_string(&request, reference);
  put(&request, ",\"noWait\":true}}\n");
  if (!ask(&request, &answer) || !secret_in(answer, &secret)) return;
  // The place of the quote behind the secret is free now.
  if (is_terminal()) secret.bytes[secret.size++] = '\n';
  write_and_end(secret.bytes, secret.size);
}

void show_version(void) {
  static const char version[] = POSTERN_VERSION "\n";
  end_by_interrupt();
  write_and_end((const uint8_t *)version, sizeof version - 1);
}
