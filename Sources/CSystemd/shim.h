// libsystemd: notification, watchdog, inherited sockets.
#pragma once
#include <systemd/sd-daemon.h>
