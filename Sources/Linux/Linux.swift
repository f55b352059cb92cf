// The system calls clickd uses, as small Swift values: descriptors, clocks, threads, locks, sockets, files.
// glibc's own names come along, so that importing Linux is enough.
@_exported import CLinux
@_exported import Glibc
