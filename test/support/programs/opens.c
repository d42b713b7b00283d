/* opens THREADS COUNT PATH: opens and closes PATH COUNT times in all, from THREADS threads at once, and counts by itself.
 * Prints {"opens":N,"failed":M}: N calls came back with a descriptor, M with an error.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct share {
	pthread_t thread;
	const char *path;
	long count, opens, failed;
};

static void *open_and_close(void *arg)
{
	struct share *share = arg;

	for (long i = 0; i < share->count; i++) {
		int fd = open(share->path, O_RDONLY);

		if (fd < 0) {
			share->failed++;
			continue;
		}
		share->opens++;
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long threads, count, opens = 0, failed = 0;
	struct share *shares;

	if (argc != 4 || (threads = atol(argv[1])) < 1 || (count = atol(argv[2])) < threads) {
		fprintf(stderr, "usage: opens THREADS COUNT PATH\n");
		return 2;
	}
	shares = calloc(threads, sizeof(*shares));
	if (!shares)
		return 1;
	for (long i = 0; i < threads; i++) {
		shares[i].path = argv[3];
		shares[i].count = count / threads + (i < count % threads);
		if (pthread_create(&shares[i].thread, NULL, open_and_close, &shares[i]))
			return 1;
	}
	for (long i = 0; i < threads; i++) {
		pthread_join(shares[i].thread, NULL);
		opens += shares[i].opens;
		failed += shares[i].failed;
	}
	printf("{\"opens\":%ld,\"failed\":%ld}\n", opens, failed);
	return 0;
}
