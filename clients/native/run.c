/*
 * `postern run --no-masking -- COMMAND`: resolves the variables that are references, all in one call, and becomes the command. Returns
 * where the Node command shall do it. Until then nothing about this process has changed.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "native.h"

/* Bytes of the variables that get a secret. */
#define RESOLVED_BYTES_MAX ((size_t)512 * 1024)

static struct {
  /* The program's variables, with a null at the end. */
  char *all[VARIABLES_MAX + 1];
  size_t count;
  /* Which of them are references. */
  size_t references[REFERENCES_MAX];
  size_t reference_count;
} variables;

static uint8_t resolved[RESOLVED_BYTES_MAX];

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static size_t name_length(const char *variable) { return strcspn(variable, "="); }

/* Variables that the Node command does not simply pass on. */
static bool is_special(const char *variable) {
  return begins(variable, "OP_CONNECT_TOKEN=") || begins(variable, "POSTERN_NODE_OPTIONS=") ||
         begins(variable, "POSTERN_AT_START=");
}

/* The first line of the Node command moves NODE_OPTIONS, so that the program finds it behind all others, or not at all if it is empty. */
static const char OPTIONS[] = "NODE_OPTIONS=";

static bool add(char *variable, enum kind kind) {
  if (kind == DOUBTFUL || variables.count == VARIABLES_MAX) return false;
  if (kind == REFERENCE) {
    if (variables.reference_count == REFERENCES_MAX) return false;
    variables.references[variables.reference_count++] = variables.count;
  }
  variables.all[variables.count++] = variable;
  return true;
}

static bool collect(char **given) {
  char *options = NULL;
  for (; *given != NULL; given++) {
    size_t name = name_length(*given);
    if (name == 0 || (*given)[name] == '\0' || is_special(*given)) return false;
    if (begins(*given, OPTIONS)) {
      if (options != NULL) return false;
      options = *given;
    } else if (!add(*given, kind_of(*given + name + 1))) return false;
  }
  if (options == NULL || options[sizeof OPTIONS - 1] == '\0') return true;
  return kind_of(options + sizeof OPTIONS - 1) == PLAIN && add(options, PLAIN);
}

static bool is_ascii(const char *text, size_t size) {
  for (size_t at = 0; at < size; at++)
    if ((uint8_t)text[at] >= 0x80) return false;
  return true;
}

/* The Node command has rules of its own for a name that stands twice, and for one in another script. */
static bool is_usual(size_t index) {
  const char *variable = variables.all[index];
  size_t size = name_length(variable) + 1;
  if (!is_ascii(variable, size)) return false;
  for (size_t other = 0; other < variables.count; other++)
    if (other != index && strncmp(variables.all[other], variable, size) == 0) return false;
  return true;
}

static const char *reference_of(size_t index) {
  const char *variable = variables.all[variables.references[index]];
  return variable + name_length(variable) + 1;
}

/* The first reference that is the same: each is asked for once. */
static size_t first_of(size_t index) {
  size_t first = 0;
  while (strcmp(reference_of(first), reference_of(index)) != 0) first++;
  return first;
}

/* Writes NAME=secret in place of the reference. */
static bool put_secret(size_t index, struct text secret, size_t *used) {
  char **variable = &variables.all[variables.references[index]];
  size_t name = name_length(*variable) + 1, room = RESOLVED_BYTES_MAX - *used;
  if (memchr(secret.bytes, '\0', secret.size) != NULL) return false;
  if (name >= room || secret.size >= room - name) return false;
  uint8_t *to = resolved + *used;
  memcpy(to, *variable, name);
  memcpy(to + name, secret.bytes, secret.size);
  to[name + secret.size] = '\0';
  *used += name + secret.size + 1;
  *variable = (char *)to;
  return true;
}

static bool resolve(void) {
  static struct request request;
  struct text answer, secrets[REFERENCES_MAX];
  size_t asked = 0, place[REFERENCES_MAX] = {0}, used = 0;
  put_hello(&request);
  put(&request, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"secrets.resolveAll\",\"params\":{\"references\":[");
  for (size_t index = 0; index < variables.reference_count; index++) {
    size_t first = first_of(index);
    place[index] = first == index ? asked++ : place[first];
    if (first != index) continue;
    if (index > 0) put(&request, ",");
    put_string(&request, reference_of(index));
  }
  put(&request, "],\"noWait\":true}}\n");
  if (!ask(&request, &answer) || !secrets_in(answer, secrets, asked)) return false;
  for (size_t index = 0; index < variables.reference_count; index++)
    if (!put_secret(index, secrets[place[index]], &used)) return false;
  return true;
}

static const char *search_path(void) {
  for (size_t index = 0; index < variables.count; index++)
    if (begins(variables.all[index], "PATH=")) return variables.all[index] + strlen("PATH=");
  return "/bin:/usr/bin";
}

/* Errors after which execvp(3) looks in the next folder. */
static bool is_elsewhere(void) {
  static const int further[] = {ENOENT, ENOTDIR, ENAMETOOLONG, ENODEV, ETIMEDOUT, ESTALE, EACCES};
  for (size_t index = 0; index < sizeof further / sizeof further[0]; index++)
    if (errno == further[index]) return true;
  return false;
}

/* Becomes the program as execvp(3) does, with the program's own PATH. Returns where that fails. */
static void become(char **words) {
  const char *name = words[0];
  if (strchr(name, '/') != NULL) {
    execve(name, words, variables.all);
    return;
  }
  for (const char *folder = search_path();; folder++) {
    char path[PATH_MAX];
    size_t length = strcspn(folder, ":"), size = strlen(name);
    if (length + size + 2 > sizeof path) return;
    memcpy(path, folder, length);
    // An empty folder is the one in which the command runs.
    if (length == 0) path[length++] = '.';
    path[length] = '/';
    memcpy(path + length + 1, name, size + 1);
    execve(path, words, variables.all);
    folder += strcspn(folder, ":");
    if (!is_elsewhere() || *folder == '\0') return;
  }
}

void run_program(char **words, char **given) {
  if (words[0] == NULL || words[0][0] == '\0' || !is_for_default_account() || !collect(given)) return;
  for (size_t index = 0; index < variables.reference_count; index++)
    if (!is_usual(variables.references[index])) return;
  forbid_core();
  bool is_ready = variables.reference_count == 0 || resolve();
  give_back();
  if (is_ready) become(words);
}
