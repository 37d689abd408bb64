/*
 * What the files of the native command share. README.md says what it does, and what it leaves to the Node command.
 */
#ifndef POSTERN_NATIVE_H
#define POSTERN_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

/* Bytes of both answers of the agent. A longer one goes to the Node command. */
#define ANSWER_BYTES_MAX ((size_t)1024 * 1024)
/* Bytes of both requests. The agent takes 64 KiB before the hello, and a read has some hundred. */
#define REQUEST_BYTES_MAX ((size_t)48 * 1024)
/* Bytes of one reference. */
#define REFERENCE_BYTES_MAX ((size_t)4096)
/* References of one request. The agent takes as many. */
#define REFERENCES_MAX 100
/* Variables of one environment. */
#define VARIABLES_MAX ((size_t)4096)

/* Bytes that belong to somebody else, without a zero byte behind them. */
struct text {
  uint8_t *bytes;
  size_t size;
};

/* utf8.c */
size_t utf8_length(const uint8_t *bytes, size_t size);
bool is_utf8(const char *text);

/* json.c: no function of it reads behind `end`, and none calls itself. */
struct json {
  uint8_t *at, *end;
};
enum step { KEY, END, WRONG };
bool take(struct json *json, const char *expected);
bool take_string(struct json *json, struct text *raw);
bool skip_value(struct json *json);
enum step next_key(struct json *json, bool *begun, struct text *key);
enum step next_value(struct json *json, bool *begun);
bool is_text(struct text text, const char *expected);
size_t decode(struct text raw);

/* request.c */
struct request {
  uint8_t bytes[REQUEST_BYTES_MAX];
  size_t size;
  bool overflown;
};
void put(struct request *request, const char *text);
void put_string(struct request *request, const char *text);
void put_hello(struct request *request);

/* answer.c */
bool check_hello(struct text line);
bool secret_in(struct text line, struct text *secret);
bool secrets_in(struct text line, struct text *secrets, size_t count);

/* place.c */
bool find_place(struct sockaddr_un *place);
bool is_ours(const struct sockaddr_un *place);

/* ask.c */
bool ask(const struct request *request, struct text *answer);

/* reference.c */
enum kind { PLAIN, REFERENCE, DOUBTFUL };
enum kind kind_of(const char *value);

/* person.c */
bool is_for_default_account(void);

/* state.c: what this process changes about itself, and gives back. */
void keep_out_of_cores(void);
void end_by_interrupt(void);
void survive_lost_output(void);
void forbid_core(void);
void give_back(void);

/* node.c */
_Noreturn void become_node_command(char **words, char **variables);

/* read.c and run.c. They return where the Node command shall do the work. */
void read_reference(const char *reference);
void show_version(void);
void run_program(char **words, char **variables);

#endif
