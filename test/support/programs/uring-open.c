/* uring-open PATH: opens PATH by io_uring, no open call made. Prints {"result":FD or -errno}; exits 3 where the kernel has no
 * io_uring for us.
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
	int ring;

	if (argc != 2) {
		fprintf(stderr, "usage: uring-open PATH\n");
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
	*(unsigned int *)(sq + params.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(sq + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1) {
		perror("io_uring_enter");
		return 1;
	}
	done = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
	printf("{\"result\":%d}\n", done->res);
	return 0;
}
