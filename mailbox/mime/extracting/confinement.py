"""What the child may still ask of the kernel: memory, its pipes, the time, its end.

A filter of system calls (Linux, seccomp(2)), for a process under the same user could else be
stopped or read by one that was taken over, and its keys with it. What is not in the list is
answered EPERM, as if it were forbidden to the user. It cannot be taken back.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct

# read write mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn sched_yield
# mremap madvise exit futex sigaltstack clock_gettime exit_group getrandom; then prlimit64.
_CALLS = {
    "x86_64": (
        0xC000003E,
        (0, 1, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 60, 202, 131, 228, 231, 318),
        302,
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 222, 226, 215, 214, 134, 135, 139, 124, 216, 233, 93, 98, 132, 113, 94, 278),
        261,
    ),
}
_INSTRUCTION = struct.Struct("HBBI")
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
# Where the kernel puts what is asked (struct seccomp_data).
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def confine() -> bool:
    """Shut this process in, for ever: no file, no socket, no other process, nothing written.

    False where there is no filter for this machine or the kernel has none: then the limits
    on open files and on what is written stand alone.
    """
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    known = _CALLS.get(os.uname().machine)
    return known is not None and _set(_program(*known))


def _program(machine: int, allowed: tuple[int, ...], limits: int) -> bytes:
    """The filter in BPF: a refusal, unless it is this machine's and one of the calls allowed.

    limits: the number of prlimit64, allowed for this process itself (0), not for others.
    """
    checks = [(_IF_EQUAL, len(allowed) + 2 - place, 0, n) for place, n in enumerate(allowed)]
    program = [
        (_LOAD, 0, 0, _MACHINE),
        (_IF_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_EQUAL, len(checks) + 1, 0, limits),
        *checks,
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_IF_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(_INSTRUCTION.pack(*one) for one in program)


def _set(program: bytes) -> bool:
    library = ctypes.CDLL(None)
    held = ctypes.create_string_buffer(program, len(program))
    instructions = ctypes.cast(held, ctypes.c_void_p)
    filtering = _Program(len(program) // _INSTRUCTION.size, instructions)
    if library.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(library.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(filtering), 0, 0) == 0)
