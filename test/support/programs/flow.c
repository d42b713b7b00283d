/* flow: does what its standard input says, one answer a line. It is copied under the names that rules are about.
 *   open tcp|udp ADDRESS PORT   connects a socket (number = count of opens so far, from 0) -> errno, 0 connected
 *   try tcp|udp ADDRESS PORT    the same, closed at once and without waiting for TCP's answer
 *   fast ADDRESS PORT           TCP with data in its first packet (MSG_FASTOPEN) -> errno
 *   paths ADDRESS PORT          connects by MPTCP -> errno
 *   many ADDRESS PORT           two datagrams in one call (sendmmsg) -> errno
 *   spray ADDRESS FIRST COUNT   connects to that many ports by UDP -> how many refused
 *   to ADDRESS PORT TEXT        one datagram from an unconnected socket, always the same -> errno
 *   send N TEXT                 writes TEXT to socket N -> errno
 *   big N BYTES                 writes that many bytes -> errno
 *   storm N BYTES TIMES         two threads write that many bytes so often -> 0
 *   recv N                      waits up to a second -> TEXT, or "errno E", or "timeout"
 *   measure connect|stream|send ADDRESS PORT N
 *                               N times connect+close, N MiB through one connection, N datagrams on one socket
 *                               -> nanoseconds each (of stream: for a KiB)
 *   become PATH                 tells the kernel that this is its executable (prctl(2), PR_SET_MM_MAP) -> errno
 *   fork                        goes on in a child: the parent waits and ends with it */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fds[256], count, loose4 = -1, loose6 = -1;
static char bytes[60000];

static socklen_t address(struct sockaddr_storage *to, const char *text, int port)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET, v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		exit(2);
	v6->sin6_family = AF_INET6, v6->sin6_port = htons(port);
	return sizeof(*v6);
}

static int dial(const char *protocol, const char *host, int port, int *result)
{
	struct sockaddr_storage to;
	socklen_t len = address(&to, host, port);
	int fd = socket(to.ss_family, (*protocol == 't' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);

	*result = connect(fd, (void *)&to, len) ? errno : 0;
	return fd;
}

static int finish(int fd, int result)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(result);

	if (result != EINPROGRESS)
		return result;
	if (poll(&wait, 1, 1500) == 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &len) ? errno : result;
}

static int send_loose(const char *host, int port, const char *text)
{
	struct sockaddr_storage to;
	socklen_t len = address(&to, host, port);
	int *fd = to.ss_family == AF_INET ? &loose4 : &loose6;

	if (*fd < 0)
		*fd = socket(to.ss_family, SOCK_DGRAM, 0);
	return sendto(*fd, text, strlen(text), 0, (void *)&to, len) < 0 ? errno : 0;
}

static int send_fast(const char *host, int port)
{
	struct sockaddr_storage to;
	socklen_t len = address(&to, host, port);
	int fd = socket(to.ss_family, SOCK_STREAM, 0);
	int result = sendto(fd, "hello", 5, MSG_FASTOPEN, (void *)&to, len) < 0 ? errno : 0;

	close(fd);
	return result;
}

static int dial_mptcp(const char *host, int port)
{
	struct sockaddr_storage to;
	socklen_t len = address(&to, host, port);
	int fd = socket(to.ss_family, SOCK_STREAM, 262 /* IPPROTO_MPTCP */);
	int result = connect(fd, (void *)&to, len) ? errno : 0;

	close(fd);
	return result;
}

static int send_many(const char *host, int port)
{
	struct sockaddr_storage to;
	socklen_t len = address(&to, host, port);
	struct iovec text = { "hello", 5 };
	struct mmsghdr two[2] = {
		{ .msg_hdr = { .msg_name = &to, .msg_namelen = len, .msg_iov = &text, .msg_iovlen = 1 } }
	};
	int fd = socket(to.ss_family, SOCK_DGRAM, 0), sent;

	two[1] = two[0];
	sent = sendmmsg(fd, two, 2, 0);
	close(fd);
	return sent < 0 ? errno : 0;
}

static int spray(const char *host, int first, int times)
{
	struct sockaddr_storage to;
	int refused = 0, i;

	for (i = 0; i < times; i++) {
		socklen_t len = address(&to, host, first + i);
		int fd = socket(to.ss_family, SOCK_DGRAM, 0);

		refused += connect(fd, (void *)&to, len) && errno == ECONNREFUSED;
		close(fd);
	}
	return refused;
}

static void receive(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char text[256];
	ssize_t got;

	if (poll(&wait, 1, 1000) == 0) {
		puts("timeout");
		return;
	}
	got = recv(fd, text, sizeof(text) - 1, 0);
	if (got < 0)
		printf("errno %d\n", errno);
	else
		printf("%.*s\n", (int)got, text);
}

struct storm {
	int fd, size, times;
};

static void *send_all(void *of)
{
	struct storm *storm = of;
	int i;

	for (i = 0; i < storm->times; i++)
		send(storm->fd, bytes, storm->size, 0);
	return NULL;
}

/* Their packets go out side by side. */
static void send_storm(struct storm storm)
{
	pthread_t other;

	pthread_create(&other, NULL, send_all, &storm);
	send_all(&storm);
	pthread_join(other, NULL);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static double measure(const char *what, const char *host, int port, int times)
{
	struct sockaddr_storage to;
	socklen_t len = address(&to, host, port);
	bool stream = strcmp(what, "send");
	int fd = socket(to.ss_family, stream ? SOCK_STREAM : SOCK_DGRAM, 0), i;
	struct linger abort = { 1, 0 }; /* no TIME_WAIT: ports would run out */
	double from;
	long left = times * 1048576L;

	if (!strcmp(what, "connect")) {
		close(fd);
		from = now_ns();
		for (i = 0; i < times; i++) {
			fd = socket(to.ss_family, SOCK_STREAM, 0);
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
			if (connect(fd, (void *)&to, len))
				return -errno;
			close(fd);
		}
		return (now_ns() - from) / times;
	}
	if (connect(fd, (void *)&to, len))
		return -errno;
	from = now_ns();
	if (stream) {
		while (left > 0) {
			ssize_t sent = send(fd, bytes, sizeof(bytes), 0);

			if (sent < 0)
				return -errno;
			left -= sent;
		}
	} else {
		for (i = 0; i < times; i++)
			if (send(fd, bytes, 64, 0) < 0 && errno != ECONNREFUSED && errno != ENOBUFS)
				return -errno;
	}
	from = now_ns() - from;
	close(fd);
	return from / times / (stream ? 1024 : 1);
}

/* All that the kernel has said of our memory, and another executable. */
static int prctl_exe(int exe)
{
	struct prctl_mm_map map = { .exe_fd = exe };
	char stat[2048], *at;
	unsigned long fields[60] = {};
	int fd = open("/proc/self/stat", O_RDONLY), n = 3;
	ssize_t got = read(fd, stat, sizeof(stat) - 1);

	close(fd);
	if (got < 0)
		return errno;
	stat[got] = 0;
	for (at = strrchr(stat, ')') + 4; n < 53 && at; at = strchr(at + 1, ' '))
		fields[++n] = strtoul(at, NULL, 10);
	map.start_code = fields[26], map.end_code = fields[27], map.start_stack = fields[28];
	map.start_data = fields[45], map.end_data = fields[46], map.start_brk = fields[47];
	map.arg_start = fields[48], map.arg_end = fields[49];
	map.env_start = fields[50], map.env_end = fields[51];
	map.brk = (unsigned long)sbrk(0);
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) ? errno : 0;
}

/* The kernel wants nothing of the old executable to be mapped: copies of it take the place of its mappings. */
static int become(const char *path)
{
	static char maps[16384], self[256];
	ssize_t len = 0, got, of_self = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd = open("/proc/self/maps", O_RDONLY);
	char *line, *rest;

	while ((got = read(fd, maps + len, sizeof(maps) - 1 - len)) > 0)
		len += got;
	close(fd);
	for (line = strtok_r(maps, "\n", &rest); line && of_self > 0; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long from, to;
		char mode[8];
		void *copy;

		if (!strstr(line, self) || sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3)
			continue;
		copy = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (copy == MAP_FAILED)
			return errno;
		memcpy(copy, (void *)from, to - from);
		mprotect(copy, to - from,
			 (mode[0] == 'r' ? PROT_READ : 0) | (mode[1] == 'w' ? PROT_WRITE : 0) |
				 (mode[2] == 'x' ? PROT_EXEC : 0));
		if (mremap(copy, to - from, to - from, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)from) == MAP_FAILED)
			return errno;
	}
	return prctl_exe(open(path, O_RDONLY));
}

int main(void)
{
	char line[512], a[64], b[64], text[256];
	int port, result, n, times;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* a child goes on where its parent stopped */
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "open %63s %63s %d", a, b, &port) == 3) {
			fds[count] = dial(a, b, port, &result);
			printf("%d\n", finish(fds[count++], result));
		} else if (sscanf(line, "try %63s %63s %d", a, b, &port) == 3) {
			n = dial(a, b, port, &result);
			close(n);
			printf("%d\n", result == EINPROGRESS ? 0 : result);
		} else if (sscanf(line, "fast %63s %d", a, &port) == 2) {
			printf("%d\n", send_fast(a, port));
		} else if (sscanf(line, "paths %63s %d", a, &port) == 2) {
			printf("%d\n", dial_mptcp(a, port));
		} else if (sscanf(line, "many %63s %d", a, &port) == 2) {
			printf("%d\n", send_many(a, port));
		} else if (sscanf(line, "spray %63s %d %d", a, &port, &n) == 3) {
			printf("%d\n", spray(a, port, n));
		} else if (sscanf(line, "to %63s %d %255s", a, &port, text) == 3) {
			printf("%d\n", send_loose(a, port, text));
		} else if (sscanf(line, "send %d %255s", &n, text) == 2) {
			printf("%d\n", send(fds[n], text, strlen(text), 0) < 0 ? errno : 0);
		} else if (sscanf(line, "big %d %d", &n, &port) == 2 && port <= (int)sizeof(bytes)) {
			printf("%d\n", send(fds[n], bytes, port, 0) < 0 ? errno : 0);
		} else if (sscanf(line, "storm %d %d %d", &n, &port, &times) == 3 && port <= (int)sizeof(bytes)) {
			send_storm((struct storm){ fds[n], port, times });
			puts("0");
		} else if (sscanf(line, "recv %d", &n) == 1) {
			receive(fds[n]);
		} else if (sscanf(line, "measure %63s %63s %d %d", a, b, &port, &n) == 4) {
			printf("%.1f\n", measure(a, b, port, n));
		} else if (sscanf(line, "become %255s", text) == 1) {
			printf("%d\n", become(text));
		} else if (!strncmp(line, "fork", 4)) {
			pid_t child = fork();

			if (child > 0) {
				waitpid(child, NULL, 0);
				return 0;
			}
			puts("0");
		} else {
			puts("what?");
		}
	}
	return 0;
}
