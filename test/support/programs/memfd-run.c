/* memfd-run PROGRAM [ARG...]: copies PROGRAM into a memfd and executes that, so that it runs from no file. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	int from, memfd;

	if (argc < 2) {
		fprintf(stderr, "usage: memfd-run PROGRAM [ARG...]\n");
		return 2;
	}
	from = open(argv[1], O_RDONLY);
	memfd = memfd_create("payload", MFD_CLOEXEC);
	if (from < 0 || memfd < 0)
		return 1;
	while (sendfile(memfd, from, NULL, 1 << 20) > 0)
		;
	fexecve(memfd, argv + 1, environ);
	perror("fexecve");
	return 1;
}
