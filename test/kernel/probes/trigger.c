// SPDX-License-Identifier: Apache-2.0
// Makes the calls that the probes are to see, one of each kind, and says on
// stdout what it did: a line for each call,
// "<what> ret=<result>". Static and without a C library's own calls in between,
// so that what is counted is what it made.
//
//   trigger [PART…]     parts: opens compat uring net exec exits jail
//   changes move=GROUP flood=N
//   (default: the first five)
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static long result(long ret) { return ret < 0 ? -errno : ret; }

#define DO(what, call)                                                         \
  ({                                                                           \
    long ret_ = result(call);                                                  \
    dprintf(1, "%s ret=%ld\n", what, ret_);                                    \
    ret_;                                                                      \
  })

static char dir[64];

static void opens(void) {
  struct open_how how = {
      .flags = O_RDWR | O_CREAT, .mode = 0640, .resolve = RESOLVE_BENEATH};
  char deep[4096] = "", text[300];
  int dirfd;

  DO("open", syscall(SYS_open, "/etc/hostname", O_RDONLY));
  DO("open-missing", syscall(SYS_open, "/nonexistent/a", O_WRONLY));
  DO("open-fault", syscall(SYS_open, (void *)16, O_RDONLY));
  DO("creat", syscall(SYS_creat, "created", 0600));
  dirfd = DO("openat-dir",
             syscall(SYS_openat, AT_FDCWD, ".", O_DIRECTORY | O_PATH));
  DO("openat-relative",
     syscall(SYS_openat, dirfd, "../../tmp/../etc/hostname", O_RDONLY));
  DO("openat2", syscall(SYS_openat2, dirfd, "made2", &how, sizeof(how)));
  symlink("/etc/hostname", "link");
  DO("open-link", syscall(SYS_open, "link", O_RDONLY | O_LARGEFILE));
  DO("open-loop", syscall(SYS_open, "link", O_RDONLY | O_NOFOLLOW));
  DO("open-tmpfile", syscall(SYS_open, ".", O_TMPFILE | O_RDWR, 0600));
  for (int i = 0; i < 14; i++) { // a path of 3,600 bytes in long names
    memset(text, 'a' + i, 255);
    text[255] = 0;
    if (mkdir(text, 0700) && errno != EEXIST)
      break;
    if (chdir(text))
      break;
  }
  DO("open-deep", syscall(SYS_open, "bottom", O_CREAT | O_WRONLY, 0600));
  chdir(dir);
  for (int i = 0; i < 300; i++) { // 300 components
    mkdir("d", 0700);
    if (chdir("d"))
      break;
  }
  DO("open-many", syscall(SYS_open, "bottom", O_CREAT | O_WRONLY, 0600));
  chdir(dir);
  (void)deep;
}

// A 32-bit call from a 64-bit program; what it points to must lie below 4 GiB.
static long int80(long nr, long a, long b, long c, long d, long e, long f) {
  long ret;
  register long rbp_value asm("r10") = f;

  asm volatile("push %%rbp\n mov %%r10, %%rbp\n int $0x80\n pop %%rbp"
               : "=a"(ret)
               : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "r"(rbp_value)
               : "memory", "r8", "r9", "r11");
  if (ret < 0 && ret > -4096)
    errno = -ret, ret = -1;
  return ret;
}

static void compat(void) {
  char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  struct sockaddr_in *to = (void *)(low + 512);
  unsigned *args = (void *)(low + 1024);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  strcpy(low, "/etc/hostname");
  strcpy(low + 256, "hello");
  to->sin_family = AF_INET;
  to->sin_port = htons(9);
  to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  DO("compat-open", int80(5, (long)low, O_RDONLY, 0, 0, 0, 0));
  DO("compat-openat", int80(295, AT_FDCWD, (long)low, O_RDONLY, 0, 0, 0));
  DO("compat-creat", int80(8, (long)(low + 256), 0600, 0, 0, 0, 0));
  args[0] = fd, args[1] = (long)to, args[2] = sizeof(*to);
  DO("compat-socketcall-connect", int80(102, 3, (long)args, 0, 0, 0, 0));
  DO("compat-connect", int80(362, fd, (long)to, sizeof(*to), 0, 0, 0));
  DO("compat-sendto",
     int80(369, fd, (long)(low + 256), 5, 0, (long)to, sizeof(*to)));
  args[0] = fd, args[1] = (long)(low + 256), args[2] = 5, args[3] = 0,
  args[4] = (long)to, args[5] = sizeof(*to);
  DO("compat-socketcall-sendto", int80(102, 11, (long)args, 0, 0, 0, 0));
  strcpy(low, "/nonexistent");
  args[0] = (long)(low + 256), args[1] = 0;
  DO("compat-execve", int80(11, (long)low, (long)args, 0, 0, 0, 0));
}

// --- io_uring, by hand
// -----------------------------------------------------------------------------------------------

static int ring = -1;
static struct io_uring_sqe *sqes;
static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
static struct io_uring_cqe *cqes;

static bool ring_open(unsigned flags) {
  struct io_uring_params p = {.flags = flags};
  char *sq, *cq;

  ring = syscall(SYS_io_uring_setup, 8, &p);
  if (ring < 0)
    return false;
  sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
  cq = mmap(0, p.cq_off.cqes + p.cq_entries * 16, PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
  sqes = mmap(0, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE,
              MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
  sq_tail = (void *)(sq + p.sq_off.tail),
  sq_mask = (void *)(sq + p.sq_off.ring_mask),
  sq_array = (void *)(sq + p.sq_off.array);
  cq_head = (void *)(cq + p.cq_off.head),
  cq_tail = (void *)(cq + p.cq_off.tail),
  cq_mask = (void *)(cq + p.cq_off.ring_mask);
  cqes = (void *)(cq + p.cq_off.cqes);
  return true;
}

static long submit(struct io_uring_sqe entry) {
  unsigned tail = *sq_tail, at = tail & *sq_mask;
  long ret;

  sqes[at] = entry;
  sq_array[at] = at;
  __atomic_store_n(sq_tail, tail + 1, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) <
      0)
    return -1;
  while (__atomic_load_n(cq_tail, __ATOMIC_ACQUIRE) == *cq_head)
    usleep(100);
  ret = cqes[*cq_head & *cq_mask].res;
  __atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
  if (ret < 0)
    errno = -ret, ret = -1;
  return ret;
}

static void uring_calls(const char *mode, unsigned char flags) {
  struct open_how how = {.flags = O_RDONLY};
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(9),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct iovec iov = {"hello", 5};
  struct msghdr msg = {.msg_name = &to,
                       .msg_namelen = sizeof(to),
                       .msg_iov = &iov,
                       .msg_iovlen = 1};
  int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
      tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char what[64];

#define URING(name, ...)                                                       \
  (snprintf(what, sizeof(what), "uring-%s-%s", mode, name),                    \
   DO(what, submit((struct io_uring_sqe){.flags = flags, __VA_ARGS__})))
  URING("openat", .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD,
        .addr = (long)"/etc/hostname", .open_flags = O_RDONLY);
  URING("openat-missing", .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD,
        .addr = (long)"nothing-here", .open_flags = O_WRONLY);
  URING("openat2", .opcode = IORING_OP_OPENAT2, .fd = AT_FDCWD,
        .addr = (long)"/etc/hosts", .len = sizeof(how), .off = (long)&how);
  URING("sendmsg", .opcode = IORING_OP_SENDMSG, .fd = udp, .addr = (long)&msg,
        .len = 1);
  URING("connect-udp", .opcode = IORING_OP_CONNECT, .fd = udp,
        .addr = (long)&to, .off = sizeof(to));
  URING("send", .opcode = IORING_OP_SEND, .fd = udp, .addr = (long)"hello",
        .len = 5);
  URING("connect-tcp", .opcode = IORING_OP_CONNECT, .fd = tcp,
        .addr = (long)&to, .off = sizeof(to));
  close(udp);
  close(tcp);
}

static void uring(void) {
  if (!ring_open(0)) {
    dprintf(1, "uring not available: %s\n", strerror(errno));
    return;
  }
  uring_calls("inline", 0);
  uring_calls("worker", IOSQE_ASYNC);
}

static void net(void) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(9),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
                     any = to;
  struct sockaddr_in6 to6 = {.sin6_family = AF_INET6,
                             .sin6_port = htons(9),
                             .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "socket"},
                     none = {.sun_family = AF_UNIX, .sun_path = "\0abstract"};
  struct iovec iov[2] = {{"hello", 5}, {"you", 3}};
  struct msghdr msg = {.msg_name = &to,
                       .msg_namelen = sizeof(to),
                       .msg_iov = iov,
                       .msg_iovlen = 2};
  struct mmsghdr many[3] = {
      {.msg_hdr = msg}, {.msg_hdr = msg}, {.msg_hdr = msg}};
  int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
      tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int udp6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0),
      local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
      server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0),
      nobody = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  socklen_t len = sizeof(any);
  int pipes[2], pair[2];

  pipe2(pipes, O_CLOEXEC);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  any.sin_port = 0;
  DO("bind-tcp", bind(server, (void *)&any, sizeof(any)));
  getsockname(server, (void *)&any, &len);
  listen(server, 8);
  DO("bind-used", bind(tcp, (void *)&any, sizeof(any)));
  DO("connect-tcp", connect(tcp, (void *)&any, sizeof(any)));
  DO("send-tcp", send(tcp, "hello", 5, 0));
  close(tcp);
  tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  DO("connect-refused", connect(tcp, (void *)&to, sizeof(to)));
  close(tcp);
  tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  DO("connect-nonblock", connect(tcp, (void *)&any, sizeof(any)));
  DO("sendto-udp", sendto(udp, "hello", 5, 0, (void *)&to, sizeof(to)));
  DO("sendmsg-udp", sendmsg(udp, &msg, 0));
  DO("sendmmsg-udp", sendmmsg(udp, many, 3, 0));
  DO("connect-udp", connect(udp, (void *)&to, sizeof(to)));
  DO("send-udp", send(udp, "hello", 5, 0));
  DO("connect-udp6", connect(udp6, (void *)&to6, sizeof(to6)));
  DO("sendto-udp6", sendto(udp6, "hello", 5, 0, (void *)&to6, sizeof(to6)));
  unlink("socket");
  DO("bind-unix", bind(local, (void *)&un, sizeof(un)));
  listen(local, 8);
  DO("connect-unix", connect(client, (void *)&un, sizeof(un)));
  DO("send-unix", send(client, "hello", 5, 0));
  DO("connect-abstract", connect(nobody, (void *)&none,
                                 offsetof(struct sockaddr_un, sun_path) + 9));
  DO("connect-badfd", connect(999, (void *)&to, sizeof(to)));
  DO("connect-fault", connect(udp, (void *)16, sizeof(to)));
  DO("connect-notsock", connect(pipes[0], (void *)&to, sizeof(to)));
  DO("connect-wrong-family", connect(pair[0], (void *)&to, sizeof(to)));
  DO("bind-netlink",
     bind(netlink, (void *)&(struct sockaddr_nl){.nl_family = AF_NETLINK},
          sizeof(struct sockaddr_nl)));
  DO("write-tcp-is-no-send", write(client, "x", 1));
  DO("connect-unspec", connect(udp, &(struct sockaddr){.sa_family = AF_UNSPEC},
                               sizeof(struct sockaddr)));
}

static void execs(void) {
  // on the stack: the probe reads what the kernel has not touched when a call
  // fails early, so it must be there already
  char first[] = "first", second[] = "", third[] = "third argument";
  char *args[] = {first, second, third, NULL}, *env[] = {NULL},
       *script[] = {"./script", "one", NULL};
  int fd;

  DO("execve-missing", syscall(SYS_execve, "/nonexistent/program", args, env));
  DO("execve-directory", syscall(SYS_execve, "/etc", args, env));
  DO("execveat-missing",
     syscall(SYS_execveat, AT_FDCWD, "nothing", args, env, 0));
  DO("execve-fault", syscall(SYS_execve, (void *)16, args, env));
  fd = open("script", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0700);
  if (fd >= 0)
    dprintf(fd, "#!/bin/true\n"), close(fd);
  for (int i = 0; i < 2; i++) {
    pid_t child = fork();

    if (!child) {
      if (i == 0)
        execv("./script", script);
      fd = memfd_create("hidden", MFD_CLOEXEC);
      int from = open("/bin/true", O_RDONLY);
      static char buffer[65536];
      for (ssize_t n; (n = read(from, buffer, sizeof(buffer))) > 0;)
        write(fd, buffer, n);
      syscall(SYS_execveat, fd, "", script, env, AT_EMPTY_PATH);
      _exit(9);
    }
    waitpid(child, NULL, 0);
  }
}

static void *leave(void *unused) { return NULL; }

// Processes whose threads all leave at the same moment: each has one end. Then
// a daemon whose parent goes first.
static void exits(void) {
  for (int i = 0; i < 100; i++) {
    if (!fork()) {
      pthread_t thread;

      for (int j = 0; j < 8; j++)
        pthread_create(&thread, NULL, leave, NULL);
      pthread_exit(NULL);
    }
  }
  while (wait(NULL) > 0)
    ;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (!fork()) {
    if (!fork())
      usleep(50000), _exit(7);
    raise(SIGTERM);
  }
  while (wait(NULL) > 0)
    ;
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  dprintf(1, "exits pid=%d\n", getpid());
}

// A process with a root folder of its own: its paths begin there.
static void jail(void) {
  pid_t child = fork();

  if (child) {
    waitpid(child, NULL, 0);
    return;
  }
  mkdir("jail", 0755);
  mkdir("jail/etc", 0755);
  close(open("jail/etc/inside", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  if (chroot("jail") || chdir("/"))
    _exit(1);
  DO("jail-open", syscall(SYS_open, "/etc/inside", O_RDONLY));
  DO("jail-open-relative", syscall(SYS_open, "etc/inside", O_RDONLY));
  DO("jail-open-root", syscall(SYS_open, "/", O_RDONLY));
  _exit(0);
}

static void *folder_of_its_own(void *unused) {
  syscall(SYS_unshare, CLONE_FS);
  DO("thread-chdir", syscall(SYS_chdir, "/usr"));
  return NULL;
}

static void *shared_folder(void *unused) {
  DO("thread-shared-chdir", syscall(SYS_chdir, "/var"));
  return NULL;
}

static void in_thread(void *(*body)(void *)) {
  pthread_t thread;

  pthread_create(&thread, NULL, body, NULL);
  pthread_join(thread, NULL);
}

// Everything that changes who a process is without an exec, in a process that
// does nothing else.
static void changes(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct caps[2];
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  int etc = open("/etc", O_PATH | O_DIRECTORY), gate[2], status;
  pid_t child = fork(), grandchild;

  if (child) {
    waitpid(child, &status, 0);
    return;
  }
  dprintf(1, "changes pid=%d\n", getpid());
  DO("chdir-missing", syscall(SYS_chdir, "/nonexistent"));
  DO("chdir", syscall(SYS_chdir, "/proc/self/root/tmp/../usr/lib"));
  DO("open-relative", syscall(SYS_open, "os-release", O_RDONLY));
  DO("fchdir", syscall(SYS_fchdir, etc));
  DO("open-after-fchdir", syscall(SYS_openat, AT_FDCWD, "hostname", O_RDONLY));
  DO("openat-missing", syscall(SYS_openat, etc, "no/such", O_RDONLY));
  DO("openat-badfd", syscall(SYS_openat, 999, "file", O_RDONLY));
  DO("open-missing-relative", syscall(SYS_open, "../no", O_RDONLY));
  in_thread(shared_folder);
  in_thread(folder_of_its_own);
  DO("setpgid", syscall(SYS_setpgid, 0, 0));
  pipe(gate);
  grandchild = fork();
  if (!grandchild) {
    char byte;

    close(gate[1]);
    read(gate[0], &byte, 1); // until its parent has put it in its group
    DO("setsid-leader", syscall(SYS_setsid));
    _exit(0);
  }
  DO("setpgid-child", syscall(SYS_setpgid, grandchild, grandchild));
  dprintf(1, "grandchild pid=%d\n", grandchild);
  close(gate[1]);
  waitpid(grandchild, NULL, 0);
  if (!fork()) {
    DO("setsid", syscall(SYS_setsid));
    _exit(0);
  }
  wait(NULL);
  DO("unshare", syscall(SYS_unshare, CLONE_NEWNS));
  DO("setns", syscall(SYS_setns, open("/proc/self/ns/uts", O_RDONLY), 0));
  syscall(SYS_capget, &header, caps);
  caps[0].effective &= ~(1U << 13); // CAP_NET_RAW
  DO("capset", syscall(SYS_capset, &header, caps));
  DO("setgid", syscall(SYS_setgid, 7));
  DO("setregid", syscall(SYS_setregid, -1, 8));
  DO("setresgid", syscall(SYS_setresgid, -1, 9, -1));
  strcpy(low, "/");
  DO("compat-chdir", int80(12, (long)low, 0, 0, 0, 0, 0));
  DO("compat-setreuid16", int80(70, 0, 11, 0, 0, 0, 0));
  DO("setresuid", syscall(SYS_setresuid, -1, 0, -1));
  DO("compat-setresuid", int80(208, 0, 12, 0, 0, 0, 0));
  DO("setreuid", syscall(SYS_setreuid, -1, 0));
  DO("chroot", syscall(SYS_chroot, "/usr"));
  DO("chdir-in-root", syscall(SYS_chdir, "/lib"));
  DO("setuid", syscall(SYS_setuid, 1000));
  DO("setuid-denied", syscall(SYS_setuid, 0));
  _exit(0);
}

static void join_group(pid_t pid, const char *folder) {
  char path[300];
  int fd;

  snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
  fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || dprintf(fd, "%d", pid) < 0)
    perror(path), exit(1);
  close(fd);
}

// Processes that come into the group of the caller without a fork or an exec
// inside, and leave it: by themselves, moved by another, and born there.
static void move(const char *outside) {
  static char inside[300];
  struct clone_args {
    unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack,
        stack_size, tls, set_tid, set_tid_size, cgroup;
  } into = {.flags = 0x200000000ULL /* CLONE_INTO_CGROUP */,
            .exit_signal = SIGCHLD};
  char line[300], mount[200] = "";
  FILE *file = fopen("/proc/mounts", "r");

  while (fgets(line, sizeof(line), file))
    if (strstr(line, " cgroup2 "))
      sscanf(line, "%*s %199s", mount);
  fclose(file);
  file = fopen("/proc/self/cgroup", "r");
  while (fgets(line, sizeof(line), file))
    if (!strncmp(line, "0::", 3))
      line[strcspn(line, "\n")] = 0, snprintf(inside, sizeof(inside),
                                              "%.100s%.100s", mount, line + 3);
  fclose(file);
  if (!fork()) { // one that was never inside: its parent leaves first
    pid_t child;

    join_group(0, outside);
    if (!fork()) {
      join_group(0, inside);
      dprintf(1, "moved-itself pid=%d ppid=%d\n", getpid(), getppid());
      DO("open-moved-itself", syscall(SYS_open, "/etc/hostname", O_RDONLY));
      _exit(0);
    }
    wait(NULL);
    child = fork();
    if (!child)
      pause();
    join_group(child, inside);
    dprintf(1, "moved pid=%d ppid=%d\n", child, getpid());
    join_group(child, outside);
    kill(child, SIGKILL);
    wait(NULL);
    into.cgroup = open(inside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    child = syscall(SYS_clone3, &into, sizeof(into));
    if (!child) {
      DO("open-born-inside", syscall(SYS_open, "/etc/hosts", O_RDONLY));
      _exit(0);
    }
    dprintf(1, "born pid=%d ppid=%d\n", child, getpid());
    wait(NULL);
    _exit(0);
  }
  wait(NULL);
}

static long flood_count;

static void *flood_thread(void *unused) {
  for (long i = 0; i < flood_count; i++) {
    int fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);

    if (fd < 0)
      abort();
    syscall(SYS_close, fd);
  }
  return NULL;
}

static void flood(long count) {
  pthread_t threads[4];

  flood_count = count / 4;
  for (int i = 0; i < 4; i++)
    pthread_create(&threads[i], NULL, flood_thread, NULL);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  dprintf(1, "flood made=%ld\n", flood_count * 4);
}

int main(int argc, char **argv) {
  static char *all[] = {"", "opens", "compat", "uring", "net", "exec", NULL};
  char **parts = argc > 1 ? argv : all;

  snprintf(dir, sizeof(dir), "/tmp/saker-trigger-%d", getpid());
  if (mkdir(dir, 0700) || chdir(dir)) {
    perror(dir);
    return 1;
  }
  for (parts++; *parts; parts++) {
    if (!strcmp(*parts, "opens"))
      opens();
    else if (!strcmp(*parts, "compat"))
      compat();
    else if (!strcmp(*parts, "uring"))
      uring();
    else if (!strcmp(*parts, "net"))
      net();
    else if (!strcmp(*parts, "exec"))
      execs();
    else if (!strcmp(*parts, "exits"))
      exits();
    else if (!strcmp(*parts, "jail"))
      jail();
    else if (!strcmp(*parts, "changes"))
      changes();
    else if (!strncmp(*parts, "move=", 5))
      move(*parts + 5);
    else if (!strncmp(*parts, "flood=", 6))
      flood(atol(*parts + 6));
    else
      return 2;
  }
  return 0;
}
