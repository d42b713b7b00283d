// SPDX-License-Identifier: Apache-2.0
// Tries the observing programs on the running kernel, without the sensor around
// them. Root is needed.
//
//   probe-check [-o OBJECT] [-v] load [GLOB…]          each program alone: does
//   it load, does it attach? probe-check [-o OBJECT] [-vqt] [-k KINDS] run
//   GLOB[,GLOB…] COMMAND…
//                          runs COMMAND in a cgroup of its own, scoped to it,
//                          and prints every record and the counters; -q: only
//                          the counters; -t: how long each program ran, and how
//                          often the kernel skipped it
//   probe-check … scan [PROGRAM]                       prints what the start-up
//   scan says of a child in a cgroup of its own
//
// In the environment: PROBE_ENV records environments, PROBE_FILTER lets no rule
// want anything, PROBE_QUIET is -q. KINDS: bit mask of the kinds that the
// system-call plan serves (default: all). Records are printed one to a line,
// key=value, so that a test can match them. Exit: 0, 1 when something does not
// load (load: nothing at all loads), 2 usage.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../bpf/include/saker_event.h"

static const char *object_path = "build/bpf/x86_64/saker.bpf.o";
static bool verbose, timed;
static unsigned sys_kinds = ~0U;
static char verifier_log[1 << 20];

static int print(enum libbpf_print_level level, const char *format,
                 va_list args) {
  return verbose ? vfprintf(stderr, format, args) : 0;
}

static void fail(const char *what) {
  fprintf(stderr, "probe-check: %s: %s\n", what, strerror(errno));
  exit(1);
}

// --- a cgroup of our own
// ---------------------------------------------------------------------------------------------

static char group_path[256];
static unsigned long long group_id;
static unsigned group_level;

static void make_group(void) {
  char mount[200] = "", line[512];
  FILE *mounts = fopen("/proc/mounts", "r");
  struct {
    struct file_handle h;
    unsigned long long id;
  } handle = {.h.handle_bytes = sizeof(handle.id)};
  int mount_id;

  while (mounts && fgets(line, sizeof(line), mounts))
    if (strstr(line, " cgroup2 "))
      sscanf(line, "%*s %199s", mount);
  if (mounts)
    fclose(mounts);
  if (!*mount) { // a bare guest
    strcpy(mount, "/sys/fs/cgroup");
    errno = ENOENT;
    fail("no cgroup2 mount");
  }
  snprintf(group_path, sizeof(group_path), "%s/saker-test-%d", mount, getpid());
  if (mkdir(group_path, 0755) && errno != EEXIST)
    fail(group_path);
  if (name_to_handle_at(AT_FDCWD, group_path, &handle.h, &mount_id, 0))
    fail("name_to_handle_at");
  group_id = handle.id;
  group_level = 1; // directly below the root of the mount, which in our own
                   // namespace is the hierarchy's root
}

static void remove_group(void) {
  for (int i = 0; *group_path && i < 100 && rmdir(group_path) && errno == EBUSY;
       i++)
    usleep(10000);
}

// --- loading
// ---------------------------------------------------------------------------------------------------------

static bool matches(const char *name, char *const *globs) {
  for (; *globs; globs++)
    if (!fnmatch(*globs, name, 0))
      return true;
  return false;
}

#define SET(field, value)                                                      \
  do {                                                                         \
    typeof(value) v_ = (value);                                                \
    set_rodata(object, field, &v_, sizeof(v_));                                \
  } while (0)

#include <bpf/btf.h>
static void set_rodata(struct bpf_object *object, const char *name,
                       const void *value, size_t size) {
  struct btf *btf = bpf_object__btf(object);
  struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
  const struct btf_type *section = btf__type_by_id(
      btf, btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC));
  const struct btf_var_secinfo *var = btf_var_secinfos(section);
  size_t total;
  char *data = (char *)bpf_map__initial_value(map, &total);

  for (int i = 0; i < btf_vlen(section); i++, var++) {
    const struct btf_type *type = btf__type_by_id(btf, var->type);

    if (!strcmp(btf__name_by_offset(btf, type->name_off), name) &&
        var->size == size) {
      memcpy(data + var->offset, value, size);
      return;
    }
  }
  fprintf(stderr, "probe-check: no read-only variable %s\n", name);
  exit(1);
}

static struct bpf_object *open_object(char *const *globs) {
  LIBBPF_OPTS(bpf_object_open_opts, opts,
              .kernel_log_buf = verbose ? NULL : verifier_log,
              .kernel_log_size = verbose ? 0 : sizeof(verifier_log));
  struct bpf_object *object = bpf_object__open_file(object_path, &opts);
  struct bpf_program *program;
  int some = 0;

  if (!object)
    fail(object_path);
  bpf_object__for_each_program(program, object) {
    bool use = matches(bpf_program__name(program), globs);

    bpf_program__set_autoload(program, use);
    some += use;
  }
  if (!some) {
    fprintf(stderr, "probe-check: no program matches\n");
    exit(2);
  }
  SET("saker_scope_cgroup", group_id);
  SET("saker_scope_level", group_level);
  SET("saker_own_tgid", (unsigned)getpid());
  SET("saker_data_rings", 1U);
  SET("saker_sys_kinds", sys_kinds);
  bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "data_rings"),
                           1);
  return object;
}

static const char *last_line(char *log) {
  char *end = log + strlen(log), *start;

  while (end > log && end[-1] == '\n')
    *--end = 0;
  start = strrchr(log, '\n');
  if (start && !strncmp(start, "\nprocessed", 10)) {
    *start = 0;
    start = strrchr(log, '\n');
  }
  return start ? start + 1 : log;
}

static int load_each(char *const *globs) {
  static char *all[] = {"*", NULL};
  struct bpf_object *list = bpf_object__open_file(object_path, NULL);
  struct bpf_program *entry;
  int loaded = 0;

  if (!list)
    fail(object_path);
  bpf_object__for_each_program(entry, list) {
    const char *name = bpf_program__name(entry);
    char *only[] = {(char *)name, NULL};
    struct bpf_object *object;
    struct bpf_link *link;
    struct bpf_program *program;
    int err;

    if (!matches(name, *globs ? globs : all))
      continue;
    *verifier_log = 0;
    object = open_object(only);
    err = bpf_object__load(object);
    if (err) {
      printf("%-34s does not load: %s: %s\n", name, strerror(-err),
             last_line(verifier_log));
    } else {
      program = bpf_object__find_program_by_name(object, name);
      link = bpf_program__attach(program);
      struct bpf_prog_info info = {};
      __u32 size = sizeof(info);

      bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size);
      if (link)
        loaded++, printf("%-34s attaches, %u instructions verified\n", name,
                         info.verified_insns);
      else
        printf("%-34s loads, does not attach: %s\n", name, strerror(errno));
      bpf_link__destroy(link);
    }
    fflush(stdout);
    bpf_object__close(object);
  }
  bpf_object__close(list);
  return !loaded;
}

// --- records
// ---------------------------------------------------------------------------------------------------------

static const char *const kind_names[SAKER_KIND_MAX] = {
    [SAKER_PROCESS_FORK] = "process.fork",
    [SAKER_PROCESS_EXEC] = "process.exec",
    [SAKER_PROCESS_EXIT] = "process.exit",
    [SAKER_CGROUP_MKDIR] = "cgroup.mkdir",
    [SAKER_CGROUP_RMDIR] = "cgroup.rmdir",
    [SAKER_PROCESS_SEEN] = "process.seen",
    [SAKER_NET_VERDICT] = "net.verdict",
    [SAKER_PROCESS_LEFT] = "process.left",
    [SAKER_PROCESS_CHANGE] = "process.change",
    [SAKER_PROCESS_EXEC_FAILED] = "process.exec_failed",
    [SAKER_FILE_OPEN] = "file.open",
    [SAKER_NET_CONNECT] = "net.connect",
    [SAKER_NET_SEND] = "net.send",
    [SAKER_NET_BIND] = "net.bind",
};

static void text(const char *name, const char **at, unsigned len) {
  printf(" %s(%u)=\"", name, len);
  for (unsigned i = 0; i + 1 < len && i < 200; i++) {
    unsigned char c = (*at)[i];

    if (!c)
      printf("\\0");
    else if (c < ' ' || c > '~' || c == '"' || c == '\\')
      printf("\\x%02x", c);
    else
      putchar(c);
  }
  if (len && (*at)[len - 1])
    printf("<no NUL>");
  printf("\"");
  *at += len;
}

static void print_identity(const struct saker_identity *i) {
  printf(" comm=%.16s ppid=%u pstart=%llu nspidstart=%llu exec=%u "
         "uid=%u/%u/%u/%u gid=%u/%u loginuid=%u vpid=%u sid=%u pgid=%u/%u "
         "tty=%u ns=%u,%u,%u,%u,%u caps=%llx",
         i->comm, i->parent_tgid, i->parent_start_ns, i->pidns_start_ns,
         i->exec_count, i->uid, i->euid, i->suid, i->fsuid, i->gid, i->egid,
         i->loginuid, i->vpid, i->sid, i->pgid, i->vpgid, i->tty, i->pid_ns,
         i->mnt_ns, i->net_ns, i->user_ns, i->cgroup_ns, i->cap_effective);
}

static void print_exec(const struct saker_process_exec *e) {
  const char *at = e->strings;

  print_identity(&e->id);
  if (e->hdr.kind == SAKER_PROCESS_FORK)
    return;
  printf(" ino=%llu dev=%u:%u ctime=%llu mtime=%llu exe_flags=%#x mode=%o "
         "exe_uid=%u interpreted=%u args_total=%u",
         e->exe_ino, major(e->exe_dev), minor(e->exe_dev), e->exe_ctime_ns,
         e->exe_mtime_ns, e->exe_flags, e->exe_mode, e->exe_uid, e->interpreted,
         e->args_total);
  text("exe", &at, e->exe_path_len);
  text("filename", &at, e->filename_len);
  text("cwd", &at, e->cwd_len);
  text("args", &at, e->args_len);
  text("env", &at, e->env_len);
  text("cgroup", &at, e->cgroup_len);
}

static void print_net(const struct saker_net_call *e) {
  char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
  const char *at = e->strings;

  inet_ntop(AF_INET6, e->local_addr, local, sizeof(local));
  inet_ntop(AF_INET6, e->remote_addr, remote, sizeof(remote));
  printf(" ret=%lld local=[%s]:%u remote=[%s]:%u fd=%d bytes=%llu family=%u "
         "addr_family=%u type=%u protocol=%u state=%u netns=%u cookie=%llu",
         e->ret, local, e->local_port, remote, e->remote_port, e->fd, e->bytes,
         e->family, e->addr_family, e->type, e->protocol, e->state, e->net_ns,
         e->sock_cookie);
  text("unix", &at, e->unix_path_len);
}

static unsigned long long records[SAKER_KIND_MAX];
static bool quiet;

static int on_record(void *unused, void *data, size_t slot) {
  const struct saker_event_header *h = data;
  const char *at;

  if (h->kind < SAKER_KIND_MAX)
    records[h->kind]++;
  if (quiet)
    return 0;
  printf("%s ts=%llu start=%llu cgroup=%s tgid=%u tid=%u uid=%u arg=%u "
         "size=%u/%zu cpu=%u flags=%#x",
         h->kind < SAKER_KIND_MAX && kind_names[h->kind] ? kind_names[h->kind]
                                                         : "?",
         h->ts_ns, h->start_ns, h->cgroup_id == group_id ? "own" : "other",
         h->tgid, h->tid, h->uid, h->arg, h->size, slot, h->cpu, h->flags);
  switch (h->kind) {
  case SAKER_PROCESS_FORK:
  case SAKER_PROCESS_EXEC:
  case SAKER_PROCESS_SEEN:
    print_exec(data);
    break;
  case SAKER_PROCESS_CHANGE: {
    const struct saker_process_change *e = data;

    at = e->strings;
    print_identity(&e->id);
    text("cwd", &at, e->cwd_len);
    break;
  }
  case SAKER_PROCESS_EXEC_FAILED: {
    const struct saker_process_exec_failed *e = data;

    at = e->strings;
    printf(" ret=%lld", e->ret);
    text("filename", &at, e->filename_len);
    text("args", &at, e->args_len);
    break;
  }
  case SAKER_PROCESS_EXIT: {
    const struct saker_process_exit *e = data;

    printf(" code=%#x reaper=%u reaper_start=%llu", e->exit_code,
           e->reaper_tgid, e->reaper_start_ns);
    break;
  }
  case SAKER_CGROUP_MKDIR:
  case SAKER_CGROUP_RMDIR: {
    const struct saker_cgroup_change *e = data;

    at = e->strings;
    printf(" id=%llu level=%u", e->id, e->level);
    text("path", &at, e->path_len);
    break;
  }
  case SAKER_FILE_OPEN: {
    const struct saker_file_open *e = data;

    at = e->strings;
    printf(" ret=%lld ino=%llu dev=%u:%u open_flags=%#x mode=%o resolve=%#llx "
           "dirfd=%d file_flags=%#x",
           e->ret, e->ino, major(e->dev), minor(e->dev), e->open_flags, e->mode,
           e->resolve, e->dirfd, e->file_flags);
    text("path", &at, e->path_len);
    text("name", &at, e->name_len);
    text("base", &at, e->base_len);
    break;
  }
  case SAKER_NET_CONNECT:
  case SAKER_NET_SEND:
  case SAKER_NET_BIND:
    print_net(data);
    break;
  }
  putchar('\n');
  return 0;
}

static int print_counters(struct bpf_object *object) {
  int cpus = libbpf_num_possible_cpus(),
      map = bpf_object__find_map_fd_by_name(object, "saker_counters"),
      wrong = 0;
  struct saker_counters *each = calloc(cpus, sizeof(*each));

  for (unsigned kind = 0; kind < SAKER_KIND_MAX; kind++) {
    struct saker_counters sum = {};
    unsigned long long lost = 0;

    bpf_map_lookup_elem(map, &kind, each);
    for (int cpu = 0; cpu < cpus; cpu++) {
      sum.seen += each[cpu].seen;
      sum.filtered += each[cpu].filtered;
      sum.sent += each[cpu].sent;
      for (int i = 0; i < SAKER_LOSS_MAX; i++)
        sum.lost[i] += each[cpu].lost[i];
    }
    for (int i = 0; i < SAKER_LOSS_MAX; i++)
      lost += sum.lost[i];
    if (!sum.seen && !sum.sent && !lost)
      continue;
    printf("counters %s seen=%llu filtered=%llu sent=%llu lost=%llu (ring %llu "
           "scratch %llu in_flight %llu unreadable %llu) delivered=%llu\n",
           kind_names[kind] ?: "?", sum.seen, sum.filtered, sum.sent, lost,
           sum.lost[0], sum.lost[1], sum.lost[2], sum.lost[3], records[kind]);
    if (sum.seen != sum.filtered + sum.sent + lost || records[kind] != sum.sent)
      printf("counters %s DO NOT ADD UP\n", kind_names[kind] ?: "?"), wrong = 1;
  }
  free(each);
  return wrong;
}

static void print_programs(struct bpf_object *object) {
  struct bpf_program *program;

  bpf_object__for_each_program(program, object) {
    struct bpf_prog_info info = {};
    __u32 size = sizeof(info);

    if (!bpf_program__autoload(program) ||
        bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
      continue;
    printf("program %s runs=%llu ns=%.0f recursion_misses=%llu\n",
           bpf_program__name(program), info.run_cnt,
           info.run_cnt ? (double)info.run_time_ns / info.run_cnt : 0,
           info.recursion_misses);
  }
}

static struct ring_buffer *load(struct bpf_object *object) {
  LIBBPF_OPTS(bpf_map_create_opts, none);
  struct saker_control control;
  struct ring_buffer *rings;
  int ring, err;
  __u32 zero = 0;

  err = bpf_object__load(object);
  if (err) {
    fprintf(stderr, "%s\nprobe-check: load: %s\n", verifier_log,
            strerror(-err));
    exit(1);
  }
  ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "data", 0, 0, 16 << 20, &none);
  if (ring < 0 ||
      bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "data_rings"),
                          &zero, &ring, BPF_ANY))
    fail("data ring");
  memset(&control, 0xff, sizeof(control));
  control.generation = 1;
  control.want_env = !!getenv("PROBE_ENV");
  if (getenv("PROBE_FILTER")) // nothing is wanted
    memset(control.classes, 0, sizeof(control.classes));
  if (bpf_map_update_elem(
          bpf_object__find_map_fd_by_name(object, "saker_control"), &zero,
          &control, BPF_ANY))
    fail("control");
  rings =
      ring_buffer__new(bpf_object__find_map_fd_by_name(object, "state_ring"),
                       on_record, NULL, NULL);
  if (!rings || ring_buffer__add(rings, ring, on_record, NULL))
    fail("ring buffer");
  return rings;
}

static pid_t spawn(char **command) {
  char procs[300];
  pid_t child = fork();

  if (child)
    return child;
  snprintf(procs, sizeof(procs), "%s/cgroup.procs", group_path);
  int fd = open(procs, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, "0", 1) != 1)
    fail(procs);
  execvp(command[0], command);
  fail(command[0]);
  return -1;
}

static int run(char *globs, char **command) {
  char *list[32], *word;
  int count = 0, status;
  struct bpf_program *program;
  struct ring_buffer *rings;
  struct bpf_object *object;
  pid_t child;
  int stats = timed ? bpf_enable_stats(BPF_STATS_RUN_TIME) : -1;

  for (word = strtok(globs, ","); word && count < 31; word = strtok(NULL, ","))
    list[count++] = word;
  list[count] = NULL;
  object = open_object(list);
  rings = load(object);
  bpf_object__for_each_program(program, object) {
    struct bpf_link *link;

    if (!bpf_program__autoload(program) ||
        bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC)
      continue;
    link = bpf_program__attach(program);
    if (!link)
      fail(bpf_program__name(program));
  }
  fflush(stdout);
  child = spawn(command);
  while (waitpid(child, &status, WNOHANG) == 0) {
    usleep(2000); // as the sensor's reader: a kernel that has to wake somebody
                  // for each record is another measurement
    ring_buffer__consume(rings);
  }
  usleep(50000);
  ring_buffer__consume(rings);
  if (timed)
    print_programs(object);
  close(stats);
  status = print_counters(object) ? 1
           : WIFEXITED(status)    ? WEXITSTATUS(status)
                                  : 128 + WTERMSIG(status);
  ring_buffer__free(rings);
  bpf_object__close(object);
  return status;
}

static int scan(const char *name) {
  char *list[] = {(char *)name, NULL}, *sleeper[] = {"sleep", "60", NULL};
  struct bpf_object *object = open_object(list);
  struct ring_buffer *rings = load(object);
  struct bpf_link *link =
      bpf_program__attach(bpf_object__find_program_by_name(object, name));
  static char buffer[1 << 20];
  size_t used = 0, at;
  ssize_t got;
  pid_t child = spawn(sleeper);
  int iter;

  usleep(300000);
  if (!link || (iter = bpf_iter_create(bpf_link__fd(link))) < 0)
    fail(name);
  while ((got = read(iter, buffer + used, sizeof(buffer) - used)) > 0)
    used += got;
  if (got < 0)
    fail("read");
  for (at = 0; at < used;
       at += ((struct saker_event_header *)(buffer + at))->size)
    on_record(NULL, buffer + at,
              ((struct saker_event_header *)(buffer + at))->size);
  kill(child, 9);
  waitpid(child, NULL, 0);
  ring_buffer__free(rings);
  bpf_object__close(object);
  return 0;
}

int main(int argc, char **argv) {
  int option, status;

  while ((option = getopt(argc, argv, "+o:vqtk:")) != -1)
    switch (option) {
    case 'o':
      object_path = optarg;
      break;
    case 'v':
      verbose = true;
      break;
    case 'q':
      quiet = true;
      break;
    case 't':
      timed = true;
      break;
    case 'k':
      sys_kinds = strtoul(optarg, NULL, 0);
      break;
    default:
      return 2;
    }
  argv += optind;
  quiet |= !!getenv("PROBE_QUIET");
  if (!*argv)
    return fprintf(stderr,
                   "usage: probe-check [-o OBJECT] [-vqt] [-k KINDS] load "
                   "[GLOB…] | run GLOBS COMMAND… | scan PROGRAM\n"),
           2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  libbpf_set_print(print);
  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
  make_group();
  atexit(remove_group);
  if (!strcmp(argv[0], "load"))
    status = load_each(argv + 1);
  else if (!strcmp(argv[0], "run") && argv[1] && argv[2])
    status = run(argv[1], argv + 2);
  else if (!strcmp(argv[0], "scan"))
    status = scan(argv[1] ?: "process_scan__iter");
  else
    status = 2;
  return status;
}
