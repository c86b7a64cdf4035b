# SPDX-License-Identifier: GPL-2.0-or-later
"""What a systemd unit allows its service, as a command line of bwrap: for machines where no
systemd runs. Of the unit's settings those that a program can notice are taken; an unknown one is
an error, so that a new line of the unit is not overlooked here."""

import errno
import pathlib
import socket
import subprocess

import seccomp

PROT_WRITE, PROT_EXEC = 2, 4
SHM_EXEC = 0o100000
CLONE_NEW = 0x7e020080  # every namespace
SPECIAL_BITS = 0o6000  # set-user-id and set-group-id

# By bwrap or by the filter below, whatever their value is called in the unit.
MADE_UP_FOR = {
    'CapabilityBoundingSet': '', 'AmbientCapabilities': '', 'NoNewPrivileges': 'yes',
    'ProtectSystem': 'strict', 'ProtectHome': 'yes', 'PrivateTmp': 'yes', 'PrivateDevices': 'yes',
    'PrivateUsers': 'yes', 'PrivateIPC': 'yes', 'PrivateMounts': 'yes', 'ProtectClock': 'yes',
    'ProtectControlGroups': 'yes', 'ProtectHostname': 'yes', 'ProtectKernelLogs': 'yes',
    'ProtectKernelModules': 'yes', 'ProtectKernelTunables': 'yes', 'ProtectProc': 'invisible',
    'ProcSubset': 'pid', 'RemoveIPC': 'yes', 'LockPersonality': 'yes',
    'MemoryDenyWriteExecute': 'yes', 'RestrictNamespaces': 'yes', 'RestrictRealtime': 'yes',
    'RestrictSUIDSGID': 'yes', 'SystemCallArchitectures': 'native',
    'SystemCallErrorNumber': 'EPERM',
}
READ_HERE = {'SystemCallFilter', 'RestrictAddressFamilies'}
# Nothing that restricts.
ABOUT_RUNNING = {
    'Type', 'NotifyAccess', 'ExecStart', 'ExecReload', 'Restart', 'RestartPreventExitStatus',
    'User', 'Group', 'StateDirectory', 'StateDirectoryMode', 'RuntimeDirectory',
    'RuntimeDirectoryMode',
    'Environment', 'LoadCredentialEncrypted', 'LimitNOFILE', 'LimitCORE', 'LimitMEMLOCK', 'UMask',
}


def read_service(path):
    """[(key, value)] of [Service]."""
    section, found = None, []
    for line in pathlib.Path(path).read_text(encoding='utf-8').splitlines():
        if line.startswith('['):
            section = line
        elif section == '[Service]' and line and not line.startswith('#'):
            found.append(tuple(line.split('=', 1)))
    for key, value in found:
        if key in MADE_UP_FOR:
            assert MADE_UP_FOR[key] == value, '%s=%s: bwrap is not told so' % (key, value)
        else:
            assert key in READ_HERE | ABOUT_RUNNING, '%s: what does it forbid?' % key
    return found


def expand_calls(name):
    """Names of system calls that a name of SystemCallFilter means."""
    if not name.startswith('@'):
        return {name}
    done = subprocess.run(['systemd-analyze', 'syscall-filter', name], capture_output=True,
                          text=True, check=True, timeout=60)
    words = [line.strip() for line in done.stdout.splitlines()[1:]]
    return {call for word in words if word and not word.startswith('#')
            for call in expand_calls(word)}


def allowed_calls(service):
    allowed = set()
    for key, value in service:
        if key != 'SystemCallFilter':
            continue
        calls = {call for name in value.lstrip('~').split() for call in expand_calls(name)}
        allowed = allowed - calls if value.startswith('~') else allowed | calls
    return allowed


def masked(place, mask, value=0):
    return seccomp.Arg(place, seccomp.MASKED_EQ, mask, value)


def conditions(service):
    """{call: [argument conditions, one of which must hold]}: not allowed as such."""
    families = [getattr(socket, word) for key, value in service
                if key == 'RestrictAddressFamilies' for word in value.split()]
    both = PROT_WRITE | PROT_EXEC
    return {
        'socket': [seccomp.Arg(0, seccomp.EQ, family) for family in families],
        'mmap': [masked(2, both, value) for value in (0, PROT_WRITE, PROT_EXEC)],
        'mprotect': [masked(2, PROT_EXEC)],
        'pkey_mprotect': [masked(2, PROT_EXEC)],
        'shmat': [masked(2, SHM_EXEC)],
        'clone': [masked(0, CLONE_NEW)],
        'personality': [seccomp.Arg(0, seccomp.EQ, 0), seccomp.Arg(0, seccomp.EQ, 0xffffffff)],
        'chmod': [masked(1, SPECIAL_BITS)],
        'fchmod': [masked(1, SPECIAL_BITS)],
        'fchmodat': [masked(2, SPECIAL_BITS)],
        'unshare': [], 'setns': [], 'clone3': [],
    }


def write_filter(service, path):
    """The compiled filter, for bwrap."""
    made = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    special = conditions(service)
    for call in allowed_calls(service) - set(special):
        try:
            made.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, OSError):
            continue  # of another architecture, or newer than libseccomp
    for call, cases in special.items():
        for case in cases:
            made.add_rule(seccomp.ALLOW, call, case)
    # the C library falls back on clone, whose arguments can be looked at
    made.add_rule(seccomp.ERRNO(errno.ENOSYS), 'clone3')
    with open(path, 'wb') as out:
        made.export_bpf(out)


def build_command(unit, scratch, *readable):
    """The beginning of a command line; a shell opens the filter for bwrap. scratch is where the
    service may write; readable: folders that would be hidden otherwise."""
    service = read_service(unit)
    code = scratch / 'filter.bpf'
    write_filter(service, code)
    binds = [word for folder in readable for word in ('--ro-bind', str(folder), str(folder))]
    return ['sh', '-c', 'exec "$@" 9<"$0"', str(code),
            'bwrap', '--seccomp', '9', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc',
            '--tmpfs', '/tmp', '--tmpfs', '/var/tmp', '--tmpfs', '/home', '--tmpfs', '/root',
            '--ro-bind', '/sys', '/sys', *binds, '--bind', str(scratch), str(scratch),
            '--unshare-user', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup', '--cap-drop',
            'ALL', '--die-with-parent', '--']
