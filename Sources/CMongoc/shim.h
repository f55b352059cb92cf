// libmongoc and libbson as they are, plus what Swift cannot call.
#pragma once
#include <mongoc/mongoc.h>
