@_exported import CLinux
