/* uring-open PATH [async|silent]: opens PATH by io_uring, no open call made; async: by one of its workers; silent: without a
 * completion. Prints {"pid":N,"result":FD or -errno}, the result 0 where none is told; exits 3 where the kernel has no io_uring
 * for us.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *map(int ring, size_t size, unsigned long offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset);
}

int main(int argc, char **argv)
{
	struct io_uring_params params;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *done;
	char *sq, *cq;
	int ring, silent = argc == 3 && !strcmp(argv[2], "silent");

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: uring-open PATH [async|silent]\n");
		return 2;
	}
	memset(&params, 0, sizeof(params));
	ring = syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0) {
		perror("io_uring_setup");
		return 3;
	}
	sq = map(ring, params.sq_off.array + params.sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	cq = map(ring, params.cq_off.cqes + params.cq_entries * sizeof(*done), IORING_OFF_CQ_RING);
	entries = map(ring, params.sq_entries * sizeof(*entries), IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || entries == MAP_FAILED)
		return 1;

	memset(entries, 0, sizeof(*entries));
	entries->opcode = IORING_OP_OPENAT;
	entries->fd = AT_FDCWD;
	entries->addr = (unsigned long)argv[1];
	entries->open_flags = O_RDONLY;
	if (silent)
		entries->flags = IOSQE_CQE_SKIP_SUCCESS;
	else if (argc == 3)
		entries->flags = IOSQE_ASYNC;
	*(unsigned int *)(sq + params.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(sq + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, !silent, IORING_ENTER_GETEVENTS, NULL, 0) != 1) {
		perror("io_uring_enter");
		return 1;
	}
	if (silent) /* a worker may do it, and nothing says when it has */
		usleep(200000);
	done = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
	printf("{\"pid\":%d,\"result\":%d}\n", getpid(), done->res);
	return 0;
}
