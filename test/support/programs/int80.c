/* int80 open PATH | int80 connect: one call by int 0x80, the 32-bit way in, from a 64-bit or (-m32) a 32-bit program.
 * connect goes to 127.0.0.1 port 9 by UDP: it succeeds without anybody there. Exit status 0 when the call succeeded.
 */
enum { NR_EXIT = 1, NR_OPEN = 5, NR_SOCKET = 359, NR_CONNECT = 362 };

static long call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "cc"
#ifdef __x86_64__
			   ,
			   "r8", "r9", "r10", "r11"
#endif
	);
	return (int)ret;
}

static char path[256];
static const unsigned char address[16] = { 2, 0, 0, 9, 127, 0, 0, 1 };

static int run(long argc, char **argv)
{
	long i, fd;

	if (argc == 3 && argv[1][0] == 'o') {
		/* The stack of a 64-bit program is out of reach for a 32-bit pointer. */
		for (i = 0; i < (long)sizeof(path) - 1 && argv[2][i]; i++)
			path[i] = argv[2][i];
		return call(NR_OPEN, (long)path, 0, 0) < 0;
	}
	if (argc == 2 && argv[1][0] == 'c') {
		fd = call(NR_SOCKET, 2, 2, 0);
		return fd < 0 || call(NR_CONNECT, fd, (long)address, sizeof(address)) < 0;
	}
	return 2;
}

__attribute__((noreturn, used)) void start(long *stack)
{
	call(NR_EXIT, run(stack[0], (char **)(stack + 1)), 0, 0);
	__builtin_unreachable();
}

#ifdef __x86_64__
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#else
__asm__(".globl _start\n_start: mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call start\n");
#endif
