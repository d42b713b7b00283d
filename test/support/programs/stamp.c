/* stamp: copies lines from stdin to stdout, each behind the wall clock (nanoseconds) at which its end was read. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];

int main(void)
{
	size_t have = 0;
	ssize_t got;

	while ((got = read(0, buffer + have, sizeof(buffer) - have)) > 0) {
		struct timespec now;
		char *line = buffer, *end;

		clock_gettime(CLOCK_REALTIME, &now);
		have += got;
		while ((end = memchr(line, '\n', buffer + have - line))) {
			printf("%lld%09ld ", (long long)now.tv_sec, now.tv_nsec);
			fwrite(line, 1, end + 1 - line, stdout);
			line = end + 1;
		}
		fflush(stdout);
		have -= line - buffer;
		memmove(buffer, line, have);
		if (have == sizeof(buffer))
			return 1; /* a line longer than any we expect */
	}
	return got < 0;
}
