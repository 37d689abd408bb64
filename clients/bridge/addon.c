/*
 * The bridge as an add-on of Node: sendMessage(Buffer), which returns a promise of the answer's bytes.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define NAPI_VERSION 8
#include <node_api.h>

#include "bridge.h"

/* Only Node has these symbols. A strong one would keep Go and Python from loading the library. */
#define ONLY_IN_NODE(symbol) extern __typeof__(symbol) symbol __attribute__((weak))
ONLY_IN_NODE(napi_add_env_cleanup_hook);
ONLY_IN_NODE(napi_call_threadsafe_function);
ONLY_IN_NODE(napi_create_buffer_copy);
ONLY_IN_NODE(napi_create_error);
ONLY_IN_NODE(napi_create_function);
ONLY_IN_NODE(napi_create_promise);
ONLY_IN_NODE(napi_create_string_utf8);
ONLY_IN_NODE(napi_create_threadsafe_function);
ONLY_IN_NODE(napi_get_buffer_info);
ONLY_IN_NODE(napi_get_cb_info);
ONLY_IN_NODE(napi_is_buffer);
ONLY_IN_NODE(napi_ref_threadsafe_function);
ONLY_IN_NODE(napi_reject_deferred);
ONLY_IN_NODE(napi_resolve_deferred);
ONLY_IN_NODE(napi_set_named_property);
ONLY_IN_NODE(napi_throw_error);
ONLY_IN_NODE(napi_throw_type_error);
ONLY_IN_NODE(napi_unref_threadsafe_function);

/*
 * Since glibc 2.34 pthread_create() has a new version, and a library that asks for it does not load before that. The version before is in
 * every glibc. It is weak, since before 2.34 it was in a library of its own, which Node brings. A sanitizer replaces the function.
 */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(POSTERN_BRIDGE_SANITIZED)
#if defined(__x86_64__)
__asm__(".symver pthread_create, pthread_create@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver pthread_create, pthread_create@GLIBC_2.17");
#endif
#endif
ONLY_IN_NODE(pthread_create);

/* One sendMessage(). It is freed where its promise is settled. */
struct call {
  struct call *next;
  napi_deferred deferred;
  struct sockaddr_un place;
  bool has_place;
  struct line message, answer;
  enum outcome outcome;
  struct stop stop;
};

struct script;

/* A thread of ours while it has calls to serve. */
struct server {
  struct script *script;
  struct call *call;
  bool runs;
};

/* What one JavaScript thread has: the main one, or a worker. `pending` is its own. The pool's lock guards the rest. */
struct script {
  napi_threadsafe_function settle;
  unsigned pending;
  bool closing;
  struct call *first, **last;
  struct server servers[CONNECTIONS_MAX];
};

static void free_call(struct call *call) {
  wipe_line(&call->message);
  wipe_line(&call->answer);
  free(call);
}

static napi_value text_of(napi_env env, const char *text) {
  napi_value value;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

static void reject(napi_env env, napi_deferred deferred, enum outcome outcome) {
  napi_value error;
  napi_create_error(env, NULL, text_of(env, text_of_outcome(outcome)), &error);
  napi_reject_deferred(env, deferred, error);
}

static void settle_promise(napi_env env, struct call *call) {
  napi_value bytes;
  if (finish(call->outcome, &call->answer) != 0) reject(env, call->deferred, call->outcome);
  else if (napi_create_buffer_copy(env, call->answer.size, call->answer.bytes, NULL, &bytes) != napi_ok) reject(env, call->deferred, NO_MEMORY);
  else napi_resolve_deferred(env, call->deferred, bytes);
}

/* Runs on the JavaScript thread. Without an environment that thread has ended, and `context` with it. */
static void settle(napi_env env, napi_value callback, void *context, void *data) {
  (void)callback;
  struct script *script = context;
  if (env != NULL) {
    settle_promise(env, data);
    if (--script->pending == 0) napi_unref_threadsafe_function(env, script->settle);
  }
  free_call(data);
}

/* Takes the next call of the script. Where there is none, the thread ends. */
static struct call *next_call(struct server *server) {
  struct script *script = server->script;
  lock_pool();
  struct call *call = script->closing ? NULL : script->first;
  if (call != NULL && (script->first = call->next) == NULL) script->last = &script->first;
  server->call = call;
  server->runs = call != NULL;
  if (call == NULL) tell_pool();
  unlock_pool();
  return call;
}

static void end_call(struct server *server, struct call *call) {
  lock_pool();
  server->call = NULL;
  unlock_pool();
  if (napi_call_threadsafe_function(server->script->settle, call, napi_tsfn_nonblocking) != napi_ok) free_call(call);
}

/* A thread of ours and none of Node's few: a call may wait for a person, and would block the program's files and names meanwhile. */
static void *serve(void *data) {
  struct server *server = data;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (struct call *call = next_call(server); call != NULL; call = next_call(server)) {
    call->outcome = call->has_place ? exchange(&call->place, call->message.bytes, call->message.size, &call->answer, &call->stop) : UNUSABLE_PLACE;
    end_call(server, call);
  }
  return NULL;
}

static bool start_thread(struct server *server) {
  pthread_t thread;
  pthread_attr_t detached;
  if (pthread_attr_init(&detached) != 0) return false;
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  server->runs = pthread_create != NULL && pthread_create(&thread, &detached, serve, server) == 0;
  pthread_attr_destroy(&detached);
  return server->runs;
}

/* Hands the call to a new thread, or to one of those that run. False where there is none: the call is then the caller's again. */
static bool hand_over(struct script *script, struct call *call) {
  lock_pool();
  struct call **before = script->last;
  *before = call;
  script->last = &call->next;
  bool served = false, started = false;
  for (int at = 0; at < CONNECTIONS_MAX; at++) {
    struct server *server = &script->servers[at];
    if (!server->runs && !started) started = start_thread(server);
    served = served || server->runs;
  }
  if (!served) *before = NULL, script->last = before;
  unlock_pool();
  return served;
}

/* The message is copied: the program may change its buffer meanwhile. A message beyond the limit is not. */
static struct call *make_call(const void *bytes, size_t size) {
  struct call *call = calloc(1, sizeof *call);
  if (call == NULL) return NULL;
  call->message.size = size;
  if (size > 0 && size <= LINE_BYTES_MAX) {
    call->message.bytes = malloc(size);
    call->message.capacity = size;
    if (call->message.bytes == NULL) return free(call), NULL;
    memcpy(call->message.bytes, bytes, size);
  }
  /* Here and not on a thread of ours: the program may set a variable meanwhile. */
  call->has_place = find_place(&call->place);
  return call;
}

static napi_value send_message(napi_env env, napi_callback_info info) {
  size_t count = 1, size = 0;
  napi_value argument, promise = NULL;
  napi_deferred deferred;
  void *data, *bytes = NULL;
  bool is_buffer = false;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, &data) != napi_ok || count < 1 ||
      napi_is_buffer(env, argument, &is_buffer) != napi_ok || !is_buffer || napi_get_buffer_info(env, argument, &bytes, &size) != napi_ok) {
    napi_throw_type_error(env, NULL, "sendMessage takes a Buffer");
    return NULL;
  }
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return NULL;
  struct script *script = data;
  struct call *call = make_call(bytes, size);
  if (call != NULL) call->deferred = deferred;
  if (call == NULL || !hand_over(script, call)) {
    if (call != NULL) free_call(call);
    reject(env, deferred, NO_MEMORY);
  } else if (script->pending++ == 0) napi_ref_threadsafe_function(env, script->settle);
  return promise;
}

static bool has_servers(const struct script *script) {
  for (int at = 0; at < CONNECTIONS_MAX; at++)
    if (script->servers[at].runs) return true;
  return false;
}

/*
 * The JavaScript thread ends, as a worker does by terminate(). Node frees what our threads use right after, so this stops their calls and
 * waits until the last thread has left.
 */
static void close_script(void *data) {
  struct script *script = data;
  lock_pool();
  script->closing = true;
  for (int at = 0; at < CONNECTIONS_MAX; at++)
    if (script->servers[at].call != NULL) stop_call(&script->servers[at].call->stop);
  while (has_servers(script)) wait_for_pool();
  unlock_pool();
}

static void free_script(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct script *script = data;
  for (struct call *call = script->first, *next; call != NULL; call = next) {
    next = call->next;
    free_call(call);
  }
  free(script);
}

static struct script *open_script(napi_env env) {
  struct script *script = calloc(1, sizeof *script);
  if (script == NULL) return NULL;
  script->last = &script->first;
  for (int at = 0; at < CONNECTIONS_MAX; at++) script->servers[at].script = script;
  napi_value name = text_of(env, "postern-bridge");
  if (napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, script, free_script, script, settle, &script->settle) != napi_ok)
    return free(script), NULL;
  /* A program without open calls may end. */
  napi_unref_threadsafe_function(env, script->settle);
  napi_add_env_cleanup_hook(env, close_script, script);
  return script;
}

NAPI_MODULE_INIT() {
  struct script *script = open_script(env);
  napi_value function;
  if (script == NULL || napi_create_function(env, "sendMessage", NAPI_AUTO_LENGTH, send_message, script, &function) != napi_ok ||
      napi_set_named_property(env, exports, "sendMessage", function) != napi_ok)
    napi_throw_error(env, NULL, text_of_outcome(NO_MEMORY));
  return exports;
}
