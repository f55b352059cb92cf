// LZ4 block compression as it is.
#pragma once
#include <lz4.h>
