/* truth files|sockets|processes|child: does things whose events are judged, and says of each what is known of it by other means: the
 * call's result, stat, getsockname, /proc. One line of JSON for each event that it causes, in their order.
 *   files      in the current folder, which is empty
 *   sockets    in a network namespace of its own
 *   processes  executes itself as `truth child WHAT` in several ways; each child tells of itself
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Result of a call as the kernel gives it. */
static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[4096];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[len++] = '\n';
	if (write(1, line, len) != len)
		exit(1);
}

/* --- files ------------------------------------------------------------------------------------------------------------- */

static void opened(const char *deed, long ret)
{
	struct stat file = {};

	if (ret >= 0 && fstat(ret, &file))
		exit(1);
	say("{\"deed\":\"%s\",\"ret\":%ld,\"dev\":%lu,\"ino\":%lu}", deed, ret, (unsigned long)file.st_dev,
	    (unsigned long)file.st_ino);
}

static int files(void)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH };
	long folder, none = 0;

	opened("open", result(syscall(SYS_open, "made", O_CREAT | O_RDWR | O_TRUNC | O_APPEND, 0640)));
	opened("open-again", result(syscall(SYS_open, ".//made", O_WRONLY | O_NOFOLLOW | O_NONBLOCK)));
	opened("open-missing", result(syscall(SYS_open, "/nope/../x", O_RDONLY)));
	opened("creat", result(syscall(SYS_creat, "other", 04755)));
	folder = result(syscall(SYS_openat, AT_FDCWD, "/usr", O_RDONLY | O_DIRECTORY));
	opened("openat-folder", folder);
	opened("openat", result(syscall(SYS_openat, folder, "lib/../bin/env", O_RDONLY)));
	opened("openat-bad", result(syscall(SYS_openat, 9999, "x", O_RDONLY)));
	opened("openat-exists", result(syscall(SYS_openat, AT_FDCWD, "made", O_CREAT | O_EXCL | O_RDWR, 0600)));
	opened("openat-fault", result(syscall(SYS_openat, AT_FDCWD, none, O_RDONLY)));
	opened("openat-tmp", result(syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0700)));
	opened("openat-device", result(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_SYNC)));
	opened("openat2", result(syscall(SYS_openat2, folder, "bin", &how, sizeof(how))));
	opened("openat2-beyond", result(syscall(SYS_openat2, folder, "../etc", &how, sizeof(how))));
	return 0;
}

/* --- sockets ------------------------------------------------------------------------------------------------------------ */

static void name_of(const struct sockaddr_storage *at, socklen_t len, char *into, size_t size)
{
	const struct sockaddr_in *v4 = (void *)at;
	const struct sockaddr_in6 *v6 = (void *)at;
	char address[INET6_ADDRSTRLEN] = "";

	*into = 0;
	if (len < sizeof(*v4) || (at->ss_family != AF_INET && at->ss_family != AF_INET6))
		return;
	if (at->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, address, sizeof(address));
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, address, sizeof(address));
	snprintf(into, size, "%s:%d", address, ntohs(at->ss_family == AF_INET ? v4->sin_port : v6->sin6_port));
}

/* Of the socket as it is after the call. */
static void called(const char *deed, int fd, long ret)
{
	struct sockaddr_storage local = {}, peer = {};
	socklen_t local_len = sizeof(local), peer_len = sizeof(peer);
	char mine[64], theirs[64];

	if (getsockname(fd, (void *)&local, &local_len))
		local_len = 0;
	if (getpeername(fd, (void *)&peer, &peer_len))
		peer_len = 0;
	name_of(&local, local_len, mine, sizeof(mine));
	name_of(&peer, peer_len, theirs, sizeof(theirs));
	say("{\"deed\":\"%s\",\"ret\":%ld,\"fd\":%d,\"local\":\"%s\",\"peer\":\"%s\"}", deed, ret, fd, mine, theirs);
}

static struct sockaddr_in v4(const char *address, int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &at.sin_addr);
	return at;
}

static struct sockaddr_in6 v6(const char *address, int port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, address, &at.sin6_addr);
	return at;
}

#define AT(address) (struct sockaddr *)&(address), sizeof(address)

static int port_of(int fd)
{
	struct sockaddr_in at = {};
	socklen_t len = sizeof(at);

	getsockname(fd, (void *)&at, &len);
	return ntohs(at.sin_port);
}

static void tcp(void)
{
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), other;
	struct sockaddr_in any = v4("127.0.0.1", 0), at = v4("127.0.0.1", 7), closed = v4("127.0.0.1", 9);
	struct sockaddr_in6 mapped;

	called("bind-tcp", server, result(bind(server, AT(at))));
	listen(server, 8);
	called("connect-tcp", client, result(connect(client, AT(at))));
	called("sendto-tcp", client, result(sendto(client, "hello", 5, 0, NULL, 0)));
	called("connect-again", client, result(connect(client, AT(at))));
	other = accept(server, NULL, NULL);
	called("sendto-accepted", other, result(sendto(other, "welcome", 7, 0, NULL, 0)));
	other = socket(AF_INET, SOCK_STREAM, 0);
	called("bind-in-use", other, result(bind(other, AT(at))));
	called("connect-refused", other, result(connect(other, AT(closed))));
	other = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	called("connect-in-progress", other, result(connect(other, AT(closed))));
	mapped = v6("::ffff:127.0.0.1", ntohs(at.sin_port));
	other = socket(AF_INET6, SOCK_STREAM, 0);
	called("connect-mapped", other, result(connect(other, AT(mapped))));
	called("connect-no-socket", 0, result(connect(0, AT(closed))));
	called("bind-no-descriptor", 999, result(bind(999, AT(any))));
	called("sendto-no-descriptor", 999, result(sendto(999, "x", 1, 0, AT(closed))));
}

static void udp(void)
{
	int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0), six, server6;
	struct sockaddr_in any = v4("127.0.0.1", 0), at;
	struct sockaddr_in6 any6 = v6("::1", 0), mapped, at6;
	struct iovec parts[2] = { { "ab", 2 }, { "cde", 3 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	struct mmsghdr two[2] = { { .msg_hdr = message }, { .msg_hdr = message } };

	called("bind-udp", server, result(bind(server, AT(any))));
	at = v4("127.0.0.1", port_of(server));
	called("sendto-udp", client, result(sendto(client, "abc", 3, 0, AT(at))));
	called("connect-udp", client, result(connect(client, AT(at))));
	called("sendmsg-udp", client, result(sendmsg(client, &message, 0)));
	if (sendmmsg(client, two, 2, 0) != 2)
		exit(1);
	called("sendmmsg-udp", client, 5);
	called("sendmmsg-udp", client, 5);
	six = socket(AF_INET6, SOCK_DGRAM, 0);
	mapped = v6("::ffff:127.0.0.1", ntohs(at.sin_port));
	called("sendto-mapped", six, result(sendto(six, "abc", 3, 0, AT(mapped))));
	server6 = socket(AF_INET6, SOCK_DGRAM, 0);
	called("bind-udp6", server6, result(bind(server6, AT(any6))));
	at6 = v6("::1", port_of(server6));
	called("connect-udp6", six, result(connect(six, AT(at6))));
}

static void local(void)
{
	struct sockaddr_un at = { AF_UNIX, "socket" }, missing = { AF_UNIX, "/nope/socket" },
			   hidden = { AF_UNIX, "\0hidden" };
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	int other = socket(AF_UNIX, SOCK_DGRAM, 0);

	called("bind-unix", server, result(bind(server, AT(at))));
	listen(server, 8);
	called("connect-unix", client, result(connect(client, AT(at))));
	called("connect-unix-missing", other, result(connect(other, AT(missing))));
	called("bind-abstract", other, result(bind(other, (void *)&hidden, sizeof(sa_family_t) + 7)));
}

static int sockets(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (unshare(CLONE_NEWNET) || ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &lo))
		return 1;
	close(0);
	if (syscall(SYS_memfd_create, "none", 0)) /* descriptor 0, and no socket */
		return 1;
	tcp();
	udp();
	local();
	return 0;
}

/* --- processes ---------------------------------------------------------------------------------------------------------- */

/* Field N of /proc/self/stat, from 1; behind the name, which may hold anything. */
static long stat_field(int n)
{
	static char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);
	char *at = len > 0 ? strrchr(text, ')') : NULL;

	close(fd);
	for (n -= 2; at && n > 0; n--)
		at = strchr(at + 1, ' ');
	return at ? atol(at + 1) : -1;
}

/* What the kernel says of it in /proc, which counts as its mount does, and in calls, which count as the caller's namespace does. */
static int child(const char *what)
{
	struct stat exe;
	char pid[16] = "";

	if (stat("/proc/self/exe", &exe) || readlink("/proc/self", pid, sizeof(pid) - 1) < 0)
		return 1;
	say("{\"deed\":\"%s\",\"pid\":%s,\"ppid\":%ld,\"pgid\":%ld,\"sid\":%ld,\"tty\":%ld,\"vpid\":%d,\"vpgid\":%d,"
	    "\"pvpid\":%d,"
	    "\"start\":%ld,\"uid\":%d,\"gid\":%d,\"dev\":%lu,\"ino\":%lu,\"ctime\":\"%ld%09ld\",\"mtime\":\"%ld%"
	    "09ld\"}",
	    what, pid, stat_field(4), stat_field(5), stat_field(6), stat_field(7), getpid(), getpgrp(), getppid(),
	    stat_field(22), geteuid(), getegid(), (unsigned long)exe.st_dev, (unsigned long)exe.st_ino,
	    exe.st_ctim.tv_sec, exe.st_ctim.tv_nsec, exe.st_mtim.tv_sec, exe.st_mtim.tv_nsec);
	return 0;
}

static char self[4096];

static void run(const char *what)
{
	char *argv[] = { "-truth", "child", (char *)what, "", "two words", NULL };
	char *envp[] = { "HOME=/nowhere", "EMPTY=", "SPACED= x ", NULL };

	execve(self, argv, envp);
	_exit(1);
}

static void plain(void)
{
}

static void group(void)
{
	setpgid(0, 0);
}

static void other_user(void)
{
	if (syscall(SYS_setresgid, 11, 65534, 12) || syscall(SYS_setresuid, 13, 65534, 14))
		_exit(1);
}

/* A session of its own, whose terminal is a new pty. */
static void on_terminal(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), zero = 0, number, terminal;
	char path[64];

	if (ioctl(master, TIOCSPTLCK, &zero) || ioctl(master, TIOCGPTN, &number) || setsid() < 0)
		_exit(1);
	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	terminal = open(path, O_RDWR | O_CLOEXEC);
	fcntl(master, F_SETFD, 0); /* stays open behind the exec, or the terminal were gone */
	if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0))
		_exit(1);
}

static void in_namespace(void)
{
	int status;
	pid_t first;

	if (unshare(CLONE_NEWPID) || (first = fork()) < 0)
		_exit(1);
	if (first) {
		waitpid(first, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	setsid();
	first = fork();
	if (first) {
		waitpid(first, &status, 0);
		_exit(WEXITSTATUS(status));
	}
}

static void from_memory(void)
{
	char *argv[] = { "-truth", "child", "memory", NULL };
	int from = open(self, O_RDONLY), memory = memfd_create("truth", MFD_CLOEXEC);
	char block[65536];
	ssize_t len;

	while ((len = read(from, block, sizeof(block))) > 0)
		if (write(memory, block, len) != len)
			_exit(1);
	fexecve(memory, argv, argv + 3);
	_exit(1);
}

static void failing(void)
{
	/* On the stack, which is there: constants may be on a page that nobody has touched, and are then not to be read. */
	char name[] = "none", text[] = "a b", empty[] = "", *argv[] = { name, text, empty, NULL };

	say("{\"deed\":\"missing\",\"pid\":%d,\"ret\":%ld}", getpid(),
	    result(execve("/nope/./program", argv, argv + 3)));
	say("{\"deed\":\"forbidden\",\"pid\":%d,\"ret\":%ld}", getpid(), result(execve("/", argv, argv + 3)));
	_exit(0);
}

static int processes(void)
{
	static const struct {
		const char *what;
		void (*before)(void);
	} children[] = {
		{ "plain", plain },
		{ "group", group },
		{ "user", other_user },
		{ "terminal", on_terminal },
		{ "namespace", in_namespace },
		{ "memory", from_memory },
		{ "failing", failing },
	};
	int status;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	for (size_t i = 0; i < sizeof(children) / sizeof(*children); i++) {
		pid_t pid = fork();

		if (!pid) {
			children[i].before();
			run(children[i].what);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
			fprintf(stderr, "truth: %s\n", children[i].what);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "child"))
		return child(argv[2]);
	if (argc != 2)
		return 2;
	return !strcmp(argv[1], "files")       ? files()
	       : !strcmp(argv[1], "sockets")   ? sockets()
	       : !strcmp(argv[1], "processes") ? processes()
					       : 2;
}
