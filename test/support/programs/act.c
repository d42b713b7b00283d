/* act STEP...: does one thing after the other, without a program in between.
 *   join=GROUP    moves itself to the control group
 *   open=PATH     opens and closes it; a failure is none
 *   openat=FOLDER,PATH   by a descriptor of the folder
 *   chdir=PATH  fchdir=PATH  thread-chdir=PATH (in a second thread)
 *   setsid  setpgid (both make it a leader: after fork)  setuid=N  setgid=N  drop (all effective capabilities)
 *   fork          goes on in a child; the parent waits for it
 *   orphan        goes on in a child whose parent has ended
 *   name=TEXT     renames itself
 * Prints {"pid":N} of the process that did the last step; exits 1 when a step fails.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int join(const char *group)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, "0", 1) != 1 ? -1 : close(fd);
}

static int look(int folder, const char *path)
{
	int fd = openat(folder, path, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return 0;
}

static int look_from(char *folder)
{
	char *path = strchr(folder, ',');
	int fd;

	if (!path)
		return -1;
	*path++ = 0;
	fd = open(folder, O_PATH | O_DIRECTORY);
	return fd < 0 ? -1 : look(fd, path);
}

static int go_by_descriptor(const char *folder)
{
	return fchdir(open(folder, O_PATH | O_DIRECTORY));
}

static void *go(void *folder)
{
	return chdir(folder) ? folder : NULL;
}

static int go_in_thread(char *folder)
{
	pthread_t thread;
	void *failed;

	return pthread_create(&thread, NULL, go, folder) || pthread_join(thread, &failed) || failed ? -1 : 0;
}

static int drop(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets))
		return -1;
	sets[0].effective = sets[1].effective = 0;
	return syscall(SYS_capset, &header, sets);
}

static int go_on_in_child(int orphan)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child < 0)
		return -1;
	if (child > 0 && orphan)
		_exit(0);
	if (child > 0)
		exit(waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	while (orphan && getppid() == parent)
		usleep(100);
	return 0;
}

static int step(const char *what, char *with)
{
	if (!strcmp(what, "join"))
		return join(with);
	if (!strcmp(what, "open"))
		return look(AT_FDCWD, with);
	if (!strcmp(what, "openat"))
		return look_from(with);
	if (!strcmp(what, "chdir"))
		return chdir(with);
	if (!strcmp(what, "fchdir"))
		return go_by_descriptor(with);
	if (!strcmp(what, "thread-chdir"))
		return go_in_thread(with);
	if (!strcmp(what, "setsid"))
		return setsid() < 0 ? -1 : 0;
	if (!strcmp(what, "setpgid"))
		return setpgid(0, 0);
	if (!strcmp(what, "setuid"))
		return syscall(SYS_setuid, atoi(with));
	if (!strcmp(what, "setgid"))
		return syscall(SYS_setgid, atoi(with));
	if (!strcmp(what, "drop"))
		return drop();
	if (!strcmp(what, "fork") || !strcmp(what, "orphan"))
		return go_on_in_child(*what == 'o');
	if (!strcmp(what, "name"))
		return prctl(PR_SET_NAME, with);
	return -1;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *what = strdup(argv[i]), *with = strchr(what, '='); /* the arguments stay as they are */

		if (with)
			*with++ = 0;
		if (step(what, with ? with : "")) {
			perror(argv[i]);
			return 1;
		}
	}
	printf("{\"pid\":%d}\n", getpid());
	return 0;
}
