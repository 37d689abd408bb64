/*
 * The native command: what scripts do most, and nothing else. Every other word, and every end that is no success, is for the Node
 * command, which this process becomes.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "native.h"

/* A file that this process opens must not take the place of a closed stdout. */
static bool has_first_descriptors(void) {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) < 0) return false;
  return true;
}

static bool are(char **words, const char *first, const char *second, const char *third) {
  return strcmp(words[0], first) == 0 && strcmp(words[1], second) == 0 && strcmp(words[2], third) == 0;
}

int main(int count, char **words, char **variables) {
  if (count > 1 && has_first_descriptors()) {
    if (count == 2 && strcmp(words[1], "--version") == 0) show_version();
    if (count == 3 && strcmp(words[1], "read") == 0) read_reference(words[2]);
    if (count > 4 && are(words + 1, "run", "--no-masking", "--")) run_program(words + 4, variables);
  }
  become_node_command(words, variables);
}
