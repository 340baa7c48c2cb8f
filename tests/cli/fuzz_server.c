// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket under a coverage-guided fuzzer: a real server on a real socket in one process with its client. The first
 * byte of an input says how it is cut into pieces; the rest is sent as it is. Every request that is understood is answered
 * as the daemon would: at once, later, with events behind it, with the diagnostics of a policy.
 *
 * What must hold: no crash, no leak (libFuzzer, ASan, UBSan), every answer is a line of JSON with "ok", a whole line is never left
 * without an answer, and a client that is gone is forgotten.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "say/diagjson.h"
#include "cli/server.h"
#include "policy/policy.h"
#include "policy/resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define MUST(condition)                                               \
	do {                                                          \
		if (!(condition)) {                                   \
			fprintf(stderr, "not so: %s\n", #condition);  \
			abort();                                      \
		}                                                     \
	} while (0)

static sd_event *loop;
static struct server *server;
static char path[64];
static uint64_t deferred;
static unsigned long long answers;

static int nobody(void *context, const char *name, uint32_t *ret_id)
{
	return -ENOENT;
}

static const struct resolver resolver = { .user = nobody, .group = nobody };

/* What the daemon's compiler would say of a bundle. */
static json_t *judge(const struct bundle *bundle)
{
	struct policy_text *texts = calloc(bundle->n + 1, sizeof(*texts));
	struct policy *policy = NULL;
	struct diag diag, back;
	json_t *list;

	diag_init(&diag);
	diag_init(&back);
	MUST(texts);
	for (size_t i = 0; i < bundle->n; i++) {
		texts[i] = (struct policy_text){ bundle->files[i].name, bundle_text(&bundle->files[i]), bundle->files[i].size };
		MUST(texts[i].text);
	}
	if (bundle->n && policy_parse(texts, bundle->n, &resolver, &policy, &diag) == 0)
		policy_free(policy);
	for (size_t i = 0; i < bundle->n; i++)
		free((char *)texts[i].text);
	free(texts);
	list = diag_to_json(&diag);
	diag_from_json(list, &back); /* the client's side */
	MUST(back.n == diag.n);
	diag_done(&diag);
	diag_done(&back);
	return list;
}

static void on_request(void *context, struct server_client *client, struct proto_request *request)
{
	static const char event[] = "{\"version\":1}";

	switch (request->command) {
	case PROTO_APPLY:
		server_reply(client, json_pack("{s:b, s:o}", "ok", 1, "diagnostics", judge(&request->bundle)));
		break;
	case PROTO_RELOAD:
	case PROTO_CONFIRM:
		deferred = server_defer(client);
		if (request->undo || request->dry_run)
			server_answer(server, deferred, json_pack("{s:b}", "ok", 1));
		break;
	case PROTO_EVENTS:
		server_reply(client, json_pack("{s:b, s:i}", "ok", 1, "count", 0));
		if (request->follow)
			server_follow(client, request->denied);
		server_broadcast(server, event, sizeof(event) - 1, false);
		break;
	default:
		server_reply(client, json_pack("{s:b}", "ok", 1));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	snprintf(path, sizeof(path), "/tmp/cordon-fuzz-%d.sock", (int)getpid());
	MUST(sd_event_new(&loop) >= 0);
	MUST(server_open(loop, path, on_request, NULL, &server, NULL) == 0);
	return 0;
}

/* Run the loop as long as it has something to do. */
static void turn(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

/* Every line that came is an answer, an event, or the count of dropped ones. */
static void take_answers(int fd)
{
	static char text[1 << 20];
	size_t have = 0;
	ssize_t got;

	while (have < sizeof(text) && (got = recv(fd, text + have, sizeof(text) - have, MSG_DONTWAIT)) > 0) {
		have += (size_t)got;
		turn();
	}
	for (char *line = text, *end; (end = memchr(line, '\n', have - (size_t)(line - text))); line = end + 1) {
		json_t *reply = json_loadb(line, (size_t)(end - line), 0, NULL);

		MUST(json_is_object(reply));
		MUST(json_is_boolean(json_object_get(reply, "ok")) || json_object_get(reply, "version"));
		answers += json_object_get(reply, "ok") != NULL;
		json_decref(reply);
	}
}

static void send_piece(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t put = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (put <= 0)
			return; /* it was closed */
		data += put;
		size -= (size_t)put;
		turn();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t cut = size ? data[0] * size / 256 : 0, lines = 0;

	strcpy(address.sun_path, path);
	MUST(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	turn();
	answers = 0;
	deferred = 0;
	if (size > 1) {
		cut = cut ? cut : 1;
		send_piece(fd, data + 1, cut - 1);
		send_piece(fd, data + cut, size - cut);
		for (size_t i = 1; i < size; i++)
			lines += data[i] == '\n';
		/* What was deferred is answered now, and what stood behind it. */
		for (size_t i = 0; i <= lines; i++) {
			server_answer(server, deferred, json_pack("{s:b}", "ok", 1));
			turn();
		}
		take_answers(fd);
		MUST(answers >= lines);
	}
	close(fd);
	turn();
	MUST(server_clients(server) == 0);
	return 0;
}
