/* calls KIND BATCHES: what one call costs, in nanoseconds: the least of BATCHES batches, as that one was disturbed least.
 * KIND: getpid; open (open+close of /dev/null); connect (UDP, to 127.0.0.1); exec (a process that runs this program and ends).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int one_getpid(void)
{
	return syscall(SYS_getpid) < 0;
}

static int one_open(void)
{
	int fd = open("/dev/null", O_RDONLY);

	return fd < 0 || close(fd);
}

static int one_connect(void)
{
	static const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 0x0900 };
	static int fd = -1;

	if (fd < 0)
		fd = socket(AF_INET, SOCK_DGRAM, 0);
	return connect(fd, (const struct sockaddr *)&to, sizeof(to));
}

static int one_exec(void)
{
	char *argv[] = { "calls", NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ))
		return 1;
	return waitpid(pid, &status, 0) != pid || status;
}

static const struct {
	const char *name;
	int (*one)(void);
	int batch; /* calls of one batch: about a millisecond */
} kinds[] = {
	{ "getpid", one_getpid, 5000 },
	{ "open", one_open, 800 },
	{ "connect", one_connect, 2000 },
	{ "exec", one_exec, 5 },
};

int main(int argc, char **argv)
{
	double best = 1e18;

	if (argc == 1)
		return 0; /* as the child of one_exec */
	for (size_t k = 0; argc == 3 && k < sizeof(kinds) / sizeof(*kinds); k++) {
		if (strcmp(argv[1], kinds[k].name))
			continue;
		for (int batch = atoi(argv[2]); batch > 0; batch--) {
			double start = now_ns(), each;

			for (int i = 0; i < kinds[k].batch; i++)
				if (kinds[k].one())
					return 1;
			each = (now_ns() - start) / kinds[k].batch;
			if (each < best)
				best = each;
		}
		printf("%.1f\n", best);
		return 0;
	}
	fprintf(stderr, "usage: calls getpid|open|connect|exec BATCHES\n");
	return 2;
}
