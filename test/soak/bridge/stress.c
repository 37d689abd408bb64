/*
 * Many threads and forked processes that call the bridge at once, while the agent comes and goes. The test compiles it with the bridge's own
 * files and with sanitizers, and plays the agent. It prints how the calls ended. Its exit code is 1 where one ended as none may.
 *
 * stress THREADS CALLS LARGE EARLY LATE: each thread makes CALLS calls, every LARGE-th with 50 MiB. EARLY processes are forked after a first call
 * and before the threads, LATE ones while the threads call. Each calls as often as a thread. A call that finds no agent is made again. The
 * sanitizers of GCC 12 may hold a lock of their own at a fork beside threads, so they run without late ones.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int32_t op_sdk_ipc_send_message(const uint8_t *message, size_t size, uint8_t **out, size_t *out_size, size_t *out_capacity);
void op_sdk_ipc_free_response(uint8_t *bytes, size_t size, size_t capacity);

/* The largest official message. */
#define LARGE_BYTES ((size_t)50 * 1024 * 1024)
/* Larger than a chunk of the bridge, and smaller than the buffer of a socket. */
#define SMALL_BYTES 70000

static struct {
  int calls, large;
} plan;
static atomic_int answered, lost, absent, wrong;

/* The same numbers in each run. */
static uint32_t next_number(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* The answer to a name: its bytes as numbers. */
static void expected_answer(const char *name, char *text, size_t size) {
  int length = snprintf(text, size, "{\"success\":true,\"payload\":[");
  for (const char *at = name; *at != '\0'; at++) length += snprintf(text + length, size - (size_t)length, at == name ? "%d" : ",%d", *at);
  snprintf(text + length, size - (size_t)length, "]}");
}

static void call(const char *name, size_t size) {
  char expected[512];
  uint8_t *answer = NULL, *message = malloc(size);
  size_t answer_size = 0, capacity = 0, length = strlen(name);
  memset(message, '\n', size);
  memcpy(message, name, length);
  int32_t code;
  while ((code = op_sdk_ipc_send_message(message, size, &answer, &answer_size, &capacity)) == -2) {
    absent++;
    sched_yield();
  }
  free(message);
  expected_answer(name, expected, sizeof expected);
  if (code == -5) lost++;
  else if (code != 0 || answer_size != strlen(expected) || memcmp(answer, expected, answer_size) != 0) wrong++;
  else answered++;
  if (code == 0) op_sdk_ipc_free_response(answer, answer_size, capacity);
}

static void call_often(int thread) {
  uint32_t state = (uint32_t)thread + 1;
  for (int n = 0; n < plan.calls; n++) {
    char name[64];
    snprintf(name, sizeof name, "%d-%d-%d", getpid(), thread, n);
    call(name, n % plan.large == plan.large - 1 ? LARGE_BYTES : 64 + next_number(&state) % SMALL_BYTES);
  }
}

static void *run(void *number) {
  call_often((int)(intptr_t)number);
  return NULL;
}

/* A child passes its numbers on through a pipe. */
static void run_forked(int number, int out) {
  answered = lost = absent = wrong = 0;
  call_often(1000 + number);
  int counts[] = {answered, lost, absent, wrong};
  if (write(out, counts, sizeof counts) != sizeof counts) _exit(2);
  _exit(0);
}

static void add_counts(int in) {
  int counts[4];
  while (read(in, counts, sizeof counts) == sizeof counts) {
    answered += counts[0];
    lost += counts[1];
    absent += counts[2];
    wrong += counts[3];
  }
}

static void start_children(int first, int last, int out) {
  for (int n = first; n < last; n++)
    if (fork() == 0) run_forked(n, out);
}

int main(int count, char **words) {
  if (count != 6) return 2;
  int threads = atoi(words[1]), early = atoi(words[4]), late = atoi(words[5]), ends[2];
  plan.calls = atoi(words[2]), plan.large = atoi(words[3]);
  pthread_t *started = calloc((size_t)threads, sizeof *started);
  if (pipe(ends) != 0) return 2;
  call("first", 64);
  start_children(0, early, ends[1]);
  for (int n = 0; n < threads; n++) pthread_create(&started[n], NULL, run, (void *)(intptr_t)n);
  start_children(early, early + late, ends[1]);
  close(ends[1]);
  for (int n = 0; n < threads; n++) pthread_join(started[n], NULL);
  add_counts(ends[0]);
  int failed = 0, status;
  while (wait(&status) > 0) failed += status != 0;
  free(started);
  printf("{\"answered\":%d,\"lost\":%d,\"absent\":%d,\"wrong\":%d,\"failed\":%d}\n", answered, lost, absent, wrong, failed);
  return wrong > 0 || failed > 0;
}
