// SPDX-License-Identifier: GPL-2.0-only
/* The control socket with real clients: the server runs in this process, clients in forked ones. */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "cli/client.h"
#include "cli/server.h"
#include "../tap.h"

static const char *const SOCKET = "/tmp/cordon-server-test.sock";
static char long_line[1000];

/* The handler: "status" answers, "reload" sends 5,000 long lines to followers, "events" follows, "stop" ends;
 * "confirm" is answered later, with the next "status" of somebody. */
struct service {
	uint64_t deferred;
	bool later;
	sd_event *loop;
	struct server *server;
};

static void answer_later(struct service *service)
{
	service->later = false;
	server_answer(service->server, service->deferred, json_pack("{s:b, s:s}", "ok", 1, "said", "later"));
}

static void on_request(void *context, struct server_client *client, struct proto_request *request)
{
	struct service *service = context;

	if (request->command == PROTO_CONFIRM) {
		service->deferred = server_defer(client);
		if (request->undo)
			answer_later(service);
		else
			service->later = true;
		return;
	}
	server_reply(client, json_pack("{s:b, s:i}", "ok", 1, "clients", (int)server_clients(service->server)));
	if (request->command == PROTO_STATUS && service->later)
		answer_later(service);
	if (request->command == PROTO_EVENTS)
		server_follow(client, request->denied);
	if (request->command == PROTO_RELOAD && request->dry_run) {
		server_broadcast(service->server, "would", 5, false);
		server_broadcast(service->server, "deny", 4, true);
	} else if (request->command == PROTO_RELOAD)
		for (int i = 0; i < 5000; i++)
			server_broadcast(service->server, long_line, sizeof(long_line) - 1, true);
	if (request->command == PROTO_STOP)
		sd_event_exit(service->loop, 0);
}

static pid_t serve(mode_t mode)
{
	struct service service = { 0 };
	int ready[2];
	char byte;
	pid_t pid;

	memset(long_line, 'x', sizeof(long_line) - 1);
	CHECK(pipe(ready) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(sd_event_new(&service.loop) >= 0);
		CHECK(server_open(service.loop, SOCKET, on_request, &service, &service.server, NULL) == 0);
		CHECK(chmod(SOCKET, mode) == 0);
		CHECK(write(ready[1], "r", 1) == 1);
		CHECK(sd_event_loop(service.loop) == 0);
		server_free(service.server);
		sd_event_unref(service.loop);
		exit(0);
	}
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static struct client *connect_client(void)
{
	struct client *client;

	CHECK(client_open(SOCKET, true, &client, NULL) == 0);
	return client;
}

static void ask(struct client *client, const char *command)
{
	json_t *request = json_pack("{s:s}", "cmd", command), *reply;

	CHECK(client_ask(client, request, 10000, &reply, NULL) == 0);
	CHECK(json_is_true(json_object_get(reply, "ok")));
	json_decref(request);
	json_decref(reply);
}

static void stop(pid_t pid)
{
	struct client *client = connect_client();
	int status;

	ask(client, "stop");
	client_free(client);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(access(SOCKET, F_OK) < 0);
}

static int raw(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, SOCKET);
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* What comes until the other side closes, or a newline. */
/* The next lines. */
static char *answers_of(int fd, char *text, size_t size, unsigned lines)
{
	size_t n = 0;

	while (lines && n < size - 1 && read(fd, text + n, 1) == 1)
		lines -= text[n++] == '\n';
	text[n] = '\0';
	return text;
}

static char *answer_of(int fd, char *text, size_t size)
{
	return answers_of(fd, text, size, 1);
}

static void questions(void)
{
	pid_t pid = serve(0600);
	struct client *a = connect_client(), *b = connect_client();
	struct stat st;

	CHECK(stat(SOCKET, &st) == 0 && (st.st_mode & 0777) == 0600);
	ask(a, "status");
	ask(b, "status");
	ask(a, "status");
	client_free(a);
	client_free(b);
	stop(pid);
}

static void bad_lines(void)
{
	pid_t pid = serve(0600);
	char text[1000];
	int fd = raw();

	CHECK(write(fd, "nonsense\n", 9) == 9);
	CHECK(strstr(answer_of(fd, text, sizeof(text)), "{\"ok\":false,\"error\":\"the request was not understood\""));
	/* The connection goes on; a request may come in pieces, and two in one. */
	CHECK(write(fd, "{\"cmd\":", 7) == 7);
	usleep(50000);
	CHECK(write(fd, "\"status\"}\n", 10) == 10);
	SAME(answer_of(fd, text, sizeof(text)), "{\"ok\":true,\"clients\":1}\n");
	CHECK(write(fd, "{\"cmd\":\"status\"}\n{\"cmd\":\"status\"}\n", 34) == 34);
	SAME(answers_of(fd, text, sizeof(text), 2), "{\"ok\":true,\"clients\":1}\n{\"ok\":true,\"clients\":1}\n");
	close(fd);
	stop(pid);
}

static void endless_line(void)
{
	pid_t pid = serve(0600);
	static char block[1 << 20];
	char text[1000];
	int fd = raw();
	size_t sent = 0;
	ssize_t put = 1;

	memset(block, 'x', sizeof(block));
	while (sent <= PROTO_LINE_MAX && put > 0) {
		put = send(fd, block, sizeof(block), MSG_NOSIGNAL);
		sent += put > 0 ? put : 0;
	}
	CHECK(strstr(answer_of(fd, text, sizeof(text)), "the request is too long"));
	CHECK(read(fd, text, 1) <= 0); /* and it is closed */
	close(fd);
	stop(pid);
}

static void put(int fd, const char *text)
{
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void deferred(void)
{
	pid_t pid = serve(0600);
	struct client *other = connect_client();
	char text[1000];
	int fd = raw(), gone;

	/* What follows on the same connection waits for its turn; other clients do not. */
	put(fd, "{\"cmd\":\"confirm\"}\n{\"cmd\":\"status\"}\n");
	do
		ask(other, "status");
	while (recv(fd, text, sizeof(text), MSG_DONTWAIT | MSG_PEEK) < 0);
	SAME(answers_of(fd, text, sizeof(text), 2), "{\"ok\":true,\"said\":\"later\"}\n{\"ok\":true,\"clients\":2}\n");
	/* An answer that is ready before the handler returns. */
	put(fd, "{\"cmd\":\"confirm\",\"undo\":true}\n{\"cmd\":\"status\"}\n");
	SAME(answers_of(fd, text, sizeof(text), 2), "{\"ok\":true,\"said\":\"later\"}\n{\"ok\":true,\"clients\":2}\n");
	/* One who is gone when the answer comes. */
	gone = raw();
	put(gone, "{\"cmd\":\"confirm\"}\n");
	close(gone);
	do
		put(fd, "{\"cmd\":\"status\"}\n");
	while (!strstr(answer_of(fd, text, sizeof(text)), "\"clients\":2"));
	client_free(other);
	close(fd);
	stop(pid);
}

static void not_root(void)
{
	pid_t pid = serve(0666), other; /* as if the mode had been changed: the second fence */
	int status;

	other = fork();
	if (other == 0) {
		char text[1000];
		int fd;

		CHECK(setgid(65534) == 0 && setuid(65534) == 0);
		fd = raw();
		SAME(answer_of(fd, text, sizeof(text)), "{\"ok\":false,\"error\":\"only root may talk to the guard\"}\n");
		CHECK(read(fd, text, 1) <= 0);
		_exit(0);
	}
	CHECK(waitpid(other, &status, 0) == other && status == 0);
	stop(pid);
}

static void not_root_by_mode(void)
{
	pid_t pid = serve(0600), other;
	int status;

	other = fork();
	if (other == 0) {
		struct client *client;

		CHECK(setgid(65534) == 0 && setuid(65534) == 0);
		CHECK(client_open(SOCKET, true, &client, NULL) == -EACCES);
		_exit(0);
	}
	CHECK(waitpid(other, &status, 0) == other && status == 0);
	stop(pid);
}

static void too_many(void)
{
	pid_t pid = serve(0600);
	int fds[SERVER_CLIENTS_MAX + 1];
	char text[1000];

	for (int i = 0; i <= SERVER_CLIENTS_MAX; i++)
		fds[i] = raw();
	CHECK(strstr(answer_of(fds[SERVER_CLIENTS_MAX], text, sizeof(text)), "too many clients"));
	for (int i = 1; i <= SERVER_CLIENTS_MAX; i++)
		close(fds[i]);
	do
		put(fds[0], "{\"cmd\":\"status\"}\n");
	while (!strstr(answer_of(fds[0], text, sizeof(text)), "\"clients\":1}"));
	close(fds[0]);
	stop(pid);
}

/* One follower reads nothing while 5 MB of events come; the other reads all of it. The slow one is told how many he missed,
 * the quick one and the requests never wait. */
static void slow_follower(void)
{
	pid_t pid = serve(0600);
	struct client *slow = connect_client(), *asker = connect_client();
	unsigned long long dropped = 0, got = 0;
	const char *line;
	size_t length;

	ask(slow, "events");
	ask(asker, "reload");
	/* Now it reads what was kept; the loss is told with the next event after there is room again. */
	while (client_line(slow, 2000, &line, &length) == 0)
		got++;
	CHECK(got > 500 && got < 5000);
	ask(asker, "reload");
	while (client_line(slow, 2000, &line, &length) == 0)
		if (sscanf(line, "{\"dropped\":%llu}", &dropped) == 1)
			break;
	CHECK(dropped == 5000 - got);
	client_free(slow);
	client_free(asker);
	stop(pid);
}

static void denied_only(void)
{
	pid_t pid = serve(0600);
	int all = raw(), denied = raw();
	char text[1000];

	put(all, "{\"cmd\":\"events\",\"follow\":true}\n");
	put(denied, "{\"cmd\":\"events\",\"follow\":true,\"denied\":true}\n");
	SAME(answer_of(all, text, sizeof(text)), "{\"ok\":true,\"clients\":2}\n");
	SAME(answer_of(denied, text, sizeof(text)), "{\"ok\":true,\"clients\":2}\n");
	put(all, "{\"cmd\":\"reload\",\"dry_run\":true}\n");
	SAME(answer_of(denied, text, sizeof(text)), "deny\n");
	CHECK(strstr(answers_of(all, text, sizeof(text), 3), "would\ndeny\n"));
	close(all);
	close(denied);
	stop(pid);
}

static void nobody_there(void)
{
	struct client *client;
	struct diag diag;

	diag_init(&diag);
	CHECK(client_open("/tmp/cordon-none.sock", false, &client, &diag) == -ENOENT);
	SAME(diag.entries[0].hint, "is it running? systemctl start cordon, or cordon run");
	diag_done(&diag);
}

static const struct tap_case cases[] = {
	{ "questions and answers of two clients", questions },
	{ "lines that are no request; pieces; two at once", bad_lines },
	{ "a request without end is cut off", endless_line },
	{ "an answer that comes later: in order, and nobody else waits", deferred },
	{ "a peer that is not root is refused by the kernel's word", not_root },
	{ "a peer that is not root is refused by the socket's mode", not_root_by_mode },
	{ "there is a limit to clients", too_many },
	{ "a slow follower loses events, is told, and delays nobody", slow_follower },
	{ "a follower of refusals gets no others", denied_only },
	{ "no daemon", nobody_there },
};
TAP_MAIN(cases)
