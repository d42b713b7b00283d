/* spawn fork|exec COUNT PREFIX: COUNT processes one after the other, four alive at most, each opening one file and gone.
 *   fork  each opens PREFIX<its pid>
 *   exec  the n-th executes this program anew as `spawn child PREFIX<n>`, which opens its argument
 * The files need not be there. Prints {"processes":N}: so many were made and have ended well.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { ALIVE_AT_MOST = 4 };

/* Starts the n-th; its pid, or -1. */
static pid_t start(char *self, int exec, long n, const char *prefix)
{
	char path[4096], *argv[] = { "spawn", "child", path, NULL };
	pid_t pid;

	if (exec) {
		snprintf(path, sizeof(path), "%s%ld", prefix, n);
		return posix_spawn(&pid, self, NULL, NULL, argv, environ) ? -1 : pid;
	}
	pid = fork();
	if (pid == 0) {
		snprintf(path, sizeof(path), "%s%d", prefix, getpid());
		open(path, O_RDONLY);
		_exit(0);
	}
	return pid;
}

/* Waits for one; 1 if it ended well. */
static int reap(void)
{
	int status;

	return wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	long count, done = 0, alive = 0;
	char self[4096];
	ssize_t len;
	int exec;

	if (argc == 3 && !strcmp(argv[1], "child")) {
		open(argv[2], O_RDONLY);
		return 0;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: spawn fork|exec COUNT PREFIX\n");
		return 2;
	}
	exec = !strcmp(argv[1], "exec");
	count = atol(argv[2]);
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return 1;
	self[len] = 0;
	for (long n = 0; n < count; n++) {
		if (start(self, exec, n, argv[3]) < 0)
			return 1;
		if (++alive == ALIVE_AT_MOST) {
			done += reap();
			alive--;
		}
	}
	for (; alive > 0; alive--)
		done += reap();
	printf("{\"processes\":%ld}\n", done);
	return 0;
}
