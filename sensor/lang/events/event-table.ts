/**
 * Facts about names and values of Falco's event schema 4.5.1 (falcosecurity/libs 48dfd53): one line an event.
 *
 * name, codes on enter and on exit (superseded ones included: type inference counts them), category, kind of work, side that is
 * delivered, marks (creates, uses, destroys: what it does to a descriptor; reads, writes, waits; state: kept although no rule
 * asks; `-`: none), then the parameters in schema order: `name:type`, `.hex` or `.oct` where printed so, `/table` of flag names,
 * `@dirfd` the parameter a relative path starts from, `~table` of the kinds a dynamic one may hold.
 */
export const EVENT_TABLE = `
NA 2 33 unknown unknown none -
accept 4 4 syscall net exit creates,state fd:fd tuple:socktuple queuepct:uint8 queuelen:uint32 queuemax:uint32
accept4 1 1 syscall net exit creates,state fd:fd tuple:socktuple queuepct:uint8 queuelen:uint32 queuemax:uint32 flags:int32.hex
access 1 1 syscall file exit - res:errno name:fspath mode:flags32.hex/access_flags
asyncevent 1 0 meta other enter - plugin_id:uint32 name:charbuf data:bytebuf
bind 1 1 syscall net exit uses,state res:errno addr:sockaddr fd:fd
bpf 2 2 syscall other exit creates fd:fd cmd:enumflags32/bpf_commands
brk 2 2 syscall memory exit - res:uint64.hex vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64.hex
capset 1 1 syscall process exit state res:errno cap_inheritable:uint64.hex cap_permitted:uint64.hex cap_effective:uint64.hex
chdir 1 1 syscall file exit state res:errno path:charbuf
chmod 1 1 syscall file exit - res:errno filename:fspath mode:mode.oct/chmod_mode
chown 1 1 syscall file exit - res:errno path:fspath uid:uint32 gid:uint32
chroot 1 1 syscall process exit state res:errno path:fspath
clone 4 4 syscall process exit state res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32.hex/clone_flags uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
clone3 1 1 syscall process exit state res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32.hex/clone_flags uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
close 1 1 syscall io_other exit destroys,uses,state res:errno fd:fd
close_range 0 1 syscall io_other exit state res:errno first:uint32 last:uint32 flags:flags32.hex/close_range_flags
connect 1 1 syscall net exit uses,state res:errno tuple:socktuple fd:fd addr:sockaddr
container 3 0 meta process enter state json:charbuf
copy_file_range 1 1 syscall file exit uses,reads,writes res:errno fdout:fd offout:uint64 fdin:fd offin:uint64 len:uint64
cpu_hotplug 1 0 meta system enter state cpu:uint32 action:uint32
creat 1 1 syscall file exit creates,state fd:fd name:fspath mode:uint32.oct dev:uint32.hex ino:uint64 creat_flags:flags16.hex/creat_flags
delete_module 1 1 syscall other exit - res:errno name:charbuf flags:flags32.hex/delete_module_flags
drop 1 1 internal unknown exit - ratio:uint32
dup 2 2 syscall io_other exit creates,uses,state res:fd oldfd:fd
dup2 1 1 syscall io_other exit creates,uses,state res:fd oldfd:fd newfd:fd
dup3 1 1 syscall io_other exit creates,uses,state res:fd oldfd:fd newfd:fd flags:flags32.hex/file_flags
epoll_create 1 1 syscall unknown exit creates,state res:errno size:int32
epoll_create1 1 1 syscall unknown exit creates,state res:errno flags:flags32.hex/epoll_create1_flags
epoll_wait 1 1 syscall unknown exit waits res:errno maxevents:errno
eventfd 1 1 syscall ipc exit creates,state res:fd initval:uint64 flags:uint32.hex
eventfd2 1 1 syscall ipc exit creates,state res:fd flags:flags16.hex/file_flags initval:uint64
execve 8 8 syscall process exit state res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf env:bytebuf tty:uint32 vpgid:pid loginuid:uid flags:flags32.hex/execve_flags cap_inheritable:uint64.hex cap_permitted:uint64.hex cap_effective:uint64.hex exe_ino:uint64 exe_ino_ctime:abstime exe_ino_mtime:abstime uid:uid trusted_exepath:fspath pgid:pid gid:gid filename:fspath
execveat 1 1 syscall process exit state res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf env:bytebuf tty:uint32 vpgid:pid loginuid:uid flags:flags32.hex/execve_flags cap_inheritable:uint64.hex cap_permitted:uint64.hex cap_effective:uint64.hex exe_ino:uint64 exe_ino_ctime:abstime exe_ino_mtime:abstime uid:uid trusted_exepath:fspath pgid:pid gid:gid
fchdir 1 1 syscall file exit uses,state res:errno fd:fd
fchmod 1 1 syscall file exit uses res:errno fd:fd mode:mode.oct/chmod_mode
fchmodat 1 1 syscall file exit uses res:errno dirfd:fd filename:fsrelpath@dirfd mode:mode.oct/chmod_mode
fchown 1 1 syscall file exit uses res:errno fd:fd uid:uint32 gid:uint32
fchownat 1 1 syscall file exit uses res:errno dirfd:fd pathname:fsrelpath@dirfd uid:uint32 gid:uint32 flags:flags32.hex/fchownat_flags
fcntl 1 1 syscall io_other exit uses,state res:fd fd:fd cmd:enumflags8/fcntl_commands arg:uint64.hex
finit_module 1 1 syscall other exit uses,reads res:errno fd:fd uargs:charbuf flags:flags32.hex/finit_module_flags
flock 1 1 syscall file exit uses res:errno fd:fd operation:flags32.hex/flock_flags
fork 3 3 syscall process exit state res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32.hex/clone_flags uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
fsconfig 1 1 syscall system exit uses res:errno fd:fd cmd:enumflags32/fsconfig_cmds key:charbuf value_bytebuf:bytebuf value_charbuf:charbuf aux:int32
fstat 1 1 syscall file exit uses res:errno fd:fd
fstat64 1 1 syscall file exit - res:errno
futex 1 1 syscall ipc exit - res:errno addr:uint64.hex op:flags16.hex/futex_operations val:uint64
getcwd 1 1 syscall file exit - res:errno path:charbuf
getdents 1 1 syscall file exit uses res:errno fd:fd
getdents64 1 1 syscall file exit uses res:errno fd:fd
getegid 1 1 syscall user exit - egid:gid
geteuid 1 1 syscall user exit - euid:uid
getgid 1 1 syscall user exit - gid:gid
getpeername 1 1 syscall net exit -
getresgid 1 1 syscall user exit - res:errno rgid:gid egid:gid sgid:gid
getresuid 1 1 syscall user exit - res:errno ruid:uid euid:uid suid:uid
getrlimit 1 1 syscall process exit - res:errno cur:int64 max:int64 resource:enumflags8/rlimit_resources
getsockname 1 1 syscall net exit -
getsockopt 1 1 syscall net exit uses,state res:errno fd:fd level:enumflags8/sockopt_levels optname:enumflags8/sockopt_options val:dyn~sockopt_dynamic_param optlen:uint32
getuid 1 1 syscall user exit - uid:uid
groupadded 1 0 meta process enter state gid:uint32 name:charbuf container_id:charbuf
groupdeleted 1 0 meta process enter state gid:uint32 name:charbuf container_id:charbuf
infra 1 0 internal unknown enter - source:charbuf name:charbuf description:charbuf scope:charbuf
init_module 1 1 syscall other exit - res:errno img:bytebuf length:uint64 uargs:charbuf
inotify_init 1 1 syscall ipc exit creates,state res:fd flags:uint8.hex
inotify_init1 1 1 syscall ipc exit creates,state res:fd flags:flags16.hex/file_flags
io_uring_enter 1 1 syscall io_other exit uses res:errno fd:fd to_submit:uint32 min_complete:uint32 flags:flags32.hex/io_uring_enter_flags sig:sigset
io_uring_register 1 1 syscall io_other exit uses res:errno fd:fd opcode:enumflags16/io_uring_register_opcodes arg:uint64.hex nr_args:uint32
io_uring_setup 1 1 syscall io_other exit creates,state res:errno entries:uint32 sq_entries:uint32 cq_entries:uint32 flags:flags32.hex/io_uring_setup_flags sq_thread_cpu:uint32 sq_thread_idle:uint32 features:flags32.hex/io_uring_setup_feats
ioctl 2 2 syscall io_other exit uses res:errno fd:fd request:uint64.hex argument:uint64.hex
k8s 1 0 internal unknown none state json:charbuf
keyctl 0 1 syscall other exit - res:errno operation:enumflags32/keyctl_operations arg2:dyn~keyctl_dynamic_param arg3:dyn~keyctl_dynamic_param arg4:dyn~keyctl_dynamic_param arg5:dyn~keyctl_dynamic_param
kill 1 1 syscall signal exit - res:errno pid:pid sig:sigtype
lchown 1 1 syscall file exit - res:errno path:fspath uid:uint32 gid:uint32
link 2 2 syscall file exit - res:errno oldpath:fspath newpath:fspath
linkat 2 2 syscall file exit - res:errno olddir:fd oldpath:fsrelpath@olddir newdir:fd newpath:fsrelpath@newdir flags:flags32.hex/linkat_flags
listen 1 1 syscall net exit uses res:errno fd:fd backlog:int32
llseek 1 1 syscall file exit uses res:errno fd:fd offset:uint64 whence:enumflags8/lseek_whence
lseek 1 1 syscall file exit uses res:errno fd:fd offset:uint64 whence:enumflags8/lseek_whence
lstat 1 1 syscall file exit - res:errno path:fspath
lstat64 1 1 syscall file exit - res:errno path:fspath
memfd_create 1 1 syscall memory exit creates,state fd:fd name:charbuf flags:flags32.hex/memfd_create_flags
mesos 1 0 internal unknown none state json:charbuf
mkdir 2 2 syscall file exit - res:errno path:fspath mode:uint32.hex
mkdirat 1 1 syscall file exit uses res:errno dirfd:fd path:fsrelpath@dirfd mode:uint32.hex
mknod 1 1 syscall other exit - res:errno path:fspath mode:mode.oct/mknod_mode dev:uint32
mknodat 1 1 syscall other exit uses res:errno dirfd:fd path:fsrelpath@dirfd mode:mode.oct/mknod_mode dev:uint32
mlock 1 1 syscall memory exit - res:errno addr:uint64.hex len:uint64
mlock2 1 1 syscall memory exit - res:errno addr:uint64.hex len:uint64 flags:flags32.hex/mlock2_flags
mlockall 1 1 syscall memory exit - res:errno flags:flags32.hex/mlockall_flags
mmap 1 1 syscall memory exit uses res:errno.hex vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64.hex length:uint64 prot:flags32.hex/prot_flags flags:flags32.hex/mmap_flags fd:fd offset:uint64
mmap2 1 1 syscall memory exit uses res:errno.hex vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64.hex length:uint64 prot:flags32.hex/prot_flags flags:flags32.hex/mmap_flags fd:fd pgoffset:uint64
mount 1 1 syscall file exit state res:errno dev:charbuf dir:fspath type:charbuf flags:flags32.hex/mount_flags
mprotect 1 1 syscall memory exit - res:errno addr:uint64.hex length:uint64 prot:flags32.hex/prot_flags
munlock 1 1 syscall memory exit - res:errno addr:uint64.hex len:uint64
munlockall 1 1 syscall memory exit - res:errno
munmap 1 1 syscall memory exit - res:errno vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64.hex length:uint64
nanosleep 1 1 syscall sleep exit waits res:errno interval:reltime
newfstatat 1 1 syscall file exit uses res:errno dirfd:fd path:fsrelpath@dirfd flags:flags32.hex/newfstatat_flags
notification 1 0 meta other enter - id:charbuf desc:charbuf
open 1 1 syscall file exit creates,state fd:fd name:fspath flags:flags32.hex/file_flags mode:uint32.oct dev:uint32.hex ino:uint64
open_by_handle_at 1 1 syscall file exit creates,state fd:fd mountfd:fd flags:flags32.hex/file_flags path:fspath dev:uint32.hex ino:uint64
openat 2 2 syscall file exit creates,state fd:fd dirfd:fd name:fsrelpath@dirfd flags:flags32.hex/file_flags mode:uint32.oct dev:uint32.hex ino:uint64
openat2 1 1 syscall file exit creates,state fd:fd dirfd:fd name:fsrelpath@dirfd flags:flags32.hex/file_flags mode:uint32.oct resolve:flags32.hex/openat2_flags dev:uint32.hex ino:uint64
page_fault 1 0 tracepoint other enter - addr:uint64.hex ip:uint64.hex error:flags32.hex/pf_flags
pidfd_getfd 1 1 syscall process exit creates,state fd:fd pid_fd:fd target_fd:fd flags:uint32.hex
pidfd_open 1 1 syscall process exit creates,state fd:fd pid:pid flags:flags32.hex/pidfd_open_flags
pipe 1 1 syscall ipc exit creates,state res:errno fd1:fd fd2:fd ino:uint64
pipe2 1 1 syscall ipc exit creates,state res:errno fd1:fd fd2:fd ino:uint64 flags:flags32.hex/file_flags
pluginevent 1 0 plugin other enter - plugin_id:uint32 event_data:bytebuf
poll 1 1 syscall unknown exit waits res:errno fds:fdlist timeout:int64
ppoll 1 1 syscall unknown exit waits res:errno fds:fdlist timeout:reltime sigmask:sigset
prctl 1 1 syscall process exit state res:errno option:enumflags32/prctl_options arg2_str:charbuf arg2_int:int64
pread 1 1 syscall io_read exit uses,reads res:errno data:bytebuf fd:fd size:uint32 pos:uint64
preadv 1 1 syscall io_read exit uses,reads res:errno size:uint32 data:bytebuf fd:fd pos:uint64
prlimit 1 1 syscall process exit - res:errno newcur:int64 newmax:int64 oldcur:int64 oldmax:int64 pid:int64 resource:enumflags8/rlimit_resources
process_vm_readv 1 1 syscall ipc exit - res:int64 pid:pid data:bytebuf
process_vm_writev 1 1 syscall ipc exit - res:int64 pid:pid data:bytebuf
procexit 2 0 tracepoint process enter state status:errno ret:errno sig:sigtype core:uint8 reaper_tid:pid
procinfo 1 0 internal unknown enter - cpu_usr:uint64 cpu_sys:uint64
ptrace 1 1 syscall process exit - res:errno addr:dyn.hex~ptrace_dynamic_param data:dyn.hex~ptrace_dynamic_param request:enumflags16/ptrace_requests pid:pid
pwrite 1 1 syscall io_write exit uses,writes res:errno data:bytebuf fd:fd size:uint32 pos:uint64
pwritev 1 1 syscall io_write exit uses,writes res:errno data:bytebuf fd:fd size:uint32 pos:uint64
quotactl 1 1 syscall user exit - res:errno special:charbuf quotafilepath:charbuf dqb_bhardlimit:uint64 dqb_bsoftlimit:uint64 dqb_curspace:uint64 dqb_ihardlimit:uint64 dqb_isoftlimit:uint64 dqb_btime:reltime dqb_itime:reltime dqi_bgrace:reltime dqi_igrace:reltime dqi_flags:flags8/quotactl_dqi_flags quota_fmt_out:flags8/quotactl_quota_fmts cmd:flags16/quotactl_cmds type:flags8/quotactl_types id:uint32 quota_fmt:flags8/quotactl_quota_fmts
read 1 1 syscall io_read exit uses,reads res:errno data:bytebuf fd:fd size:uint32
readv 1 1 syscall io_read exit uses,reads res:errno size:uint32 data:bytebuf fd:fd
recv 1 1 syscall io_read exit uses,reads res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
recvfrom 1 1 syscall io_read exit uses,reads,state res:errno data:bytebuf tuple:socktuple fd:fd size:uint32
recvmmsg 1 1 syscall io_read exit uses,reads,state res:errno fd:fd size:uint32 data:bytebuf tuple:socktuple msgcontrol:bytebuf
recvmsg 1 1 syscall io_read exit uses,reads,state res:errno size:uint32 data:bytebuf tuple:socktuple msgcontrol:bytebuf fd:fd
rename 1 1 syscall file exit - res:errno oldpath:fspath newpath:fspath
renameat 1 1 syscall file exit - res:errno olddirfd:fd oldpath:fsrelpath@olddirfd newdirfd:fd newpath:fsrelpath@newdirfd
renameat2 1 1 syscall file exit - res:errno olddirfd:fd oldpath:fsrelpath@olddirfd newdirfd:fd newpath:fsrelpath@newdirfd flags:flags32.hex/renameat2_flags
rmdir 2 2 syscall file exit - res:errno path:fspath
scapevent 1 0 internal unknown enter - event_type:uint32 event_data:uint64
seccomp 1 1 syscall other exit - res:errno op:uint64 flags:uint64.hex
select 2 2 syscall unknown exit waits res:errno
semctl 1 1 syscall process exit - res:errno semid:int32 semnum:int32 cmd:flags16.hex/semctl_commands val:int32
semget 1 1 syscall process exit - res:errno key:int32.hex nsems:int32 semflg:flags32.hex/semget_flags
semop 1 1 syscall process exit - res:errno nsops:uint32 sem_num_0:uint16 sem_op_0:int16 sem_flg_0:flags16.hex/semop_flags sem_num_1:uint16 sem_op_1:int16 sem_flg_1:flags16.hex/semop_flags semid:int32
send 1 1 syscall io_write exit uses,writes res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
sendfile 1 1 syscall io_write exit uses res:errno offset:uint64 out_fd:fd in_fd:fd size:uint64
sendmmsg 1 1 syscall io_write exit uses,writes,state res:errno fd:fd size:uint32 data:bytebuf tuple:socktuple
sendmsg 1 1 syscall io_write exit uses,writes,state res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
sendto 1 1 syscall io_write exit uses,writes,state res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
setgid 1 1 syscall user exit state res:errno gid:gid
setns 1 1 syscall process exit uses res:errno fd:fd nstype:flags32.hex/clone_flags
setpgid 1 1 syscall process exit - res:errno pid:pid pgid:pid
setregid 1 1 syscall user exit state res:errno rgid:uid egid:uid
setresgid 1 1 syscall user exit state res:errno rgid:gid egid:gid sgid:gid
setresuid 1 1 syscall user exit state res:errno ruid:uid euid:uid suid:uid
setreuid 1 1 syscall user exit state res:errno ruid:uid euid:uid
setrlimit 1 1 syscall process exit - res:errno cur:int64 max:int64 resource:enumflags8/rlimit_resources
setsid 1 1 syscall process exit state res:pid
setsockopt 1 1 syscall net exit uses res:errno fd:fd level:enumflags8/sockopt_levels optname:enumflags8/sockopt_options val:dyn~sockopt_dynamic_param optlen:uint32
setuid 1 1 syscall user exit state res:errno uid:uid
shutdown 1 1 syscall net exit uses,state res:errno fd:fd how:enumflags8.hex/shutdown_how
signaldeliver 1 0 tracepoint signal enter - spid:pid dpid:pid sig:sigtype
signalfd 1 1 syscall signal exit creates,state res:fd fd:fd mask:uint32.hex flags:uint8.hex
signalfd4 1 1 syscall signal exit creates,state res:fd flags:flags16.hex/file_flags fd:fd mask:uint32.hex
socket 1 1 syscall net exit creates,state fd:fd domain:enumflags32/socket_families type:uint32 proto:uint32 flags:flags32.hex/file_flags
socketpair 1 1 syscall ipc exit creates,state res:errno fd1:fd fd2:fd source:uint64.hex peer:uint64.hex domain:enumflags32/socket_families type:uint32 proto:uint32
splice 1 1 syscall io_other exit uses res:errno fd_in:fd fd_out:fd size:uint64 flags:flags32.hex/splice_flags
stat 1 1 syscall file exit - res:errno path:fspath
stat64 1 1 syscall file exit - res:errno path:fspath
switch 2 0 tracepoint unknown enter - next:pid pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32
symlink 1 1 syscall file exit - res:errno target:charbuf linkpath:fspath
symlinkat 1 1 syscall file exit uses res:errno target:charbuf linkdirfd:fd linkpath:fsrelpath@linkdirfd
syscall 1 1 syscall other exit generic ID:syscallid nativeID:uint16
task 1 0 iterator process enter state ppid:pid32 pgid:pid32 vpgid:pid32 sid:pid32 comm:charbuf argv:charbufarray exepath:fspath flags:flags32.hex/execve_flags env:charbufarray cwd:charbuf fdlimit:uint64 euid:uid egid:gid cap_permitted:uint64.hex cap_effective:uint64.hex cap_inheritable:uint64.hex exe_ino_num:uint64 exe_ino_ctime:abstime exe_ino_mtime:abstime vm_size:uint32 vm_rss:uint32 vm_swap:uint32 pgft_maj:uint64 pgft_min:uint64 vtgid:pid32 vpid:pid32 pidns_init_start_ts:uint64 cgroups:charbufarray root:fspath start_time:abstime tty:uint32 loginuid:uid
task_file_anon_inode 1 0 iterator file enter state fd:fd32 fd_type:flags8/anon_inode_fd_types path:fspath ino_num:uint64
task_file_directory 1 0 iterator file enter state fd:fd32 path:fspath ino_num:uint64
task_file_memfd 1 0 iterator file enter state fd:fd32 path:fspath ino_num:uint64
task_file_pipe 1 0 iterator file enter state fd:fd32 path:fspath ino_num:uint64
task_file_regular 1 0 iterator file enter state fd:fd32 path:fspath flags:flags32.hex/file_flags mnt_id:uint32 ino_num:uint64
task_file_socket_inet 1 0 iterator file enter state fd:fd32 sk_type:uint16 sk_proto:uint16 local_ip:ipv4addr.hex local_port:port.hex remote_ip:ipv4addr.hex remote_port:port.hex ino_num:uint64
task_file_socket_inet6 1 0 iterator file enter state fd:fd32 sk_type:uint16 sk_proto:uint16 local_ip:ipv6addr.hex local_port:port.hex remote_ip:ipv6addr.hex remote_port:port.hex ino_num:uint64
task_file_socket_netlink 1 0 iterator file enter state fd:fd32 sk_type:uint16 sk_proto:uint16 ino_num:uint64
task_file_socket_unix 1 0 iterator file enter state fd:fd32 sk_type:uint16 sk_proto:uint16 sk_pointer:uint64 sun_path:fspath ino_num:uint64
tgkill 1 1 syscall signal exit - res:errno pid:pid tid:pid sig:sigtype
timerfd_create 1 1 syscall time exit creates,state res:fd clockid:uint8 flags:uint8.hex
tkill 1 1 syscall signal exit - res:errno tid:pid sig:sigtype
tracer 1 0 meta other none - id:int64 tags:charbufarray args:charbuf_pair_array
umount 2 2 syscall file exit state res:errno name:fspath
umount2 1 1 syscall file exit state res:errno name:fspath flags:flags32.hex/umount_flags
unlink 2 2 syscall file exit - res:errno path:fspath
unlinkat 2 2 syscall file exit uses res:errno dirfd:fd name:fsrelpath@dirfd flags:flags32.hex/unlinkat_flags
unshare 1 1 syscall process exit - res:errno flags:flags32.hex/clone_flags
useradded 1 0 meta process enter state uid:uint32 gid:uint32 name:charbuf home:charbuf shell:charbuf container_id:charbuf
userdeleted 1 0 meta process enter state uid:uint32 gid:uint32 name:charbuf home:charbuf shell:charbuf container_id:charbuf
userfaultfd 1 1 syscall file exit creates,state res:errno flags:flags32.hex/file_flags
vfork 3 3 syscall process exit state res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32.hex/clone_flags uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
write 1 1 syscall io_write exit uses,writes res:errno data:bytebuf fd:fd size:uint32
writev 1 1 syscall io_write exit uses,writes res:errno data:bytebuf fd:fd size:uint32
`;

/** System calls that arrive under another event's name. */
export const CALLS_BEHIND: Readonly<Record<string, readonly string[]>> = {
  accept: ['accept', 'accept4'],
  fcntl: ['fcntl', 'fcntl64'],
  getegid: ['getegid', 'getegid32'],
  geteuid: ['geteuid', 'geteuid32'],
  getgid: ['getgid', 'getgid32'],
  getresgid: ['getresgid', 'getresgid32'],
  getresuid: ['getresuid', 'getresuid32'],
  getrlimit: ['getrlimit', 'ugetrlimit'],
  getuid: ['getuid', 'getuid32'],
  llseek: ['_llseek'],
  page_fault: ['page_fault_kernel', 'page_fault_user'],
  pread: ['pread64'],
  prlimit: ['prlimit64'],
  procexit: ['sched_process_exit'],
  pwrite: ['pwrite64'],
  sendfile: ['sendfile', 'sendfile64'],
  setgid: ['setgid', 'setgid32'],
  setresgid: ['setresgid', 'setresgid32'],
  setresuid: ['setresuid', 'setresuid32'],
  setuid: ['setuid', 'setuid32'],
  signaldeliver: ['signal_deliver'],
  switch: ['sched_switch'],
};
