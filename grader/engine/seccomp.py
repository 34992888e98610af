"""The calls to the kernel that a submission must not make, whatever paths it may reach.

Where a call's argument is an int, a rule compares its lower half only, as the kernel does.
"""

import errno
import os

_CLONE_THREAD, _PR_SET_PDEATHSIG = 0x10000, 1

# What a notebook never needs and an attacker would like.
_FORBIDDEN = """
    execve execveat fork vfork ptrace process_vm_readv process_vm_writev kcmp
    mount umount2 pivot_root chroot unshare setns mount_setattr move_mount open_tree fsopen
    fsconfig fsmount fspick quotactl swapon swapoff
    bpf perf_event_open userfaultfd keyctl add_key request_key
    kexec_load kexec_file_load init_module finit_module delete_module reboot syslog acct
    sethostname setdomainname settimeofday clock_settime clock_adjtime adjtimex personality
    open_by_handle_at name_to_handle_at pidfd_open pidfd_getfd pidfd_send_signal process_madvise
    io_uring_setup io_uring_enter io_uring_register io_setup io_submit
    socket connect bind listen accept accept4
    shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semctl semtimedop mq_open
    tkill rt_sigqueueinfo rt_tgsigqueueinfo setpriority ioprio_set sched_setaffinity
    sched_setscheduler sched_setparam sched_setattr migrate_pages move_pages
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset
    mknod mknodat chmod fchmod fchmodat chown lchown fchown fchownat
    utime utimes utimensat futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr
    fremovexattr vhangup memfd_secret seccomp
    truncate inotify_init inotify_init1 inotify_add_watch fanotify_init fanotify_mark
    memfd_create quotactl_fd uselib modify_ldt iopl ioperm sync syncfs
""".split()

# Numbers of calls that an older libseccomp does not know by name; the same on every architecture.
_FORBIDDEN_NEW = {"fchmodat2": 452, "setxattrat": 463, "removexattrat": 466, "file_setattr": 469}

# Who owns a file's signals may be anybody; a lease or a note on a file is felt by others.
_F_SETOWN, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY = 8, 15, 1024, 1026
_FIOSETOWN, _SIOCSPGRP, _TIOCSTI = 0x8901, 0x8902, 0x5412
_O_TRUNC, _O_ACCMODE = 0o1000, 3
_AF_UNIX, _INT = 1, 0xFFFFFFFF


def forbid() -> None:
    """Refuse these calls to this process and its threads from now on."""
    import pyseccomp as sec

    forbid = sec.ERRNO(errno.EPERM)
    rules = sec.SyscallFilter(sec.ALLOW)
    for name in _FORBIDDEN:
        if sec.resolve_syscall(sec.Arch.NATIVE, name) != -1:
            rules.add_rule(forbid, name)
    for number in _FORBIDDEN_NEW.values():
        rules.add_rule(forbid, number)
    # Threads may be made, processes not. glibc falls back from clone3, whose flags no filter sees.
    for name in ("clone3", "openat2"):
        rules.add_rule(sec.ERRNO(errno.ENOSYS), name)
    rules.add_rule(forbid, "clone", sec.Arg(0, sec.MASKED_EQ, _CLONE_THREAD, 0))
    own = os.getpid()
    for name in ("kill", "tgkill"):
        rules.add_rule(forbid, name, sec.Arg(0, sec.NE, own))
    rules.add_rule(forbid, "prlimit64", sec.Arg(0, sec.NE, 0))
    for command in (_F_SETOWN, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY):
        rules.add_rule(forbid, "fcntl", sec.Arg(1, sec.MASKED_EQ, _INT, command))
    for command in (_FIOSETOWN, _SIOCSPGRP, _TIOCSTI):
        rules.add_rule(forbid, "ioctl", sec.Arg(1, sec.MASKED_EQ, _INT, command))
    rules.add_rule(forbid, "prctl", sec.Arg(0, sec.MASKED_EQ, _INT, _PR_SET_PDEATHSIG))
    # A pair of datagram sockets could send to any socket of the host by its path.
    rules.add_rule(forbid, "socketpair", sec.Arg(0, sec.NE, _AF_UNIX))
    for kind in range(2, 6):
        rules.add_rule(forbid, "socketpair", sec.Arg(1, sec.MASKED_EQ, 0xF, kind))
    # Where Landlock does not know of truncation, opening to read would be enough to empty a file.
    for name, flags in (("open", 1), ("openat", 2)):
        if sec.resolve_syscall(sec.Arch.NATIVE, name) >= 0:
            empty = sec.Arg(flags, sec.MASKED_EQ, _O_TRUNC | _O_ACCMODE, _O_TRUNC)
            rules.add_rule(forbid, name, empty)
    rules.load()
